//! A query in the form that answers fastest for each report.

use std::fmt::Write as _;

use model::{Keys, Measure, Mechanism, Query, QueryId, ReportRef, ValueRef};

use super::groups::Key;
use crate::{
    measure::Buckets,
    mechanism::{self, Bounds, KnownKeys},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    query: QueryId,
    events: Vec<String>,
    parts: Vec<Part>,
    summed: Option<Summed>,
    sorted_in: Option<SortedIn>,
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

/// Which bucket a report counts in.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SortedIn {
    measure: Measure,
    /// The buckets' names.
    labels: Vec<String>,
}

impl SortedIn {
    fn of(measure: &Measure) -> Option<Self> {
        let buckets = Buckets::of(measure)?;
        let labels = (0..buckets.len()).map(|bucket| buckets.label(bucket)).collect();
        Some(Self { measure: measure.clone(), labels })
    }

    /// The name of the bucket that `report` counts in.
    fn label(&self, report: ReportRef<'_>) -> Option<&str> {
        let buckets = Buckets::of(&self.measure)?;
        match report.fields.get(buckets.field)? {
            ValueRef::Number(number) => self.labels.get(buckets.holding(number)).map(String::as_str),
            ValueRef::Flag(_) | ValueRef::Text(_) => None,
        }
    }
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
                Measure::Sum { field, min, max } | Measure::Mean { field, min, max, .. } => {
                    Some(Summed { field: field.clone(), min: *min, max: *max })
                }
                Measure::Count | Measure::Devices | Measure::Histogram { .. } | Measure::Quantiles { .. } => None,
            },
            sorted_in: SortedIn::of(&query.measure),
            bounds: mechanism::bounds(&query.mechanism),
            known: matches!(query.mechanism, Mechanism::Central { keys: Keys::Known, .. })
                .then(|| KnownKeys::of(query)),
        }
    }

    pub(super) const fn query(&self) -> &QueryId {
        &self.query
    }

    /// Values in a group key.
    pub(super) fn width(&self) -> usize {
        self.parts.len() + usize::from(self.sorted_in.is_some())
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

    /// Whether `text` may stand in a column of group keys; `near` is about where it stands among known values.
    pub(super) fn knows_text(&self, column: usize, text: &str, near: usize) -> bool {
        if let Some(sorted_in) = self.sorted_in.as_ref().filter(|_| column == self.parts.len()) {
            return sorted_in.labels.iter().any(|label| label == text);
        }
        self.known.as_ref().is_none_or(|known| known.has(column, text, near))
    }

    /// Whether values are summed.
    pub(super) const fn sums(&self) -> bool {
        self.summed.is_some()
    }

    /// From what to what values are clamped, where they are summed.
    pub(super) fn range(&self) -> Option<(i64, i64)> {
        self.summed.as_ref().map(|summed| (summed.min, summed.max))
    }

    /// What `value` counts as: clamped where values are summed, otherwise zero.
    #[inline]
    pub(super) fn clamped(&self, value: i64) -> i64 {
        // Not `clamp`, which panics where a query has its bounds the wrong way round.
        self.summed.as_ref().map_or(0, |summed| value.max(summed.min).min(summed.max))
    }

    /// Reads the group key of `report` into `key` and gives the value to be summed, clamped, or zero where nothing is;
    /// `None` if the report does not answer the query.
    pub(super) fn read(&self, report: ReportRef<'_>, key: &mut Key) -> Option<i64> {
        let asks = |event: &String| event.as_str().cmp(report.event);
        if !self.events.is_empty() && self.events.binary_search_by(asks).is_err() {
            return None;
        }
        key.clear();
        for part in &self.parts {
            match part {
                Part::Event => key.push(report.event),
                Part::Field(name) => match report.fields.get(name)? {
                    ValueRef::Text(text) => key.push(text),
                    ValueRef::Flag(flag) => key.push(if flag { "true" } else { "false" }),
                    ValueRef::Number(number) => key.push_with(|text| {
                        let _ = write!(text, "{number}");
                    }),
                },
            }
        }
        if let Some(sorted_in) = &self.sorted_in {
            key.push(sorted_in.label(report)?);
        }
        let Some(Summed { field, .. }) = &self.summed else { return Some(0) };
        match report.fields.get(field)? {
            ValueRef::Number(number) => Some(self.clamped(number)),
            ValueRef::Flag(_) | ValueRef::Text(_) => None,
        }
    }
}
