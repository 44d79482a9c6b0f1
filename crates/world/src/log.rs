//! The event log: what happened in the world, one JSON object a line, ordered by time.

use std::collections::BTreeMap;

use model::{ActivityKind, Channel, DeviceId, Host, Mode, Party, QueryId, RegionId, Timestamp, Version};
use scenario::FaultKind;
use serde::Serialize;

/// One thing that happened.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub(crate) enum Event<'a> {
    /// A person did something.
    Activity {
        activity: ActivityKind,
        #[serde(skip_serializing_if = "Option::is_none")]
        mode: Option<Mode>,
    },
    /// The client was updated.
    Updated { version: &'a Version },
    /// A device sent something.
    Sent { host: &'a Host, key: &'a str, channel: Channel, bytes: usize },
    /// A region took a batch.
    Admitted { region: &'a RegionId, key: &'a str, reports: u64 },
    /// A region had the batch already.
    Duplicate { region: &'a RegionId, key: &'a str },
    /// The randomness server evaluated a point.
    Evaluated { region: &'a RegionId, key: &'a str },
    /// A region did not take a batch: for good, or for now.
    Refused {
        region: &'a RegionId,
        key: &'a str,
        reason: &'a str,
        #[serde(rename = "for-now", skip_serializing_if = "std::ops::Not::not")]
        for_now: bool,
    },
    /// No answer came back in time.
    Unanswered { key: &'a str },
    /// A message arrived broken: the transport found out, and nobody read it.
    Corrupted { region: &'a RegionId, key: &'a str, message: Leg },
    /// A device ended without notice.
    Died,
    /// It was started again.
    Revived,
    /// The clock of a device jumped.
    ClockShifted { ahead_ms: i64 },
    /// A collector crashed and kept nothing: what it had counted in a window that still took reports is lost.
    Lost { region: &'a RegionId, query: &'a QueryId, window: String, reports: u64 },
    /// A region handed a window on again, since the aggregator was started again or attempts before went unanswered. The
    /// aggregator had it or had not.
    HandedOnAgain {
        region: &'a RegionId,
        query: &'a QueryId,
        window: String,
        known: bool,
        #[serde(skip_serializing_if = "is_zero")]
        unanswered: u64,
    },
    /// What a region handed on came after the release, and is left out of it for good.
    LeftOut { region: &'a RegionId, query: &'a QueryId, window: String, reports: u64 },
    /// Something of the scenario goes wrong from now on.
    Fault { kind: &'a FaultKind },
    /// It is over.
    FaultOver { kind: &'a FaultKind },
    /// A server has verified its shares of the reports of one window.
    Verified {
        query: &'a QueryId,
        window: String,
        party: Party,
        region: &'a RegionId,
        counted: u64,
        refused: &'a BTreeMap<String, u64>,
        /// Turns that nobody answered.
        #[serde(skip_serializing_if = "is_zero")]
        unanswered: u64,
    },
    /// An aggregate was published.
    Released { query: &'a QueryId, window: String, cells: usize, withheld: u64 },
}

const fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// A message of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Leg {
    Request,
    Answer,
}

/// The faults of a scenario: when each begins, and when it is over.
pub(crate) fn of_faults(faults: &[scenario::Fault]) -> Log {
    let begin = faults.iter().map(|fault| (fault.at, Event::Fault { kind: &fault.kind }));
    let end = faults.iter().filter_map(|fault| Some((fault.kind.until()?, Event::FaultOver { kind: &fault.kind })));
    let mut events: Vec<(Timestamp, Event<'_>)> = begin.chain(end).collect();
    events.sort_by_key(|(at, _)| *at);
    let mut log = Log::default();
    events.into_iter().for_each(|(at, event)| log.record("faults", at, None, event));
    log
}

#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    room: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a DeviceId>,
    #[serde(flatten)]
    event: Event<'a>,
}

/// The lines of one room, in the order in which they happened.
#[derive(Debug, Default)]
pub(crate) struct Log {
    text: Vec<u8>,
    lines: Vec<(Timestamp, usize)>, // time and where the line ends in `text`
}

impl Log {
    /// Writes one line.
    pub(crate) fn record(&mut self, room: &str, at: Timestamp, device: Option<&DeviceId>, event: Event<'_>) {
        let written = serde_json::to_writer(&mut self.text, &Line { at, room, device, event });
        assert!(written.is_ok(), "a log line is plain data: it serialises, and memory takes it");
        self.text.push(b'\n');
        self.lines.push((at, self.text.len()));
    }

    /// Joins logs into one text ordered by time; lines of equal time keep the order of the logs.
    pub(crate) fn join(logs: &[Self]) -> Vec<u8> {
        let mut order: Vec<(Timestamp, usize, usize, usize)> =
            Vec::with_capacity(logs.iter().map(|l| l.lines.len()).sum());
        for (which, log) in logs.iter().enumerate() {
            let mut start = 0;
            for &(at, end) in &log.lines {
                order.push((at, which, start, end));
                start = end;
            }
        }
        order.sort_unstable();
        let mut text = Vec::with_capacity(logs.iter().map(|log| log.text.len()).sum());
        for (_, which, start, end) in order {
            text.extend_from_slice(&logs[which].text[start..end]);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_logs_are_ordered_by_time_then_by_room() {
        let mut logs = [Log::default(), Log::default()];
        for (which, ms) in [(1, 5), (1, 7), (0, 7), (0, 9)] {
            let event = Event::Activity { activity: ActivityKind::Visit, mode: None };
            logs[which].record(&format!("room-{which}"), Timestamp::from_millis(ms), None, event);
        }
        let text = String::from_utf8(Log::join(&logs)).expect("text");
        let rooms: Vec<&str> = text.lines().filter_map(|l| l.split("\"room\":\"").nth(1)).map(|l| &l[..6]).collect();
        assert_eq!(rooms, ["room-1", "room-0", "room-1", "room-0"]);
        assert!(
            text.starts_with(
                r#"{"at":"1970-01-01T00:00:00.005Z","room":"room-1","event":"activity","activity":"visit"}"#
            ),
            "{text}"
        );
    }
}
