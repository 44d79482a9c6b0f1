//! A lower bound on the epsilon that a mechanism spends, from runs over two neighbouring crowds.
//!
//! A mechanism that is ε-differentially private answers with any event at most e^ε times as often over one crowd as
//! over the other. The event that tells them apart best is chosen on some runs and tried on others, so that choosing
//! among many costs no confidence (Ding, Wang, Wang, Zhang and Kifer, *Detecting violations of differential privacy*,
//! 2018); the logarithm of the ratio of its Clopper–Pearson bounds is then a lower bound on ε (Jagielski, Ullman and
//! Oprea, *Auditing differentially private machine learning*, 2020). Events are answers up to a value, from a value on,
//! and equal to it.

use std::fmt;

use libm::{log, sqrt};
use model::{Runs, Samples};

use crate::confidence::{at_least, at_most};

/// Standard errors that are taken off an event's ratio when the best is chosen, so that rare ones are not.
const CAUTION: f64 = 5.0;

/// What runs show at least.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// The mechanism spends at least this much; zero where the runs show nothing.
    pub epsilon: f64,
    /// What the best event is.
    pub event: Event,
    /// How often it came where it is more frequent, out of how many runs.
    pub more: (u64, u64),
    /// How often it came over the other crowd, out of how many runs.
    pub less: (u64, u64),
    /// Whether it is more frequent over the crowd with the device.
    pub tells_presence: bool,
}

/// A set of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// This answer or a lower one.
    UpTo(i64),
    /// This answer or a higher one.
    From(i64),
    /// This answer.
    Exactly(i64),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UpTo(value) => write!(f, "{value} or less"),
            Self::From(value) => write!(f, "{value} or more"),
            Self::Exactly(value) => write!(f, "exactly {value}"),
        }
    }
}

/// The bound that `samples` show: the mechanism spends less with probability `alpha` at most. `None` without runs.
#[must_use]
pub fn bound(samples: &Samples, alpha: f64) -> Option<Bound> {
    let (event, tells_presence) = chosen(&samples.choosing)?;
    let count = |answers: &[(i64, u64)]| (event.count(answers), total(answers));
    let (with, without) = (count(&samples.testing.with), count(&samples.testing.without));
    let (more, less) = if tells_presence { (with, without) } else { (without, with) };
    if more.1 == 0 || less.1 == 0 {
        return None;
    }
    // Each of the two probabilities may lie beyond its bound.
    let (low, high) = (at_least(more.0, more.1, alpha / 2.0), at_most(less.0, less.1, alpha / 2.0));
    let epsilon = if low > 0.0 { log(low / high).max(0.0) } else { 0.0 };
    Some(Bound { epsilon, event, more, less, tells_presence })
}

/// The most that `runs` over each crowd can show, where an event always comes over one and never over the other.
#[must_use]
pub fn ceiling(runs: u64, alpha: f64) -> f64 {
    let (low, high) = (at_least(runs, runs, alpha / 2.0), at_most(0, runs, alpha / 2.0));
    if low > 0.0 { log(low / high).max(0.0) } else { 0.0 }
}

impl Event {
    fn count(self, answers: &[(i64, u64)]) -> u64 {
        let inside = |value: i64| match self {
            Self::UpTo(most) => value <= most,
            Self::From(least) => value >= least,
            Self::Exactly(only) => value == only,
        };
        answers.iter().filter(|(value, _)| inside(*value)).fold(0, |sum, (_, times)| sum.saturating_add(*times))
    }
}

pub(crate) fn total(answers: &[(i64, u64)]) -> u64 {
    answers.iter().fold(0, |sum, (_, times)| sum.saturating_add(*times))
}

/// The event whose ratio is greatest, less some standard errors, and whether it speaks for the device's presence.
fn chosen(runs: &Runs) -> Option<(Event, bool)> {
    let (all_with, all_without) = (total(&runs.with), total(&runs.without));
    if all_with == 0 || all_without == 0 {
        return None;
    }
    let mut values: Vec<(i64, u64, u64)> = Vec::with_capacity(runs.with.len() + runs.without.len());
    values.extend(runs.with.iter().map(|&(value, times)| (value, times, 0)));
    values.extend(runs.without.iter().map(|&(value, times)| (value, 0, times)));
    values.sort_unstable();
    values.dedup_by(|later, kept| {
        let same = later.0 == kept.0;
        if same {
            (kept.1, kept.2) = (kept.1.saturating_add(later.1), kept.2.saturating_add(later.2));
        }
        same
    });
    let mut best: Option<(f64, Event, bool)> = None;
    let (mut with, mut without) = (0_u64, 0_u64);
    for (value, here_with, here_without) in values {
        let (before_with, before_without) = (with, without);
        (with, without) = (with.saturating_add(here_with), without.saturating_add(here_without));
        let events = [
            (Event::UpTo(value), with, without),
            (Event::From(value), all_with - before_with.min(all_with), all_without - before_without.min(all_without)),
            (Event::Exactly(value), here_with, here_without),
        ];
        for (event, with, without) in events {
            let (with, without) = ((with, all_with), (without, all_without));
            for (presence, score) in [(true, score(with, without)), (false, score(without, with))] {
                if best.is_none_or(|(most, ..)| score > most) {
                    best = Some((score, event, presence));
                }
            }
        }
    }
    best.map(|(_, event, presence)| (event, presence))
}

/// The logarithm of the ratio of two shares, less some standard errors of it.
fn score(more: (u64, u64), less: (u64, u64)) -> f64 {
    let share = |(times, of): (u64, u64)| (float(times) + 0.5) / (float(of) + 1.0);
    let variance = |side: (u64, u64)| (1.0 - share(side)) / (share(side) * (float(side.1) + 1.0));
    log(share(more) / share(less)) - CAUTION * sqrt(variance(more) + variance(less))
}

#[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
