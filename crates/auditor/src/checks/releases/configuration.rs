//! Configuration: every party must have been configured with the same task.
//!
//! # Sees
//!
//! The digest of the query that each region and the aggregator say they were configured with, and convicts where two
//! differ: then one of them does something else than was agreed, such as leave out the noise.
//!
//! # Cannot see
//!
//! A party that lies about its configuration, nor code that does not do what it is configured to (the epsilon check
//! sees what comes of both). Demanded for releases with noise; without the word of every party they are unproven.
//!
//! # Error rates
//!
//! None, equal tasks have equal digests.
//!
//! # Source
//!
//! The hazard of tasks that each party is told of by itself; the in-band provisioning of the Distributed Aggregation
//! Protocol (*taskprov*) binds parties to a digest for this reason.

use std::collections::{BTreeMap, BTreeSet};

use model::{CaseFile, CheckName, Configuration, QueryId, Release};

use super::{about, noisy};
use crate::conclusion::Conclusion;

/// Compares what the parties of each query say.
pub(super) fn check(case: &CaseFile) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let mut stated: BTreeMap<&QueryId, Vec<&Configuration>> = BTreeMap::new();
    for configuration in case.inspection.iter().flat_map(|inspection| &inspection.configurations) {
        stated.entry(&configuration.query).or_default().push(configuration);
    }
    for (query, parties) in &stated {
        let Some(release) = case.releases.iter().find(|release| release.query == **query) else { continue };
        conclusion.exercised(format!("configuration of `{query}` at {} parties", parties.len()));
        if let Some((one, other)) = unequal(parties) {
            let summary = format!("{} and {} carry out `{query}` differently", one.party, other.party);
            let mut evidence = about(release, format!("{} {}", one.party, one.digest));
            evidence.path = vec![format!("configuration:{query}"), other.party.clone(), other.digest.clone()];
            conclusion.convict(CheckName::Configuration, summary, evidence);
        }
    }
    for (release, _) in noisy(case) {
        let parties = stated.get(&release.query).into_iter().flatten().map(|stated| stated.party.as_str()).collect();
        if let Some(silent) = silent(release, &parties) {
            conclusion.lacks(format!("{silent} did not say how it was configured for `{}`", release.query));
        }
    }
    conclusion
}

fn unequal<'a>(parties: &[&'a Configuration]) -> Option<(&'a Configuration, &'a Configuration)> {
    let first = parties.first()?;
    parties.iter().find(|other| other.digest != first.digest).map(|other| (*first, *other))
}

/// A party that took part in `release` and is not among `parties`.
fn silent(release: &Release, parties: &BTreeSet<&str>) -> Option<String> {
    let regions = release.regions.iter().map(|region| format!("region {region}"));
    regions.chain(["aggregator".to_owned()]).find(|party| !parties.contains(party.as_str()))
}
