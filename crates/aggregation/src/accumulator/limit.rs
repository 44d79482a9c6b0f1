//! How much an accumulator may hold, and what is said when it cannot do as it is told.

use model::{GroupKey, Window};

/// How much one accumulator may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most reports with a device that are kept to be bounded and told apart: 12 to 20 bytes each; below 2^32.
    pub rows_max: usize,
    /// Most distinct groups.
    pub groups_max: usize,
    /// Longest group key in bytes, all its values together.
    pub key_bytes_max: usize,
}

impl Default for Limits {
    /// 2^26 rows, 2^20 groups, keys of 4096 bytes.
    fn default() -> Self {
        Self { rows_max: 1 << 26, groups_max: 1 << 20, key_bytes_max: 4096 }
    }
}

/// Why a report was not taken. The accumulator is as it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PushError {
    /// There is no room for another report that names a device.
    #[error("accumulator holds {rows_max} reports, which is the most")]
    Rows {
        /// The limit.
        rows_max: usize,
    },
    /// There is no room for another group.
    #[error("accumulator holds {groups_max} groups, which is the most")]
    Groups {
        /// The limit.
        groups_max: usize,
    },
    /// The report's group key is too long. This depends on the report alone.
    #[error("group key has {found} bytes, expected at most {key_bytes_max}")]
    Key {
        /// Length of the key.
        found: usize,
        /// The limit.
        key_bytes_max: usize,
    },
    /// The report's value is no response of the query's randomizer. This depends on the report alone.
    #[error(transparent)]
    Response(#[from] encoding::local::ResponseError),
}

/// Why columns were not taken. The accumulator counts what it counted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// There are more or fewer key columns than the query has group fields.
    #[error("columns have {found} keys, the query groups by {expected} fields")]
    Width {
        /// Key columns.
        found: usize,
        /// Fields of the query.
        expected: usize,
    },
    /// Devices randomize what the query counts: it takes their responses one by one.
    #[error("columns hold values, the query counts what devices randomized")]
    Randomized,
    /// The query sums values, and there is no column of them.
    #[error("columns have no values, which the query sums")]
    Values,
    /// There may be no room for all of them.
    #[error(transparent)]
    Room(#[from] PushError),
}

/// Why two shards do not merge. Both are as they were before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// They answer different queries, or the same one defined differently.
    #[error("shards answer different queries")]
    Query,
    /// They are about different windows.
    #[error("shard is about the window {found}, expected {expected}")]
    Window {
        /// Window of the shard that was to be merged in.
        found: Window,
        /// Window of the shard that was to take it.
        expected: Window,
    },
    /// They sample contributions with different seeds, so that their device keys differ.
    #[error("shards sample with different seeds")]
    Sampling,
    /// Both together pass a limit.
    #[error(transparent)]
    Room(#[from] PushError),
    /// There are more than 2^64 reports.
    #[error("number of reports does not fit into 64 bits")]
    Reports,
}

/// Why a partial could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The sum of a group does not fit.
    #[error("sum of group {group:?} does not fit into 64 bits")]
    Sum {
        /// The first such group.
        group: GroupKey,
    },
}
