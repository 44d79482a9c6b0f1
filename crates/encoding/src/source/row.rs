//! Reports as rows of named values, the parts of the layout among them.

use std::collections::BTreeMap;

use model::{Report, Timestamp, Value};

use crate::{EncodeError, Form, Layout};

/// A value as a body writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'a> {
    Flag(bool),
    Number(i64),
    Text(&'a str),
}

impl<'a> From<&'a Value> for Scalar<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Number(*number),
            Value::Text(text) => Self::Text(text),
        }
    }
}

/// Whether one of two names is the other, or an object that holds it.
pub(crate) fn overlap(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Levels of nesting in a name.
pub(crate) fn levels(name: &str) -> usize {
    1 + name.bytes().filter(|byte| *byte == b'.').count()
}

/// Every value of `report` by its name, sorted, such that no name holds another.
pub(super) fn of<'a>(report: &'a Report, layout: &'a Layout) -> Result<Vec<(&'a str, Scalar<'a>)>, EncodeError> {
    for name in report.fields.keys() {
        check(name, &report.fields, layout)?;
    }
    let mut row = Vec::with_capacity(report.fields.len() + 3);
    row.extend(report.fields.iter().map(|(name, value)| (name.as_str(), Scalar::from(value))));
    row.push((&layout.event, Scalar::Text(&report.event)));
    row.push((&layout.time, Scalar::Number(report.time.as_millis())));
    row.extend(report.device.as_deref().map(|device| (layout.device.as_str(), Scalar::Text(device))));
    row.sort_unstable_by_key(|(name, _)| *name);
    Ok(row)
}

fn check(name: &str, fields: &BTreeMap<String, Value>, layout: &Layout) -> Result<(), EncodeError> {
    let clash = |other: &str| Err(EncodeError::Clash { field: name.to_owned(), other: other.to_owned() });
    // The device's name is taken even where a report has no device: the server would take the field for it.
    if let Some(part) = [&layout.event, &layout.time, &layout.device].into_iter().find(|part| overlap(part, name)) {
        return clash(part);
    }
    for (dot, _) in name.match_indices('.') {
        if fields.contains_key(&name[..dot]) {
            return clash(&name[..dot]);
        }
    }
    match levels(name) {
        0..=Form::NESTING_MAX => Ok(()),
        found => Err(EncodeError::Nesting { found, max: Form::NESTING_MAX }),
    }
}

/// The report whose values are `row`, or what is wrong with it.
pub(super) fn into_report(mut row: BTreeMap<String, Value>, layout: &Layout) -> Result<Report, String> {
    let event = match row.remove(&layout.event) {
        Some(Value::Text(event)) => event,
        found => return Err(wrong(&layout.event, "text", found.as_ref())),
    };
    let time = match row.remove(&layout.time) {
        Some(Value::Number(ms)) => Timestamp::from_millis(ms),
        found => return Err(wrong(&layout.time, "milliseconds since the Unix epoch", found.as_ref())),
    };
    let device = match row.remove(&layout.device) {
        None => None,
        Some(Value::Text(device)) => Some(device),
        found => return Err(wrong(&layout.device, "text", found.as_ref())),
    };
    Ok(Report { event, time, device, fields: row })
}

fn wrong(name: &str, expected: &str, found: Option<&Value>) -> String {
    let found = match found {
        None => "nothing",
        Some(Value::Flag(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::Text(_)) => "text",
    };
    format!("expected {expected} in `{name}`, found {found}")
}
