//! The servers' half of Prio3: two servers that together know that each report is valid, and what all reports add up
//! to, while neither sees a report.
//!
//! 1. [`ShareWindow`] takes shares in, each at most once;
//! 2. the two servers verify them in [`Turn`]s, by the [`Verifier`];
//! 3. each adds up its output shares, adds noise, and hands its share of the aggregate on;
//! 4. the release adds the two shares.
//!
//! Pure functions and state machines: who carries the turns from one server to the other is not known here.
//!
//! # What it promises
//!
//! The sum is right if both servers are honest, whatever clients do. A report stays secret if one of them is. Each
//! server adds the whole noise, so that the release is differentially private even for the other server, which knows
//! its own noise; the variance is that of two. Neighbouring inputs differ by all reports of one honest device in one
//! window: at most `reports-per-device-max` of them, each of which adds at most the `max` of the sum to one group. That
//! the proof of a Prio3SumVec also allows other vectors does not matter for that: who sends one has nothing to hide.

mod ahead;
mod refused;
mod release;
mod share;
#[cfg(test)]
mod tests;
mod turn;
mod verifier;
mod window;

use encoding::prio3::{Circuit, Measuring, Summand};
use model::{Measure, Mechanism, Party, Query, Ratio, RegionId};

pub use ahead::{Ahead, Prepared};
pub use refused::{Refused, RefusedCounts};
pub use turn::{Answer, Offer, TURN_BYTES_MAX, TURN_REPORTS_MAX, Turn, Verdict};
pub use verifier::{Begun, Output, Verifier};
pub use window::{ShareLimits, ShareWindow};

pub(super) use release::release;

use super::ReleaseError;
use crate::{Problem, laplace::DiscreteLaplace};

/// A query over shares, as both servers carry it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    circuit: Circuit,
    epsilon: Ratio,
    /// Most reports of a device.
    reports_max: u32,
    /// Most that one report adds to its group.
    max: u64,
    leader: RegionId,
    helper: RegionId,
}

impl Task {
    /// The task of `query`; `None` if that has no shares, or mistakes that [`problems`] names.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        let Mechanism::Prio3 { epsilon, reports_per_device_max } = query.mechanism else { return None };
        let [leader, helper] = query.regions.as_slice() else { return None };
        let measuring = measuring(query)?;
        let max = match &query.measure {
            Measure::Sum { max, .. } => u64::try_from(*max).ok()?,
            Measure::Count => 1,
            _ => return None,
        };
        Some(Self {
            circuit: *measuring.circuit(),
            epsilon,
            reports_max: reports_per_device_max,
            max,
            leader: leader.clone(),
            helper: helper.clone(),
        })
    }

    /// What `region` is in it.
    pub(crate) fn party_of(&self, region: &RegionId) -> Option<Party> {
        match region {
            region if *region == self.leader => Some(Party::Leader),
            region if *region == self.helper => Some(Party::Helper),
            _ => None,
        }
    }

    /// The noise of each server.
    pub(crate) fn noise(&self) -> Result<DiscreteLaplace, ReleaseError> {
        let sensitivity = u128::from(self.reports_max) * u128::from(self.max);
        Ok(DiscreteLaplace::for_sensitivity(sensitivity, self.epsilon)?)
    }
}

/// How the devices of `query` measure; `None` if it is none over shares.
#[must_use]
pub fn measuring(query: &Query) -> Option<Measuring> {
    let summand = match &query.measure {
        Measure::Count => None,
        Measure::Sum { field, max, .. } => Some(Summand { field: field.clone(), max: u64::try_from(*max).ok()? }),
        _ => return None,
    };
    matches!(query.mechanism, Mechanism::Prio3 { .. }).then(|| Measuring::new(release::buckets(query), summand))
}

/// What `region` is in `query`; `None` if that has no shares there.
#[must_use]
pub fn party_of(query: &Query, region: &RegionId) -> Option<Party> {
    Task::of(query)?.party_of(region)
}

/// The region that helps where `region` leads; `None` if `query` has no shares, or another region leads.
#[must_use]
pub fn helper_of<'a>(query: &'a Query, region: &RegionId) -> Option<&'a RegionId> {
    match (&query.mechanism, query.regions.as_slice()) {
        (Mechanism::Prio3 { .. }, [leader, helper]) if leader == region => Some(helper),
        _ => None,
    }
}

pub(super) fn problems(query: &Query, found: &mut Vec<Problem>) {
    let Mechanism::Prio3 { epsilon, reports_per_device_max } = query.mechanism else { return };
    let before = found.len();
    if epsilon == Ratio::ZERO {
        found.push(Problem::new(&["mechanism", "prio3", "epsilon"], "epsilon is 0, expected more"));
    }
    if reports_per_device_max == 0 {
        let path = ["mechanism", "prio3", "reports-per-device-max"];
        found.push(Problem::new(&path, "bound is 0, expected at least 1"));
    }
    if !matches!(query.regions.as_slice(), [leader, helper] if leader != helper) {
        let message = "prio3 needs two regions: the first leads, the second helps";
        found.push(Problem::new(&["regions"], message).help("write `regions = [\"LEADER\", \"HELPER\"]`"));
    }
    if query.events.is_empty() {
        let message = "prio3 needs the events that bring shares: no server can read them otherwise";
        found.push(Problem::new(&["events"], message).help("write `events = [\"NAME\"]`"));
    }
    measure_problems(query, found);
    for name in query.group_by.iter().filter(|name| !query.domain.contains_key(*name)) {
        let message = format!("values of `{name}` are missing: prio3 needs every key to be known");
        let help = format!("write `domain.{name} = […]` with every value that may be published");
        found.push(Problem::new(&["domain"], message).help(help));
    }
    if let Some(task) = Task::of(query).filter(|_| found.len() == before) {
        if let Err(error) = task.circuit.vdaf() {
            found.push(Problem::new(&["domain"], error.to_string()).help("group by fewer fields, or lower the max"));
        }
        if let Err(reason) = task.noise() {
            found.push(Problem::new(&["mechanism", "prio3"], reason.to_string()).help("lower the bounds"));
        }
    }
}

fn measure_problems(query: &Query, found: &mut Vec<Problem>) {
    match &query.measure {
        Measure::Devices => {
            let message = "prio3 counts no distinct devices: no server sees a report";
            found.push(Problem::new(&["measure"], message).help("count reports, or sum a field"));
        }
        Measure::Mean { .. } | Measure::Histogram { .. } | Measure::Quantiles { .. } => {
            let message = "prio3 answers with counts and sums alone";
            let help = "group by a field whose buckets the device names: that is prio3's histogram";
            found.push(Problem::new(&["measure"], message).help(help));
        }
        Measure::Count if query.group_by.is_empty() => {
            let message = "the number of reports is no secret: prio3 needs groups to count by, or a field to sum";
            let help = "for a count of yes and no, write `measure.sum = { field = \"…\", min = 0, max = 1 }`";
            found.push(Problem::new(&["measure"], message).help(help));
        }
        Measure::Count => {}
        Measure::Sum { min, max, .. } => {
            if *min != 0 {
                let message = format!("min is {min}, expected 0: prio3 sums whole numbers from zero");
                found.push(Problem::new(&["measure", "sum", "min"], message));
            }
            if *max < 1 {
                let message = format!("max is {max}, expected at least 1");
                found.push(Problem::new(&["measure", "sum", "max"], message));
            }
        }
    }
}
