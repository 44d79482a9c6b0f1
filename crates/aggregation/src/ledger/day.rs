//! The unit in which budgets are kept.

use std::fmt;

use model::{Duration, Timestamp, Window};
use serde::{Deserialize, Serialize};

/// A day of 24 hours in UTC, counted from 1 January 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(pub i64);

const DAY_MS: i64 = 86_400_000;

impl Day {
    /// The day that holds `time`.
    #[must_use]
    pub fn holding(time: Timestamp) -> Self {
        Self(time.as_millis().div_euclid(DAY_MS))
    }

    /// Every day that `window` touches; none for an empty window.
    pub fn covered_by(window: Window) -> impl ExactSizeIterator<Item = Self> + Clone {
        let last = window.end.before(Duration::from_millis(1));
        let days =
            if window.start < window.end { Self::holding(last).0 - Self::holding(window.start).0 + 1 } else { 0 };
        (0..i32::try_from(days).unwrap_or(i32::MAX)).map(move |n| Self(Self::holding(window.start).0 + i64::from(n)))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "day of {}", Timestamp::from_millis(self.0.saturating_mul(DAY_MS)))
    }
}
