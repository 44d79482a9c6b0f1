//! One examination, prepared for the checks: its telemetry, what was planted, and where it was seen.

mod canaries;
mod navigation;
mod parcels;
mod sealed;
mod times;
mod traces;

use std::cell::LazyCell;

use model::{Arm, CaseFile, Evidence, Examination, Flow, Holding, NotebookEntry, Outcome, Record, Timestamp};

pub(crate) use self::{
    canaries::Canaries,
    navigation::{host_of, telemetry},
    times::Told,
    traces::{Trace, Traces, shares_record},
};
use self::{parcels::Parcels, times::Times, traces::Beside};
use crate::{
    conclusion::amount,
    conditions::Timeline,
    digest::{self, Digests, Source, Wire},
    fragment::Fragments,
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
    /// Digests of what was planted, and parts of tokens, in flows and on servers: not every claim asks for them.
    derived: Derived<'a>,
    /// Bytes that were searched for tokens, all views together.
    pub(crate) searched_bytes: u64,
    /// For asking whether a text holds a token.
    pub(crate) search: Search,
}

/// What takes long to find, once somebody asks.
type Derived<'a> = LazyCell<(Digests, Fragments), Box<dyn FnOnce() -> (Digests, Fragments) + 'a>>;

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
        let mut wire = Wire::default();
        let (mut exhausted, mut sealed, mut searched_bytes) = (Vec::new(), 0, 0);
        for flow in telemetry(main, &case.endpoints) {
            let peeled = peeler.peel(flow);
            let (sightings, told) = (search.sight(&peeled), times.told(&peeled));
            searched_bytes += peeled.views().map(|view| amount(view.content().len())).sum::<u64>();
            wire.note(Source::Flow(place(flows.len())), &peeled);
            exhausted.extend(peeled.exhausted().map(|limit| (flows.len(), limit.clone())));
            if !timeline.at(flow.at).updated {
                sealed += u64::from(sealed::is_sealed(&peeled));
                let beside = Beside::of(&sightings, &told, &canaries, &main.notebook.entries);
                traces.note(flows.len(), flow, &peeled, &beside);
            }
            parcels.note(flows.len(), flow, &peeled, &sightings);
            flows.push(Seen { flow, sightings, told });
        }
        for (number, sighting) in parcels.sightings(&mut peeler) {
            flows[number].sightings.push(sighting);
        }
        let held = canaries::held(main, &search, &mut peeler);
        for (holding, _, text) in canaries::held_texts(main) {
            searched_bytes += amount(text.len());
            wire.note(Source::Holding(holding), &peeler.peel_body(text.as_bytes()));
        }
        let derived = derived(main, wire, flows.iter().map(|seen| seen.flow.at).collect());
        Ok(Some(Self {
            case,
            exam,
            main,
            timeline,
            canaries,
            flows,
            held,
            traces,
            exhausted,
            sealed,
            derived,
            searched_bytes,
            search,
        }))
    }

    /// Digests of what was planted, in flows and on servers.
    pub(crate) fn digests(&self) -> &Digests {
        &self.derived.0
    }

    /// Parts of tokens, in flows and on servers.
    pub(crate) fn fragments(&self) -> &Fragments {
        &self.derived.1
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

    /// The evidence that the host of a flow is.
    pub(crate) fn sent_to(&self, flow: &Flow) -> Evidence {
        Evidence {
            flow: Some(flow.id),
            device: Some(self.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: vec!["host".to_owned()],
            plaintext: flow.host.to_string(),
            activity: self.cause(flow),
        }
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
            activity: self.cause(flow),
        })
    }

    /// The evidence that a value with that text is: where it stands, and the line that it gives away.
    pub(crate) fn shown(&self, source: Source, text: &str, line: usize) -> Evidence {
        let plaintext = words::excerpt(text, "");
        let activity = self.main.notebook.entries.get(line).map_or_else(String::new, words::activity);
        let device = Some(self.main.device.clone());
        let path = self.path_of(source, text);
        match source {
            Source::Flow(number) => {
                let flow = self.flows[number as usize].flow;
                let (endpoint, at) = (Some(flow.host.clone()), flow.at);
                Evidence { flow: Some(flow.id), device, endpoint, at, path, plaintext, activity }
            }
            Source::Holding(number) => {
                let holding = self.main.holdings.iter().flatten().nth(number as usize);
                let at = holding.map_or(self.main.notebook.ends, |holding| holding.at);
                Evidence { flow: None, device, endpoint: None, at, path, plaintext, activity }
            }
        }
    }

    /// The shortest way to the value with that text.
    pub(crate) fn path_of(&self, source: Source, text: &str) -> Vec<String> {
        let mut peeler = Peeler::default();
        match source {
            Source::Flow(number) => {
                digest::place_of(&peeler.peel(self.flows[number as usize].flow), text).unwrap_or_default()
            }
            Source::Holding(number) => {
                let mut texts = canaries::held_texts(self.main).filter(|(holding, ..)| *holding == number);
                let region = self.main.holdings.iter().flatten().nth(number as usize).map(|holding| &holding.region);
                let way = texts.find_map(|(_, field, held)| {
                    let below = digest::place_of(&peeler.peel_body(held.as_bytes()), text)?;
                    Some(std::iter::once(field.to_owned()).chain(below.into_iter().skip(1)).collect())
                });
                let way: Vec<String> = way.unwrap_or_default();
                region.map(|region| format!("holdings:{region}")).into_iter().chain(way).collect()
            }
        }
    }

    /// The activity that a token was planted in, in words.
    fn planted_in(&self, token: usize) -> String {
        let first = self.canaries.entries(token).first();
        first.map_or_else(String::new, |&index| words::activity(&self.main.notebook.entries[index]))
    }
}

/// Digests and parts of tokens among the values of `wire`; the flows among them left at `times`.
fn derived(main: &Record, wire: Wire, times: Vec<Timestamp>) -> Derived<'_> {
    let find = move || {
        let canaries = Canaries::of(&main.notebook);
        let at = |source| match source {
            Source::Flow(flow) => times[flow as usize],
            Source::Holding(holding) => {
                main.holdings.iter().flatten().nth(holding as usize).map_or(main.notebook.ends, |holding| holding.at)
            }
        };
        let digests = Digests::of(wire, &main.notebook.entries, &canaries, at);
        let fragments = Fragments::of(digests.wire(), &canaries);
        (digests, fragments)
    };
    LazyCell::new(Box::new(find))
}

fn place(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn record(exam: &Examination, arm: Arm) -> Option<&Record> {
    exam.records.iter().find(|record| record.arm == arm)
}
