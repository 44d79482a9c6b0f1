//! Groups with fewer than k distinct devices are withheld, and counted.
//!
//! Over several regions their devices add up: a device that reports in two regions counts in each.

use model::{Cell, Partial, Query, Withheld};

use super::{Counted, ReleaseError, exact};
use crate::Problem;

pub(super) fn release(
    query: &Query,
    partial: &Partial,
    devices_min: u64,
) -> Result<(Vec<Cell>, Counted), ReleaseError> {
    let mut cells = Vec::new();
    let mut below: u64 = 0;
    for (index, devices) in partial.devices.iter().enumerate() {
        if *devices < devices_min {
            below += 1;
        } else {
            cells.push(exact::cell(query, partial, index)?);
        }
    }
    Ok((cells, vec![(Withheld::BelowThreshold, below)]))
}

pub(super) fn problems(devices_min: u64, found: &mut Vec<Problem>) {
    if devices_min == 0 {
        let path = ["mechanism", "threshold", "devices-min"];
        found.push(Problem::new(&path, "threshold is 0, expected at least 1").help("`exact` publishes every group"));
    }
}
