//! What the tap keeps of each exchange, within bounds, and what it could not keep.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use http::{HeaderMap, request::Parts};
use model::{Channel, ConnectionId, Flow, FlowId, Host, Timestamp};

/// Most that a tap takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TapLimits {
    /// Longest body that is kept whole, in bytes; what is longer is cut, and noted as a fault.
    pub body_bytes_max: usize,
    /// Most requests; what comes after is refused, and the device counts as flooding.
    pub flows_max: usize,
    /// Most bytes of all bodies together; what comes after is refused, and the device counts as flooding.
    pub bytes_max: usize,
    /// Longest time that one request, one TLS handshake or one answer from elsewhere may take, in milliseconds.
    pub patience_ms: u64,
}

impl Default for TapLimits {
    fn default() -> Self {
        Self { body_bytes_max: 8 << 20, flows_max: 20_000, bytes_max: 128 << 20, patience_ms: 10_000 }
    }
}

/// Whose time flows carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TapTime {
    /// What [`super::Tap::set_time`] said last.
    Told,
    /// What was said last, and as much more as passed since by the machine's clock.
    Wall,
}

/// What a tap recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recording {
    /// Flows in order of time; those of one time by host, then as they came.
    pub flows: Vec<Flow>,
    /// What is missing from them, in words.
    pub faults: Vec<String>,
}

/// Why something is not recorded whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    /// A body longer than is kept.
    Cut,
    /// A request that broke off, or took too long.
    BrokenOff,
    /// Bytes that are no HTTP.
    Unreadable,
    /// A handshake that the client gave up.
    Handshake,
}

/// A request that has come and is not over.
#[derive(Debug)]
pub(super) struct Arrival {
    number: u64,
    at: Timestamp,
}

#[derive(Debug, Default)]
struct Kept {
    flows: Vec<(u64, Flow)>,
    connected: u64,
    arrived: u64,
    over: u64,
    bytes: usize,
    flooded: bool,
    gaps: BTreeMap<Gap, (u64, String)>, // how many, and what the first one said
}

/// The ledger of one tap.
#[derive(Debug)]
pub(super) struct Recorder {
    limits: TapLimits,
    time: TapTime,
    now: Mutex<(Timestamp, Instant)>,
    kept: Mutex<Kept>,
}

impl Recorder {
    pub(super) fn new(limits: TapLimits, time: TapTime, starts: Timestamp) -> Self {
        Self { limits, time, now: Mutex::new((starts, Instant::now())), kept: Mutex::default() }
    }

    pub(super) const fn limits(&self) -> &TapLimits {
        &self.limits
    }

    pub(super) fn set_time(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = (now, Instant::now());
    }

    fn now(&self) -> Timestamp {
        let (told, since) = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
        match self.time {
            TapTime::Told => told,
            TapTime::Wall => {
                let passed = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
                told + model::Duration::from_millis(passed)
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_flooded(&self) -> bool {
        self.kept().flooded
    }

    /// Takes note that a connection came.
    pub(super) fn connect(&self) -> ConnectionId {
        let mut kept = self.kept();
        kept.connected += 1;
        ConnectionId(kept.connected)
    }

    /// Takes note that a request came; `None` if the tap takes no more.
    pub(super) fn arrive(&self) -> Option<Arrival> {
        let at = self.now();
        let mut kept = self.kept();
        let full = kept.arrived >= self.limits.flows_max as u64 || kept.bytes >= self.limits.bytes_max;
        kept.flooded |= full;
        if full {
            return None;
        }
        kept.arrived += 1;
        Some(Arrival { number: kept.arrived, at })
    }

    /// Keeps a request that is over.
    pub(super) fn keep(
        &self,
        arrival: Arrival,
        host: &Host,
        parts: &Parts,
        way: (Channel, ConnectionId),
        body: Vec<u8>,
        trailers: &HeaderMap,
    ) {
        let flow = flow(arrival.at, host, parts, way, body, trailers);
        let mut kept = self.kept();
        kept.over += 1;
        kept.bytes = kept.bytes.saturating_add(flow.body.len());
        kept.flows.push((arrival.number, flow));
    }

    pub(super) fn note(&self, gap: Gap, what: impl FnOnce() -> String) {
        self.kept().gaps.entry(gap).or_insert_with(|| (0, what())).0 += 1;
    }

    /// Everything so far; nothing that comes later is kept.
    pub(super) fn finish(&self) -> Recording {
        let mut kept = std::mem::take(&mut *self.kept());
        kept.flows.sort_by(|(a, x), (b, y)| (x.at, &x.host, a).cmp(&(y.at, &y.host, b)));
        let numbered = (0..).zip(kept.flows).map(|(id, (_, flow))| Flow { id: FlowId(id), ..flow });
        let flows = renumbered(numbered.collect());
        let mut faults = Vec::new();
        if kept.flooded {
            let TapLimits { flows_max, bytes_max, .. } = self.limits;
            faults.push(format!(
                "the device flooded the tap: it takes {flows_max} requests and {bytes_max} bytes, and no more was recorded"
            ));
        }
        faults.extend(kept.gaps.into_iter().map(|(gap, (count, first))| gap.told(count, &first)));
        let open = kept.arrived - kept.over;
        if open > 0 {
            faults.push(format!("{} still open at the end", counted(open, "request was", "requests were")));
        }
        Recording { flows, faults }
    }
}

impl Gap {
    fn told(self, count: u64, first: &str) -> String {
        match self {
            Self::Cut => format!("{} recorded in part: {first}", counted(count, "body was", "bodies were")),
            Self::BrokenOff => {
                format!("{} off before the end: {first}", counted(count, "request broke", "requests broke"))
            }
            Self::Unreadable => {
                format!("{} be read as HTTP: {first}", counted(count, "connection could not", "connections could not"))
            }
            Self::Handshake => format!(
                "{} not come about: {first} (does the client trust the tap's certificate authority?)",
                counted(count, "TLS connection did", "TLS connections did")
            ),
        }
    }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Connections by their first appearance: which of two was taken first is nobody's doing.
fn renumbered(mut flows: Vec<Flow>) -> Vec<Flow> {
    let mut numbers = BTreeMap::new();
    for flow in &mut flows {
        let next = ConnectionId(numbers.len() as u64 + 1);
        flow.connection = flow.connection.map(|connection| *numbers.entry(connection).or_insert(next));
    }
    flows
}

/// The flow that a request is. The size is that of the request in the form of HTTP/1.1, whatever it was sent in, so
/// that it depends on nothing but what it says.
fn flow(
    at: Timestamp,
    host: &Host,
    parts: &Parts,
    (channel, connection): (Channel, ConnectionId),
    body: Vec<u8>,
    trailers: &HeaderMap,
) -> Flow {
    let path = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned();
    let said = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    // The host stands in the flow; the port that the tap happened to get is nobody's doing.
    let headers = parts.headers.iter().filter(|(name, _)| *name != http::header::HOST).chain(trailers);
    let headers: Vec<(String, String)> = headers.map(said).collect();
    let head: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let line = parts.method.as_str().len() + path.len() + 12 + host.as_str().len() + 8;
    let wire_bytes = (line + head + 2 + body.len()) as u64;
    let method = parts.method.as_str().to_owned();
    let (id, host, connection) = (FlowId(0), host.clone(), Some(connection));
    Flow { id, at, channel, host, method, path, headers, body, wire_bytes, connection }
}
