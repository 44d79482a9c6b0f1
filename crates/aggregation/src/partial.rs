//! Partials from elsewhere: whether they are well formed, and how they merge over regions.

use std::cmp::Ordering;

use model::{GroupKey, Partial, Party, QueryId, RegionId, Window};

/// Why a partial is not well formed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PartialError {
    /// Columns differ in length.
    #[error("columns are not parallel: {groups} groups, {counts} counts, {sums} sums, {devices} devices")]
    Columns {
        /// Number of group keys.
        groups: usize,
        /// Number of counts.
        counts: usize,
        /// Number of sums.
        sums: usize,
        /// Number of device counts.
        devices: usize,
    },
    /// Group keys are out of order or repeated.
    #[error("group {index} does not come after the one before it: expected sorted groups without repeats")]
    GroupOrder {
        /// Position of the first offender.
        index: usize,
    },
    /// A group key has too few or too many values.
    #[error("group {index} has {found} values, the groups before it have {expected}")]
    GroupWidth {
        /// Position of the first offender.
        index: usize,
        /// Values found.
        found: usize,
        /// Values expected.
        expected: usize,
    },
    /// Regions are out of order or repeated, or there is none.
    #[error("regions are {found:?}: expected at least one, sorted, each at most once")]
    Regions {
        /// What stood there.
        found: Vec<RegionId>,
    },
    /// Shares of the aggregate are out of order or repeated.
    #[error("shares are out of order or of one party twice: expected at most one of each, the leader's first")]
    Shares,
}

/// Checks what the types of a partial do not: parallel columns, groups sorted without repeats and of one width, at
/// least one region and each at most once.
///
/// # Errors
/// With the first thing that is wrong.
pub fn validate_partial(partial: &Partial) -> Result<(), PartialError> {
    let Partial { groups, counts, sums, devices, regions, shares, .. } = partial;
    if [counts.len(), sums.len(), devices.len()] != [groups.len(); 3] {
        let (groups, counts, sums, devices) = (groups.len(), counts.len(), sums.len(), devices.len());
        return Err(PartialError::Columns { groups, counts, sums, devices });
    }
    if regions.is_empty() || !regions.is_sorted_by(|a, b| a < b) {
        return Err(PartialError::Regions { found: regions.clone() });
    }
    if !shares.is_sorted_by(|a, b| a.party < b.party) {
        return Err(PartialError::Shares);
    }
    for (index, pair) in groups.windows(2).enumerate() {
        let (index, expected, found) = (index + 1, pair[0].len(), pair[1].len());
        if expected != found {
            return Err(PartialError::GroupWidth { index, found, expected });
        }
        if pair[0] >= pair[1] {
            return Err(PartialError::GroupOrder { index });
        }
    }
    Ok(())
}

/// Why two partials do not merge.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// One of them is not well formed.
    #[error("partial of {query} is not well formed: {source}")]
    Malformed {
        /// Query that it names.
        query: QueryId,
        /// What is wrong.
        source: PartialError,
    },
    /// They answer different queries.
    #[error("partial answers {found}, expected {expected}")]
    Query {
        /// Query of the partial that was to be merged in.
        found: QueryId,
        /// Query of the partial that was to take it.
        expected: QueryId,
    },
    /// They are about different windows.
    #[error("partial is about the window {found}, expected {expected}")]
    Window {
        /// Window of the partial that was to be merged in.
        found: Window,
        /// Window of the partial that was to take it.
        expected: Window,
    },
    /// A region is in both: its reports would be counted twice.
    #[error("region {region} is in both partials, expected each region once")]
    RegionTwice {
        /// The first such region.
        region: RegionId,
    },
    /// A party's share is in both.
    #[error("a share of the {party} is in both partials, expected each party once")]
    PartyTwice {
        /// The party.
        party: Party,
    },
    /// A count or sum does not fit.
    #[error("a total of group {group:?} does not fit into 64 bits")]
    Overflow {
        /// The first such group.
        group: GroupKey,
    },
    /// The number of randomized responses does not fit.
    #[error("the total of responses does not fit into 64 bits")]
    Responses,
}

/// Merges `other` into `into`: regions and shares united, counts, sums and devices of equal groups added.
///
/// Commutative and associative, with one exception that gives no wrong figure: where sums of both signs come near the
/// limits of 64 bits, one order may be refused that another is not.
///
/// ```
/// # use model::*;
/// let of = |region: &str, count| Partial {
///     query: QueryId::new("visits").unwrap(),
///     window: Window::holding(Timestamp::from_millis(0), Duration::DAY),
///     regions: vec![RegionId::new(region).unwrap()],
///     groups: vec![vec!["news.example".to_owned()]],
///     counts: vec![count],
///     sums: vec![0],
///     devices: vec![1],
///     responses: 0,
///     shares: vec![],
/// };
/// let mut all = of("sg", 3);
/// aggregation::merge_partials(&mut all, &of("ru", 4))?;
/// assert_eq!((all.counts, all.devices), (vec![7], vec![2]));
/// # Ok::<(), aggregation::MergeError>(())
/// ```
///
/// # Errors
/// If either is malformed, they answer different queries or windows, a region is in both, or a total does not fit.
/// `into` is unchanged then.
pub fn merge_partials(into: &mut Partial, other: &Partial) -> Result<(), MergeError> {
    for partial in [&*into, other] {
        validate_partial(partial).map_err(|source| MergeError::Malformed { query: partial.query.clone(), source })?;
    }
    if into.query != other.query {
        return Err(MergeError::Query { found: other.query.clone(), expected: into.query.clone() });
    }
    if into.window != other.window {
        return Err(MergeError::Window { found: other.window, expected: into.window });
    }
    if let Some(region) = other.regions.iter().find(|region| into.regions.binary_search(region).is_ok()) {
        return Err(MergeError::RegionTwice { region: region.clone() });
    }
    if let Some(twice) = other.shares.iter().find(|share| into.shares.iter().any(|own| own.party == share.party)) {
        return Err(MergeError::PartyTwice { party: twice.party });
    }
    let mut merged = empty_like(into, other);
    merged.responses = into.responses.checked_add(other.responses).ok_or(MergeError::Responses)?;
    merge_columns(&mut merged, into, other)?;
    *into = merged;
    Ok(())
}

/// A partial about the regions of both, with room for the groups of both.
fn empty_like(left: &Partial, right: &Partial) -> Partial {
    let mut regions = [left.regions.as_slice(), &right.regions].concat();
    regions.sort_unstable();
    let mut shares = [left.shares.as_slice(), &right.shares].concat();
    shares.sort_by_key(|share| share.party);
    let room = left.groups.len() + right.groups.len();
    Partial {
        query: left.query.clone(),
        window: left.window,
        regions,
        groups: Vec::with_capacity(room),
        counts: Vec::with_capacity(room),
        sums: Vec::with_capacity(room),
        devices: Vec::with_capacity(room),
        responses: 0,
        shares,
    }
}

fn merge_columns(merged: &mut Partial, left: &Partial, right: &Partial) -> Result<(), MergeError> {
    let (mut l, mut r) = (0, 0);
    while l < left.groups.len() || r < right.groups.len() {
        let order = match (left.groups.get(l), right.groups.get(r)) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        match order {
            Ordering::Less => take(merged, left, l),
            Ordering::Greater => take(merged, right, r),
            Ordering::Equal => {
                add(merged, left, l, right, r).ok_or_else(|| MergeError::Overflow { group: left.groups[l].clone() })?
            }
        }
        l += usize::from(order != Ordering::Greater);
        r += usize::from(order != Ordering::Less);
    }
    Ok(())
}

fn take(merged: &mut Partial, from: &Partial, index: usize) {
    merged.groups.push(from.groups[index].clone());
    merged.counts.push(from.counts[index]);
    merged.sums.push(from.sums[index]);
    merged.devices.push(from.devices[index]);
}

fn add(merged: &mut Partial, left: &Partial, l: usize, right: &Partial, r: usize) -> Option<()> {
    merged.counts.push(left.counts[l].checked_add(right.counts[r])?);
    merged.sums.push(left.sums[l].checked_add(right.sums[r])?);
    merged.devices.push(left.devices[l].checked_add(right.devices[r])?);
    merged.groups.push(left.groups[l].clone());
    Some(())
}

#[cfg(test)]
mod tests;
