//! Why nothing could be measured.

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// The size is none that can be generated.
    #[error("{what} is {found}, expected {expected}")]
    Size {
        /// Which number.
        what: &'static str,
        /// What was asked for.
        found: u64,
        /// What can be.
        expected: &'static str,
    },
    /// The core refused.
    #[error(transparent)]
    Columns(#[from] aggregation::ColumnsError),
    /// The core refused.
    #[error(transparent)]
    Load(#[from] aggregation::LoadError),
    /// The core refused.
    #[error(transparent)]
    Shard(#[from] aggregation::ShardError),
    /// The core refused.
    #[error(transparent)]
    Seal(#[from] aggregation::SealError),
    /// The core refused.
    #[error(transparent)]
    Release(#[from] aggregation::ReleaseError),
    /// The core refused.
    #[error(transparent)]
    Push(#[from] aggregation::PushError),
    /// The core refused.
    #[error(transparent)]
    Merge(#[from] aggregation::MergeError),
    /// Devices cannot randomize so.
    #[error(transparent)]
    Local(#[from] encoding::local::LocalError),
    /// What devices split cannot be put together.
    #[error("query {query} is not answered by shares")]
    Query {
        /// The query.
        query: model::QueryId,
    },
    /// The two programs disagree, so that comparing their speed would mean nothing.
    #[error("{question}: hash maps answer {oracle:?}, the core answers {ours:?}")]
    Disagreement {
        /// The query.
        question: &'static str,
        /// Answer of the hash maps.
        oracle: super::Answer,
        /// Answer of the core.
        ours: super::Answer,
    },
    /// The system does not say how much memory was used.
    #[error("/proc/self/status does not say VmHWM")]
    Memory,
}
