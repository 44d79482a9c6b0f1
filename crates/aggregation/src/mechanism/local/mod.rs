//! Local differential privacy, the servers' half: counts what randomized responses support, and estimates what caused
//! them. The device's half, with the papers, is `encoding::local`.
//!
//! Privacy was settled on the device. So nothing is charged to the ledger: what responses cost was spent when they left,
//! whether anything is released or not, and no trust in those who count is needed. What a device spends in one window is
//! its randomizer's epsilon times its responses, at most `reports-per-device-max`: the policy's `randomizer` keeps to
//! that on the device, and the accumulator here, as far as reports name one. For RAPPOR, whatever the number of
//! responses about one value, no more than the permanent epsilon is spent on it.
//!
//! What crosses a border is the support of each known value and the number of responses, of which neither says anything
//! about a device that its own responses do not.

mod estimate;
mod filters;
mod responses;
mod tally;
#[cfg(test)]
mod tests;
mod tosses;

use encoding::local::LocalRandomizer;
use model::{Cell, Measure, Mechanism, Partial, Query, Randomizer};

pub(crate) use responses::{Responses, Supports};

use self::{
    estimate::{Estimate, Odds},
    filters::Filters,
};
use super::ReleaseError;
use crate::Problem;

/// The randomizer whose responses answer `query`; `None` where the query has a mistake.
fn randomizer(query: &Query) -> Option<LocalRandomizer> {
    let Mechanism::Local { randomizer, .. } = &query.mechanism else { return None };
    let values = query.domain.get(query.group_by.first()?)?;
    LocalRandomizer::new(randomizer, values.iter().map(String::as_str)).ok()
}

/// An estimate for every known value.
pub(super) fn release(query: &Query, partial: &Partial) -> Result<Vec<Cell>, ReleaseError> {
    let Some(randomizer) = randomizer(query) else { return Ok(Vec::new()) };
    let supports = supports(&randomizer, partial)?;
    let cell = |(value, estimate): (&String, Estimate)| {
        let group = vec![value.clone()];
        match estimate.value {
            Some(value) => Ok(Cell { group, value, error: Some(estimate.error_bar()) }),
            None => Err(ReleaseError::Overflow { group }),
        }
    };
    randomizer.values().iter().zip(estimates(query, &randomizer, &supports, partial.responses)).map(cell).collect()
}

fn estimates(query: &Query, randomizer: &LocalRandomizer, supports: &[u64], responses: u64) -> Vec<Estimate> {
    let Mechanism::Local { reports_per_device_max, .. } = query.mechanism else { return Vec::new() };
    if let Some(odds) = Odds::of(randomizer.by(), randomizer.values().len()) {
        return supports.iter().map(|support| odds.estimate(*support, responses)).collect();
    }
    let Randomizer::Rappor(rappor) = randomizer.by() else { return Vec::new() };
    // The query was found to have no mistake.
    let Ok(filters) = Filters::of(rappor, randomizer) else { return Vec::new() };
    filters.estimates(supports, responses, reports_per_device_max)
}

/// The support of every known value, in their order.
fn supports(randomizer: &LocalRandomizer, partial: &Partial) -> Result<Vec<u64>, ReleaseError> {
    let most = match randomizer.by() {
        Randomizer::Rappor(rappor) => partial.responses.saturating_mul(rappor.hashes.into()),
        _ => partial.responses,
    };
    let known =
        |group: &Vec<String>| group.first().is_some_and(|value| randomizer.values().binary_search(value).is_ok());
    for (group, count) in partial.groups.iter().zip(&partial.counts) {
        if !known(group) || *count > most {
            return Err(ReleaseError::Support { group: group.clone(), support: *count, responses: partial.responses });
        }
    }
    let support = |value: &String| {
        let place = partial.groups.binary_search_by(|group| group.first().cmp(&Some(value)));
        place.map_or(0, |place| partial.counts[place])
    };
    Ok(randomizer.values().iter().map(support).collect())
}

pub(super) fn problems(query: &Query, by: &Randomizer, reports_per_device_max: u32, found: &mut Vec<Problem>) {
    if reports_per_device_max == 0 {
        let path = ["mechanism", "local", "reports-per-device-max"];
        found.push(Problem::new(&path, "bound is 0, expected at least 1"));
    }
    if query.measure != Measure::Count {
        let message = "devices randomize one field: nothing can be computed but how many reports have each value";
        found.push(Problem::new(&["measure"], message).help("write `measure = \"count\"` or leave it out"));
    }
    let [field] = query.group_by.as_slice() else {
        let message = format!("there are {} fields, expected one: that which devices randomize", query.group_by.len());
        return found.push(Problem::new(&["group-by"], message));
    };
    if field == "event" {
        let message = "`event` is no field of a report, expected the field that devices randomize";
        found.push(Problem::new(&["group-by"], message));
    }
    let Some(values) = query.domain.get(field) else {
        let message = format!("values of `{field}` are missing: local needs every key to be known");
        let help = format!("write `domain.{field} = […]` with the values of the policy's randomizer");
        return found.push(Problem::new(&["domain"], message).help(help));
    };
    match LocalRandomizer::new(by, values.iter().map(String::as_str)) {
        Err(error) => {
            let within = ["mechanism", "local", "randomizer", by.name()];
            let path = match error.parameter() {
                Some(parameter) => [&within[..], &[parameter]].concat(),
                None => vec!["domain", field],
            };
            found.push(Problem::new(&path, error.to_string()));
        }
        Ok(randomizer) => indistinct(&randomizer, found),
    }
}

/// Whether RAPPOR can tell all known values apart.
fn indistinct(randomizer: &LocalRandomizer, found: &mut Vec<Problem>) {
    let Randomizer::Rappor(rappor) = randomizer.by() else { return };
    if let Err(error) = Filters::of(rappor, randomizer) {
        let path = ["mechanism", "local", "randomizer", "rappor"];
        found
            .push(Problem::new(&path, error.to_string()).help("take more bits or more cohorts, or fewer known values"));
    }
}
