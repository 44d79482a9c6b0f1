//! One examination, prepared for the checks: its telemetry, what was planted, and where it was seen.

mod canaries;
mod navigation;
mod parcels;
mod sealed;
mod times;
mod traces;

use model::{Arm, CaseFile, Evidence, Examination, Flow, Holding, NotebookEntry, Outcome, Record, Timestamp};

pub(crate) use self::{
    canaries::Canaries,
    navigation::telemetry,
    times::Told,
    traces::{Trace, Traces, shares_record},
};
use self::{parcels::Parcels, times::Times, traces::Beside};
use crate::{
    conditions::Timeline,
    peel::{Exhausted, Peeler},
    search::{Search, SearchError, Sighting},
    words,
};

/// An examination whose main arm was played.
#[derive(Debug)]
pub(crate) struct Exhibit<'a> {
    pub(crate) case: &'a CaseFile,
    pub(crate) exam: &'a Examination,
    pub(crate) main: &'a Record,
    pub(crate) timeline: Timeline,
    pub(crate) canaries: Canaries<'a>,
    /// Everything but navigation, in order of time.
    pub(crate) flows: Vec<Seen<'a>>,
    /// Tokens in what the servers held.
    pub(crate) held: Vec<Held<'a>>,
    /// Values that recur.
    pub(crate) traces: Traces,
    /// Flows that were too much to look at whole, by their place in `flows`.
    pub(crate) exhausted: Vec<(usize, Exhausted)>,
    /// Flows of this version that hold what nobody but the vendor can read.
    pub(crate) sealed: u64,
    /// For asking whether a text holds a token.
    pub(crate) search: Search,
}

/// A flow with the tokens that it shows.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) flow: &'a Flow,
    pub(crate) sightings: Vec<Sighting>,
    /// Times of what was done that it tells.
    pub(crate) told: Vec<Told>,
}

/// A token in what a server held.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    pub(crate) holding: &'a Holding,
    pub(crate) token: usize,
    pub(crate) field: String,
    pub(crate) text: String,
}

impl<'a> Exhibit<'a> {
    /// Prepares `exam`; `None` if its main arm is missing.
    ///
    /// # Errors
    /// If its canaries cannot be looked for.
    pub(crate) fn of(case: &'a CaseFile, exam: &'a Examination) -> Result<Option<Self>, SearchError> {
        let Some(main) = record(exam, Arm::Main) else { return Ok(None) };
        let timeline = Timeline::of(&main.notebook, &case.facts);
        let canaries = Canaries::of(&main.notebook);
        let search = Search::new(canaries.tokens())?;
        let times = Times::of(&main.notebook);
        let mut peeler = Peeler::default();
        let mut traces = Traces::default();
        let mut parcels = Parcels::new(&search);
        let mut flows = Vec::new();
        let (mut exhausted, mut sealed) = (Vec::new(), 0);
        for flow in telemetry(main, &case.endpoints) {
            let peeled = peeler.peel(flow);
            let sightings = search.sight(&peeled);
            exhausted.extend(peeled.exhausted().map(|limit| (flows.len(), limit.clone())));
            if !timeline.at(flow.at).updated {
                sealed += u64::from(sealed::is_sealed(&peeled));
                let beside = Beside::of(&sightings, &canaries, &main.notebook.entries);
                traces.note(flows.len(), flow, &peeled, &beside);
            }
            parcels.note(flows.len(), flow, &peeled, &sightings);
            flows.push(Seen { flow, sightings, told: times.told(&peeled) });
        }
        for (number, sighting) in parcels.sightings(&mut peeler) {
            flows[number].sightings.push(sighting);
        }
        let held = canaries::held(main, &search, &mut peeler);
        Ok(Some(Self { case, exam, main, timeline, canaries, flows, held, traces, exhausted, sealed, search }))
    }

    /// The record of another arm.
    pub(crate) fn arm(&self, arm: Arm) -> Option<&'a Record> {
        record(self.exam, arm)
    }

    /// Whether line `index` is incognito activity at the position that is examined.
    pub(crate) fn is_examined(&self, index: usize) -> bool {
        let entry = &self.main.notebook.entries[index];
        entry.mode == Some(model::Mode::Incognito) && self.timeline.during(index).state() == self.case.subject.switch
    }

    /// Lines that were done, with their places.
    pub(crate) fn done(&self) -> impl Iterator<Item = (usize, &'a NotebookEntry)> + Clone {
        self.main.notebook.entries.iter().enumerate().filter(|(_, entry)| entry.outcome == Outcome::Done)
    }

    /// The evidence that a sighting in a flow is.
    pub(crate) fn sighted(&self, seen: &Seen<'_>, sighting: &Sighting) -> Evidence {
        let planted = self.canaries.planted(sighting.token);
        Evidence {
            flow: Some(seen.flow.id),
            device: Some(self.main.device.clone()),
            endpoint: Some(seen.flow.host.clone()),
            at: seen.flow.at,
            path: sighting.path.clone(),
            plaintext: words::excerpt(&sighting.plaintext, planted.map_or("", |planted| planted.token)),
            activity: self.planted_in(sighting.token),
        }
    }

    /// The evidence that a time in a flow is.
    pub(crate) fn told(&self, seen: &Seen<'_>, told: &Told) -> Evidence {
        Evidence {
            flow: Some(seen.flow.id),
            device: Some(self.main.device.clone()),
            endpoint: Some(seen.flow.host.clone()),
            at: seen.flow.at,
            path: told.path.clone(),
            plaintext: told.text.clone(),
            activity: words::activity(&self.main.notebook.entries[told.entry]),
        }
    }

    /// The evidence that a token on a server is.
    pub(crate) fn held(&self, held: &Held<'_>) -> Evidence {
        let planted = self.canaries.planted(held.token);
        Evidence {
            flow: None,
            device: Some(self.main.device.clone()),
            endpoint: None,
            at: held.holding.at,
            path: vec![format!("holdings:{}", held.holding.region), held.field.clone()],
            plaintext: words::excerpt(&held.text, planted.map_or("", |planted| planted.token)),
            activity: self.planted_in(held.token),
        }
    }

    /// The evidence that a flow is of which not all could be looked at.
    pub(crate) fn exhausted(&self, number: usize, exhausted: &Exhausted) -> Option<Evidence> {
        let flow = self.flows.get(number)?.flow;
        Some(Evidence {
            flow: Some(flow.id),
            device: Some(self.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: exhausted.path.clone(),
            plaintext: exhausted.to_string(),
            activity: self.before(flow.at, |_| true),
        })
    }

    /// The activity that a token was planted in, in words.
    fn planted_in(&self, token: usize) -> String {
        let first = self.canaries.entries(token).first();
        first.map_or_else(String::new, |&index| words::activity(&self.main.notebook.entries[index]))
    }

    /// The activity nearest before `time` that `fits`, in words.
    pub(crate) fn before(&self, time: Timestamp, fits: impl Fn(usize) -> bool) -> String {
        let nearest = self.done().take_while(|(_, entry)| entry.at <= time).filter(|(index, _)| fits(*index)).last();
        nearest.map_or_else(|| "the first start".to_owned(), |(_, entry)| words::activity(entry))
    }
}

fn record(exam: &Examination, arm: Arm) -> Option<&Record> {
    exam.records.iter().find(|record| record.arm == arm)
}
