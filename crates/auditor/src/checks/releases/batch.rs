//! Batches: what is published bare must be computed over as many devices as was promised.
//!
//! # Sees
//!
//! From an inspection, how many reports and how many distinct devices stand behind published groups: a threshold that
//! counts reports, or a batch put together so that it holds one client, publishes one person's data as a group's.
//!
//! # Cannot see
//!
//! Devices that report under several names (the sybil check tries that), nor groups about which the aggregator keeps
//! silent: a bare release of which no batch is known leaves the claim unproven.
//!
//! # Error rates
//!
//! None on true ledgers.
//!
//! # Source
//!
//! Drafts of the Distributed Aggregation Protocol, on batch selection and the least size of a batch.

use std::collections::BTreeMap;

use model::{Batch, CaseFile, CheckName};

use super::{is_bare, published};
use crate::{conclusion::Conclusion, words};

/// Looks for published groups of fewer than `smallest_group` devices.
pub(super) fn check(case: &CaseFile, smallest_group: u64) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut batches: BTreeMap<_, Vec<&Batch>> = BTreeMap::new();
    for batch in case.inspection.iter().flat_map(|inspection| &inspection.batches) {
        batches.entry((&batch.query, batch.window, &batch.regions)).or_default().push(batch);
    }
    let mut smallest = None;
    for release in case.releases.iter().filter(|release| is_bare(release) && !release.cells.is_empty()) {
        let Some(known) = batches.get(&(&release.query, release.window, &release.regions)) else {
            conclusion.lacks(format!("over how many devices `{}` was computed was not inspected", release.query));
            continue;
        };
        conclusion.exercised(format!("devices behind `{}`", release.query));
        for batch in known.iter().filter(|batch| batch.devices < smallest_group) {
            let Some(cell) = release.cells.iter().find(|cell| cell.group == batch.group) else { continue };
            if smallest.is_none_or(|(before, ..): (&Batch, _, _)| batch.devices < before.devices) {
                smallest = Some((*batch, release, cell));
            }
        }
    }
    if let Some((batch, release, cell)) = smallest {
        let summary = format!(
            "`{}` published a group with {} of {}, fewer than {smallest_group} devices",
            release.query,
            words::count(batch.reports, "report"),
            words::count(batch.devices, "device")
        );
        conclusion.convict(CheckName::Batch, summary, published(release, cell));
    }
    conclusion
}
