//! Joins shards of one region: all of them, or none.

use aggregation::ShardError;
use model::{QueryId, Window};

use crate::Collector;

/// Why shards do not merge. All are as they were before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// They are of different regions, or are set up differently.
    #[error("shards have different configurations, expected the same")]
    Config,
    /// Two admitted the same batch: it would be counted twice.
    #[error("batch {id} was admitted by two shards, expected each batch in one")]
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
    /// Their shares of one window do not merge: their verification has begun, or they are too many.
    #[error("shares of window {window} of query {query} do not merge: expected fewer, and a merge before verification")]
    Shares {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
    },
    /// All together pass a limit.
    #[error("there is no room for the {what} of all shards, the limit is {max}")]
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
    /// Takes all that other shards of the same region hold, as if what they admitted had been admitted here.
    ///
    /// Shards are merged before their windows are sealed, and each batch goes to one of them. Holdings end up in the
    /// order of time; where times are equal, those of earlier shards come first.
    ///
    /// # Errors
    /// If shards are set up differently, a batch is in two, a window was sealed by one without another, or all
    /// together pass a limit. Nothing was taken then.
    pub fn merge(&mut self, shards: &[Self]) -> Result<(), MergeError> {
        let limits = &self.config.limits;
        let (mut windows, mut ids, mut raw) = (self.windows.clone(), self.ids.clone(), self.raw.clone());
        let mut counts = self.counts.clone();
        for shard in shards {
            if self.config != shard.config {
                return Err(MergeError::Config);
            }
            if let Some(id) = ids.shared(&shard.ids) {
                return Err(MergeError::BatchTwice { id: id.to_owned() });
            }
            windows.absorb(&shard.windows, limits.windows_max)?;
            if !ids.absorb(&shard.ids, limits.batch_ids_max, windows.sealed_at()) {
                return Err(MergeError::Room { what: "batches", max: limits.batch_ids_max });
            }
            counts.add(&shard.counts);
            counts.holdings_dropped += raw.absorb(&shard.raw, limits.holdings_max);
        }
        (self.windows, self.ids, self.raw, self.counts) = (windows, ids, raw, counts);
        self.waiting.extend(shards.iter().flat_map(|shard| shard.waiting.iter().cloned()));
        Ok(())
    }
}
