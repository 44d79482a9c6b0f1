//! Reports as lines of `name=value` pairs, form-urlencoded.
//!
//! Such lines have no types, so values are told apart by how they read: `true` and `false` are flags, decimal
//! digits are numbers, all else is text. Text that would read as one of the former, or as quoted, stands in
//! double quotes.

use std::{borrow::Cow, collections::BTreeMap};

use model::{Report, Value};

use super::{
    Allowance,
    row::{self, Scalar},
};
use crate::{
    DecodeError, EncodeError, Layout,
    wrap::envelope::{append, pairs, plain},
};

const STEP: &str = "form-fields";

pub(super) fn write(reports: &[Report], layout: &Layout) -> Result<Vec<u8>, EncodeError> {
    let mut out = String::new();
    for report in reports {
        for (name, value) in row::of(report, layout)? {
            append(&mut out, name, written(value).as_bytes());
        }
        out.push('\n');
    }
    Ok(out.into_bytes())
}

pub(super) fn read(bytes: &[u8], layout: &Layout, allowance: &mut Allowance) -> Result<Vec<Report>, DecodeError> {
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| read_line(line, layout, allowance)).collect()
}

fn read_line(line: &[u8], layout: &Layout, allowance: &mut Allowance) -> Result<Report, DecodeError> {
    let text = |written| String::from_utf8(plain(written)).map_err(|_| wrong("expected text in UTF-8"));
    allowance.report()?;
    let mut row = BTreeMap::new();
    for (name, value) in pairs(line) {
        let name = text(name)?;
        allowance.name(name.len(), 1)?;
        if let Some(before) = row.insert(name, as_it_reads(&text(value)?)) {
            return Err(wrong(format_args!("a name stands there twice, first for `{before}`")));
        }
    }
    row::into_report(row, layout).map_err(wrong)
}

fn wrong(reason: impl std::fmt::Display) -> DecodeError {
    DecodeError::malformed(STEP, reason)
}

fn written(value: Scalar<'_>) -> Cow<'_, str> {
    match value {
        Scalar::Flag(flag) => if flag { "true" } else { "false" }.into(),
        Scalar::Number(number) => number.to_string().into(),
        Scalar::Text(text) if as_it_reads(text) == Value::Text(text.to_owned()) => text.into(),
        Scalar::Text(text) => format!("\"{text}\"").into(),
    }
}

fn as_it_reads(text: &str) -> Value {
    // `+1`, `01` and `-0` are read as numbers by the library, but are not how numbers are written.
    let number = text.parse::<i64>().ok().filter(|number| number.to_string() == text);
    match (text, number) {
        ("true", _) => Value::Flag(true),
        ("false", _) => Value::Flag(false),
        (_, Some(number)) => Value::Number(number),
        _ => text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text).into(),
    }
}
