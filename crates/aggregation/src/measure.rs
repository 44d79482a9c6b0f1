//! What measures make of reports: which keys, and which numbers behind each.

use model::{GroupKey, Measure, Query};

use crate::mechanism::partial_fields;

/// Buckets of a field's values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Buckets<'a> {
    pub(crate) field: &'a str,
    edges: &'a [i64],
}

impl<'a> Buckets<'a> {
    /// The buckets of `measure`, if it has any.
    pub(crate) fn of(measure: &'a Measure) -> Option<Self> {
        match measure {
            Measure::Histogram { field, edges } | Measure::Quantiles { field, edges, .. } => {
                Some(Self { field, edges })
            }
            Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Mean { .. } => None,
        }
    }

    /// How many there are; none where there are too few edges.
    pub(crate) const fn len(&self) -> usize {
        self.edges.len().saturating_sub(1)
    }

    /// The bucket that `value` counts in.
    pub(crate) fn holding(&self, value: i64) -> usize {
        let above = self.edges.partition_point(|edge| *edge <= value);
        above.saturating_sub(1).min(self.len().saturating_sub(1))
    }

    /// First and last value of a bucket.
    pub(crate) fn range(&self, bucket: usize) -> (i64, i64) {
        (self.edges[bucket], self.edges[bucket + 1].saturating_sub(1))
    }

    /// The middle of a bucket, rounded down.
    pub(crate) fn middle(&self, bucket: usize) -> i64 {
        let (first, last) = self.range(bucket);
        i64::midpoint(first, last)
    }

    /// The bucket's name in keys, such as `10..20`.
    pub(crate) fn label(&self, bucket: usize) -> String {
        format!("{}..{}", self.edges[bucket], self.edges[bucket + 1])
    }

    /// The name of every bucket with its number, sorted by name as keys are.
    pub(crate) fn sorted(&self) -> Vec<(String, usize)> {
        let mut sorted: Vec<_> = (0..self.len()).map(|bucket| (self.label(bucket), bucket)).collect();
        sorted.sort_unstable();
        sorted
    }
}

/// Values in each key of the query's partials: those of its fields, or the one of a sealed message, and the bucket where
/// the measure has buckets.
#[must_use]
pub fn key_width(query: &Query) -> usize {
    partial_fields(query).len() + usize::from(Buckets::of(&query.measure).is_some())
}

/// Names of the values in each key of the query's releases.
pub(crate) fn released_columns(query: &Query) -> Vec<String> {
    let mut columns = query.group_by.clone();
    match &query.measure {
        Measure::Histogram { field, .. } => columns.push(field.clone()),
        Measure::Quantiles { .. } => columns.push("quantile".to_owned()),
        Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Mean { .. } => {}
    }
    columns
}

/// Cells that are published of each group.
pub(crate) fn cells_per_group(measure: &Measure) -> u64 {
    match measure {
        Measure::Histogram { edges, .. } => edges.len().saturating_sub(1) as u64,
        Measure::Quantiles { at, .. } => at.len() as u64,
        Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Mean { .. } => 1,
    }
}

/// The middle of the range of a mean, from which values are counted so that none is far from zero.
pub(crate) fn middle(min: i64, max: i64) -> i64 {
    i64::midpoint(min, max)
}

/// Numbers behind one key, before any noise or with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) key: GroupKey,
    /// What is measured; for a mean, the sum counted from the middle of the range.
    pub(crate) number: i128,
    /// For a mean, how many values were summed; otherwise zero.
    pub(crate) of: i128,
}
