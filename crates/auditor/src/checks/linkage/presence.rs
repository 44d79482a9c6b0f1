//! Identifiers that incognito activity uses though no canary stands beside them: there are more of them with it.

use std::collections::BTreeMap;

use model::{Arm, Boundary, Channel, CheckName, Mode, NotebookEntry, Record};

use super::{CANDIDATES_MAX, Hunt, Traced};
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace, telemetry},
    peel::Peeler,
    words,
};

/// Records by which two arms must differ: fewer could be lost with a queue whose timing incognito activity shifts.
const RECORDS_MIN: u64 = 3;

impl<'e> Hunt<'_, 'e> {
    /// Convicts an identifier of records of which there are fewer, but some, without incognito activity. Records are
    /// counted, not uploads, for activity may rightly change how records are batched.
    pub(super) fn in_both_modes(&mut self, conclusion: &mut Conclusion) {
        let exhibit = self.exhibit;
        let is_promised = self.forbidden.across.contains(&Boundary::Modes) && !exhibit.exam.nondeterministic;
        let Some(presence) = exhibit.arm(Arm::Presence).filter(|arm| is_promised && only_lacks_incognito(exhibit, arm))
        else {
            return;
        };
        let fits = |(_, trace): &Traced<'e>| is_of_records(exhibit, trace) && !self.is_forbidden(trace);
        let candidates: Vec<Traced<'e>> = exhibit.traces.recurring().filter(fits).take(CANDIDATES_MAX).collect();
        let mut counted = None;
        for (value, trace) in candidates {
            if !self.sibling.differs(value, trace) {
                continue;
            }
            let without = counted.get_or_insert_with(|| records(exhibit, presence)).get(value).copied().unwrap_or(0);
            if without > 0 && trace.records >= without + RECORDS_MIN {
                let more = words::count(trace.records - without, "record");
                let place = trace.path.last().map_or("a flow", String::as_str);
                let summary =
                    format!("one value at `{place}` stands in {more} more with incognito activity than without");
                conclusion.convict(CheckName::Linkage, summary, self.evidence(value, trace));
                return;
            }
        }
    }
}

/// Whether a value stands in records rather than once in each upload. A message on a connection is a record.
fn is_of_records(exhibit: &Exhibit<'_>, trace: &Trace) -> bool {
    trace.place.contains("[*]") || exhibit.flows[trace.flows.0].flow.channel != Channel::Http
}

/// Whether the notebook of `presence` is the main one without incognito activity. Where some of it stays, as it does at a
/// position of the switch that is not examined, nobody knows which mode a record is from.
fn only_lacks_incognito(exhibit: &Exhibit<'_>, presence: &Record) -> bool {
    let is_incognito = |entry: &NotebookEntry| entry.mode == Some(Mode::Incognito);
    if presence.notebook.entries.iter().any(is_incognito) {
        return false;
    }
    let mut left = presence.notebook.entries.iter().peekable();
    let main = &exhibit.main.notebook;
    (main.starts, main.ends) == (presence.notebook.starts, presence.notebook.ends)
        && main.entries.iter().all(|entry| left.next_if_eq(&entry).is_some() || is_incognito(entry))
        && left.next().is_none()
}

/// How many records of an arm each value that recurs in the main arm stands in.
fn records<'e>(exhibit: &'e Exhibit<'_>, record: &Record) -> BTreeMap<&'e str, u64> {
    let mut peeler = Peeler::default();
    let mut counts = BTreeMap::new();
    for flow in telemetry(record, &exhibit.case.endpoints) {
        for leaf in peeler.peel(flow).leaves() {
            if let Some((value, _)) = exhibit.traces.of(&leaf.value()) {
                *counts.entry(value).or_default() += 1;
            }
        }
    }
    counts
}
