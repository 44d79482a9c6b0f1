//! Small groups: no bare release may hold a group of fewer than was promised.
//!
//! # Sees
//!
//! Every published cell, of one field or of several together: a joint key splits a large group into small ones.
//!
//! # Cannot see
//!
//! How many people stand behind the reports of a cell (the batch check does), nor what follows from several releases
//! (differencing does); says nothing about noisy releases, whose small values are no counts.
//!
//! # Error rates
//!
//! None, a value below the promise is the promise broken.
//!
//! # Source
//!
//! The rule of five of one maker's analytics, which is what `smallest-group` writes down, and the suppression of small
//! cells in official statistics.

use model::{CaseFile, Cell, CheckName, Measure};

use super::{counts_people, published};
use crate::{conclusion::Conclusion, words};

/// Looks for published groups smaller than `smallest_group` that no noise protects.
pub(super) fn check(case: &CaseFile, smallest_group: u64) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let cells = case.releases.iter().filter(|release| counts_people(release)).flat_map(|release| {
        let small = |cell: &&Cell| u64::try_from(cell.value).is_ok_and(|value| (1..smallest_group).contains(&value));
        release.cells.iter().filter(small).map(move |cell| (release, cell))
    });
    if let Some((release, cell)) = cells.min_by_key(|(release, cell)| (cell.value, release.window)) {
        let what = if release.measure == Measure::Devices { "device" } else { "report" };
        let value = cell.value.unsigned_abs();
        let summary = format!(
            "`{}` published a group of {}, fewer than {smallest_group}, without noise",
            release.query,
            words::count(value, what)
        );
        conclusion.convict(CheckName::SmallGroup, summary, published(release, cell));
    }
    conclusion
}
