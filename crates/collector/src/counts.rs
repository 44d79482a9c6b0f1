//! Counts of what was admitted, dropped and refused.

use std::collections::BTreeMap;

use crate::RefusalKind;

/// What a collector admitted, dropped and refused since it began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Batches admitted, each once.
    pub batches: u64,
    /// Replays of admitted batches.
    pub duplicates: u64,
    /// Batches refused, by reason.
    pub refused: BTreeMap<RefusalKind, u64>,
    /// Reports admitted.
    pub reports: u64,
    /// Reports of admitted batches that were dropped because every window that could take them was closed.
    pub reports_late: u64,
    /// Reports of admitted batches that were dropped because they lie too far ahead.
    pub reports_early: u64,
    /// How often an admitted report came too late for the window of one query, though not for that of another.
    pub windows_missed: u64,
    /// How often an admitted report could not be accumulated, since its group key is too long.
    pub keys_too_long: u64,
    /// How often an admitted report could not be accumulated, since a query takes it for a randomized response, and it
    /// is none.
    pub responses_malformed: u64,
    /// How often an admitted report was refused by a query whose reports come in shares: it has none, or one seen before.
    pub shares_refused: u64,
    /// Windows of which nothing could be handed on.
    pub windows_lost: u64,
    /// Reports no longer kept as they came, since new ones needed the room.
    pub holdings_dropped: u64,
    /// Reports deleted since they were kept for long enough, or were to be erased.
    pub holdings_deleted: u64,
}

impl Counts {
    pub(crate) fn refuse(&mut self, kind: RefusalKind) {
        *self.refused.entry(kind).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.batches += other.batches;
        self.duplicates += other.duplicates;
        for (kind, count) in &other.refused {
            *self.refused.entry(*kind).or_default() += count;
        }
        self.reports += other.reports;
        self.reports_late += other.reports_late;
        self.reports_early += other.reports_early;
        self.windows_missed += other.windows_missed;
        self.keys_too_long += other.keys_too_long;
        self.responses_malformed += other.responses_malformed;
        self.shares_refused += other.shares_refused;
        self.windows_lost += other.windows_lost;
        self.holdings_dropped += other.holdings_dropped;
        self.holdings_deleted += other.holdings_deleted;
    }
}
