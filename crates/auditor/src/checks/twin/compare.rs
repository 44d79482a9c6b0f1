//! Compares two captures flow by flow, at three levels of sight.

use model::{Flow, FlowId, Host, Timestamp};

use super::Side;
use crate::{
    peel::{Peeled, Peeler},
    words,
};

/// Where two captures differ.
#[derive(Debug)]
pub(super) struct Difference {
    /// Whether the flow is in the twin's capture rather than in the main one.
    pub(super) in_twin: bool,
    pub(super) flow: FlowId,
    pub(super) host: Host,
    pub(super) at: Timestamp,
    pub(super) path: Vec<String>,
    pub(super) plaintext: String,
    /// Who can see a difference, in words.
    pub(super) seen_in: &'static str,
}

impl Difference {
    pub(super) fn at(flow: &Flow, in_twin: bool, path: Vec<String>, plaintext: String) -> Self {
        let (host, at) = (flow.host.clone(), flow.at);
        let seen_in = "seen in the plaintext";
        Self { in_twin, flow: flow.id, host, at, path, plaintext: words::excerpt(&plaintext, ""), seen_in }
    }
}

/// The first difference in anything, with the weakest observer who sees one.
pub(super) fn difference(main: &Side<'_>, twin: &Side<'_>) -> Option<Difference> {
    let place = first(main, twin, |a, b| plaintext(a) == plaintext(b))?;
    let mut difference = match (main.flows.get(place), twin.flows.get(place)) {
        (Some(a), Some(b)) if a.at == b.at => inside(a, b),
        (Some(a), b) if b.is_none_or(|b| a.at < b.at) => Difference::at(a, false, time(), alone(a, "the twin")),
        (_, Some(b)) => Difference::at(b, true, time(), alone(b, "the device with incognito activity as planned")),
        (_, None) => return None,
    };
    difference.seen_in = if first(main, twin, |a, b| sealed(a) == sealed(b)).is_some() {
        "seen from lengths and times alone"
    } else if first(main, twin, |a, b| outside(a) == outside(b)).is_some() {
        "seen from destinations, sizes and times"
    } else {
        "seen in the plaintext"
    };
    Some(difference)
}

/// The first place at which the captures are not alike; the shorter one's end counts.
fn first(main: &Side<'_>, twin: &Side<'_>, alike: impl Fn(&Flow, &Flow) -> bool) -> Option<usize> {
    let both = main.flows.iter().zip(&twin.flows).position(|(a, b)| !alike(a, b));
    let shorter = main.flows.len().min(twin.flows.len());
    both.or_else(|| (main.flows.len() != twin.flows.len()).then_some(shorter))
}

/// What an examiner with TLS opened compares: all but the number, since navigation is counted too.
fn plaintext(flow: &Flow) -> impl Eq + '_ {
    (flow.at, flow.channel, &flow.host, &flow.method, &flow.path, &flow.headers, &flow.body, flow.wire_bytes)
}

/// What somebody sees who sees the parts but not what they say.
fn outside(flow: &Flow) -> impl Eq + '_ {
    (flow.at, flow.channel, &flow.host, flow.path.len(), flow.headers.len(), flow.body.len(), flow.wire_bytes)
}

/// What somebody sees who sees a tunnel.
fn sealed(flow: &Flow) -> impl Eq + use<> {
    (flow.at, flow.wire_bytes)
}

fn time() -> Vec<String> {
    vec!["time".to_owned()]
}

fn alone(flow: &Flow, other: &str) -> String {
    format!("{} to {}; {other} sends none at this time", words::count(flow.wire_bytes, "byte"), flow.host)
}

/// What differs between two flows of the same time: the first value that does, else the bytes.
fn inside(main: &Flow, twin: &Flow) -> Difference {
    let mut peeler = Peeler::default();
    let (a, b) = (values(&peeler.peel(main)), values(&peeler.peel(twin)));
    if let Some((path, value, other)) = first_value(&a, &b) {
        return Difference::at(main, false, path, format!("{}; in the twin {}", cut(&value), cut(&other)));
    }
    let bodies = (main.body.len() as u64, twin.body.len() as u64);
    let alike = bodies.0 == bodies.1;
    let (path, sizes) = if alike { ("size", (main.wire_bytes, twin.wire_bytes)) } else { ("body", bodies) };
    let sizes = format!("{}; in the twin {}", words::count(sizes.0, "byte"), words::count(sizes.1, "byte"));
    Difference::at(main, false, vec![path.to_owned()], sizes)
}

type Values = Vec<(Vec<String>, String)>;

fn values(peeled: &Peeled) -> Values {
    peeled.leaves().map(|leaf| (leaf.path(), leaf.value().into_owned())).collect()
}

/// The deepest value among the first that differ: what encloses it differs because of it.
fn first_value(a: &Values, b: &Values) -> Option<(Vec<String>, String, String)> {
    let none = || "nothing".to_owned();
    let pairs = a.iter().zip(b).filter(|(a, b)| a != b);
    let deepest = pairs.max_by_key(|((path, _), _)| (path.len(), std::cmp::Reverse(path)));
    if let Some(((path, value), (other_path, other))) = deepest {
        let other = if path == other_path { other.clone() } else { none() };
        return Some((path.clone(), value.clone(), other));
    }
    let (longer, absent) = if a.len() > b.len() { (a, b) } else { (b, a) };
    let (path, value) = longer.get(absent.len())?;
    let (value, other) = if a.len() > b.len() { (value.clone(), none()) } else { (none(), value.clone()) };
    Some((path.clone(), value, other))
}

fn cut(value: &str) -> String {
    if value.chars().count() <= 80 {
        format!("`{value}`")
    } else {
        format!("`{}…`", value.chars().take(80).collect::<String>())
    }
}
