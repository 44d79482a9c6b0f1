//! Whether another device of the same model, with the same diary, sends the same value.

use std::collections::{BTreeMap, BTreeSet};

use model::{Flow, Record, Timestamp};

use crate::{
    exhibit::{Exhibit, Trace, telemetry},
    peel::Peeler,
};

/// How many of the sibling's flows nearest in time are looked at, on each side.
const NEAREST: usize = 3;

/// What one of the sibling's flows says: values by place.
type Said = BTreeMap<String, BTreeSet<String>>;

/// The sibling's telemetry, opened where it is asked for.
#[derive(Debug)]
pub(super) struct Sibling<'a, 'e> {
    exhibit: &'e Exhibit<'a>,
    hosts: BTreeMap<&'a str, Vec<&'a Flow>>,
    opened: BTreeMap<(&'a str, usize), Said>,
    peeler: Peeler,
}

impl<'a, 'e> Sibling<'a, 'e> {
    pub(super) fn of(exhibit: &'e Exhibit<'a>, record: &'a Record) -> Self {
        let mut hosts: BTreeMap<&str, Vec<&Flow>> = BTreeMap::new();
        for flow in telemetry(record, &exhibit.case.endpoints) {
            hosts.entry(flow.host.as_str()).or_default().push(flow);
        }
        Self { exhibit, hosts, opened: BTreeMap::new(), peeler: Peeler::default() }
    }

    /// Whether the sibling says something else where `value` stands, and never `value`. A value that holds a canary is
    /// the examiner's own.
    pub(super) fn differs(&mut self, value: &str, trace: &Trace) -> bool {
        let own = self.peeler.peel_body(value.as_bytes());
        if !self.exhibit.search.sight(&own).is_empty() {
            return false;
        }
        let mut else_there = false;
        for number in [trace.flows.0, trace.flows.1] {
            let flow = self.exhibit.flows[number].flow;
            let Some((&host, flows)) = self.hosts.get_key_value(flow.host.as_str()) else { continue };
            for near in nearest(flows, flow.at) {
                let (peeler, flow) = (&mut self.peeler, flows[near]);
                let said = self.opened.entry((host, near)).or_insert_with(|| said(peeler, flow));
                if said.values().any(|values| values.contains(value)) {
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
