//! Events that happen some time after their activity.

use std::collections::BTreeMap;

use model::{Mode, Timestamp};

use super::backlog::Recorded;

/// Most events of one mode that are awaited at once. One more is left out.
const DELAYED_MAX: usize = 256;

/// Events that are still to happen, by time.
#[derive(Debug, Default)]
pub(super) struct Delayed {
    events: BTreeMap<(Timestamp, u64), (usize, Recorded)>, // with the pipeline that records them
    pushed: u64,
}

impl Delayed {
    pub(super) fn push(&mut self, at: Timestamp, line: usize, recorded: Recorded) {
        let is_same = |mode: Mode| move |(_, other): &&(usize, Recorded)| other.origin.mode == mode;
        if self.events.values().filter(is_same(recorded.origin.mode)).count() < DELAYED_MAX {
            self.pushed += 1;
            self.events.insert((at, self.pushed), (line, recorded));
        }
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.events.first_key_value().map(|((at, _), _)| *at)
    }

    /// The next event at or before `now`.
    pub(super) fn pop(&mut self, now: Timestamp) -> Option<(usize, Recorded)> {
        self.next().filter(|at| *at <= now)?;
        self.events.pop_first().map(|(_, event)| event)
    }

    pub(super) fn clear(&mut self) {
        self.events.clear();
    }
}
