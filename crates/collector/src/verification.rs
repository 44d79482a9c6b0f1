//! Turns of a verification: what this region's server says to the other about the windows that both hold shares of.

use aggregation::prio3::{
    Ahead, Answer, Offer, Prepared, Refused, RefusedCounts, ShareWindow, TURN_REPORTS_MAX, Turn, helper_of, party_of,
};
use model::{Party, QueryId, RegionId, Timestamp, Window};

use crate::{Collector, windows::Slot};

/// What a leader has to say about one window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Led {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// The region that helps.
    pub helper: RegionId,
    /// Verdicts and the next reports.
    pub turn: Turn,
    /// What the leader has counted and refused so far.
    pub tally: Tally,
}

/// What a leader has heard about one window.
pub type Heard = (QueryId, Window, Vec<Answer>);

/// What a server has counted and refused of one window.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Reports that were counted.
    pub counted: u64,
    /// Reports that were refused, by reason.
    pub refused: RefusedCounts,
}

/// Why a turn is not taken. Nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerificationError {
    /// This server has no such part in the query.
    #[error("query {query} has no shares here to verify as {party}, in window {window} or any other")]
    NoWindow {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
        /// What the server would have to be.
        party: Party,
    },
    /// The window still takes reports.
    #[error("window {window} of query {query} still takes reports")]
    Open {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
    },
    /// The turn is about too many reports.
    #[error("turn is about {found} reports, expected at most {TURN_REPORTS_MAX}")]
    TooMany {
        /// Reports found.
        found: usize,
    },
}

impl VerificationError {
    /// The reason's name, as logs and messages write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NoWindow { .. } => "no-shares",
            Self::Open { .. } => "window-open",
            Self::TooMany { .. } => "too-many-reports",
        }
    }
}

impl Collector {
    /// What this server has to say as a leader, once it has heard `answers` about a window: about that one, or with none
    /// about the first that is closed and not over. `None` if there is none.
    ///
    /// # Errors
    /// If the answers are about a window that is not led here, is still open, or about too many reports.
    pub fn lead(&mut self, answers: Option<Heard>, now: Timestamp) -> Result<Option<Led>, VerificationError> {
        self.lead_with(answers, Prepared::default(), now)
    }

    /// What [`lead_with`](Self::lead_with) of the same answers will compute, which takes a while and needs no collector;
    /// `None` where that turn will be refused, or has nothing to say.
    pub fn ahead_of_lead(&mut self, answers: Option<&Heard>, now: Timestamp) -> Option<Ahead> {
        let slot = self.led_slot(answers, now).ok().flatten()?;
        let shared = self.windows.shared.get_mut(&slot)?;
        Some(shared.ahead_of_lead(answers.map_or(&[], |(_, _, answers)| answers)))
    }

    /// The same turn as [`lead`](Self::lead) takes, of which something was computed before.
    ///
    /// # Errors
    /// As in [`lead`](Self::lead).
    pub fn lead_with(
        &mut self,
        answers: Option<Heard>,
        prepared: Prepared,
        now: Timestamp,
    ) -> Result<Option<Led>, VerificationError> {
        let Some(slot) = self.led_slot(answers.as_ref(), now)? else { return Ok(None) };
        let answers = answers.map_or_else(Vec::new, |(_, _, answers)| answers);
        let query = &self.windows.queries[slot.0];
        let Some(helper) = helper_of(query, &self.config.region).cloned() else { return Ok(None) };
        let query = query.id.clone();
        let Some(shared) = self.windows.shared.get_mut(&slot) else { return Ok(None) };
        let turn = shared.lead_with(answers, prepared);
        Ok(Some(Led { query, window: slot.1, helper, turn, tally: tally(shared) }))
    }

    /// What this server answers as a helper to `turn`.
    ///
    /// # Errors
    /// If it does not help in that window, the window is still open, or the turn is about too many reports.
    pub fn help(
        &mut self,
        query: &QueryId,
        window: Window,
        turn: Turn,
        now: Timestamp,
    ) -> Result<(Vec<Answer>, Tally), VerificationError> {
        self.help_with(query, window, turn, Prepared::default(), now)
    }

    /// What [`help_with`](Self::help_with) of the same turn will compute, which takes a while and needs no collector;
    /// `None` where it will be refused, or no report of the window came here.
    #[must_use]
    pub fn ahead_of_help(&self, query: &QueryId, window: Window, turn: &Turn, now: Timestamp) -> Option<Ahead> {
        let slot = self.shared_slot(query, window, Party::Helper, now).ok()?;
        self.windows.shared.get(&slot).map(|shared| shared.ahead_of_help(turn))
    }

    /// The same turn as [`help`](Self::help) takes, of which something was computed before.
    ///
    /// # Errors
    /// As in [`help`](Self::help).
    pub fn help_with(
        &mut self,
        query: &QueryId,
        window: Window,
        turn: Turn,
        prepared: Prepared,
        now: Timestamp,
    ) -> Result<(Vec<Answer>, Tally), VerificationError> {
        bounded(turn.verdicts.len().max(turn.offers.len()))?;
        let slot = self.shared_slot(query, window, Party::Helper, now)?;
        if let Some(shared) = self.windows.shared.get_mut(&slot) {
            return Ok((shared.help_with(turn, prepared), tally(shared)));
        }
        // No report of the window came here.
        let unpaired = |offer: Offer| Answer { nonce: offer.nonce, outcome: Err(Refused::Unpaired) };
        Ok((turn.offers.into_iter().map(unpaired).collect(), Tally::default()))
    }

    /// The window that a leader has something to say about.
    fn led_slot(&self, answers: Option<&Heard>, now: Timestamp) -> Result<Option<Slot>, VerificationError> {
        let Some((query, window, answers)) = answers else { return Ok(self.next_led(now)) };
        bounded(answers.len())?;
        self.shared_slot(query, *window, Party::Leader, now).map(Some)
    }

    fn next_led(&self, now: Timestamp) -> Option<Slot> {
        let is_due = |(slot, shared): &(&Slot, &ShareWindow)| {
            shared.party() == Party::Leader && !shared.is_over() && self.windows.is_closed(slot.1, now)
        };
        self.windows.shared.iter().find(is_due).map(|(slot, _)| *slot)
    }

    fn shared_slot(
        &self,
        query: &QueryId,
        window: Window,
        party: Party,
        now: Timestamp,
    ) -> Result<Slot, VerificationError> {
        let (absent, region) =
            (|| VerificationError::NoWindow { query: query.clone(), window, party }, &self.config.region);
        let number = self.windows.queries.iter().position(|known| known.id == *query).ok_or_else(absent)?;
        party_of(&self.windows.queries[number], region).filter(|own| *own == party).ok_or_else(absent)?;
        if !self.windows.is_closed(window, now) {
            return Err(VerificationError::Open { query: query.clone(), window });
        }
        Ok((number, window))
    }
}

fn tally(shared: &ShareWindow) -> Tally {
    Tally { counted: shared.counted(), refused: shared.refused().clone() }
}

const fn bounded(found: usize) -> Result<(), VerificationError> {
    if found > TURN_REPORTS_MAX { Err(VerificationError::TooMany { found }) } else { Ok(()) }
}
