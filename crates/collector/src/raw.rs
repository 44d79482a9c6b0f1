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

    /// Deletes the holdings that are `unwanted`. Answers how many.
    pub(crate) fn delete(&mut self, unwanted: impl Fn(&Holding) -> bool) -> u64 {
        let before = self.0.len();
        self.0.retain(|holding| !unwanted(holding));
        (before - self.0.len()) as u64
    }

    /// Takes the holdings of `other` too: all in the order of their times, those of `self` first, at most `max`.
    /// Answers how many were dropped for that, oldest first.
    pub(crate) fn absorb(&mut self, other: &Self, max: usize) -> u64 {
        self.0.extend(other.0.iter().cloned());
        self.0.make_contiguous().sort_by_key(|holding| holding.at);
        let dropped = self.0.len().saturating_sub(max);
        self.0.drain(..dropped);
        dropped as u64
    }
}
