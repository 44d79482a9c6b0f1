//! Reports as they are read: borrowed from where they stand, so that no text is copied for looking at it.

use std::{collections::BTreeMap, ops::Range};

use crate::{Report, Timestamp, Value};

/// The value of one field, where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueRef<'a> {
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// Text.
    Text(&'a str),
}

/// One telemetry record, where it stands.
#[derive(Debug, Clone, Copy)]
pub struct ReportRef<'a> {
    /// Name of the event.
    pub event: &'a str,
    /// When the event happened, by the device's clock.
    pub time: Timestamp,
    /// The identifier that the vendor takes for the device, where the report has one.
    pub device: Option<&'a str>,
    /// Every other field by its name.
    pub fields: FieldsRef<'a>,
}

/// The fields of one report, where they stand.
#[derive(Debug, Clone, Copy)]
pub enum FieldsRef<'a> {
    /// In a report of its own.
    Map(&'a BTreeMap<String, Value>),
    /// In the order in which they came; the last of equal names holds.
    List(&'a [(&'a str, ValueRef<'a>)]),
}

/// Reports column by column, each text where it stands.
///
/// ```
/// use model::{BorrowedReports, Timestamp, ValueRef};
///
/// let mut reports = BorrowedReports::default();
/// reports.field("site", ValueRef::Text("news.example"));
/// reports.end_report("visit", Timestamp::from_millis(1), None);
/// let report = reports.get(0);
/// assert_eq!((report.event, report.fields.get("site")), ("visit", Some(ValueRef::Text("news.example"))));
/// ```
#[derive(Debug, Clone, Default)]
pub struct BorrowedReports<'a> {
    events: Vec<&'a str>,
    times: Vec<Timestamp>,
    devices: Vec<Option<&'a str>>,
    /// Where each report's fields end in `fields`.
    ends: Vec<usize>,
    /// Fields of all reports, and at the end those of the report that is being added.
    fields: Vec<(&'a str, ValueRef<'a>)>,
}

/// The reports of a batch, in whichever form they came.
#[derive(Debug)]
pub enum Reports<'a> {
    /// Each for itself.
    Owned(Vec<Report>),
    /// Column by column.
    Borrowed(BorrowedReports<'a>),
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    #[inline]
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Flag(flag) => Self::Flag(*flag),
            Value::Number(number) => Self::Number(*number),
            Value::Text(text) => Self::Text(text),
        }
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Flag(flag) => Self::Flag(flag),
            ValueRef::Number(number) => Self::Number(number),
            ValueRef::Text(text) => Self::Text(text.to_owned()),
        }
    }
}

impl<'a> From<&'a Report> for ReportRef<'a> {
    #[inline]
    fn from(report: &'a Report) -> Self {
        let Report { event, time, device, fields } = report;
        Self { event, time: *time, device: device.as_deref(), fields: FieldsRef::Map(fields) }
    }
}

impl From<ReportRef<'_>> for Report {
    fn from(report: ReportRef<'_>) -> Self {
        let fields = match report.fields {
            FieldsRef::Map(map) => map.clone(),
            FieldsRef::List(list) => list.iter().map(|&(name, value)| (name.to_owned(), value.into())).collect(),
        };
        Self { event: report.event.to_owned(), time: report.time, device: report.device.map(str::to_owned), fields }
    }
}

impl<'a> FieldsRef<'a> {
    /// The value of the field of that name.
    #[inline]
    #[must_use]
    pub fn get(self, name: &str) -> Option<ValueRef<'a>> {
        match self {
            Self::Map(map) => map.get(name).map(Into::into),
            Self::List(list) => list.iter().rev().find(|(found, _)| *found == name).map(|(_, value)| *value),
        }
    }
}

impl<'a> BorrowedReports<'a> {
    /// No reports, with room for `reports` that have `fields` in all.
    #[must_use]
    pub fn with_capacity(reports: usize, fields: usize) -> Self {
        Self {
            events: Vec::with_capacity(reports),
            times: Vec::with_capacity(reports),
            devices: Vec::with_capacity(reports),
            ends: Vec::with_capacity(reports),
            fields: Vec::with_capacity(fields),
        }
    }

    /// Gives the report that is ended next a field.
    #[inline]
    pub fn field(&mut self, name: &'a str, value: ValueRef<'a>) {
        self.fields.push((name, value));
    }

    /// Ends a report, which has the fields given since the one before.
    #[inline]
    pub fn end_report(&mut self, event: &'a str, time: Timestamp, device: Option<&'a str>) {
        self.events.push(event);
        self.times.push(time);
        self.devices.push(device);
        self.ends.push(self.fields.len());
    }

    /// Number of reports.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no report.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// The event of the last report; empty if there is none.
    #[inline]
    #[must_use]
    pub fn last_event(&self) -> &'a str {
        self.events.last().copied().unwrap_or_default()
    }

    /// The fields of all reports, one report after the other.
    #[inline]
    #[must_use]
    pub fn fields(&self) -> &[(&'a str, ValueRef<'a>)] {
        &self.fields
    }

    /// Where in [`BorrowedReports::fields`] those of the report at `index` are.
    #[inline]
    fn range(&self, index: usize) -> Range<usize> {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        start..self.ends[index]
    }

    /// The report at `index`, which must be one.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> ReportRef<'_> {
        ReportRef {
            event: self.events[index],
            time: self.times[index],
            device: self.devices[index],
            fields: FieldsRef::List(&self.fields[self.range(index)]),
        }
    }
}

impl Reports<'_> {
    /// Number of reports.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Owned(reports) => reports.len(),
            Self::Borrowed(reports) => reports.len(),
        }
    }

    /// Whether there is no report.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The time of the report at `index`, which must be one.
    #[inline]
    #[must_use]
    pub fn time(&self, index: usize) -> Timestamp {
        match self {
            Self::Owned(reports) => reports[index].time,
            Self::Borrowed(reports) => reports.times[index],
        }
    }

    /// The report at `index`, which must be one.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> ReportRef<'_> {
        match self {
            Self::Owned(reports) => (&reports[index]).into(),
            Self::Borrowed(reports) => reports.get(index),
        }
    }

    /// Each report for itself, in order; copied only where they stand elsewhere.
    #[must_use]
    pub fn into_owned(self) -> Vec<Report> {
        match self {
            Self::Owned(reports) => reports,
            Self::Borrowed(reports) => (0..reports.len()).map(|index| reports.get(index).into()).collect(),
        }
    }
}
