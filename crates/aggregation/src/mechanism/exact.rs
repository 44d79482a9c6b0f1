//! Published as it is: no protection.

use model::{Cell, Partial, Query};

use super::{ReleaseError, measured};

pub(super) fn release(query: &Query, partial: &Partial) -> Result<Vec<Cell>, ReleaseError> {
    (0..partial.groups.len()).map(|index| cell(query, partial, index)).collect()
}

/// The group at `index` with its exact value.
pub(super) fn cell(query: &Query, partial: &Partial, index: usize) -> Result<Cell, ReleaseError> {
    let group = partial.groups[index].clone();
    match i64::try_from(measured(query, partial, index)) {
        Ok(value) => Ok(Cell { group, value }),
        Err(_) => Err(ReleaseError::Overflow { group }),
    }
}
