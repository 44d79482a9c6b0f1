//! The score: how much of what leaks was found, and how much of what was accused leaks.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Mark, Zoo};

/// How often the auditor was right, counted in verdicts that were expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Score {
    /// Leaks found by the very check that must find them.
    pub found: u64,
    /// Leaks that were not.
    pub missed: u64,
    /// Promises that are kept and were called so.
    pub cleared: u64,
    /// Promises that are kept and were called broken.
    pub accused: u64,
    /// Promises that are kept and were called unproven.
    pub doubted: u64,
}

impl Score {
    /// Of everything in `zoo`.
    #[must_use]
    pub fn of(zoo: &Zoo) -> Self {
        let mut score = Self::default();
        marks(zoo).for_each(|(_, mark)| score.add(mark));
        score
    }

    /// For each kind of claim.
    #[must_use]
    pub fn by_claim(zoo: &Zoo) -> BTreeMap<&str, Self> {
        let mut scores: BTreeMap<&str, Self> = BTreeMap::new();
        marks(zoo).for_each(|(kind, mark)| scores.entry(kind).or_default().add(mark));
        scores
    }

    /// Share of the leaks that was found, from 0 to 1; nothing where there is no leak.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.found, self.missed)
    }

    /// Share of the accusations that are right, from 0 to 1; nothing where nothing was accused.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.found, self.accused)
    }

    const fn add(&mut self, mark: Mark) {
        *match mark {
            Mark::Found => &mut self.found,
            Mark::Missed => &mut self.missed,
            Mark::Cleared => &mut self.cleared,
            Mark::Accused => &mut self.accused,
            Mark::Doubted => &mut self.doubted,
        } += 1;
    }
}

fn marks(zoo: &Zoo) -> impl Iterator<Item = (&str, Mark)> {
    zoo.specimens.iter().flat_map(|specimen| specimen.marked().map(|(_, kind, _, mark)| (kind, mark)))
}

#[expect(clippy::cast_precision_loss, reason = "a zoo has fewer than 2^52 verdicts")]
fn share(right: u64, wrong: u64) -> Option<f64> {
    (right + wrong > 0).then(|| right as f64 / (right + wrong) as f64)
}
