//! Groups with fewer than k distinct devices are withheld, and counted.
//!
//! Over several regions their devices add up: a device that reports in two regions counts in each.

use model::{Cell, Measure, Partial, Query, Withheld};

use super::{
    Counted, ReleaseError,
    answer::{Spreads, cells, row},
};
use crate::Problem;

pub(super) fn release(
    query: &Query,
    partial: &Partial,
    devices_min: u64,
) -> Result<(Vec<Cell>, Counted), ReleaseError> {
    let large: Vec<usize> = (0..partial.groups.len()).filter(|index| partial.devices[*index] >= devices_min).collect();
    let below = (partial.groups.len() - large.len()) as u64;
    let rows = large.into_iter().map(|index| row(query, partial, index));
    let withheld = if below > 0 { vec![(Withheld::BelowThreshold, below)] } else { Vec::new() };
    Ok((cells(query, rows.collect(), &Spreads::NONE)?, withheld))
}

pub(super) fn problems(query: &Query, devices_min: u64, found: &mut Vec<Problem>) {
    if matches!(query.measure, Measure::Quantiles { .. }) {
        let message = "quantiles behind a threshold would lack the buckets of few devices";
        found.push(Problem::new(&["mechanism", "threshold"], message).help("publish a `histogram`, or take `central`"));
    }
    if devices_min == 0 {
        let path = ["mechanism", "threshold", "devices-min"];
        found.push(Problem::new(&path, "threshold is 0, expected at least 1").help("`exact` publishes every group"));
    }
}
