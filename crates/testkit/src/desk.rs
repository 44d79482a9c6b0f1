//! One device on the examiner's desk: its clock, the answers that it waits for, and the tap at its edge.

use std::collections::{BTreeMap, BTreeSet};

use browser::{Answer, Output};
use model::{
    Activity, Capture, Channel, DeviceId, Entry, Flow, FlowId, Host, Navigation, Reply, Timestamp, Upload, UploadId,
};

use crate::{answers::Answers, client::Running};

/// Most events of one device; a client that never comes to rest is stopped there.
const EVENTS_MAX: u64 = 1_000_000;
/// Where a blinded measurement goes, as `glasshouse.v1` says.
const EVALUATE: &str = "/glasshouse.v1.RandomnessService/Evaluate";
/// Most flows that a tap records.
const FLOWS_MAX: usize = 200_000;

/// An answer that is due.
#[derive(Debug, Clone, Copy)]
enum Due {
    Reply(UploadId, Reply),
    /// There is no randomness server on the desk: it is unavailable.
    Evaluation(UploadId),
}

/// One device under way.
pub(crate) struct Desk<R> {
    running: R,
    servers: Answers,
    loads_pages: bool,
    online: bool,
    now: Timestamp,
    answers: BTreeMap<(Timestamp, u64), Due>,
    attempts: u64,
    events: u64,
    capture: Capture,
    loads: BTreeSet<FlowId>, // what visits themselves caused
    faults: Vec<String>,
    out: Vec<Output>,
}

impl<R: Running> Desk<R> {
    /// `running` on `device` whose uploads `servers` answer, from `now`, where `navigation` says who loads the pages that are visited.
    pub(crate) fn new(running: R, device: DeviceId, servers: Answers, now: Timestamp, navigation: Navigation) -> Self {
        let capture = Capture { device, flows: Vec::new() };
        let (answers, loads, faults, out) = (BTreeMap::new(), BTreeSet::new(), Vec::new(), Vec::new());
        let loads_pages = !navigation.is_captured();
        Self {
            running,
            servers,
            loads_pages,
            online: true,
            now,
            answers,
            attempts: 0,
            events: 0,
            capture,
            loads,
            faults,
            out,
        }
    }

    /// Does what `entry` says, after everything that is due before.
    pub(crate) fn perform(&mut self, entry: &Entry) {
        self.wait_until(entry.at);
        if self.faults.is_empty() {
            self.running.advance(entry.at, &mut self.out);
            self.load(&entry.activity);
            self.running.perform(entry, &mut self.out);
            self.take();
        }
    }

    /// What the device does for a client whose pages are loaded elsewhere.
    fn load(&mut self, activity: &Activity) {
        match activity {
            Activity::SetOnline { online } => self.online = *online,
            Activity::Visit { url, .. } if self.loads_pages && self.online => {
                let Some((host, path)) = page(url) else { return }; // nothing that can be asked for
                let (method, headers, body) = ("GET".to_owned(), Vec::new(), Vec::new());
                self.navigate(Upload { method, authority: host, path, headers, body });
            }
            _ => {}
        }
    }

    /// Lets time pass until `until`, from event to event.
    pub(crate) fn wait_until(&mut self, until: Timestamp) {
        while self.faults.is_empty() {
            let answer = self.answers.first_key_value().map(|((at, _), _)| *at);
            let timer = self.running.next_timer();
            let Some(next) = answer.into_iter().chain(timer).min().filter(|at| *at <= until) else { break };
            self.now = self.now.max(next);
            match self.answers.first_entry().filter(|entry| entry.key().0 <= next) {
                Some(entry) => match entry.remove() {
                    Due::Reply(id, reply) => self.running.reply(id, reply, self.now, &mut self.out),
                    Due::Evaluation(id) => self.running.evaluated(id, &Answer::Unavailable, self.now, &mut self.out),
                },
                None => self.running.advance(self.now, &mut self.out),
            }
            self.take();
            self.events += 1;
            if self.events >= EVENTS_MAX {
                self.faults.push(format!("the client does not come to rest: {EVENTS_MAX} events by {}", self.now));
            }
        }
        self.now = self.now.max(until);
    }

    /// What the tap saw until now.
    pub(crate) fn flows(&self) -> &[Flow] {
        &self.capture.flows
    }

    /// What the tap saw until now beside what visits themselves caused.
    pub(crate) fn telemetry(&self) -> impl Iterator<Item = &Flow> {
        self.capture.flows.iter().filter(|flow| !self.loads.contains(&flow.id))
    }

    /// What went wrong until now.
    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// What the tap saw, and what went wrong.
    pub(crate) fn leave(self) -> (Capture, Vec<String>) {
        (self.capture, self.faults)
    }

    fn take(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Navigate(request) => self.navigate(request),
                Output::Evaluate(ask) => {
                    self.attempts += 1;
                    let (at, _) = self.servers.answer(&ask.host, self.now);
                    self.answers.insert((at, self.attempts), Due::Evaluation(ask.id));
                    let (method, path) = ("POST".to_owned(), EVALUATE.to_owned());
                    let body = ask.point.to_vec();
                    self.see(
                        Channel::Http,
                        None,
                        Upload { method, authority: ask.host, path, headers: Vec::new(), body },
                    );
                }
                Output::Upload { id, upload, channel, connection } => {
                    self.attempts += 1;
                    if channel == Channel::Http {
                        let (at, reply) = self.servers.answer(&upload.authority, self.now);
                        self.answers.insert((at, self.attempts), Due::Reply(id, reply));
                    }
                    self.see(channel, connection, upload);
                }
            }
        }
    }

    fn navigate(&mut self, request: Upload) {
        self.loads.insert(FlowId(self.capture.flows.len() as u64));
        self.see(Channel::Http, None, request);
    }

    fn see(&mut self, channel: Channel, connection: Option<model::ConnectionId>, upload: Upload) {
        let Upload { method, authority, path, headers, body } = upload;
        let host = match Host::new(authority.clone()) {
            Ok(host) => host,
            Err(error) => return self.faults.push(format!("an upload goes to `{authority}`: {error}")),
        };
        if self.capture.flows.len() >= FLOWS_MAX {
            return self.faults.push(format!("the client flooded the tap with {FLOWS_MAX} flows"));
        }
        let spelt: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let wire_bytes = (method.len() + path.len() + spelt + body.len()) as u64;
        let (id, at) = (FlowId(self.capture.flows.len() as u64), self.now);
        self.capture.flows.push(Flow { id, at, channel, host, method, path, headers, body, wire_bytes, connection });
    }
}

/// Host and path of the page at `url`.
fn page(url: &str) -> Option<(String, String)> {
    let (_, rest) = url.split_once("://")?;
    let host = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let path = rest[host.len()..].split('#').next().unwrap_or_default();
    let host = host.to_ascii_lowercase();
    Host::new(host.clone()).ok()?;
    Some((host, if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }))
}
