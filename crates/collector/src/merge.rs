//! Joins shards of one region.

use aggregation::ShardError;
use model::{QueryId, Window};

use crate::Collector;

/// Why two shards do not merge. Both are as they were before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// They are of different regions, or are set up differently.
    #[error("shards have different configurations, expected the same")]
    Config,
    /// Both admitted the same batch: it would be counted twice.
    #[error("batch {id} was admitted by both shards, expected each batch in one")]
    BatchTwice {
        /// Id of the first such batch.
        id: String,
    },
    /// One sealed a window that the other sealed or has open: a region hands on one partial for each window.
    #[error("window {window} of query {query} was sealed by one shard without the other, expected a merge before that")]
    SealedApart {
        /// The query.
        query: QueryId,
        /// The first such window.
        window: Window,
    },
    /// Both together pass a limit.
    #[error("there is no room for the {what} of both shards, the limit is {max}")]
    Room {
        /// What there is no room for.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Their accumulators of one window do not merge.
    #[error("window {window} of query {query}: {source}")]
    Shard {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
        /// Why.
        source: ShardError,
    },
}

impl Collector {
    /// Takes all that another shard of the same region holds, as if what that admitted had been admitted here.
    ///
    /// Shards are merged before their windows are sealed, and each batch goes to one of them. Holdings end up in the
    /// order of time; where times are equal, those of this shard come first.
    ///
    /// # Errors
    /// If the shards are set up differently, a batch is in both, a window was sealed by one without the other, or both
    /// together pass a limit. Nothing was taken then.
    pub fn merge(&mut self, shard: &Self) -> Result<(), MergeError> {
        if self.config != shard.config {
            return Err(MergeError::Config);
        }
        if let Some(id) = self.ids.shared(&shard.ids) {
            return Err(MergeError::BatchTwice { id: id.to_owned() });
        }
        let limits = &self.config.limits;
        let windows = self.windows.union(&shard.windows, limits.windows_max)?;
        let ids = self.ids.union(&shard.ids, limits.batch_ids_max, windows.sealed_at());
        let ids = ids.ok_or(MergeError::Room { what: "batches", max: limits.batch_ids_max })?;
        let (raw, dropped) = self.raw.union(&shard.raw, limits.holdings_max);
        self.counts.add(&shard.counts);
        self.counts.holdings_dropped += dropped;
        (self.windows, self.ids, self.raw) = (windows, ids, raw);
        Ok(())
    }
}
