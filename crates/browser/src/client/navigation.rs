//! Navigation: the requests that a visit itself causes, in any mode. They are no telemetry.

use model::{Activity, Host, Upload};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Most resources of one page that are fetched.
const EMBEDS_MAX: usize = 256;

/// The requests that `activity` causes, in the order sent.
pub(super) fn requests(activity: &Activity) -> impl Iterator<Item = Upload> {
    let (address, embeds) = match activity {
        Activity::Visit { url, embeds, .. } => (Some(url.clone()), embeds.as_slice()),
        Activity::Download { url } => (Some(url.clone()), [].as_slice()),
        Activity::Search { engine, terms, .. } => (Some(results_page(engine, terms)), [].as_slice()),
        _ => (None, [].as_slice()),
    };
    let embeds = embeds.iter().take(EMBEDS_MAX).filter_map(|embed| get(embed));
    address.and_then(|address| get(&address)).into_iter().chain(embeds)
}

/// The address of a search engine's results.
pub(super) fn results_page(engine: &str, terms: &str) -> String {
    format!("https://{engine}/?q={}", utf8_percent_encode(terms, NON_ALPHANUMERIC))
}

/// A request for `url`; nothing if that is no absolute address with a host.
fn get(url: &str) -> Option<Upload> {
    let (_, rest) = url.split_once("://")?;
    let rest = rest.split('#').next()?;
    let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let host = authority.rsplit('@').next()?;
    let port = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
    let host = port.map_or(host, |(host, _)| host).to_lowercase();
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    let authority = Host::new(host).ok()?.into();
    Some(Upload { method: "GET".to_owned(), authority, path, headers: Vec::new(), body: Vec::new() })
}
