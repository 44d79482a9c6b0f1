//! Reports as protobuf without a schema file: a dictionary of names, and a field number for each.
//!
//! ```proto
//! message Body {
//!   repeated string name = 1;    // every field name in use, sorted by bytes, before the first report
//!   repeated Report report = 2;
//! }
//! message Report {
//!   string event = 1;
//!   int64 time_ms = 2;
//!   string device = 3;           // absent where the report has none
//!   // For the name at place i of the dictionary, from 0, whichever the value is:
//!   // bool   = 16 + 3·i
//!   // sint64 = 17 + 3·i
//!   // string = 18 + 3·i
//! }
//! ```

use std::collections::{BTreeMap, BTreeSet};

use model::{Report, Timestamp, Value};
use prost::encoding::{DecodeContext, WireType, decode_key, encode_key, encode_varint, skip_field};
use prost::encoding::{bool, int64, sint64, string};

use super::{Allowance, wire};
use crate::{DecodeError, EncodeError};

const STEP: &str = "protobuf";
const NAME: u32 = 1;
const REPORT: u32 = 2;
const EVENT: u32 = 1;
const TIME: u32 = 2;
const DEVICE: u32 = 3;
const FIELDS: u32 = 16;
const KINDS: u32 = 3;
/// Field numbers from 19 000 on are kept for protobuf itself.
const NAMES_MAX: usize = ((19_000 - FIELDS) / KINDS) as usize;

pub(super) fn write(reports: &[Report]) -> Result<Vec<u8>, EncodeError> {
    let names: BTreeSet<&String> = reports.iter().flat_map(|report| report.fields.keys()).collect();
    if names.len() > NAMES_MAX {
        return Err(EncodeError::Names { found: names.len(), max: NAMES_MAX });
    }
    let mut out = Vec::new();
    names.iter().for_each(|name| string::encode(NAME, name, &mut out));
    let numbers: BTreeMap<&String, u32> = names.into_iter().zip((FIELDS..).step_by(KINDS as usize)).collect();
    let mut message = Vec::new();
    for report in reports {
        message.clear();
        write_report(&mut message, report, &numbers);
        encode_key(REPORT, WireType::LengthDelimited, &mut out);
        encode_varint(message.len() as u64, &mut out);
        out.extend_from_slice(&message);
    }
    Ok(out)
}

fn write_report(out: &mut Vec<u8>, report: &Report, numbers: &BTreeMap<&String, u32>) {
    string::encode(EVENT, &report.event, out);
    int64::encode(TIME, &report.time.as_millis(), out);
    if let Some(device) = &report.device {
        string::encode(DEVICE, device, out);
    }
    for (name, value) in &report.fields {
        let number = numbers[name];
        match value {
            Value::Flag(flag) => bool::encode(number, flag, out),
            Value::Number(value) => sint64::encode(number + 1, value, out),
            Value::Text(text) => string::encode(number + 2, text, out),
        }
    }
}

pub(super) fn read(body: &[u8], allowance: &mut Allowance) -> Result<Vec<Report>, DecodeError> {
    let mut names = Vec::new();
    let mut reports = Vec::new();
    for field in wire::fields(STEP, body) {
        match field? {
            (NAME, _) if names.len() == NAMES_MAX => {
                return Err(wrong(format_args!("more than {NAMES_MAX} names")));
            }
            (NAME, name) => names.push(std::str::from_utf8(name).map_err(wrong)?),
            (REPORT, message) => {
                allowance.report()?;
                reports.push(read_report(message, &names, allowance)?);
            }
            (number, _) => return Err(wrong(format_args!("a body has no field {number}"))),
        }
    }
    Ok(reports)
}

fn read_report(mut from: &[u8], names: &[&str], allowance: &mut Allowance) -> Result<Report, DecodeError> {
    let mut report = Report { event: String::new(), time: Timestamp::default(), device: None, fields: BTreeMap::new() };
    while !from.is_empty() {
        let (number, kind) = decode_key(&mut from).map_err(wrong)?;
        match number {
            EVENT => string::merge(kind, &mut report.event, &mut from, DecodeContext::default()).map_err(wrong)?,
            TIME => {
                let mut ms = 0;
                int64::merge(kind, &mut ms, &mut from, DecodeContext::default()).map_err(wrong)?;
                report.time = Timestamp::from_millis(ms);
            }
            DEVICE => {
                let device = report.device.get_or_insert_default();
                string::merge(kind, device, &mut from, DecodeContext::default()).map_err(wrong)?;
            }
            FIELDS.. => {
                let place = usize::try_from((number - FIELDS) / KINDS).unwrap_or(usize::MAX);
                let name = names.get(place).ok_or_else(|| wrong(format_args!("field {number} has no name")))?;
                allowance.name(name.len(), 1)?;
                let value = read_value((number - FIELDS) % KINDS, kind, &mut from).map_err(wrong)?;
                report.fields.insert((*name).to_owned(), value);
            }
            _ => skip_field(kind, number, &mut from, DecodeContext::default()).map_err(wrong)?,
        }
    }
    Ok(report)
}

fn read_value(which: u32, kind: WireType, from: &mut &[u8]) -> Result<Value, prost::DecodeError> {
    let context = DecodeContext::default();
    Ok(match which {
        0 => {
            let mut flag = false;
            bool::merge(kind, &mut flag, from, context)?;
            Value::Flag(flag)
        }
        1 => {
            let mut number = 0;
            sint64::merge(kind, &mut number, from, context)?;
            Value::Number(number)
        }
        _ => {
            let mut text = String::new();
            string::merge(kind, &mut text, from, context)?;
            Value::Text(text)
        }
    })
}

fn wrong(reason: impl std::fmt::Display) -> DecodeError {
    DecodeError::malformed(STEP, reason)
}
