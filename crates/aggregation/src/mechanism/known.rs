//! Known keys: every combination of the values that a query's fields can take.

use std::sync::Arc;

use model::{GroupKey, Query};

/// The values of each field in `group-by`, sorted.
///
/// What is released about known keys cannot give away which keys occurred. Reports with other keys are turned away
/// before contributions are bounded: they take no device's room, and not even their number is published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownKeys(Arc<[Vec<String>]>); // shards share it

impl KnownKeys {
    /// The keys that the query's `domain` spans; a field without values there spans none.
    pub(crate) fn of(query: &Query) -> Self {
        let values = |name: &String| {
            let mut values = query.domain.get(name).cloned().unwrap_or_default();
            values.sort_unstable();
            values.dedup();
            values
        };
        Self(query.group_by.iter().map(values).collect())
    }

    /// How many keys the query's `domain` spans, counting only fields that it names; `None` if beyond 64 bits.
    pub(crate) fn count(query: &Query) -> Option<u64> {
        let sizes = query.group_by.iter().filter_map(|name| query.domain.get(name)).map(|values| values.len() as u64);
        sizes.into_iter().try_fold(1_u64, u64::checked_mul)
    }

    /// Whether `key` is known.
    pub(crate) fn contains<'a>(&self, key: impl Iterator<Item = &'a str>) -> bool {
        key.zip(self.0.iter()).all(|(part, values)| values.binary_search_by(|value| value.as_str().cmp(part)).is_ok())
    }

    /// Whether `part` may stand at a place of a key. It is looked for at `near` first, since many dictionaries are the
    /// known values themselves.
    pub(crate) fn has(&self, place: usize, part: &str, near: usize) -> bool {
        self.0.get(place).is_some_and(|values| {
            values.get(near).is_some_and(|value| value == part)
                || values.binary_search_by(|value| value.as_str().cmp(part)).is_ok()
        })
    }

    /// Every known key, sorted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = GroupKey> + '_ {
        let total: usize = self.0.iter().map(Vec::len).product();
        (0..total).map(|index| self.nth(index))
    }

    /// The key at `index`, the last field turning fastest: the order of [`GroupKey`], since each field is sorted.
    fn nth(&self, mut index: usize) -> GroupKey {
        let mut key: GroupKey = Vec::with_capacity(self.0.len());
        for values in self.0.iter().rev() {
            key.push(values[index % values.len()].clone());
            index /= values.len();
        }
        key.reverse();
        key
    }
}
