//! Whether another device of the same model, with the same diary, sends the same value.

use std::collections::{BTreeMap, BTreeSet};

use model::{Arm, Duration, Flow, Record, Timestamp};

use crate::{
    exhibit::{Exhibit, Trace, telemetry},
    peel::Peeler,
};

/// How many of the sibling's flows nearest in time are looked at, on each side.
const NEAREST: usize = 3;

/// How far apart one word may leave two devices: loss, long delays and retries put off what one of them says.
const WORDS_WITHIN: Duration = Duration::DAY;

/// What one of the sibling's flows says: values by place.
type Said = BTreeMap<String, BTreeSet<String>>;

/// The sibling's telemetry, opened where it is asked for.
#[derive(Debug)]
pub(in crate::checks) struct Sibling<'a, 'e> {
    exhibit: &'e Exhibit<'a>,
    /// Flows by host; all of them under `None`, for hosts that the sibling never calls.
    hosts: BTreeMap<Option<&'a str>, Vec<&'a Flow>>,
    opened: BTreeMap<(Option<&'a str>, usize), Said>,
    /// What all runs of the sibling say by place and value, and when.
    vocabulary: Option<BTreeMap<String, BTreeMap<String, Vec<Timestamp>>>>,
    peeler: Peeler,
}

impl<'a, 'e> Sibling<'a, 'e> {
    pub(in crate::checks) fn of(exhibit: &'e Exhibit<'a>, record: &'a Record) -> Self {
        let mut hosts: BTreeMap<Option<&str>, Vec<&Flow>> = BTreeMap::new();
        for flow in telemetry(record, &exhibit.case.endpoints) {
            hosts.entry(Some(flow.host.as_str())).or_default().push(flow);
            hosts.entry(None).or_default().push(flow);
        }
        Self { exhibit, hosts, opened: BTreeMap::new(), vocabulary: None, peeler: Peeler::default() }
    }

    /// Whether the sibling says something else where `value` stands, and never `value`. A value that holds a canary is
    /// the examiner's own, and a host that the vendor declares is an address: two devices that fail over at other times
    /// call another of them at one and the same time.
    pub(in crate::checks) fn differs(&mut self, value: &str, trace: &Trace) -> bool {
        let own = self.peeler.peel_body(value.as_bytes());
        let is_address =
            self.exhibit.case.endpoints.iter().any(|endpoint| endpoint.declared && endpoint.host.as_str() == value);
        !is_address
            && self.exhibit.search.sight(&own).is_empty()
            && self.is_else(trace, |said| said.values().any(|values| values.contains(value)))
            && !self.comes_up(value, trace)
    }

    /// The same for a value so short that it may stand at another place by chance.
    pub(super) fn differs_there(&mut self, value: &str, trace: &Trace) -> bool {
        self.is_else(trace, |said| said.get(&trace.place).is_some_and(|values| values.contains(value)))
            && !self.comes_up(value, trace)
    }

    /// Whether `value` comes up at the same place on the sibling too, in whichever of its runs: a word that both say
    /// names no device. Within [`WORDS_WITHIN`] such is the name of an event whose uploads were lost or held up; at
    /// whatever time, where chance rules the client, an answer drawn from few, as a randomized response is.
    fn comes_up(&mut self, value: &str, trace: &Trace) -> bool {
        let (exhibit, peeler) = (self.exhibit, &mut self.peeler);
        let vocabulary = self.vocabulary.get_or_insert_with(|| {
            let runs = exhibit.exam.records.iter().filter(|record| record.arm == Arm::Sibling);
            let mut all = BTreeMap::<String, BTreeMap<String, Vec<Timestamp>>>::new();
            for flow in runs.flat_map(|record| telemetry(record, &exhibit.case.endpoints)) {
                for (place, values) in said(peeler, flow) {
                    let words = all.entry(place).or_default();
                    values.into_iter().for_each(|value| words.entry(value).or_default().push(flow.at));
                }
            }
            all
        });
        let Some(times) = vocabulary.get(&trace.place).and_then(|words| words.get(value)) else { return false };
        let near = |&at: &Timestamp| {
            let (first, last) = (exhibit.flows[trace.flows.0].flow.at, exhibit.flows[trace.flows.1].flow.at);
            [first, last].into_iter().any(|own| own.since(at).max(at.since(own)) <= WORDS_WITHIN)
        };
        exhibit.exam.nondeterministic || times.iter().any(near)
    }

    /// Whether the sibling says something at the place of `trace`, and nothing that is `alike`.
    fn is_else(&mut self, trace: &Trace, alike: impl Fn(&Said) -> bool) -> bool {
        let mut else_there = false;
        for number in [trace.flows.0, trace.flows.1] {
            let flow = self.exhibit.flows[number].flow;
            let known = self.hosts.get_key_value(&Some(flow.host.as_str()));
            let Some((&host, flows)) = known.or_else(|| self.hosts.get_key_value(&None)) else { continue };
            for near in nearest(flows, flow.at) {
                let (peeler, flow) = (&mut self.peeler, flows[near]);
                let said = self.opened.entry((host, near)).or_insert_with(|| said(peeler, flow));
                if alike(said) {
                    return false;
                }
                else_there |= said.contains_key(&trace.place);
            }
        }
        else_there
    }
}

fn nearest(flows: &[&Flow], at: Timestamp) -> std::ops::Range<usize> {
    let behind = flows.partition_point(|flow| flow.at < at);
    behind.saturating_sub(NEAREST)..flows.len().min(behind + NEAREST)
}

fn said(peeler: &mut Peeler, flow: &Flow) -> Said {
    let mut said = Said::new();
    for leaf in peeler.peel(flow).leaves() {
        said.entry(leaf.place()).or_default().insert(leaf.value().into_owned());
    }
    said
}
