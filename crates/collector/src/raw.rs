//! Reports kept as they came, for whoever comes with a warrant.

use std::collections::VecDeque;

use model::Holding;

/// Reports kept as they came, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Raw(VecDeque<Holding>);

impl Raw {
    pub(crate) fn holdings(&self) -> impl ExactSizeIterator<Item = &Holding> {
        self.0.iter()
    }

    /// Keeps `holdings` and at most `max` in all. Answers how many were dropped for that, oldest first.
    pub(crate) fn keep(&mut self, holdings: impl IntoIterator<Item = Holding>, max: usize) -> u64 {
        let mut dropped = 0;
        for holding in holdings {
            self.0.push_back(holding);
            if self.0.len() > max {
                self.0.pop_front();
                dropped += 1;
            }
        }
        dropped
    }

    /// Holdings of both in the order of their times, those of `self` first, at most `max`; and how many were dropped.
    pub(crate) fn union(&self, other: &Self, max: usize) -> (Self, u64) {
        let mut all: Vec<Holding> = self.0.iter().chain(&other.0).cloned().collect();
        all.sort_by_key(|holding| holding.at);
        let dropped = all.len().saturating_sub(max);
        (Self(all.into_iter().skip(dropped).collect()), dropped as u64)
    }
}
