//! Sybils: an attacker's own devices must not make a group large enough to be published.
//!
//! # Sees
//!
//! Whether a bare release holds a group that the examiner filled: an attacker subtracts their own devices, and those
//! that are left are fewer than was promised. With one device less than the threshold and one victim, publication alone
//! tells that the victim was there.
//!
//! # Cannot see
//!
//! Attackers with more devices than the examiner had: where they were too few to be published, or none, the claim is
//! unproven, as bare releases by any key always fall to enough of them. Noise that does not depend on the size of the
//! group withstands.
//!
//! # Error rates
//!
//! None, unless others have the value that the examiner chose because nobody does.
//!
//! # Source
//!
//! J. R. Douceur, "The Sybil Attack" (2002); drafts of the Distributed Aggregation Protocol, on sybil attacks.

use model::{CaseFile, CheckName, Injection, Measure, QueryId, Release};

use super::{is_bare, published};
use crate::{conclusion::Conclusion, words};

/// Looks for groups that the examiner's devices opened.
pub(super) fn check(case: &CaseFile, smallest_group: u64) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let injections = case.inspection.as_ref().map_or(&[][..], |inspection| &inspection.injections);
    let tried = |query: &QueryId| {
        let cells = case.releases.iter().filter(|release| release.query == *query).flat_map(|release| &release.cells);
        cells.into_iter().any(|cell| injections.iter().any(|injection| cell.group.contains(&injection.value)))
    };
    for release in case.releases.iter().filter(|release| is_bare(release) && !release.group_by.is_empty()) {
        if !tried(&release.query) {
            let query = &release.query;
            conclusion.lacks(format!("no devices of an attacker's were enough to open a group of `{query}`"));
        }
    }
    for injection in injections {
        let (devices, value) = (words::count(injection.devices, "device"), &injection.value);
        conclusion.exercised(format!("{devices} of the examiner's among the crowd, with `{value}`"));
        if let Some((summary, evidence)) = opened(case, injection, smallest_group) {
            conclusion.convict(CheckName::Sybil, summary, evidence);
        }
    }
    conclusion
}

/// The group that the attacker's devices opened, with whom they do not hide.
fn opened(case: &CaseFile, injection: &Injection, smallest_group: u64) -> Option<(String, model::Evidence)> {
    let then = |release: &&Release| release.window.start <= injection.at && injection.at < release.window.end;
    for release in case.releases.iter().filter(|release| is_bare(release)).filter(then) {
        for cell in release.cells.iter().filter(|cell| cell.group.contains(&injection.value)) {
            let known = case.inspection.iter().flat_map(|inspection| &inspection.batches).find(|batch| {
                (&batch.query, batch.window, &batch.group) == (&release.query, release.window, &cell.group)
            });
            let devices = match release.measure {
                Measure::Devices => u64::try_from(cell.value).ok(),
                _ => known.map(|batch| batch.devices),
            };
            let Some(others) = devices.map(|devices| devices.saturating_sub(injection.devices)) else { continue };
            if others < smallest_group {
                let summary = format!(
                    "`{}` published a group of which {} were the attacker's: {} left",
                    release.query,
                    words::count(injection.devices, "device"),
                    if others == 1 { "1 is".to_owned() } else { format!("{others} are") }
                );
                return Some((summary, published(release, cell)));
            }
        }
    }
    None
}
