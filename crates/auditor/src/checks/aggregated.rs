//! Aggregated: what is published must not be about a few people.

use model::{CaseFile, Cell, CheckName, Evidence, Measure, Mechanism, Release};

use crate::{conclusion::Conclusion, words};

/// Looks for published groups smaller than `smallest_group` that no noise protects.
pub(crate) fn check(case: &CaseFile, smallest_group: u64) -> Conclusion {
    let mut conclusion = Conclusion::default();
    for release in &case.releases {
        conclusion.exercised(format!("release of `{}`: {}", release.query, release.mechanism.name()));
    }
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
        conclusion.convict(CheckName::SmallGroup, summary, evidence(release, cell));
    }
    conclusion
}

/// Whether a cell's value is a number of people or of their reports, as it is.
fn counts_people(release: &Release) -> bool {
    let counted = matches!(release.measure, Measure::Count | Measure::Devices);
    counted && matches!(release.mechanism, Mechanism::Exact | Mechanism::Threshold { .. })
}

fn evidence(release: &Release, cell: &Cell) -> Evidence {
    let key: Vec<String> =
        release.group_by.iter().zip(&cell.group).map(|(name, value)| format!("{name}={value}")).collect();
    Evidence {
        flow: None,
        device: None,
        endpoint: None,
        at: release.window.end,
        path: vec![format!("release:{}", release.query), format!("window:{}", release.window), key.join(",")],
        plaintext: cell.value.to_string(),
        activity: format!("release of `{}` for {}", release.query, release.window),
    }
}
