//! Central differential privacy: bounded contributions, and discrete Laplace noise on every known key.
//!
//! Neighbouring inputs differ by all reports of one device in one window and region. Contributions are bounded by
//! sampling that looks at each device alone, so that taking one device out changes nothing about the others, and what
//! it changes is at most its own bounded contribution: the sensitivity below.
//!
//! What leaves a region is bounded but has no noise yet: whoever releases is trusted to add it.

use std::fmt::Write as _;

use model::{Cell, Measure, Mechanism, Partial, Query, Ratio, Seed, Withheld};

use super::{Counted, KnownKeys, ReleaseError, measured};
use crate::{Charge, Ledger, LedgerError, Problem, laplace::DiscreteLaplace};

mod digest;

/// How much one device may contribute in one window and region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Most groups (L0).
    pub(crate) groups_max: u32,
    /// Most reports in each group (L∞).
    pub(crate) reports_max: u32,
}

/// The L1 sensitivity of the query's answer: the most that one device can change it by, over all groups together.
/// `None` beyond 128 bits.
pub(crate) fn sensitivity(measure: &Measure, bounds: Bounds) -> Option<u128> {
    let (groups, reports) = (u128::from(bounds.groups_max), u128::from(bounds.reports_max));
    match measure {
        Measure::Devices => Some(groups),
        Measure::Count => groups.checked_mul(reports),
        Measure::Sum { min, max, .. } => {
            groups.checked_mul(reports)?.checked_mul(min.unsigned_abs().max(max.unsigned_abs()).into())
        }
    }
}

pub(super) fn noise_for(measure: &Measure, bounds: Bounds, epsilon: Ratio) -> Result<DiscreteLaplace, ReleaseError> {
    let sensitivity = sensitivity(measure, bounds).unwrap_or(u128::MAX);
    Ok(DiscreteLaplace::for_sensitivity(sensitivity, epsilon)?)
}

pub(super) fn release(
    query: &Query,
    partial: &Partial,
    epsilon: Ratio,
    bounds: Bounds,
    noise: &Seed,
    ledger: &mut Ledger,
) -> Result<(Vec<Cell>, Counted), ReleaseError> {
    let distribution = noise_for(&query.measure, bounds, epsilon)?;
    let charge = Charge {
        query: query.id.clone(),
        window: partial.window,
        regions: partial.regions.clone(),
        epsilon,
        digest: digest::of(query, partial),
    };
    match ledger.charge(charge) {
        Ok(()) => {}
        // The number of known keys is no secret.
        Err(LedgerError::Overspent { .. }) => {
            let keys = KnownKeys::count(query).unwrap_or(u64::MAX);
            return Ok((Vec::new(), vec![(Withheld::Budget, keys)]));
        }
        Err(refused) => return Err(ReleaseError::Ledger(refused)),
    }
    let cells = add_noise(query, partial, distribution, &noise_seed(noise, partial))?;
    Ok((cells, Vec::new()))
}

/// The seed of one release's noise. Regions are part of its name: the same noise on the answers of one region and of
/// two would cancel, and show the second region bare.
fn noise_seed(noise: &Seed, partial: &Partial) -> Seed {
    let mut name = format!("noise {} {}", partial.query, partial.window);
    for region in &partial.regions {
        let _ = write!(name, " {region}");
    }
    noise.derive(&name)
}

/// One cell for every known key, sorted. Keys that are not known are passed over, and not counted: how many there
/// are is a fact about the reports that no noise protects.
fn add_noise(
    query: &Query,
    partial: &Partial,
    distribution: DiscreteLaplace,
    seed: &Seed,
) -> Result<Vec<Cell>, ReleaseError> {
    let mut index = 0;
    let mut name = String::new();
    let cell = |group: Vec<String>| {
        while partial.groups.get(index).is_some_and(|present| *present < group) {
            index += 1;
        }
        let present = partial.groups.get(index) == Some(&group);
        let exact = if present { measured(query, partial, index) } else { 0 };
        name.clear();
        for part in &group {
            let _ = write!(name, "{}:{part}", part.len());
        }
        let noise = distribution.sample(&mut seed.derive(&name).stream());
        match exact.checked_add(noise).and_then(|sum| i64::try_from(sum).ok()) {
            Some(value) => Ok(Cell { group, value }),
            None => Err(ReleaseError::Overflow { group }),
        }
    };
    KnownKeys::of(query).iter().map(cell).collect()
}

pub(super) fn problems(query: &Query, epsilon: Ratio, found: &mut Vec<Problem>) {
    let Mechanism::Central { groups_per_device_max, reports_per_group_max, .. } = query.mechanism else { return };
    if epsilon == Ratio::ZERO {
        found.push(Problem::new(&["mechanism", "central", "epsilon"], "epsilon is 0, expected more"));
    }
    let bounds = [("groups-per-device-max", groups_per_device_max), ("reports-per-group-max", reports_per_group_max)];
    for (name, bound) in bounds {
        if bound == 0 {
            found.push(Problem::new(&["mechanism", "central", name], "bound is 0, expected at least 1"));
        }
    }
    let bounds = Bounds { groups_max: groups_per_device_max, reports_max: reports_per_group_max };
    if epsilon != Ratio::ZERO
        && let Err(reason) = noise_for(&query.measure, bounds, epsilon)
    {
        found.push(Problem::new(&["mechanism", "central"], reason.to_string()).help("lower the bounds"));
    }
    for name in query.group_by.iter().filter(|name| !query.domain.contains_key(*name)) {
        let message = format!("values of `{name}` are missing: central needs every key to be known");
        let help = format!("write `domain.{name} = […]` with every value that may be published");
        found.push(Problem::new(&["domain"], message).help(help));
    }
}
