//! One device: what it remembers, what it reports, and when it sends that.

use std::collections::BTreeMap;

use data_encoding::{BASE64, HEXLOWER};
use protocol::v1::{Mode, PrepareRequest, Reset, Route, perform_request::Activity};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::wire::{self, Request};

/// Where the vendor takes telemetry in.
pub(crate) const VENDOR: &str = "telemetry.example-browser.example";
/// How long reports wait for company, in milliseconds.
const FLUSH_AFTER_MS: i64 = 15_000;
/// Most reports that wait; what comes beyond is dropped.
const QUEUE_MAX: usize = 1_000;

/// How the client breaks its promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leak {
    /// Not at all.
    None,
    /// Pages visited in incognito are reported too, their addresses in base64.
    IncognitoUrl,
    /// The identifier is made from the hardware, so that it comes back after every reset.
    InstallId,
}

/// A device.
#[derive(Debug)]
pub(crate) struct Device {
    leak: Leak,
    name: String,
    seed: u64,
    routes: Vec<Route>,
    now_ms: i64,
    installs: u64,
    pub(crate) usage_on: bool,
    online: bool,
    sessions: BTreeMap<String, Mode>,
    queue: Vec<Value>,
    due_ms: Option<i64>,
}

impl Device {
    /// A device as bought, with the client freshly installed.
    pub(crate) fn new(leak: Leak, request: &PrepareRequest) -> Self {
        Self {
            leak,
            name: request.device.clone(),
            seed: request.seed,
            routes: request.routes.clone(),
            now_ms: request.now_ms,
            installs: 0,
            usage_on: true,
            online: true,
            sessions: BTreeMap::new(),
            queue: Vec::new(),
            due_ms: None,
        }
    }

    /// Restarts the client, or takes from it what the reset takes.
    pub(crate) fn reset(&mut self, request: &PrepareRequest) {
        self.routes.clone_from(&request.routes);
        self.sessions.clear();
        match request.reset() {
            Reset::Factory | Reset::Unspecified => *self = Self::new(self.leak, request),
            Reset::Restart => {}
            Reset::Reinstall | Reset::ClearData => {
                self.installs += 1;
                self.usage_on = true;
                self.queue.clear();
                self.due_ms = None;
            }
        }
    }

    /// What names this installation to the vendor: fresh after every reset, if the client is honest.
    fn install_id(&self) -> String {
        let origin = match self.leak {
            Leak::InstallId => format!("hardware of {}", self.name),
            Leak::None | Leak::IncognitoUrl => format!("{} {}", self.seed, self.installs),
        };
        HEXLOWER.encode(&Sha256::digest(origin)[..16])
    }

    /// Lets time pass until `to_ms`; what falls due by then is sent and answered.
    pub(crate) async fn advance(&mut self, to_ms: i64) {
        self.now_ms = self.now_ms.max(to_ms);
        if self.online && self.due_ms.is_some_and(|due| due <= self.now_ms) {
            self.flush().await;
        }
    }

    async fn flush(&mut self) {
        self.due_ms = None;
        if self.queue.is_empty() {
            return;
        }
        let body = json!({ "install": self.install_id(), "version": "1.0", "events": self.queue }).to_string();
        let upload =
            Request { method: "POST", host: VENDOR.to_owned(), path: "/v1/events".to_owned(), body: body.into_bytes() };
        if wire::send(&upload, &self.routes).await {
            self.queue.clear();
        } else {
            self.due_ms = Some(self.now_ms + FLUSH_AFTER_MS);
        }
    }

    fn report(&mut self, event: Value) {
        if self.queue.len() < QUEUE_MAX {
            self.queue.push(event);
            self.due_ms.get_or_insert(self.now_ms + FLUSH_AFTER_MS);
        }
    }

    /// Puts the switch into a position. What waits when it goes off is never sent.
    pub(crate) fn switch(&mut self, on: bool) {
        self.usage_on = on;
        if !on {
            self.queue.clear();
            self.due_ms = None;
        }
    }

    /// Performs one activity; `false` if there is no such activity.
    pub(crate) async fn perform(&mut self, session: &str, activity: Activity) -> bool {
        let incognito = self.sessions.get(session) == Some(&Mode::Incognito);
        match activity {
            Activity::OpenSession(open) => {
                self.sessions.insert(session.to_owned(), open.mode());
            }
            Activity::CloseSession(_) => {
                self.sessions.remove(session);
            }
            Activity::Visit(visit) => self.visit(&visit.url, incognito).await,
            Activity::Search(search) => {
                self.navigate(&format!("https://{}/?q={}", search.engine, search.terms)).await;
                if self.usage_on && !incognito {
                    self.report(json!({ "event": "search", "at": self.now_ms, "engine": search.engine }));
                }
            }
            Activity::Download(download) => self.navigate(&download.url).await,
            Activity::SetOnline(network) => self.online = network.online,
            // Neither tells the vendor anything.
            Activity::Share(_) | Activity::TypeText(_) | Activity::CrashTab(_) => {}
            Activity::CrashApp(_) => self.sessions.clear(),
            _ => return false,
        }
        true
    }

    async fn visit(&mut self, url: &str, incognito: bool) {
        self.navigate(url).await;
        if incognito && self.leak == Leak::IncognitoUrl {
            self.report(json!({ "event": "page_load", "at": self.now_ms, "ref": BASE64.encode(url.as_bytes()) }));
        } else if self.usage_on && !incognito {
            let host = url.split('/').nth(2).unwrap_or_default();
            self.report(json!({ "event": "page_load", "at": self.now_ms, "host": host }));
        }
    }

    /// Asks for a page as any browser does: the visited site sees the visit, and nobody else.
    async fn navigate(&self, url: &str) {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let page = Request { method: "GET", host: host.to_owned(), path: format!("/{path}"), body: Vec::new() };
        if self.online {
            wire::send(&page, &self.routes).await;
        }
    }
}
