//! Values that recur in what a device sends, with what they accompany.

use std::collections::{BTreeMap, BTreeSet};

use model::{Duration, Flow, NotebookEntry, Timestamp};

use super::Canaries;
use crate::{peel::Peeled, search::Sighting};

/// Shortest value that can tell devices apart, in characters.
const VALUE_CHARS_MIN: usize = 6;
/// Longest value that is followed, in bytes: identifiers are short.
const VALUE_BYTES_MAX: usize = 512;
/// Most values that are followed.
const VALUES_MAX: usize = 1 << 18;
/// Most lines of the notebook that are remembered for one value.
const ENTRIES_MAX: usize = 1 << 12;
/// For how long the same bytes again are taken for a retry.
const RETRY_LASTS: Duration = Duration::from_secs(600);

/// Every value, as far as there is room.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    traces: BTreeMap<String, Trace>,
    sent: BTreeMap<(u64, u64), Timestamp>, // digest and size of an upload, and when it was last sent
    full: bool,
}

/// Where and when one value occurred.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Uploads that hold it.
    pub(crate) uploads: u64,
    /// First and last flow that hold it, by their place in the exhibit.
    pub(crate) flows: (usize, usize),
    /// The shortest way to it in the first flow.
    pub(crate) path: Vec<String>,
    /// That way without telling the elements of arrays apart.
    pub(crate) place: String,
    /// Lines of the notebook that it accompanies: whose canaries stand in the same record.
    pub(crate) entries: BTreeSet<usize>,
    /// The times from which and until which it was used: of those lines, else of the flows.
    pub(crate) span: (Timestamp, Timestamp),
}

impl Trace {
    /// For how long the value was in use.
    pub(crate) fn lasted(&self) -> Duration {
        self.span.1.since(self.span.0)
    }
}

impl Traces {
    /// Takes in the flow at place `number`. A retry of an upload is no upload.
    pub(super) fn note(&mut self, number: usize, flow: &Flow, peeled: &Peeled, canaries: &Beside<'_>) {
        if self.is_retry(flow) {
            return;
        }
        let mut seen = BTreeSet::new();
        for leaf in peeled.leaves() {
            let value = leaf.value();
            if value.len() > VALUE_BYTES_MAX || value.chars().nth(VALUE_CHARS_MIN - 1).is_none() {
                continue;
            }
            if self.traces.len() >= VALUES_MAX && !self.traces.contains_key(value.as_ref()) {
                self.full = true;
                continue;
            }
            let path = leaf.path();
            let (entries, span) = canaries.in_record(record_of(&path.join(STEP)), flow.at);
            let trace = self.traces.entry(value.clone().into_owned()).or_insert_with(|| Trace {
                uploads: 0,
                flows: (number, number),
                place: leaf.place(),
                path,
                entries: BTreeSet::new(),
                span,
            });
            trace.uploads += u64::from(seen.insert(value));
            trace.flows.1 = number;
            trace.span = (trace.span.0.min(span.0), trace.span.1.max(span.1));
            let room = ENTRIES_MAX.saturating_sub(trace.entries.len());
            trace.entries.extend(entries.into_iter().take(room));
        }
    }

    fn is_retry(&mut self, flow: &Flow) -> bool {
        if flow.body.is_empty() {
            return false;
        }
        let headers = flow.headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let parts = [flow.host.as_str().as_bytes(), flow.path.as_bytes(), &flow.body];
        let digest = parts.into_iter().chain(headers).fold(FNV_BASIS, |hash, part| fnv(fnv(hash, part), &[0xff]));
        let before = self.sent.insert((digest, flow.wire_bytes), flow.at);
        before.is_some_and(|before| flow.at <= before + RETRY_LASTS)
    }

    /// Values in at least two uploads, sorted by value.
    pub(crate) fn recurring(&self) -> impl Iterator<Item = (&str, &Trace)> {
        let traces = self.traces.iter().filter(|(_, trace)| trace.uploads >= 2);
        traces.map(|(value, trace)| (value.as_str(), trace))
    }

    /// Whether there were more values than can be followed.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

/// The canaries that stand in one flow, by the way to them.
#[derive(Debug)]
pub(super) struct Beside<'a> {
    ways: Vec<(String, &'a [usize])>,
    notebook: &'a [NotebookEntry],
}

impl<'a> Beside<'a> {
    pub(super) fn of(sightings: &[Sighting], canaries: &'a Canaries<'_>, notebook: &'a [NotebookEntry]) -> Self {
        let ways = sightings.iter().map(|sighting| (sighting.path.join(STEP), canaries.entries(sighting.token)));
        Self { ways: ways.collect(), notebook }
    }

    /// The lines whose canaries stand in a record, and their span in time; that of the flow without any.
    fn in_record(&self, record: &str, sent: Timestamp) -> (BTreeSet<usize>, (Timestamp, Timestamp)) {
        let inside = self.ways.iter().filter(|(way, _)| way.starts_with(record));
        let entries: BTreeSet<usize> = inside.flat_map(|(_, entries)| entries.iter().copied()).collect();
        let times = || entries.iter().filter_map(|&index| self.notebook.get(index)).map(|entry| entry.at);
        let span = (times().min().unwrap_or(sent), times().max().unwrap_or(sent));
        (entries, span)
    }
}

const STEP: &str = " > ";

/// The record that a path leads into: everything up to its last index; all of the upload without one.
fn record_of(path: &str) -> &str {
    let ends = path.rmatch_indices(']').map(|(at, _)| at);
    let is_index = |&end: &usize| {
        let digits = path[..end].rsplit_once('[').map_or("", |(_, inside)| inside);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut ends = ends.filter(is_index);
    ends.next().map_or("", |end| &path[..=end])
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the digest stays inside and only tells retries.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::record_of;

    #[test]
    fn a_record_is_the_innermost_element_of_an_array() {
        assert_eq!(record_of("body > gzip > json:$[4].properties.url"), "body > gzip > json:$[4]");
        assert_eq!(record_of("body > json:$.events[12].tabs[3]"), "body > json:$.events[12].tabs[3]");
        assert_eq!(record_of(r#"body > json:$[4]["a b"]"#), "body > json:$[4]");
        assert_eq!(record_of("header:x-id"), "");
    }
}
