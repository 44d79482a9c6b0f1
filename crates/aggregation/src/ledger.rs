//! The privacy budget: what was spent, on which days, in which regions, and on what.

mod day;
mod loss;
mod stored;

use std::collections::BTreeMap;

use model::{QueryId, Ratio, RegionId, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::WINDOW_DAYS_MAX;

pub use day::Day;
pub use loss::{Budget, Cost, Remaining};

use loss::Spent;
use stored::Stored;

/// Most charges that one ledger holds.
const CHARGES_MAX: usize = 1 << 20;

/// One entry of the ledger: what one release cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Charge {
    /// The query that was released.
    pub query: QueryId,
    /// For which window.
    pub window: Window,
    /// For which regions, sorted.
    pub regions: Vec<RegionId>,
    /// Epsilon, spent on every day that the window touches, in every region: pure unless there is a delta.
    pub epsilon: Ratio,
    /// Delta, spent likewise.
    #[serde(default, skip_serializing_if = "Ratio::is_zero")]
    pub delta: Ratio,
    /// Rho of zero-concentrated differential privacy, spent likewise and beside epsilon.
    #[serde(default, skip_serializing_if = "Ratio::is_zero")]
    pub rho: Ratio,
    /// SHA-256 in hex of the query and the partial that were released, so that the noise is never used twice.
    pub digest: String,
}

impl Charge {
    const fn cost(&self) -> Cost {
        Cost { epsilon: self.epsilon, delta: self.delta, rho: self.rho }
    }
}

/// What one privacy budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Covers {
    /// Each day in each region: the next day begins with a whole budget again.
    #[default]
    Day,
    /// All days and all regions together, for as long as the ledger is kept.
    Lifetime,
}

/// A charge for which too little is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overspent {
    /// The first region where it is.
    pub region: RegionId,
    /// The first day there.
    pub day: Day,
    /// What was asked.
    pub cost: Cost,
    /// What is left.
    pub remaining: Remaining,
}

/// Why a charge was refused. The ledger is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It would spend more than is left.
    #[error("{} is asked of region {} on the {}, where {} is left", .0.cost, .0.region, .0.day, .0.remaining)]
    Overspent(Box<Overspent>),
    /// The same query, window and regions were released with another definition, or from other reports. Fresh noise
    /// would have to be paid for, and the old noise would cancel out.
    #[error("{query} was released for {window} before, from other reports or with another definition")]
    Changed {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
    },
    /// What was spent has no exact form in 64 bits.
    #[error("what {cost} adds up to in region {region} on the {day} is no fraction of 64-bit numbers")]
    Inexact {
        /// The region.
        region: RegionId,
        /// The day.
        day: Day,
        /// What was asked.
        cost: Box<Cost>,
    },
    /// The window touches no day, or too many.
    #[error("window {window} touches {days} days, expected 1 to {WINDOW_DAYS_MAX}")]
    Days {
        /// The window.
        window: Window,
        /// Days that it touches.
        days: usize,
    },
    /// There is no room for another charge.
    #[error("ledger holds {CHARGES_MAX} charges, which is the most")]
    Full,
}

/// Keeps the privacy budget of each (device, day, region), or of each device for good, and refuses what would overspend
/// it.
///
/// Devices need no entry of their own: every release is charged to all devices of its regions alike. The unit is a
/// day. A window shorter than a day is charged to its day, so that the windows of a day add up; a longer one is charged
/// to every day that it touches. A budget for a [lifetime](Covers::Lifetime) is charged once for each region of a
/// release, since a device may report in all of them. A charge is for one (query, window, regions): making the same one
/// again is free.
///
/// Its stored form is the budget, what it covers and the list of charges; reading it back adds them up anew.
///
/// ```
/// # use model::*;
/// let mut ledger = aggregation::Ledger::new("1".parse().ok());
/// let (sg, day) = (RegionId::new("sg").unwrap(), aggregation::Day(18_383));
/// ledger.charge(aggregation::Charge {
///     query: QueryId::new("visits").unwrap(),
///     window: Window::holding("2020-05-01T00:00:00Z".parse().unwrap(), Duration::DAY),
///     regions: vec![sg.clone()],
///     epsilon: "0.25".parse().unwrap(),
///     delta: Ratio::ZERO,
///     rho: Ratio::ZERO,
///     digest: "00".repeat(32),
/// })?;
/// assert_eq!(ledger.remaining(&sg, day).and_then(|left| left.epsilon), "0.75".parse().ok());
/// # Ok::<(), aggregation::LedgerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Ledger {
    budget: Option<Budget>,
    covers: Covers,
    charges: BTreeMap<Subject, (Cost, String)>,
    spent: BTreeMap<RegionId, BTreeMap<Day, Spent>>,
    spent_ever: Spent, // over all days and regions; only kept where the budget covers them
}

/// What is charged at most once.
type Subject = (QueryId, Window, Vec<RegionId>);

impl Ledger {
    /// A ledger from which nothing was spent. `budget` is pure epsilon for each (device, day, region); without one,
    /// charges are written down and never refused for their size.
    #[must_use]
    pub fn new(budget: Option<Ratio>) -> Self {
        Self::covering(budget.map(Budget::from), Covers::Day)
    }

    /// A ledger from which nothing was spent, with a budget for what `covers` says.
    #[must_use]
    pub const fn covering(budget: Option<Budget>, covers: Covers) -> Self {
        Self { budget, covers, charges: BTreeMap::new(), spent: BTreeMap::new(), spent_ever: Spent::NOTHING }
    }

    /// Budget of each (device, day, region), or of each device for good, where there is one.
    #[must_use]
    pub const fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// What the budget is for.
    #[must_use]
    pub const fn covers(&self) -> Covers {
        self.covers
    }

    /// What was spent in `region` on `day`.
    #[must_use]
    pub fn spent(&self, region: &RegionId, day: Day) -> Cost {
        self.spent_there(region, day).cost
    }

    fn spent_there(&self, region: &RegionId, day: Day) -> Spent {
        self.spent.get(region).and_then(|days| days.get(&day)).copied().unwrap_or(Spent::NOTHING)
    }

    /// What is left in `region` on `day`; `None` without a budget.
    #[must_use]
    pub fn remaining(&self, region: &RegionId, day: Day) -> Option<Remaining> {
        let spent = match self.covers {
            Covers::Day => self.spent_there(region, day),
            Covers::Lifetime => self.spent_ever,
        };
        self.budget.map(|budget| spent.within(budget).unwrap_or_default())
    }

    /// Charges made so far, sorted by query, window and regions.
    pub fn charges(&self) -> impl Iterator<Item = Charge> + '_ {
        self.charges.iter().map(|((query, window, regions), (cost, digest))| Charge {
            query: query.clone(),
            window: *window,
            regions: regions.clone(),
            epsilon: cost.epsilon,
            delta: cost.delta,
            rho: cost.rho,
            digest: digest.clone(),
        })
    }

    /// Makes `charge`, unless it was made before.
    ///
    /// # Errors
    /// If any (day, region) would be overspent, and for each other reason of [`LedgerError`]. Nothing is spent then.
    pub fn charge(&mut self, charge: Charge) -> Result<(), LedgerError> {
        let cost = charge.cost();
        let Charge { query, window, mut regions, digest, .. } = charge;
        regions.sort_unstable();
        regions.dedup();
        let subject = (query, window, regions);
        if let Some(made) = self.charges.get(&subject) {
            let (query, window, _) = subject;
            return if *made == (cost, digest) { Ok(()) } else { Err(LedgerError::Changed { query, window }) };
        }
        if self.charges.len() >= CHARGES_MAX {
            return Err(LedgerError::Full);
        }
        let days = Day::covered_by(window);
        if !(1..=usize::try_from(WINDOW_DAYS_MAX).unwrap_or(usize::MAX)).contains(&days.len()) {
            return Err(LedgerError::Days { window, days: days.len() });
        }
        let spent_ever = self.ever_after(&subject.2, days.clone().next(), cost)?;
        let budget = self.budget.filter(|_| self.covers == Covers::Day);
        let mut after = Vec::with_capacity(subject.2.len() * days.len());
        for region in &subject.2 {
            for day in days.clone() {
                let spent = spend(self.spent_there(region, day), cost, budget, (region, day))?;
                after.push((region.clone(), day, spent));
            }
        }
        for (region, day, spent) in after {
            self.spent.entry(region).or_default().insert(day, spent);
        }
        self.spent_ever = spent_ever;
        self.charges.insert(subject, (cost, digest));
        Ok(())
    }

    /// What will have been spent for good once `cost` is in each of `regions`, if that is allowed.
    fn ever_after(&self, regions: &[RegionId], day: Option<Day>, cost: Cost) -> Result<Spent, LedgerError> {
        let (Covers::Lifetime, Some(budget), Some(day)) = (self.covers, self.budget, day) else {
            return Ok(self.spent_ever);
        };
        regions.iter().try_fold(self.spent_ever, |spent, region| spend(spent, cost, Some(budget), (region, day)))
    }
}

/// What will have been spent once `cost` is, if `budget` allows that.
fn spend(
    before: Spent,
    cost: Cost,
    budget: Option<Budget>,
    (region, day): (&RegionId, Day),
) -> Result<Spent, LedgerError> {
    let region = || region.clone();
    let after = before.and(cost).ok_or_else(|| LedgerError::Inexact { region: region(), day, cost: Box::new(cost) })?;
    match budget {
        Some(budget) if after.within(budget).is_none() => {
            let remaining = before.within(budget).unwrap_or_default();
            Err(LedgerError::Overspent(Box::new(Overspent { region: region(), day, cost, remaining })))
        }
        _ => Ok(after),
    }
}

#[cfg(test)]
mod tests;
