//! Connections: whoever is at the other end of one knows that all that came through it came from one device.

use std::collections::{BTreeMap, BTreeSet};

use model::{CheckName, ConnectionId, Evidence, Host};

use super::{Hunt, boundary};
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
    words,
};

impl Hunt<'_, '_> {
    /// Convicts the first connection that carries telemetry from both sides of a boundary, or for too long.
    pub(super) fn by_connection(&mut self, conclusion: &mut Conclusion) {
        let exhibit = self.exhibit;
        let traces = connections(exhibit);
        if !traces.is_empty() {
            conclusion.exercised(format!("linkage by {}", words::count(traces.len() as u64, "connection")));
        }
        for ((host, connection), trace) in &traces {
            if !self.is_forbidden(trace) {
                continue;
            }
            let crossed = self.turns.all_crossed(exhibit, trace);
            let crossed: Vec<&str> = crossed.into_iter().map(boundary::name).collect();
            let summary = format!(
                "one connection to `{host}` carries {} over {}, across {}",
                words::count(trace.uploads, "upload"),
                words::rounded(trace.lasted()),
                crossed.join(", ")
            );
            let last = exhibit.flows[trace.flows.1].flow;
            let evidence = Evidence {
                flow: Some(last.id),
                device: Some(exhibit.main.device.clone()),
                endpoint: Some(last.host.clone()),
                at: last.at,
                path: trace.path.clone(),
                plaintext: connection.to_string(),
                activity: exhibit.cause(last),
            };
            conclusion.convict(CheckName::Linkage, summary, evidence);
            return;
        }
    }
}

/// What left through each connection that the tap knows, before an update.
fn connections<'a>(exhibit: &Exhibit<'a>) -> BTreeMap<(&'a Host, ConnectionId), Trace> {
    let mut traces: BTreeMap<(&Host, ConnectionId), Trace> = BTreeMap::new();
    let seen = exhibit.flows.iter().enumerate().filter(|(_, seen)| !exhibit.timeline.at(seen.flow.at).updated);
    for (number, seen) in seen {
        let Some(connection) = seen.flow.connection else { continue };
        let tokens = seen.sightings.iter().flat_map(|sighting| exhibit.canaries.entries(sighting.token));
        let entries: BTreeSet<usize> = tokens.copied().chain(seen.told.iter().map(|told| told.entry)).collect();
        let (first, path) = (seen.flow.at, vec!["connection".to_owned()]);
        let trace = traces.entry((&seen.flow.host, connection)).or_insert_with(|| Trace {
            uploads: 0,
            records: 0,
            flows: (number, number),
            place: path[0].clone(),
            path,
            entries: BTreeSet::new(),
            span: (first, first),
        });
        trace.uploads += 1;
        trace.records += 1;
        trace.flows.1 = number;
        trace.span.1 = seen.flow.at;
        trace.entries.extend(entries);
    }
    traces
}
