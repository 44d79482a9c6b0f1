//! Releases: what is published must not be about a few people, by itself or together.
//!
//! Each file below holds one check, with what it sees, what it cannot see, how often it errs and where it is from.
//! Two kinds of release are told apart. *Bare* ones publish values as they are, all or those of large groups: nothing
//! stands between a reader and an answer about few people but what else is published, what an attacker adds, and how
//! devices were counted. *Noisy* ones are judged by how much each answer gives away, and all of them together.

pub mod batch;
pub mod budget;
pub mod configuration;
pub mod differencing;
pub mod epsilon;
pub mod repeated_noise;
pub mod small_group;
pub mod sybil;

use std::collections::BTreeMap;

use model::{CaseFile, Cell, Evidence, Measure, Mechanism, QueryId, Ratio, Release};

use crate::conclusion::Conclusion;

/// Looks at everything that was published.
pub(crate) fn check(case: &CaseFile, smallest_group: u64, epsilon_max: Option<Ratio>) -> Conclusion {
    let mut conclusion = Conclusion::default();
    for release in &case.releases {
        conclusion.exercised(format!("release of `{}`: {}", release.query, release.mechanism.name()));
        if !is_bare(release) && noise_of(release).is_none() {
            conclusion.lacks(format!("no check knows the mechanism `{}`", release.mechanism.name()));
        }
        if let (Mechanism::Central { delta, .. }, Some(_)) = (&release.mechanism, epsilon_max)
            && !delta.is_zero()
        {
            let query = &release.query;
            conclusion
                .lacks(format!("`{query}` keeps its epsilon but for a chance of {delta}, which was not promised"));
        }
    }
    small_group::check(case, smallest_group)
        .also(conclusion)
        .also(batch::check(case, smallest_group))
        .also(differencing::check(case, smallest_group))
        .also(sybil::check(case, smallest_group))
        .also(repeated_noise::check(case, epsilon_max))
        .also(budget::check(case, epsilon_max))
        .also(epsilon::check(case))
        .also(configuration::check(case))
}

/// Whether values are published as they are.
const fn is_bare(release: &Release) -> bool {
    matches!(release.mechanism, Mechanism::Exact | Mechanism::Threshold { .. } | Mechanism::Star { .. })
}

/// Whether values are published as they are and are numbers of people or of their reports.
const fn counts_people(release: &Release) -> bool {
    is_bare(release) && matches!(release.measure, Measure::Count | Measure::Devices | Measure::Histogram { .. })
}

/// Pure epsilon that a release with noise says it spends.
const fn noise_of(release: &Release) -> Option<Ratio> {
    match release.mechanism {
        Mechanism::Central { epsilon, .. } => Some(epsilon),
        _ => None,
    }
}

/// Releases that published something with noise.
fn noisy(case: &CaseFile) -> impl Iterator<Item = (&Release, Ratio)> {
    // What was withheld whole cost nothing.
    let published = case.releases.iter().filter(|release| !release.cells.is_empty());
    published.filter_map(|release| Some((release, noise_of(release)?)))
}

/// The first release with noise of each query.
fn noisy_queries(case: &CaseFile) -> BTreeMap<&QueryId, (&Release, Ratio)> {
    let mut queries = BTreeMap::new();
    for (release, epsilon) in noisy(case) {
        queries.entry(&release.query).or_insert((release, epsilon));
    }
    queries
}

/// A cell of a release as evidence.
fn published(release: &Release, cell: &Cell) -> Evidence {
    let key: Vec<String> =
        release.group_by.iter().zip(&cell.group).map(|(name, value)| format!("{name}={value}")).collect();
    let mut evidence = about(release, cell.value.to_string());
    evidence.path.push(key.join(","));
    evidence
}

/// Something about a whole release as evidence.
fn about(release: &Release, plaintext: String) -> Evidence {
    Evidence {
        flow: None,
        device: None,
        endpoint: None,
        at: release.window.end,
        path: vec![format!("release:{}", release.query), format!("window:{}", release.window)],
        plaintext,
        activity: format!("release of `{}` for {}", release.query, release.window),
    }
}

#[cfg(test)]
mod tests;
