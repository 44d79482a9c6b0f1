//! Values that recur in what a device sends, with what they accompany.

use std::collections::{BTreeMap, BTreeSet};

use model::{Duration, Flow, NotebookEntry, Timestamp};

use super::{Canaries, Told};
use crate::{
    peel::{Leaf, Peeled},
    search::Sighting,
};

/// Shortest value that can tell devices apart by itself, in characters. Shorter ones may do so together.
const VALUE_CHARS_MIN: usize = 6;
/// Longest value that is followed, in bytes: identifiers are short.
const VALUE_BYTES_MAX: usize = 512;
/// Most values that are followed, and most places of short values.
const VALUES_MAX: usize = 1 << 18;
/// Most lines of the notebook that are remembered for one value.
const ENTRIES_MAX: usize = 1 << 12;
/// For how long the same bytes again are taken for a retry.
const RETRY_LASTS: Duration = Duration::from_secs(600);

/// Every value, as far as there is room.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    traces: BTreeMap<String, Trace>,
    /// Places of short values, by host, with the value while it stays the same.
    steady: BTreeMap<(String, String), Option<(String, Trace)>>,
    sent: BTreeMap<(u64, u64), Timestamp>, // digest and size of an upload, and when it was last sent
    full: bool,
}

/// The times from which and until which something was used.
type Span = (Timestamp, Timestamp);

/// Where and when one value occurred.
#[derive(Debug)]
pub(crate) struct Trace {
    /// Uploads that hold it.
    pub(crate) uploads: u64,
    /// How often it stands in them.
    pub(crate) records: u64,
    /// First and last flow that hold it, by their place in the exhibit.
    pub(crate) flows: (usize, usize),
    /// The shortest way to it in the first flow.
    pub(crate) path: Vec<String>,
    /// That way without telling the elements of arrays apart.
    pub(crate) place: String,
    /// Lines of the notebook that it accompanies: whose canaries stand in the same record.
    pub(crate) entries: BTreeSet<usize>,
    /// The times from which and until which it was used: of those lines and of others whose time stands in the same
    /// record, else of the flows. Reports that wait, or that are sent again and again, are as old as what they tell.
    pub(crate) span: Span,
}

impl Trace {
    fn begin(number: usize, leaf: &Leaf<'_>, path: Vec<String>, span: Span) -> Self {
        let place = leaf.place();
        Self { uploads: 0, records: 0, flows: (number, number), place, path, entries: BTreeSet::new(), span }
    }

    /// Takes in that the value occurs again, beside these lines and in this span.
    fn extend(&mut self, number: usize, is_first_in_upload: bool, (entries, span): (BTreeSet<usize>, Span)) {
        self.uploads += u64::from(is_first_in_upload);
        self.records += 1;
        self.flows.1 = number;
        self.span = (self.span.0.min(span.0), self.span.1.max(span.1));
        let room = ENTRIES_MAX.saturating_sub(self.entries.len());
        self.entries.extend(entries.into_iter().take(room));
    }

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
            if value.is_empty() || value.len() > VALUE_BYTES_MAX {
                continue;
            }
            let is_long = value.chars().nth(VALUE_CHARS_MIN - 1).is_some();
            let is_first = seen.insert((value, (!is_long).then(|| leaf.place())));
            if is_long {
                self.follow(number, flow, &leaf, is_first, canaries);
            } else {
                self.compare(number, flow, &leaf, is_first, canaries);
            }
        }
    }

    /// Takes in a value that may be an identifier.
    fn follow(&mut self, number: usize, flow: &Flow, leaf: &Leaf<'_>, is_first: bool, canaries: &Beside<'_>) {
        let value = leaf.value();
        if self.traces.len() >= VALUES_MAX && !self.traces.contains_key(value.as_ref()) {
            self.full = true;
            return;
        }
        let path = leaf.path();
        let record = canaries.in_record(record_of(&path.join(STEP)), flow.at);
        let begin = || Trace::begin(number, leaf, path, record.1);
        self.traces.entry(value.into_owned()).or_insert_with(begin).extend(number, is_first, record);
    }

    /// Takes in a short value, which counts only where it never changes.
    fn compare(&mut self, number: usize, flow: &Flow, leaf: &Leaf<'_>, is_first: bool, canaries: &Beside<'_>) {
        let (key, value) = ((flow.host.to_string(), leaf.place()), leaf.value());
        if let Some(known) = self.steady.get_mut(&key)
            && known.as_ref().is_none_or(|(steady, _)| *steady != value)
        {
            *known = None; // it has changed, and stays out
            return;
        }
        if self.steady.len() >= VALUES_MAX && !self.steady.contains_key(&key) {
            self.full = true;
            return;
        }
        let path = leaf.path();
        let record = canaries.in_record(record_of(&path.join(STEP)), flow.at);
        let begin = || Some((value.into_owned(), Trace::begin(number, leaf, path, record.1)));
        if let Some((_, trace)) = self.steady.entry(key).or_insert_with(begin) {
            trace.extend(number, is_first, record);
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

    /// Values too short to be followed, where they never change: in order of hosts and places.
    pub(crate) fn steady(&self) -> impl Iterator<Item = (&str, &Trace)> {
        self.steady.values().flatten().map(|(value, trace)| (value.as_str(), trace))
    }

    /// The trace of a value, if it recurs.
    pub(crate) fn of(&self, value: &str) -> Option<(&str, &Trace)> {
        let known = self.traces.get_key_value(value).filter(|(_, trace)| trace.uploads >= 2);
        known.map(|(value, trace)| (value.as_str(), trace))
    }

    /// Whether there were more values than can be followed.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

/// The canaries and the times of lines that stand in one flow, by the way to them.
#[derive(Debug)]
pub(super) struct Beside<'a> {
    ways: Vec<(String, &'a [usize])>,
    told: Vec<(String, usize)>,
    notebook: &'a [NotebookEntry],
}

impl<'a> Beside<'a> {
    pub(super) fn of(
        sightings: &[Sighting],
        told: &[Told],
        canaries: &'a Canaries<'_>,
        notebook: &'a [NotebookEntry],
    ) -> Self {
        let ways = sightings.iter().map(|sighting| (sighting.path.join(STEP), canaries.entries(sighting.token)));
        let told = told.iter().map(|told| (told.path.join(STEP), told.entry));
        Self { ways: ways.collect(), told: told.collect(), notebook }
    }

    /// The lines whose canaries stand in a record, and the span in time of what it tells; that of the flow if it tells
    /// nothing.
    fn in_record(&self, record: &str, sent: Timestamp) -> (BTreeSet<usize>, Span) {
        let inside = self.ways.iter().filter(|(way, _)| way.starts_with(record));
        let entries: BTreeSet<usize> = inside.flat_map(|(_, entries)| entries.iter().copied()).collect();
        let told = self.told.iter().filter(|(way, _)| way.starts_with(record)).map(|(_, entry)| *entry);
        let lines: Vec<usize> = entries.iter().copied().chain(told).collect();
        let times = || lines.iter().filter_map(|&index| self.notebook.get(index)).map(|entry| entry.at);
        let span = (times().min().unwrap_or(sent), times().max().unwrap_or(sent));
        (entries, span)
    }
}

const STEP: &str = " > ";

/// Whether two paths in one flow lead into the same record.
pub(crate) fn shares_record(a: &[String], b: &[String]) -> bool {
    a.join(STEP).starts_with(record_of(&b.join(STEP)))
}

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
