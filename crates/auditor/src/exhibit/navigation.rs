//! Tells what a visit itself causes from what a client sends on its own.

use std::collections::{BTreeMap, BTreeSet};

use model::{Activity, Channel, Duration, Endpoint, Flow, Notebook, Outcome, Record, Timestamp};

/// How long after an activity, its dwell time aside, its own requests may leave.
const NAVIGATION_LASTS: Duration = Duration::from_secs(60);

/// The flows of a record that are not navigation, in order.
///
/// Navigation is a request over HTTP to a host that the notebook visited, searched with, downloaded from or that a
/// visited page embeds, shortly after it did. A request to one of the vendor's endpoints, a name looked up and a
/// connection kept open never are.
pub(crate) fn telemetry<'a>(record: &'a Record, endpoints: &[Endpoint]) -> Vec<&'a Flow> {
    let vendor: BTreeSet<&str> = endpoints.iter().map(|endpoint| endpoint.host.as_str()).collect();
    let visited = visits(&record.notebook);
    let is_navigation = |flow: &Flow| {
        let host = flow.host.as_str();
        let spans = visited.get(host).into_iter().flatten();
        flow.channel == Channel::Http
            && !vendor.contains(host)
            && spans.into_iter().any(|(from, until)| (*from..=*until).contains(&flow.at))
    };
    record.capture.flows.iter().filter(|flow| !is_navigation(flow)).collect()
}

/// When each host was navigated to.
fn visits(notebook: &Notebook) -> BTreeMap<String, Vec<(Timestamp, Timestamp)>> {
    let mut visits: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for entry in notebook.entries.iter().filter(|entry| entry.outcome != Outcome::Planned) {
        let mut note = |host: Option<String>, lasts: Duration| {
            if let Some(host) = host {
                visits.entry(host).or_default().push((entry.at, entry.at + lasts));
            }
        };
        match &entry.activity {
            Activity::Visit { url, embeds, dwell_ms, .. } => {
                let lasts = Duration::from_millis(NAVIGATION_LASTS.as_millis() + u64::from(*dwell_ms));
                note(host_of(url), lasts);
                embeds.iter().for_each(|embed| note(host_of(embed), lasts));
            }
            Activity::Search { engine, .. } => note(Some(engine.to_ascii_lowercase()), NAVIGATION_LASTS),
            Activity::Download { url } => note(host_of(url), NAVIGATION_LASTS),
            _ => {}
        }
    }
    visits
}

/// The host of a URL, in lower case, without user and port.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_a_url_is_found_behind_everything_around_it() {
        for url in ["https://a.example", "HTTPS://A.example/b?c#d", "http://u:p@a.example:8080/", "x://a.example?q@b"] {
            assert_eq!(host_of(url).as_deref(), Some("a.example"), "{url}");
        }
        assert_eq!(host_of("about:blank"), None);
        assert_eq!(host_of("https:///path"), None);
    }
}
