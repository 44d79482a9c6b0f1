//! Reports as `glasshouse.v1.ReportBatch`. The batch's id travels in a header and stays empty here.

use std::collections::BTreeMap;

use model::Timestamp;
use prost::Message;

use super::{Allowance, wire};
use crate::DecodeError;

const STEP: &str = "native";
const ID: u32 = 1;
const REPORTS: u32 = 2;

#[derive(Clone, PartialEq, Message)]
struct Report {
    #[prost(string, tag = "1")]
    event: String,
    #[prost(int64, tag = "2")]
    time_ms: i64,
    // Present even where empty: a report with an empty identifier is not one without.
    #[prost(string, optional, tag = "3")]
    device: Option<String>,
    #[prost(btree_map = "string, message", tag = "4")]
    fields: BTreeMap<String, Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(oneof = "Kind", tags = "1, 2, 3")]
    kind: Option<Kind>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum Kind {
    #[prost(bool, tag = "1")]
    Flag(bool),
    #[prost(int64, tag = "2")]
    Number(i64),
    #[prost(string, tag = "3")]
    Text(String),
}

pub(super) fn write(reports: &[model::Report]) -> Vec<u8> {
    let mut out = Vec::new();
    for report in reports {
        prost::encoding::message::encode(REPORTS, &Report::from(report), &mut out);
    }
    out
}

pub(super) fn read(body: &[u8], allowance: &mut Allowance) -> Result<Vec<model::Report>, DecodeError> {
    let mut reports = Vec::new();
    for field in wire::fields(STEP, body) {
        match field? {
            (REPORTS, message) => {
                allowance.report()?;
                let report = Report::decode(message).map_err(|error| DecodeError::malformed(STEP, error))?;
                reports.push(report.try_into()?);
            }
            (ID, _) => {}
            (number, _) => {
                return Err(DecodeError::malformed(STEP, format_args!("a batch has no field {number}")));
            }
        }
    }
    Ok(reports)
}

impl From<&model::Report> for Report {
    fn from(report: &model::Report) -> Self {
        Self {
            event: report.event.clone(),
            time_ms: report.time.as_millis(),
            device: report.device.clone(),
            fields: report.fields.iter().map(|(name, value)| (name.clone(), value.into())).collect(),
        }
    }
}

impl From<&model::Value> for Value {
    fn from(value: &model::Value) -> Self {
        let kind = match value {
            model::Value::Flag(flag) => Kind::Flag(*flag),
            model::Value::Number(number) => Kind::Number(*number),
            model::Value::Text(text) => Kind::Text(text.clone()),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<Report> for model::Report {
    type Error = DecodeError;

    fn try_from(report: Report) -> Result<Self, DecodeError> {
        let plain = |(name, value): (String, Value)| match value.kind {
            Some(Kind::Flag(flag)) => Ok((name, model::Value::Flag(flag))),
            Some(Kind::Number(number)) => Ok((name, model::Value::Number(number))),
            Some(Kind::Text(text)) => Ok((name, model::Value::Text(text))),
            None => Err(DecodeError::malformed(STEP, format_args!("the field `{name}` has no value"))),
        };
        Ok(Self {
            event: report.event,
            time: Timestamp::from_millis(report.time_ms),
            device: report.device,
            fields: report.fields.into_iter().map(plain).collect::<Result<_, _>>()?,
        })
    }
}
