//! What came of playing one scenario: the input of every rendering.

use std::collections::BTreeSet;

use model::{Accuracy, CheckName, Claim, Ruling, Timestamp, Verdict};
use schemars::JsonSchema;
use serde::Serialize;

/// What came of playing one scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Played {
    /// Short name of the scenario.
    pub scenario: String,
    /// What it is about, in one line; may be empty.
    pub title: String,
    /// The seed that it was played with.
    pub seed: u64,
    /// Digests of everything that the run produced.
    pub digests: Digests,
    /// What happened, ordered by time.
    pub timeline: Vec<Moment>,
    /// Verdicts. Subjects appear in tables in the order of their first appearance here.
    pub verdicts: Vec<Judged>,
    /// The promises that were judged, in the order of table rows.
    pub claims: Vec<Claim>,
    /// How releases compare with the truth, for each of which something is expected.
    pub accuracies: Vec<Accuracy>,
    /// Sizes worth telling, such as devices, activities and batches, in the order of telling.
    pub tallies: Vec<(String, u64)>,
    /// The command that plays it again.
    pub replay: String,
}

/// Digests of what a run produced, as hexadecimal text. Equal runs have equal digests.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Digests {
    /// Of the event log.
    pub log: String,
    /// Of the captures.
    pub captures: String,
    /// Of the releases.
    pub releases: String,
    /// Of the findings.
    pub findings: String,
}

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When it happened, in the scenario's time.
    pub at: Timestamp,
    /// What happened, in one sentence.
    pub text: String,
}

/// A ruling beside what the scenario expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the auditor concluded.
    pub ruling: Ruling,
    /// What the scenario expects, where it expects anything.
    pub expected: Option<Verdict>,
    /// The check that must have found something, where the scenario names one.
    pub check: Option<CheckName>,
    /// Where the expectation is from.
    pub source: Option<String>,
}

/// What a run demands of verdicts in scenarios that expect nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand {
    /// No claim is broken.
    #[default]
    NoneBroken,
    /// Every claim is kept.
    AllKept,
}

/// Where a verdict stands against what was asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is what was asked.
    Held,
    /// It is something else.
    Failed,
    /// Nothing was asked: the scenario states expectations, and none about this.
    Open,
}

impl Judged {
    /// Whether the ruling is what is expected, with something found by the very check that is named; nothing where
    /// nothing is expected.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        let found = |check: CheckName| self.found_by().contains(&check);
        self.expected.map(|expected| self.ruling.verdict == expected && self.check.is_none_or(found))
    }

    /// The checks that found something.
    #[must_use]
    pub fn found_by(&self) -> BTreeSet<CheckName> {
        self.ruling.findings.iter().map(|finding| finding.check).collect()
    }

    /// What is expected, in words such as `kept` or `broken by linkage`; nothing where nothing is.
    #[must_use]
    pub fn expectation(&self) -> Option<String> {
        let by = self.check.map(|check| format!(" by {check}")).unwrap_or_default();
        self.expected.map(|expected| format!("{expected}{by}"))
    }
}

impl Played {
    /// Whether the scenario states any expectation.
    #[must_use]
    pub fn has_expectations(&self) -> bool {
        !self.accuracies.is_empty() || self.verdicts.iter().any(|judged| judged.expected.is_some())
    }

    /// Where `judged` stands: against its expectation, or, where the scenario has none at all, against `demand`.
    #[must_use]
    pub fn standing(&self, judged: &Judged, demand: Demand) -> Standing {
        let verdict = judged.ruling.verdict;
        let held = match judged.holds() {
            Some(held) => held,
            None if self.has_expectations() => return Standing::Open,
            None => verdict == Verdict::Kept || (verdict == Verdict::Unproven && demand == Demand::NoneBroken),
        };
        if held { Standing::Held } else { Standing::Failed }
    }

    /// Whether neither a verdict nor a release failed what was asked of it.
    #[must_use]
    pub fn holds(&self, demand: Demand) -> bool {
        self.accuracies.iter().all(Accuracy::holds)
            && self.verdicts.iter().all(|judged| self.standing(judged, demand) != Standing::Failed)
    }

    /// How many expectations held and how many failed.
    #[must_use]
    pub fn expectations(&self) -> (u64, u64) {
        let stated = self.verdicts.iter().filter_map(Judged::holds).chain(self.accuracies.iter().map(Accuracy::holds));
        stated.fold((0, 0), |(held, failed), holds| if holds { (held + 1, failed) } else { (held, failed + 1) })
    }
}
