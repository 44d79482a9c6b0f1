//! Whether the tap was on: what a visit itself causes must have passed it.
//!
//! An empty capture looks like a client that keeps every promise. So each page that was visited while there was a
//! network must have been asked for at the tap, by a request to its host that holds what was planted there. A client
//! that looks a page up in a cache is not met by this, for planted addresses were never visited before.

use std::collections::BTreeMap;

use model::{Activity, Channel, Duration, Flow, Navigation, NotebookEntry, Outcome, Record, VersionFact};

use crate::{conditions::Timeline, exhibit::host_of, words};

/// How long after a visit, its dwell time aside, its page may be asked for.
const ASKED_WITHIN: Duration = Duration::from_secs(60);

/// Why the capture of `record` shows nothing, where it does not show what was done.
pub(crate) fn gap(record: &Record, facts: &VersionFact, navigation: Navigation) -> Option<String> {
    let flows = &record.capture.flows;
    let visits: Vec<&NotebookEntry> = if navigation.is_captured() { visits(record, facts) } else { Vec::new() };
    if visits.is_empty() {
        let silent = || "nothing passed the tap, so nothing shows that it was on".to_owned();
        return flows.is_empty().then(silent);
    }
    let mut asked: BTreeMap<&str, Vec<&Flow>> = BTreeMap::new();
    for flow in flows.iter().filter(|flow| flow.channel == Channel::Http) {
        asked.entry(flow.host.as_str()).or_default().push(flow);
    }
    let unseen: Vec<&&NotebookEntry> = visits.iter().filter(|visit| !was_seen(visit, &asked)).collect();
    let first = unseen.first()?;
    let all = words::count(visits.len() as u64, "visit");
    Some(if unseen.len() == visits.len() {
        format!("none of {all} passed the tap: it was off, or the client went around it")
    } else {
        let (some, first) = (unseen.len(), words::activity(first));
        format!(
            "{some} of {all} did not pass the tap, first the {first}: it was off then, or the client went around it"
        )
    })
}

/// The visits that were done while there was a network.
fn visits<'a>(record: &'a Record, facts: &VersionFact) -> Vec<&'a NotebookEntry> {
    let timeline = Timeline::of(&record.notebook, facts);
    let done = record.notebook.entries.iter().enumerate().filter(|(index, entry)| {
        let is_visit = matches!(&entry.activity, Activity::Visit { url, .. } if host_of(url).is_some());
        is_visit && entry.outcome == Outcome::Done && timeline.during(*index).online
    });
    done.map(|(_, entry)| entry).collect()
}

/// Whether the visited page was asked for.
fn was_seen(visit: &NotebookEntry, asked: &BTreeMap<&str, Vec<&Flow>>) -> bool {
    let Activity::Visit { url, dwell_ms, .. } = &visit.activity else { return true };
    let Some(host) = host_of(url) else { return true };
    let until = visit.at + ASKED_WITHIN + Duration::from_millis(u64::from(*dwell_ms));
    let address = url.to_ascii_lowercase();
    let planted: Vec<&str> =
        visit.canaries.iter().map(|canary| canary.token.as_str()).filter(|token| address.contains(token)).collect();
    let flows = asked.get(host.as_str()).into_iter().flatten();
    flows.into_iter().filter(|flow| (visit.at..=until).contains(&flow.at)).any(|flow| {
        let path = flow.path.to_ascii_lowercase();
        planted.is_empty() || planted.iter().any(|token| host.contains(token) || path.contains(token))
    })
}
