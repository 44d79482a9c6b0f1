//! Draws from a named stream of chance, in the words of a grammar.

use model::{Seed, Stream};
use rand::RngExt;

/// A stream of chance from which a grammar draws.
#[derive(Debug)]
pub struct Dice(Stream);

impl Dice {
    /// The dice named `purpose` below `seed`: what one purpose draws shifts no other.
    #[must_use]
    pub fn new(seed: &Seed, purpose: &str) -> Self {
        Self(seed.derive("storm").derive(purpose).stream())
    }

    /// A number from `low` to `high`, both included.
    ///
    /// # Panics
    /// If `high` is below `low`.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        self.0.random_range(low..=high)
    }

    /// Whether something happens that happens in `percent` of hundred draws.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.within(0, 99) < percent
    }

    /// One of `choices`, each as likely as the others.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())].clone()
    }
}
