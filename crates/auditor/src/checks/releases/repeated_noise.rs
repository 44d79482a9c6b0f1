//! Repeated noise: the same answer must not be published again with other noise, unless it is paid for.
//!
//! # Sees
//!
//! Releases that answer the same question (events, group fields, measure, window, regions) with other values, under one
//! name or several. Their mean is closer to the truth than any of them: n of them spend n times as much. Where the
//! promise bounds epsilon, as much repetition as stays within it is part of what was promised.
//!
//! # Cannot see
//!
//! Questions that are the same in other words, nor answers given to others.
//!
//! # Error rates
//!
//! None, honest publications of one release are equal.
//!
//! # Source
//!
//! The averaging attacks on the TableBuilder of the Australian Bureau of Statistics; I. Dinur and K. Nissim, "Revealing
//! Information while Preserving Privacy" (2003).

use std::collections::BTreeMap;

use model::{CaseFile, CheckName, Measure, Ratio, Release};

use super::{about, noisy};
use crate::{conclusion::Conclusion, words};

/// Most values that evidence shows.
const SHOWN_MAX: usize = 8;

/// Looks for answers that were published again with other noise and spend more than `epsilon_max` together.
pub(super) fn check(case: &CaseFile, epsilon_max: Option<Ratio>) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut questions: BTreeMap<_, Vec<(&Release, Ratio)>> = BTreeMap::new();
    for (release, epsilon) in noisy(case) {
        questions.entry(question(release)).or_default().push((release, epsilon));
    }
    if !questions.is_empty() {
        conclusion.exercised("noisy answers to the same question");
    }
    let repeated = questions.values().filter_map(|answers| {
        let (first, _) = answers.first()?;
        let fresh = answers.iter().skip(1).filter(|(release, _)| release.cells != first.cells).count();
        (fresh > 0).then_some((first, answers))
    });
    for (first, answers) in repeated {
        let spent = answers.iter().try_fold(Ratio::ZERO, |sum, (_, epsilon)| sum.checked_add(*epsilon));
        if epsilon_max.zip(spent).is_some_and(|(most, spent)| spent <= most) {
            continue;
        }
        let together = spent.map_or_else(String::new, |spent| format!(", which spends epsilon {spent}"));
        let times = words::count(answers.len() as u64, "time");
        let summary = format!("`{}` was answered {times} with other noise each time{together}", first.query);
        let values = answers.iter().filter_map(|(release, _)| release.cells.first()).take(SHOWN_MAX);
        let values: Vec<String> = values.map(|cell| cell.value.to_string()).collect();
        conclusion.convict(CheckName::RepeatedNoise, summary, about(first, values.join(", ")));
        break;
    }
    conclusion
}

/// What a release answers.
fn question(release: &Release) -> impl Ord {
    let mut events: Vec<&str> = release.events.iter().map(String::as_str).collect();
    events.sort_unstable();
    let measure = match &release.measure {
        Measure::Count => (0, "", [0, 0], &[][..]),
        Measure::Devices => (1, "", [0, 0], &[][..]),
        Measure::Sum { field, min, max } => (2, field.as_str(), [*min, *max], &[][..]),
        // With more decimals it is the same answer, and a quantile says less than the histogram that it is read off.
        Measure::Mean { field, min, max, .. } => (3, field.as_str(), [*min, *max], &[][..]),
        Measure::Histogram { field, edges } => (4, field.as_str(), [0, 0], edges.as_slice()),
        Measure::Quantiles { field, edges, .. } => (5, field.as_str(), [0, 0], edges.as_slice()),
    };
    (release.window, release.regions.as_slice(), events, release.group_by.as_slice(), measure)
}
