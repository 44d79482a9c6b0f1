//! A query in the form that answers fastest for each report.

use std::fmt::Write as _;

use model::{Measure, Mechanism, Query, QueryId, Report, Value};

use super::groups::Key;
use crate::mechanism::{self, Bounds, KnownKeys};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    query: QueryId,
    events: Vec<String>,
    parts: Vec<Part>,
    summed: Option<Summed>,
    bounds: Option<Bounds>,
    known: Option<KnownKeys>,
}

/// Where one value of a group key comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Event,
    Field(String),
}

/// What is added up.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Summed {
    field: String,
    min: i64,
    max: i64,
}

impl Plan {
    pub(super) fn of(query: &Query) -> Self {
        let part = |name: &String| if name == "event" { Part::Event } else { Part::Field(name.clone()) };
        let mut events = query.events.clone();
        events.sort_unstable();
        Self {
            query: query.id.clone(),
            events,
            parts: mechanism::partial_fields(query).iter().map(part).collect(),
            summed: match &query.measure {
                Measure::Sum { field, min, max } => Some(Summed { field: field.clone(), min: *min, max: *max }),
                Measure::Count | Measure::Devices => None,
            },
            bounds: mechanism::bounds(&query.mechanism),
            known: matches!(query.mechanism, Mechanism::Central { .. }).then(|| KnownKeys::of(query)),
        }
    }

    pub(super) const fn query(&self) -> &QueryId {
        &self.query
    }

    /// Values in a group key.
    pub(super) const fn width(&self) -> usize {
        self.parts.len()
    }

    pub(super) const fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    pub(super) const fn is_bounded(&self) -> bool {
        self.bounds.is_some()
    }

    /// Whether rows must carry values: only where some of them are chosen.
    pub(super) const fn keeps_values(&self) -> bool {
        self.bounds.is_some() && self.summed.is_some()
    }

    /// Whether bounds let anything through at all.
    pub(super) fn admits_any(&self) -> bool {
        self.bounds.is_none_or(|bounds| bounds.groups_max > 0 && bounds.reports_max > 0)
    }

    /// Whether `key` may be counted.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.known.as_ref().is_none_or(|known| known.contains(key.parts()))
    }

    /// Reads the group key of `report` into `key` and gives the value to be summed, clamped, or zero where nothing is;
    /// `None` if the report does not answer the query.
    pub(super) fn read(&self, report: &Report, key: &mut Key) -> Option<i64> {
        if !self.events.is_empty() && self.events.binary_search(&report.event).is_err() {
            return None;
        }
        key.clear();
        for part in &self.parts {
            match part {
                Part::Event => key.push(&report.event),
                Part::Field(name) => match report.fields.get(name)? {
                    Value::Text(text) => key.push(text),
                    Value::Flag(flag) => key.push(if *flag { "true" } else { "false" }),
                    Value::Number(number) => key.push_with(|text| {
                        let _ = write!(text, "{number}");
                    }),
                },
            }
        }
        let Some(Summed { field, min, max }) = &self.summed else { return Some(0) };
        match report.fields.get(field)? {
            // Not `clamp`, which panics where a query has its bounds the wrong way round.
            Value::Number(number) => Some(*number.max(min).min(max)),
            Value::Flag(_) | Value::Text(_) => None,
        }
    }
}
