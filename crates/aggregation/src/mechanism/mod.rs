//! What a query's mechanism does in each move: the one `match` for each.

mod central;
mod exact;
mod known;
mod star;
mod threshold;

use model::{Measure, Mechanism, Partial, Query, QueryId, Ratio, RegionId, Release, Seed, Window, Withheld};

pub(crate) use central::Bounds;
pub(crate) use known::KnownKeys;

use crate::{Ledger, LedgerError, PartialError, Problem, laplace::ScaleError, validate_partial};

/// Why nothing could be released. Where the budget is the reason there is a release, with everything withheld.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// The query has a mistake; [`crate::problems`] lists them all.
    #[error("query {query} cannot be answered: {problem}")]
    Query {
        /// The query.
        query: QueryId,
        /// The first mistake.
        problem: String,
    },
    /// The partial is not well formed.
    #[error("partial is not well formed: {0}")]
    Malformed(#[from] PartialError),
    /// The partial answers another query.
    #[error("partial answers {found}, expected {expected}")]
    OtherQuery {
        /// Query of the partial.
        found: QueryId,
        /// Query that is to be released.
        expected: QueryId,
    },
    /// The partial's window is none of the query's.
    #[error("partial is about {found}, expected a window of the query, such as {expected}")]
    Window {
        /// Window of the partial.
        found: Window,
        /// The query's window that holds its start.
        expected: Window,
    },
    /// A region is inside that the query does not ask.
    #[error("partial has reports of region {region}, which the query does not ask")]
    Region {
        /// The first such region.
        region: RegionId,
    },
    /// Group keys are not made of the query's fields.
    #[error("groups have {found} values, the query groups by {expected} fields")]
    Width {
        /// Values in each group key.
        found: usize,
        /// Fields of the query.
        expected: usize,
    },
    /// A value does not fit.
    #[error("value of group {group:?} does not fit into 64 bits")]
    Overflow {
        /// The first such group.
        group: model::GroupKey,
    },
    /// The noise has no exact scale.
    #[error(transparent)]
    Scale(#[from] ScaleError),
    /// The ledger refused, for another reason than the budget.
    #[error(transparent)]
    Ledger(LedgerError),
    /// The mechanism is not known here.
    #[error("mechanism {0} cannot release, expected exact, threshold, central or star")]
    Mechanism(Mechanism),
}

/// Publishes `partial` as the mechanism of `query` demands.
///
/// Deterministic: noise comes from streams named by (`noise`, query, window, regions, key), so that asking again gives
/// the same answer and costs nothing, and no key's noise depends on which other keys there are. A release that would
/// overspend the ledger comes back with every group withheld for [`Withheld::Budget`].
///
/// # Errors
/// If the query has a mistake, the partial does not belong to it or is malformed, a value does not fit into 64 bits,
/// or the ledger refuses for another reason than the budget. Only an overflow may have been charged.
pub fn release(query: &Query, partial: &Partial, noise: &Seed, ledger: &mut Ledger) -> Result<Release, ReleaseError> {
    check(query, partial)?;
    let (cells, withheld) = match &query.mechanism {
        Mechanism::Exact => (exact::release(query, partial)?, Vec::new()),
        Mechanism::Threshold { devices_min } => threshold::release(query, partial, *devices_min)?,
        Mechanism::Central { epsilon, groups_per_device_max, reports_per_group_max } => {
            let bounds = Bounds { groups_max: *groups_per_device_max, reports_max: *reports_per_group_max };
            central::release(query, partial, *epsilon, bounds, noise, ledger)?
        }
        Mechanism::Star { devices_min, .. } => star::release(query, partial, *devices_min),
        other => return Err(ReleaseError::Mechanism(other.clone())),
    };
    Ok(Release {
        query: query.id.clone(),
        window: partial.window,
        regions: partial.regions.clone(),
        events: query.events.clone(),
        group_by: query.group_by.clone(),
        measure: query.measure.clone(),
        mechanism: query.mechanism.clone(),
        cells,
        withheld: withheld.into_iter().filter(|(_, groups)| *groups > 0).collect(),
    })
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

/// The fields whose values stand in the groups of a partial: those that `query` groups by, unless they travel sealed.
#[must_use]
pub fn partial_fields(query: &Query) -> &[String] {
    match query.mechanism {
        Mechanism::Star { .. } => star::fields(),
        _ => &query.group_by,
    }
}

/// What is wrong with the mechanism's own parameters.
pub(crate) fn problems(query: &Query, found: &mut Vec<Problem>) {
    match &query.mechanism {
        Mechanism::Threshold { devices_min } => threshold::problems(*devices_min, found),
        Mechanism::Central { epsilon, .. } => central::problems(query, *epsilon, found),
        Mechanism::Star { devices_min, messages_per_device_max } => {
            star::problems(query, *devices_min, *messages_per_device_max, found);
        }
        _ => {}
    }
}

/// The scale of the noise that `query` demands; zero where it demands none.
///
/// # Errors
/// If the noise has no exact scale.
pub(crate) fn noise_scale(query: &Query) -> Result<Ratio, ReleaseError> {
    match query.mechanism {
        Mechanism::Central { epsilon, groups_per_device_max, reports_per_group_max } => {
            let bounds = Bounds { groups_max: groups_per_device_max, reports_max: reports_per_group_max };
            Ok(central::noise_for(&query.measure, bounds, epsilon)?.scale())
        }
        _ => Ok(Ratio::ZERO),
    }
}

/// What was withheld, by reason; zeros are left out of the release.
type Counted = Vec<(Withheld, u64)>;

fn check(query: &Query, partial: &Partial) -> Result<(), ReleaseError> {
    if let Some(problem) = crate::problems(query).into_iter().next() {
        let problem = format!("{}: {}", problem.path.join("."), problem.message);
        return Err(ReleaseError::Query { query: query.id.clone(), problem });
    }
    if partial.query != query.id {
        return Err(ReleaseError::OtherQuery { found: partial.query.clone(), expected: query.id.clone() });
    }
    let expected = Window::holding(partial.window.start, query.window);
    if partial.window != expected {
        return Err(ReleaseError::Window { found: partial.window, expected });
    }
    validate_partial(partial)?;
    let foreign = |region: &&RegionId| !query.regions.is_empty() && !query.regions.contains(region);
    if let Some(region) = partial.regions.iter().find(foreign) {
        return Err(ReleaseError::Region { region: region.clone() });
    }
    match partial.groups.first() {
        Some(group) if group.len() != partial_fields(query).len() => {
            Err(ReleaseError::Width { found: group.len(), expected: partial_fields(query).len() })
        }
        _ => Ok(()),
    }
}

/// What the query computes for the group at `index`, before any noise.
pub(crate) fn measured(query: &Query, partial: &Partial, index: usize) -> i128 {
    match query.measure {
        Measure::Count => partial.counts[index].into(),
        Measure::Devices => partial.devices[index].into(),
        Measure::Sum { .. } => partial.sums[index].into(),
    }
}

#[cfg(test)]
mod tests;
