//! What a release spends on what, and which noise that buys.

use model::{Keys, Measure, Mechanism, NoiseKind, Query, Ratio};

use super::answer::{Means, Spreads};
use crate::{
    Cost, Problem, ReleaseError,
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
    measure::middle,
    noise::{kind::Noise, zcdp},
};

/// How much one device may contribute in one window and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Most groups (L0).
    pub(crate) groups_max: u32,
    /// Most reports in each group (L∞).
    pub(crate) reports_max: u32,
}

/// How contributions of one device are bounded while they accumulate; `None` for mechanisms that take them all.
pub(crate) const fn bounds(mechanism: &Mechanism) -> Option<Bounds> {
    match mechanism {
        Mechanism::Central { groups_per_device_max, reports_per_group_max, .. } => {
            Some(Bounds { groups_max: *groups_per_device_max, reports_max: *reports_per_group_max })
        }
        Mechanism::Star { messages_per_device_max, .. } => {
            Some(Bounds { groups_max: *messages_per_device_max, reports_max: 1 })
        }
        _ => None,
    }
}

/// What a release spends on what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(super) keys: Keys,
    pub(super) bounds: Bounds,
    /// What is charged. The two kinds add up: epsilon and delta where noise is discrete Laplace and for selecting keys,
    /// rho for discrete Gaussian noise.
    pub(super) cost: Cost,
    /// What selecting keys takes of epsilon and delta.
    pub(super) selection: (Ratio, Ratio),
    /// Noise on what is measured.
    pub(crate) number: Noise,
    /// Noise on the number of values of a mean.
    pub(in crate::mechanism) of: Option<Noise>,
}

impl Plan {
    /// The plan of a query with this mechanism.
    ///
    /// # Errors
    /// If its noise cannot be drawn, or half of what it spends has no exact form.
    pub(crate) fn of(query: &Query) -> Result<Self, ReleaseError> {
        let Mechanism::Central { epsilon, delta, noise, keys, .. } = query.mechanism else {
            return Err(ReleaseError::Mechanism(query.mechanism.clone()));
        };
        let bounds = bounds(&query.mechanism).unwrap_or(Bounds { groups_max: 0, reports_max: 0 });
        // Selecting keys takes half of both, and all of a delta that noise has no use for.
        let (half_epsilon, half_delta) = (half(epsilon)?, half(delta)?);
        let (selection, (own_epsilon, own_delta)) = match (keys, noise) {
            (Keys::Known, _) => ((Ratio::ZERO, Ratio::ZERO), (epsilon, delta)),
            (Keys::Selected, NoiseKind::Laplace) => ((half_epsilon, delta), (half_epsilon, Ratio::ZERO)),
            (Keys::Selected, NoiseKind::Gaussian) => ((half_epsilon, half_delta), (half_epsilon, half_delta)),
        };
        let parts = contributions(&query.measure);
        let share = |whole: Ratio| if parts.1.is_some() { half(whole) } else { Ok(whole) };
        match noise {
            NoiseKind::Laplace => {
                let each = share(own_epsilon)?;
                let noise = |most: u128| -> Result<Noise, ReleaseError> {
                    let sensitivity = l1(&query.measure, bounds, most).unwrap_or(u128::MAX);
                    Ok(Noise::Laplace(DiscreteLaplace::for_sensitivity(sensitivity, each)?))
                };
                let of = parts.1.map(noise).transpose()?;
                let cost = Cost { epsilon, delta: selection.1, rho: Ratio::ZERO };
                Ok(Self { keys, bounds, cost, selection, number: noise(parts.0)?, of })
            }
            NoiseKind::Gaussian => {
                let rho = zcdp::rho_within(own_epsilon, own_delta).unwrap_or(Ratio::ZERO);
                let each = share(rho)?;
                let noise = |most: u128| -> Result<Noise, ReleaseError> {
                    let squared = l2_squared(&query.measure, bounds, most).unwrap_or(u128::MAX);
                    Ok(Noise::Gaussian(DiscreteGaussian::for_sensitivity(squared, each)?))
                };
                let of = parts.1.map(noise).transpose()?;
                let cost = Cost { epsilon: selection.0, delta: selection.1, rho };
                Ok(Self { keys, bounds, cost, selection, number: noise(parts.0)?, of })
            }
        }
    }

    /// How far the noise spreads.
    pub(in crate::mechanism) fn spreads(&self, query: &Query) -> Spreads {
        let means = self.of.map(|of| Means::new(&self.number, &of, contributions(&query.measure).0));
        Spreads { number: self.number.spread(20), means, noise: Some(self.number) }
    }
}

fn half(ratio: Ratio) -> Result<Ratio, ReleaseError> {
    let half = Ratio::new(1, 2).and_then(|half| ratio.checked_mul(half));
    half.ok_or(ReleaseError::Half { whole: ratio })
}

/// The most that one report adds to the number of its group; for a mean, also to how many values it is of.
pub(crate) fn contributions(measure: &Measure) -> (u128, Option<u128>) {
    match measure {
        Measure::Count | Measure::Devices | Measure::Histogram { .. } | Measure::Quantiles { .. } => (1, None),
        Measure::Sum { min, max, .. } => (min.unsigned_abs().max(max.unsigned_abs()).into(), None),
        Measure::Mean { min, max, .. } => {
            let middle = middle(*min, *max);
            (min.abs_diff(middle).max(max.abs_diff(middle)).into(), Some(1))
        }
    }
}

/// The most that one device adds to one group, where each of its reports adds `most`.
const fn in_one_group(measure: &Measure, bounds: Bounds, most: u128) -> Option<u128> {
    match measure {
        Measure::Devices => Some(most),
        _ => most.checked_mul(bounds.reports_max as u128),
    }
}

/// The L1 sensitivity of the query's answer: the most that one device can change it by, over all groups together.
/// `None` beyond 128 bits.
pub(crate) fn l1(measure: &Measure, bounds: Bounds, most: u128) -> Option<u128> {
    in_one_group(measure, bounds, most)?.checked_mul(bounds.groups_max.into())
}

/// The square of its L2 sensitivity: a device that fills every group that it may changes each by the most.
pub(crate) fn l2_squared(measure: &Measure, bounds: Bounds, most: u128) -> Option<u128> {
    let one = in_one_group(measure, bounds, most)?;
    one.checked_mul(one)?.checked_mul(bounds.groups_max.into())
}

/// What is wrong with the parameters.
pub(crate) fn problems(query: &Query, found: &mut Vec<Problem>) {
    let Mechanism::Central { epsilon, delta, noise, keys, groups_per_device_max, reports_per_group_max } =
        query.mechanism
    else {
        return;
    };
    let before = found.len();
    if epsilon.is_zero() {
        found.push(Problem::new(&["mechanism", "central", "epsilon"], "epsilon is 0, expected more"));
    }
    spending_problems(delta, noise, keys, found);
    for (name, bound) in
        [("groups-per-device-max", groups_per_device_max), ("reports-per-group-max", reports_per_group_max)]
    {
        if bound == 0 {
            found.push(Problem::new(&["mechanism", "central", name], "bound is 0, expected at least 1"));
        }
    }
    if found.len() == before
        && let Err(reason) = Plan::of(query)
    {
        found.push(Problem::new(&["mechanism", "central"], reason.to_string()).help("lower the bounds, or spend more"));
    }
    key_problems(query, keys, found);
}

/// A delta is spent on what has a use for it.
fn spending_problems(delta: Ratio, noise: NoiseKind, keys: Keys, found: &mut Vec<Problem>) {
    let path = ["mechanism", "central", "delta"];
    let used = noise == NoiseKind::Gaussian || keys == Keys::Selected;
    if used && (delta.is_zero() || delta >= Ratio::ONE) {
        let message = format!("delta is {delta}, expected more than 0 and less than 1");
        let help = "below one over the number of devices, such as \"1/1000000000\"";
        found.push(Problem::new(&path, message).help(help));
    }
    if !used && !delta.is_zero() {
        let message = format!("delta is {delta}, expected 0: nothing here spends it");
        let help = "take it out, or choose `noise = \"gaussian\"` or `keys = \"selected\"`";
        found.push(Problem::new(&path, message).help(help));
    }
}

fn key_problems(query: &Query, keys: Keys, found: &mut Vec<Problem>) {
    match keys {
        Keys::Known => {
            for name in query.group_by.iter().filter(|name| !query.domain.contains_key(*name)) {
                let message = format!("values of `{name}` are missing: central needs every key to be known");
                let help =
                    format!("write `domain.{name} = […]` with every value that may be published, or select keys");
                found.push(Problem::new(&["domain"], message).help(help));
            }
        }
        Keys::Selected if !query.domain.is_empty() => {
            let message = "keys are known and to be selected, expected one of both";
            let help = "take `domain` out, or `keys = \"selected\"`";
            found.push(Problem::new(&["domain"], message).help(help));
        }
        Keys::Selected => {}
    }
}
