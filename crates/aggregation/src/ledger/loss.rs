//! Privacy loss: what releases cost, what that adds up to, and what a budget allows.
//!
//! Three kinds add up side by side, each exactly or rounded up: epsilon and delta by basic composition (Dwork and Roth,
//! *The algorithmic foundations of differential privacy*, 2014, theorem 3.16), and rho of zero-concentrated differential
//! privacy (Bun and Steinke 2016, lemma 2.3). Only against a budget are they brought together.

use std::fmt;

use model::Ratio;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::noise::zcdp;

/// A budget for what is lost together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Budget {
    /// (epsilon, delta)-differential privacy; pure where delta is zero, and then nothing with a rho or delta fits.
    ///
    /// Rho counts as the epsilon that it costs at the delta that is left, rounded up.
    Approximate {
        /// Most epsilon.
        epsilon: Ratio,
        /// Most delta.
        delta: Ratio,
    },
    /// Zero-concentrated differential privacy, but for a chance of delta.
    ///
    /// Epsilon counts as epsilon² / 2, rounded up.
    Concentrated {
        /// Most rho.
        rho: Ratio,
        /// Most delta.
        delta: Ratio,
    },
}

impl From<Ratio> for Budget {
    /// A budget of pure epsilon.
    fn from(epsilon: Ratio) -> Self {
        Self::Approximate { epsilon, delta: Ratio::ZERO }
    }
}

/// What one release costs, or several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// Epsilon of pure and approximate differential privacy.
    pub epsilon: Ratio,
    /// Delta.
    pub delta: Ratio,
    /// Rho of zero-concentrated differential privacy, beside that epsilon.
    pub rho: Ratio,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Remaining {
    /// Epsilon, rounded down; absent where rho is what is kept.
    pub epsilon: Option<Ratio>,
    /// Rho, rounded down; absent where epsilon is.
    pub rho: Option<Ratio>,
    /// Delta.
    pub delta: Ratio,
}

/// What was spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spent {
    pub(super) cost: Cost,
    /// All of it as rho, but for the deltas; absent where that is beyond all budgets.
    concentrated: Option<Ratio>,
}

impl Spent {
    pub(super) const NOTHING: Self = Self {
        cost: Cost { epsilon: Ratio::ZERO, delta: Ratio::ZERO, rho: Ratio::ZERO },
        concentrated: Some(Ratio::ZERO),
    };

    /// What will have been spent with `more`; `None` where epsilon or delta have no exact sum, or rho is beyond all
    /// budgets.
    pub(super) fn and(self, more: Cost) -> Option<Self> {
        let cost = Cost {
            epsilon: self.cost.epsilon.checked_add(more.epsilon)?,
            delta: self.cost.delta.checked_add(more.delta)?,
            rho: zcdp::sum_above(self.cost.rho, more.rho)?,
        };
        let together = |pure| zcdp::sum_above(zcdp::sum_above(self.concentrated?, pure)?, more.rho);
        Some(Self { cost, concentrated: zcdp::rho_of_pure(more.epsilon).and_then(together) })
    }

    /// What `budget` leaves; `None` where this is more than it allows.
    pub(super) fn within(&self, budget: Budget) -> Option<Remaining> {
        let Cost { epsilon, delta, rho } = self.cost;
        match budget {
            Budget::Approximate { epsilon: most, delta: delta_most } => {
                let delta = delta_most.checked_sub(delta)?;
                let spent =
                    if rho.is_zero() { epsilon } else { zcdp::sum_above(epsilon, zcdp::epsilon_of(rho, delta)?)? };
                let epsilon = (spent <= most).then(|| zcdp::difference_below(most, spent))?;
                Some(Remaining { epsilon: Some(epsilon), rho: None, delta })
            }
            Budget::Concentrated { rho: most, delta: delta_most } => {
                let delta = delta_most.checked_sub(delta)?;
                let spent = self.concentrated?;
                let rho = (spent <= most).then(|| zcdp::difference_below(most, spent))?;
                Some(Remaining { epsilon: None, rho: Some(rho), delta })
            }
        }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { epsilon, delta, rho } = *self;
        let parts = [("epsilon", epsilon), ("rho", rho), ("delta", delta)];
        list(f, parts.into_iter().filter(|(_, part)| !part.is_zero()))
    }
}

impl fmt::Display for Remaining {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = [("epsilon", self.epsilon), ("rho", self.rho)]
            .into_iter()
            .filter_map(|(name, part)| part.map(|part| (name, part)));
        list(f, kept.chain((!self.delta.is_zero()).then_some(("delta", self.delta))))
    }
}

fn list(f: &mut fmt::Formatter<'_>, parts: impl Iterator<Item = (&'static str, Ratio)>) -> fmt::Result {
    let mut between = "";
    for (name, part) in parts {
        write!(f, "{between}{name} {part}")?;
        between = " and ";
    }
    if between.is_empty() { f.write_str("nothing") } else { Ok(()) }
}
