//! What a query's mechanism does in each move: the one `match` for each.

mod answer;
mod central;
mod exact;
mod known;
mod local;
pub mod prio3;
mod star;
mod threshold;

use model::{Mechanism, Partial, Party, Query, QueryId, Ratio, RegionId, Release, Seed, Window, Withheld};

pub(crate) use central::{Bounds, bounds};
pub(crate) use known::KnownKeys;
pub(crate) use local::{Responses, Supports};

use crate::{
    Ledger, LedgerError, PartialError, Problem,
    gaussian::VarianceError,
    laplace::ScaleError,
    measure::{key_width, released_columns},
    noise::kind::Noise,
    validate_partial,
};

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
    /// Randomized responses support a value that is not known, or more often than there are responses.
    #[error(
        "group {group:?} is supported {support} times by {responses} responses, expected known values alone, each no more often than that"
    )]
    Support {
        /// The first such group.
        group: model::GroupKey,
        /// What supports it.
        support: u64,
        /// Responses in all.
        responses: u64,
    },
    /// The noise has no exact scale.
    #[error(transparent)]
    Scale(#[from] ScaleError),
    /// The noise has no exact variance.
    #[error(transparent)]
    Variance(#[from] VarianceError),
    /// What is spent on two things alike has no exact half.
    #[error("half of {whole} is no fraction of 64-bit numbers")]
    Half {
        /// What is spent.
        whole: Ratio,
    },
    /// The ledger refused, for another reason than the budget.
    #[error(transparent)]
    Ledger(LedgerError),
    /// The two servers did not count the same reports.
    #[error("the shares are of {leader} reports at the leader and {helper} at the helper, expected the same reports")]
    Shares {
        /// Reports in the leader's share.
        leader: u64,
        /// Reports in the helper's share.
        helper: u64,
    },
    /// A share is none of the query's aggregate.
    #[error("the share of the {party} is not one of this query's aggregate")]
    Share {
        /// Whose share it is.
        party: Party,
    },
    /// The mechanism is not known here.
    #[error("mechanism {0} cannot release, expected exact, threshold, central, local, prio3 or star")]
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
        Mechanism::Central { .. } => central::release(query, partial, noise, ledger)?,
        Mechanism::Local { .. } => (local::release(query, partial)?, Vec::new()),
        Mechanism::Prio3 { .. } => prio3::release(query, partial, ledger)?,
        Mechanism::Star { devices_min, .. } => star::release(query, partial, *devices_min),
        other => return Err(ReleaseError::Mechanism(other.clone())),
    };
    Ok(Release {
        query: query.id.clone(),
        window: partial.window,
        regions: partial.regions.clone(),
        events: query.events.clone(),
        group_by: released_columns(query),
        measure: query.measure.clone(),
        mechanism: query.mechanism.clone(),
        cells,
        withheld,
    })
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
        Mechanism::Threshold { devices_min } => threshold::problems(query, *devices_min, found),
        Mechanism::Central { .. } => central::problems(query, found),
        Mechanism::Local { randomizer, reports_per_device_max } => {
            local::problems(query, randomizer, *reports_per_device_max, found);
        }
        Mechanism::Prio3 { .. } => prio3::problems(query, found),
        Mechanism::Star { devices_min, messages_per_device_max } => {
            star::problems(query, *devices_min, *messages_per_device_max, found);
        }
        _ => {}
    }
}

/// The scale of the noise that `query` demands on what it measures, for Gaussian noise its standard deviation; zero
/// where it demands none.
///
/// # Errors
/// If the noise cannot be drawn.
pub(crate) fn noise_scale(query: &Query) -> Result<f64, ReleaseError> {
    match query.mechanism {
        Mechanism::Central { .. } => Ok(match central::Plan::of(query)?.number {
            Noise::Laplace(noise) => noise.scale().approximate(),
            Noise::Gaussian(noise) => noise.variance().approximate().sqrt(),
        }),
        _ => Ok(0.0),
    }
}

/// What was withheld, by reason.
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
        Some(group) if group.len() != key_width(query) => {
            Err(ReleaseError::Width { found: group.len(), expected: key_width(query) })
        }
        _ => Ok(()),
    }
}

/// What the query computes for the group at `index`, before any noise; of a mean, its sum from the middle of the range.
pub(crate) fn measured(query: &Query, partial: &Partial, index: usize) -> i128 {
    answer::row(query, partial, index).number
}

#[cfg(test)]
mod tests;
