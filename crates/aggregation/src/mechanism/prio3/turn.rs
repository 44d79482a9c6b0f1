//! What two servers say to one another, in turns, until every report of a window is counted by both or by neither.
//!
//! Leader: verifier shares of the next reports. Helper: an answer to each. Leader: its verdict on each, with the next
//! verifier shares. The verdict is needed since the leader may find the joint randomness wrong that satisfied the
//! helper: then neither counts the report. Every turn may be repeated; it changes nothing the second time.

use encoding::prio3::Nonce;

use super::Refused;

/// Most reports in one turn.
pub const TURN_REPORTS_MAX: usize = 256;
/// Bytes of verifier shares after which a turn is full.
pub const TURN_BYTES_MAX: usize = 1 << 20;

/// A verifier share of one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The report.
    pub nonce: Nonce,
    /// The leader's verifier share.
    pub share: Vec<u8>,
}

/// The helper's answer about one report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The report.
    pub nonce: Nonce,
    /// The verifier message, or why there is none.
    pub outcome: Result<Vec<u8>, Refused>,
}

/// The leader's verdict about one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// The report.
    pub nonce: Nonce,
    /// Whether the leader has counted it.
    pub counted: bool,
}

/// What the leader has to say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// Verdicts about the reports that were answered.
    pub verdicts: Vec<Verdict>,
    /// The next reports; none after the last.
    pub offers: Vec<Offer>,
}

impl Turn {
    /// Whether nothing more comes.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.offers.is_empty()
    }
}
