//! Journeys: when what one server tells another arrives, and when the answer is heard, by the faults of a scenario.

use model::{Duration, Timestamp};
use scenario::{Fault, FaultKind, Loses, Party};
use services::Forward;

/// Pause after the first attempt that nobody answered, as collectors on the wall's clock take it; each further one doubles
/// it.
const PAUSE_FIRST: Duration = Duration::from_secs(Forward::PERIOD.as_secs());
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(Forward::PAUSE_MAX.as_secs());

/// What becomes of one thing that a server tells another, again and again until it is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Journey {
    /// When it arrives for the first time.
    pub(crate) arrives: Timestamp,
    /// When it arrives so that the answer is heard, and nothing is sent any more.
    pub(crate) heard: Timestamp,
    /// Attempts before that one.
    pub(crate) unanswered: u64,
}

impl Journey {
    /// What becomes of what `from` first tells `to` at `sent`.
    pub(crate) fn of(faults: &[Fault], from: &Party, to: &Party, sent: Timestamp) -> Self {
        let (_, arrives) = first_attempt(sent, |at| parted_until(faults, from, to, at, Loses::requests));
        let (unanswered, heard) = first_attempt(sent, |at| match at < arrives {
            true => Some(arrives),
            false => parted_until(faults, from, to, at, |_| true),
        });
        Self { arrives, heard, unanswered }
    }
}

/// When a partition that loses what is `lost` on the way at `time` is over; `None` if there is none. That of an answer is
/// judged by when the request arrives: servers are close to one another, as times of faults go.
fn parted_until(
    faults: &[Fault],
    from: &Party,
    to: &Party,
    time: Timestamp,
    lost: impl Fn(Loses) -> bool,
) -> Option<Timestamp> {
    let lasting = faults.iter().filter(|fault| fault.lasts_at(time));
    let ends = lasting.filter_map(|fault| match &fault.kind {
        FaultKind::Partition { until, from: asks, to: asked, loses } => {
            (asks == from && asked == to && lost(*loses)).then_some(*until)
        }
        _ => None,
    });
    ends.max()
}

/// The first attempt that nothing is in the way of, and how many there were before. `blocked_until` says how long what is
/// in the way at a time stays there at least, which must be longer than that.
fn first_attempt(sent: Timestamp, blocked_until: impl Fn(Timestamp) -> Option<Timestamp>) -> (u64, Timestamp) {
    let (mut number, mut at) = (0, sent);
    while let Some(until) = blocked_until(at) {
        (number, at) = attempt_from(sent, until);
    }
    (number, at)
}

/// The first attempt at or after `time` to tell what was first told at `sent`, and how many there were before.
fn attempt_from(sent: Timestamp, time: Timestamp) -> (u64, Timestamp) {
    let (mut number, mut at, mut pause_ms) = (0, sent, PAUSE_FIRST.as_millis());
    while at < time {
        if pause_ms >= PAUSE_MAX.as_millis() {
            let more = time.since(at).as_millis().div_ceil(PAUSE_MAX.as_millis());
            return (number + more, at + Duration::from_millis(more.saturating_mul(PAUSE_MAX.as_millis())));
        }
        number += 1;
        at = at + Duration::from_millis(pause_ms);
        pause_ms *= 2;
    }
    (number, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Party {
        Party::Region(name.parse().expect("a region"))
    }

    fn time(s: i64) -> Timestamp {
        Timestamp::from_millis(s * 1000)
    }

    /// A partition between Singapore and the aggregator.
    fn parted(at: i64, until: i64, loses: Loses) -> Fault {
        let kind = FaultKind::Partition { until: time(until), from: region("sg"), to: Party::Aggregator, loses };
        Fault { at: time(at), kind }
    }

    /// When it arrives, when it is heard, and after how many attempts in vain.
    fn journey(faults: &[Fault], sent: i64) -> (i64, i64, u64) {
        let journey = Journey::of(faults, &region("sg"), &Party::Aggregator, time(sent));
        (journey.arrives.as_millis() / 1000, journey.heard.as_millis() / 1000, journey.unanswered)
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let attempts: Vec<i64> = (0..9).map(|after| journey(&[parted(0, after * 100, Loses::Both)], 0).0).collect();
        assert_eq!(attempts, [0, 155, 315, 315, 615, 615, 615, 915, 915]);
        assert_eq!(journey(&[parted(0, 915, Loses::Both)], 0), (915, 915, 8));
    }

    #[test]
    fn what_is_lost_on_the_way_back_arrives_at_once_and_is_told_until_it_is_answered() {
        assert_eq!(journey(&[parted(0, 50, Loses::Answers)], 0), (0, 75, 4));
        assert_eq!(journey(&[parted(0, 50, Loses::Requests)], 0), (75, 75, 4));
        assert_eq!(journey(&[parted(0, 50, Loses::Requests), parted(60, 100, Loses::Answers)], 0), (75, 155, 5));
        assert_eq!(journey(&[parted(0, 50, Loses::Answers), parted(60, 100, Loses::Requests)], 0), (0, 155, 5));
    }

    #[test]
    fn only_partitions_on_this_way_at_this_time_are_in_the_way() {
        assert_eq!(journey(&[parted(10, 50, Loses::Both)], 5), (5, 5, 0));
        assert_eq!(journey(&[parted(10, 50, Loses::Both)], 50), (50, 50, 0));
        let other =
            FaultKind::Partition { until: time(50), from: region("de"), to: Party::Aggregator, loses: Loses::Both };
        assert_eq!(journey(&[Fault { at: time(0), kind: other }], 5), (5, 5, 0));
    }

    #[test]
    fn a_partition_of_an_age_is_over_at_its_end() {
        let end = Timestamp::MAX.as_millis() / 1000;
        let (arrives, heard, unanswered) = journey(&[parted(0, end, Loses::Both)], 0);
        assert_eq!((arrives, heard), (end, end), "no time is later");
        assert!(unanswered > 800_000_000);
    }
}
