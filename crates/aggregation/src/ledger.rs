//! The privacy budget: what was spent, on which days, in which regions, and on what.

use std::{collections::BTreeMap, fmt};

use model::{Duration, QueryId, Ratio, RegionId, Timestamp, Window};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::problem::WINDOW_DAYS_MAX;

/// Most charges that one ledger holds.
const CHARGES_MAX: usize = 1 << 20;

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
    /// Pure epsilon, spent on every day that the window touches, in every region.
    pub epsilon: Ratio,
    /// SHA-256 in hex of the query and the partial that were released, so that the noise is never used twice.
    pub digest: String,
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

/// Why a charge was refused. The ledger is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It would spend more than is left.
    #[error("{epsilon} is asked of region {region} on the {day}, where {remaining} is left")]
    Overspent {
        /// The first region where it would.
        region: RegionId,
        /// The first day there.
        day: Day,
        /// What was asked.
        epsilon: Ratio,
        /// What is left.
        remaining: Ratio,
    },
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
    #[error("what {epsilon} adds up to in region {region} on the {day} is no fraction of 64-bit numbers")]
    Inexact {
        /// The region.
        region: RegionId,
        /// The day.
        day: Day,
        /// What was asked.
        epsilon: Ratio,
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
///     digest: "00".repeat(32),
/// })?;
/// assert_eq!(ledger.remaining(&sg, day), "0.75".parse().ok());
/// # Ok::<(), aggregation::LedgerError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Ledger {
    budget: Option<Ratio>,
    covers: Covers,
    charges: BTreeMap<Subject, (Ratio, String)>,
    spent: BTreeMap<RegionId, BTreeMap<Day, Ratio>>,
    spent_ever: Ratio, // over all days and regions; only kept where the budget covers them
}

/// What is charged at most once.
type Subject = (QueryId, Window, Vec<RegionId>);

impl Ledger {
    /// A ledger from which nothing was spent. `budget` is pure epsilon for each (device, day, region); without one,
    /// charges are written down and never refused for their size.
    #[must_use]
    pub const fn new(budget: Option<Ratio>) -> Self {
        Self::covering(budget, Covers::Day)
    }

    /// A ledger from which nothing was spent, with a budget for what `covers` says.
    #[must_use]
    pub const fn covering(budget: Option<Ratio>, covers: Covers) -> Self {
        Self { budget, covers, charges: BTreeMap::new(), spent: BTreeMap::new(), spent_ever: Ratio::ZERO }
    }

    /// Budget of each (device, day, region), or of each device for good, where there is one.
    #[must_use]
    pub const fn budget(&self) -> Option<Ratio> {
        self.budget
    }

    /// What was spent in `region` on `day`.
    #[must_use]
    pub fn spent(&self, region: &RegionId, day: Day) -> Ratio {
        self.spent.get(region).and_then(|days| days.get(&day)).copied().unwrap_or(Ratio::ZERO)
    }

    /// What is left in `region` on `day`, rounded to zero should it have no exact form; `None` without a budget.
    #[must_use]
    pub fn remaining(&self, region: &RegionId, day: Day) -> Option<Ratio> {
        let spent = match self.covers {
            Covers::Day => self.spent(region, day),
            Covers::Lifetime => self.spent_ever,
        };
        self.budget.map(|budget| budget.checked_sub(spent).unwrap_or(Ratio::ZERO))
    }

    /// Charges made so far, sorted by query, window and regions.
    pub fn charges(&self) -> impl Iterator<Item = Charge> + '_ {
        self.charges.iter().map(|((query, window, regions), (epsilon, digest))| Charge {
            query: query.clone(),
            window: *window,
            regions: regions.clone(),
            epsilon: *epsilon,
            digest: digest.clone(),
        })
    }

    /// Makes `charge`, unless it was made before.
    ///
    /// # Errors
    /// If any (day, region) would be overspent, and for each other reason of [`LedgerError`]. Nothing is spent then.
    pub fn charge(&mut self, charge: Charge) -> Result<(), LedgerError> {
        let Charge { query, window, mut regions, epsilon, digest } = charge;
        regions.sort_unstable();
        regions.dedup();
        let subject = (query, window, regions);
        if let Some(made) = self.charges.get(&subject) {
            let (query, window, _) = subject;
            return if *made == (epsilon, digest) { Ok(()) } else { Err(LedgerError::Changed { query, window }) };
        }
        if self.charges.len() >= CHARGES_MAX {
            return Err(LedgerError::Full);
        }
        let days = Day::covered_by(window);
        if !(1..=usize::try_from(WINDOW_DAYS_MAX).unwrap_or(usize::MAX)).contains(&days.len()) {
            return Err(LedgerError::Days { window, days: days.len() });
        }
        let spent_ever = self.ever_after(&subject.2, days.clone().next(), epsilon)?;
        let mut after = Vec::with_capacity(subject.2.len() * days.len());
        for region in &subject.2 {
            for day in days.clone() {
                after.push((region.clone(), day, self.after(region, day, epsilon)?));
            }
        }
        for (region, day, spent) in after {
            self.spent.entry(region).or_default().insert(day, spent);
        }
        self.spent_ever = spent_ever;
        self.charges.insert(subject, (epsilon, digest));
        Ok(())
    }

    /// What will have been spent for good once `epsilon` is in each of `regions`, if that is allowed.
    fn ever_after(&self, regions: &[RegionId], day: Option<Day>, epsilon: Ratio) -> Result<Ratio, LedgerError> {
        let (Covers::Lifetime, Some(budget), Some(day)) = (self.covers, self.budget, day) else {
            return Ok(self.spent_ever);
        };
        regions.iter().try_fold(self.spent_ever, |spent, region| {
            let region = region.clone();
            match spent.checked_add(epsilon) {
                None => Err(LedgerError::Inexact { region, day, epsilon }),
                Some(after) if after > budget => {
                    let remaining = budget.checked_sub(spent).unwrap_or(Ratio::ZERO);
                    Err(LedgerError::Overspent { region, day, epsilon, remaining })
                }
                Some(after) => Ok(after),
            }
        })
    }

    /// What will have been spent once `epsilon` is, if that is allowed.
    fn after(&self, region: &RegionId, day: Day, epsilon: Ratio) -> Result<Ratio, LedgerError> {
        let spent = self.spent(region, day).checked_add(epsilon).ok_or_else(|| LedgerError::Inexact {
            region: region.clone(),
            day,
            epsilon,
        })?;
        match self.budget.filter(|_| self.covers == Covers::Day) {
            Some(budget) if spent > budget => {
                let remaining = self.remaining(region, day).unwrap_or(Ratio::ZERO);
                Err(LedgerError::Overspent { region: region.clone(), day, epsilon, remaining })
            }
            _ => Ok(spent),
        }
    }
}

/// A ledger as it is stored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename = "Ledger")]
struct Stored {
    budget: Option<Ratio>,
    #[serde(default)]
    covers: Covers,
    charges: Vec<Charge>,
}

impl From<Ledger> for Stored {
    fn from(ledger: Ledger) -> Self {
        Self { budget: ledger.budget, covers: ledger.covers, charges: ledger.charges().collect() }
    }
}

impl TryFrom<Stored> for Ledger {
    type Error = LedgerError;

    fn try_from(stored: Stored) -> Result<Self, LedgerError> {
        let mut ledger = Self::covering(stored.budget, stored.covers);
        stored.charges.into_iter().try_for_each(|charge| ledger.charge(charge))?;
        Ok(ledger)
    }
}

#[cfg(test)]
mod tests;
