//! Reports that are sealed: from the request for randomness to the window's end, after which their messages are sent.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use encoding::star::{
    self, Epoch, FIELD, Randomness, Terms,
    oprf::{Blinded, Evaluation, PublicKey, blind},
};
use model::{Duration, QueryId, Report, Seed, Timestamp, UploadId, Window};

use super::{
    backlog::{Recorded, is_purged},
    device::place,
};
use crate::policy::{QueueAction, Sealing};

/// Most groups that one device keeps sealed for one window. One more is left out.
const GROUPS_MAX: usize = 256;
/// How long a device waits before it asks for randomness again.
const RETRY: Duration = Duration::from_secs(60);

/// What is wanted of the randomness server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Names the call for the answer.
    pub id: UploadId,
    /// Host of the randomness server.
    pub host: String,
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// The blinded measurement.
    pub point: [u8; 32],
}

/// What the randomness server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The evaluation, with the key of the epoch.
    Evaluated(PublicKey, Evaluation),
    /// It will never answer this.
    Refused,
    /// No answer, or a server that cannot answer now.
    Unavailable,
}

/// Which group: when its window ends, its pipeline, its mode and its values.
type Slot = (Timestamp, String, usize, Vec<u8>);

/// Reports that wait for their window's end, by group: each group is sent once in a window.
#[derive(Debug, Default)]
pub(super) struct Sealed {
    entries: BTreeMap<Slot, Entry>,
    /// The randomness server's key for each window, as it was first seen: a server that shows another one could tell
    /// devices apart by it.
    keys: BTreeMap<(Timestamp, QueryId), PublicKey>,
}

#[derive(Debug)]
struct Entry {
    recorded: Recorded,
    window: Window,
    sealing: Sealing,
    seed: Seed,
    state: State,
}

#[derive(Debug)]
enum State {
    /// The message is in the report.
    Ready,
    /// Randomness is wanted from this time on.
    Wanted(Box<Blinded>, Timestamp),
    /// The randomness server was asked.
    Asked(Box<Blinded>, UploadId),
    /// There is no message, and will be none.
    Failed,
}

impl Sealed {
    /// Takes a report of the event at `at` to be sealed as `sealing` says, with chance from `seed`, the pipeline's own.
    pub(super) fn take(&mut self, pipeline: &str, sealing: &Sealing, seed: &Seed, at: Timestamp, recorded: Recorded) {
        let Some(values) = values(&recorded.report, &sealing.group_by) else { return };
        let window = Window::holding(at, sealing.window);
        let Some(terms) = Terms::new(&sealing.query, window, sealing.devices_min) else { return };
        let measurement = star::measurement(values.iter().map(String::as_str));
        let slot = (window.end, pipeline.to_owned(), place(recorded.origin.mode), measurement.clone());
        let kept = |key: &&Slot| (&key.0, &key.1) == (&slot.0, &slot.1);
        if self.entries.contains_key(&slot) || self.entries.keys().filter(kept).count() >= GROUPS_MAX {
            return;
        }
        // Equal in both modes: said in both, it is one share.
        let seed =
            values.iter().fold(seed.derive("sealed").derive(&window.to_string()), |seed, value| seed.derive(value));
        let state = State::Wanted(Box::new(blind(&measurement, &mut seed.derive("blinding").stream())), at);
        let mut entry = Entry { recorded, window, sealing: sealing.clone(), seed, state };
        if sealing.randomness.is_none() {
            entry.seal(&measurement, &star::local_randomness(&measurement, &terms), &terms);
        }
        self.entries.insert(slot, entry);
    }

    /// What is to be asked `now`, by pipelines that are `at_work`. `next` names the calls.
    pub(super) fn asks(
        &mut self,
        now: Timestamp,
        at_work: impl Fn(&str) -> bool,
        mut next: impl FnMut() -> UploadId,
    ) -> Vec<Ask> {
        let mut asks = Vec::new();
        for ((end, pipeline, ..), entry) in &mut self.entries {
            let (State::Wanted(blinded, due), Some(host)) = (&entry.state, &entry.sealing.randomness) else { continue };
            if *due <= now && now < *end && at_work(pipeline) {
                let (id, point) = (next(), blinded.point);
                let (host, query) = (host.clone(), entry.sealing.query.clone());
                asks.push(Ask { id, host, query, window: entry.window, point });
                entry.state = State::Asked(blinded.clone(), id);
            }
        }
        asks
    }

    /// Takes the answer to `id`; one that nobody waits for is ignored.
    pub(super) fn answer(&mut self, id: UploadId, answer: &Answer, now: Timestamp) {
        let waits = |entry: &Entry| matches!(entry.state, State::Asked(_, asked) if asked == id);
        let Some((slot, entry)) = self.entries.iter_mut().find(|(_, entry)| waits(entry)) else { return };
        let State::Asked(blinded, _) = std::mem::replace(&mut entry.state, State::Failed) else { return };
        match answer {
            Answer::Unavailable => entry.state = State::Wanted(blinded, now + RETRY),
            Answer::Refused => {}
            Answer::Evaluated(key, evaluation) => {
                let pinned = self.keys.entry((slot.0, entry.sealing.query.clone())).or_insert(*key);
                let tag = Epoch::of(entry.window).tag;
                let randomness = blinded.finalize(tag, pinned, evaluation);
                let terms = Terms::new(&entry.sealing.query, entry.window, entry.sealing.devices_min);
                if let (Ok(randomness), Some(terms)) = (randomness, terms) {
                    entry.seal(&slot.3, &randomness, &terms);
                }
            }
        }
    }

    /// When there is something to ask or to send next.
    pub(super) fn next_timer(&self, at_work: impl Fn(&str) -> bool) -> Option<Timestamp> {
        let asks = self.entries.iter().filter_map(|((_, pipeline, ..), entry)| match entry.state {
            State::Wanted(_, due) if entry.sealing.randomness.is_some() && at_work(pipeline) => Some(due),
            _ => None,
        });
        asks.chain(self.entries.keys().next().map(|(end, ..)| *end)).min()
    }

    /// The reports whose window is over `now`, each with its pipeline. One without a message is lost.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<(String, Recorded)> {
        let mut due = Vec::new();
        while let Some(first) = self.entries.first_entry().filter(|first| first.key().0 <= now) {
            let ((_, pipeline, ..), entry) = first.remove_entry();
            if matches!(entry.state, State::Ready) {
                due.push((pipeline, entry.recorded));
            }
        }
        self.keys.retain(|(end, _), _| *end > now);
        due
    }

    /// Drops what `action` says of one pipeline.
    pub(super) fn purge(&mut self, pipeline: &str, action: QueueAction) {
        self.entries.retain(|slot, entry| slot.1 != pipeline || !is_purged(entry.recorded.origin.mode, action));
    }

    /// Keeps the reports of pipelines that are to be `kept`. Answers to calls made before get lost.
    pub(super) fn end(&mut self, now: Timestamp, kept: impl Fn(&str) -> bool) {
        self.entries.retain(|slot, _| kept(&slot.1));
        for entry in self.entries.values_mut() {
            if let State::Asked(blinded, _) = &entry.state {
                entry.state = State::Wanted(blinded.clone(), now);
            }
        }
    }
}

impl Entry {
    /// Puts the message in the place of the values.
    fn seal(&mut self, measurement: &[u8], randomness: &Randomness, terms: &Terms) {
        let chance = &mut self.seed.derive("share").stream();
        self.state = State::Failed;
        // What is too long to be sealed is not sent at all.
        let Ok(message) = star::seal(measurement, &[], terms, randomness, chance) else { return };
        let Recorded { report: Report { fields, .. }, origin } = &mut self.recorded;
        let plain = self.sealing.group_by.iter().filter_map(|name| fields.remove_entry(name));
        origin.plain.extend(plain);
        fields.insert(FIELD.to_owned(), BASE64.encode(&message.to_bytes()).into());
        self.state = State::Ready;
    }
}

/// The values of the fields that are sealed, as queries read them.
fn values(report: &Report, fields: &[String]) -> Option<Vec<String>> {
    let value = |name: &String| match name.as_str() {
        "event" => Some(report.event.clone()),
        name => report.fields.get(name).map(ToString::to_string),
    };
    fields.iter().map(value).collect()
}
