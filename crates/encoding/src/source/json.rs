//! Reports as JSON: one object for each, dots in names as levels of nesting.

use std::{collections::BTreeMap, fmt};

use model::{Report, Value};
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::{
    Allowance,
    row::{self, Scalar},
};
use crate::{DecodeError, EncodeError, Layout};

/// One array of objects.
pub(super) fn write(reports: &[Report], layout: &Layout) -> Result<Vec<u8>, EncodeError> {
    let mut out = vec![b'['];
    for (i, report) in reports.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_object(&mut out, report, layout)?;
    }
    out.push(b']');
    Ok(out)
}

/// One object on each line.
pub(super) fn write_lines(reports: &[Report], layout: &Layout) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::new();
    for report in reports {
        write_object(&mut out, report, layout)?;
        out.push(b'\n');
    }
    Ok(out)
}

fn write_object(out: &mut Vec<u8>, report: &Report, layout: &Layout) -> Result<(), EncodeError> {
    let row = row::of(report, layout)?;
    serde_json::to_writer(out, &Nested { row: &row, from: 0 }).expect("a vector takes text keys and plain values");
    Ok(())
}

/// An object of the values in `row`, whose names agree before byte `from`.
struct Nested<'a> {
    row: &'a [(&'a str, Scalar<'a>)],
    from: usize,
}

impl Serialize for Nested<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        let mut rest = self.row;
        while let Some((name, value)) = rest.first() {
            let name = &name[self.from..];
            let Some(dot) = name.find('.') else {
                map.serialize_entry(name, value)?;
                rest = &rest[1..];
                continue;
            };
            // Names are sorted by their bytes, so those that share a prefix stand together.
            let held = rest.iter().take_while(|(other, _)| other[self.from..].starts_with(&name[..=dot])).count();
            map.serialize_entry(&name[..dot], &Nested { row: &rest[..held], from: self.from + dot + 1 })?;
            rest = &rest[held..];
        }
        map.end()
    }
}

impl Serialize for Scalar<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::Flag(flag) => to.serialize_bool(flag),
            Self::Number(number) => to.serialize_i64(number),
            Self::Text(text) => to.serialize_str(text),
        }
    }
}

/// The reports in one array.
pub(super) fn read(bytes: &[u8], layout: &Layout, allowance: &mut Allowance) -> Result<Vec<Report>, DecodeError> {
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let mut reading = Reading { layout, allowance, refused: None };
    let reports = Reports(&mut reading).deserialize(&mut from).and_then(|reports| from.end().map(|()| reports));
    reading.conclude("json", reports)
}

/// The reports on the lines.
pub(super) fn read_lines(bytes: &[u8], layout: &Layout, allowance: &mut Allowance) -> Result<Vec<Report>, DecodeError> {
    let mut reports = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mut from = serde_json::Deserializer::from_slice(line);
        let mut reading = Reading { layout, allowance, refused: None };
        let report = OneReport(&mut reading).deserialize(&mut from).and_then(|report| from.end().map(|()| report));
        reports.push(reading.conclude("json-lines", report)?);
    }
    Ok(reports)
}

/// What is shared by all levels of one JSON text.
struct Reading<'a> {
    layout: &'a Layout,
    allowance: &'a mut Allowance,
    refused: Option<DecodeError>, // serde's own errors cannot carry it
}

impl Reading<'_> {
    fn within<E: Error>(&mut self, charged: Result<(), DecodeError>) -> Result<(), E> {
        charged.map_err(|refusal| {
            let told = E::custom(&refusal);
            self.refused = Some(refusal);
            told
        })
    }

    fn conclude<T>(self, step: &'static str, read: serde_json::Result<T>) -> Result<T, DecodeError> {
        read.map_err(|error| self.refused.unwrap_or_else(|| DecodeError::malformed(step, error)))
    }
}

struct Reports<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for Reports<'_, '_> {
    type Value = Vec<Report>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Vec<Report>, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Reports<'_, '_> {
    type Value = Vec<Report>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of reports")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Report>, A::Error> {
        let mut reports = Vec::new();
        while let Some(report) = items.next_element_seed(OneReport(self.0))? {
            reports.push(report);
        }
        Ok(reports)
    }
}

struct OneReport<'a, 'b>(&'a mut Reading<'b>);

impl<'de> DeserializeSeed<'de> for OneReport<'_, '_> {
    type Value = Report;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Report, D::Error> {
        let charged = self.0.allowance.report();
        self.0.within(charged)?;
        let mut row = BTreeMap::new();
        let object = Object { reading: self.0, row: &mut row, path: &mut String::new(), levels: 0 };
        from.deserialize_map(object)?;
        row::into_report(row, self.0.layout).map_err(D::Error::custom)
    }
}

/// The values of one object, flattened into `row` under names that start with `path`.
struct Object<'a, 'b> {
    reading: &'a mut Reading<'b>,
    row: &'a mut BTreeMap<String, Value>,
    path: &'a mut String,
    levels: usize,
}

impl<'de> Visitor<'de> for Object<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let outer = self.path.len();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.levels > 0 {
                self.path.push('.');
            }
            self.path.push_str(&key);
            let charged = self.reading.allowance.name(self.path.len(), self.levels + 1);
            self.reading.within(charged)?;
            entries.next_value_seed(Entry(Object {
                reading: self.reading,
                row: self.row,
                path: self.path,
                levels: self.levels + 1,
            }))?;
            self.path.truncate(outer);
        }
        Ok(())
    }
}

/// What stands under one key: a value or a further object.
struct Entry<'a, 'b>(Object<'a, 'b>);

impl Entry<'_, '_> {
    fn put<E: Error>(self, value: Value) -> Result<(), E> {
        match self.0.row.insert(self.0.path.clone(), value) {
            None => Ok(()),
            Some(_) => Err(E::custom(format_args!("`{}` stands there twice", self.0.path))),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Entry<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a whole number, text, or an object of these")
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<(), E> {
        self.put(Value::Flag(flag))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<(), E> {
        self.put(Value::Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        let number =
            i64::try_from(number).map_err(|_| E::custom(format_args!("{number} exceeds 64 bits with sign")))?;
        self.put(Value::Number(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        self.put(Value::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<(), E> {
        self.put(Value::Text(text))
    }

    /// Null is how many clients write a field that they do not have.
    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        self.0.visit_map(entries)
    }
}
