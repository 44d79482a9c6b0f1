//! A tiny fake client: turns a notebook into flows as its behaviour says.

use data_encoding::BASE64;
use model::{
    Activity, Capture, Channel, DeviceId, Duration, Flow, FlowId, Mode, Notebook, NotebookEntry, Outcome, Timestamp,
};

/// What the client does about incognito activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incognito {
    /// Nothing.
    Nothing,
    /// Reports it like anything else.
    Plain,
    /// Adds a keyed digest of it to the next upload.
    Sealed,
    /// Adds one byte for each activity to the next upload.
    Size,
    /// Delays the next upload by a second.
    Timing,
}

/// The identifier in each report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identifier {
    None,
    Upload,
    Daily,
    Install,
    Hardware,
    Account,
    /// The day of the first start, or of the first after a reset.
    FirstRun,
    /// One of the hardware, cut into four.
    Pieces,
    /// One of the hardware, in a cookie beside another that changes.
    Cookie,
    /// One of the hardware for each mode.
    Modes,
    /// None, but a ping at each opt-out that has one of the hardware.
    OptOutPing,
}

/// How the switch is obeyed; its position `off` promises suppression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obeys {
    /// At recording, and what waits is dropped.
    Fully,
    /// At recording only: what waits is sent later.
    AtRecording,
    /// At sending only: what is recorded meanwhile is sent once it may.
    AtSending,
    /// Never.
    Never,
}

/// One client.
#[derive(Debug, Clone, Copy)]
pub struct Client {
    pub incognito: Incognito,
    pub identifier: Identifier,
    pub switch: Obeys,
    pub waits_for_consent: bool,
    /// Once consent is withdrawn, what waits is sent none the less.
    pub late_without_consent: bool,
    pub host: &'static str,
    /// Uploads are late by chance, by up to three seconds, with another chance in each room.
    pub noisy: bool,
    /// Sends every upload again two seconds later.
    pub repeats: bool,
    /// How long reports wait for their upload.
    pub waits: Duration,
    /// What waits is still sent after a reset.
    pub keeps_queue: bool,
    /// Reports do not say what was done.
    pub silent: bool,
    /// Bodies are encrypted under a key that only the vendor has.
    pub encrypts: bool,
}

impl Client {
    /// A client that keeps every promise.
    pub const HONEST: Self = Self {
        incognito: Incognito::Nothing,
        identifier: Identifier::None,
        switch: Obeys::Fully,
        waits_for_consent: true,
        late_without_consent: false,
        host: "in.stats.example",
        noisy: false,
        repeats: false,
        waits: Duration::from_secs(15),
        keeps_queue: false,
        silent: false,
        encrypts: false,
    };

    /// What the tap sees of `notebook`, played on the hardware `device` in the room `room`.
    pub fn play(self, notebook: &Notebook, device: &str, room: u64) -> Capture {
        let mut run = Run {
            client: self,
            device,
            chance: room,
            install: 0,
            first_run: notebook.starts,
            account: None,
            consent: false,
            on: true,
            online: true,
            queue: Vec::new(),
            sealed: Vec::new(),
            due: None,
            flows: Vec::new(),
        };
        for entry in &notebook.entries {
            run.advance(entry.at);
            run.perform(entry);
        }
        run.advance(notebook.ends);
        let mut flows = run.flows;
        flows.sort_by_key(|flow| flow.at);
        flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = FlowId(id));
        Capture { device: DeviceId::new(device).expect("a name"), flows }
    }
}

struct Run<'a> {
    client: Client,
    device: &'a str,
    chance: u64,
    install: u32,
    first_run: Timestamp,
    account: Option<String>,
    consent: bool,
    on: bool,
    online: bool,
    queue: Vec<String>,
    sealed: Vec<u8>,
    due: Option<Timestamp>,
    flows: Vec<Flow>,
}

impl Run<'_> {
    fn advance(&mut self, now: Timestamp) {
        let may_send = self.online && (self.on || self.client.switch != Obeys::AtSending);
        if let Some(due) = self.due.filter(|due| *due < now && may_send) {
            self.upload(due);
        }
    }

    /// What was due while it could not be sent is due now.
    fn catch_up(&mut self, now: Timestamp) {
        self.due = self.due.map(|due| due.max(now + Duration::from_millis(1)));
    }

    fn upload(&mut self, at: Timestamp) {
        self.due = None;
        let mut reports: Vec<String> = self.queue.drain(..).collect();
        if reports.is_empty() && self.sealed.is_empty() {
            return;
        }
        let sealed = std::mem::take(&mut self.sealed);
        match self.client.incognito {
            Incognito::Sealed => reports.push(format!(r#"{{"check":"{}"}}"#, BASE64.encode(&sealed))),
            Incognito::Size => reports.push(format!(r#"{{"pad":"{}"}}"#, "x".repeat(sealed.len()))),
            _ => {}
        }
        let late = u64::from(self.client.incognito == Incognito::Timing && !sealed.is_empty()) * 1_000;
        let noise = if self.client.noisy { self.roll() % 3_000 } else { 0 };
        let mut key = digest(&at.as_millis().to_le_bytes());
        let encrypt = |byte: u8| {
            key = digest(&key.to_le_bytes());
            if self.client.encrypts { byte ^ key.to_le_bytes()[0] } else { byte }
        };
        let plain = format!("[{}]", reports.join(",")).into_bytes();
        let body = BASE64.encode(&plain.into_iter().map(encrypt).collect::<Vec<u8>>());
        let mut headers =
            vec![("idempotency-key".to_owned(), format!("{:016x}", digest(body.as_bytes()) ^ at.as_millis() as u64))];
        if self.client.identifier == Identifier::Cookie {
            let sid = digest(format!("{} cookie", self.device).as_bytes());
            headers.push(("cookie".to_owned(), format!("seen={}; sid={sid:016x}", at.as_millis())));
        }
        let at = at + Duration::from_millis(late + noise);
        if self.client.repeats {
            let again = at + Duration::from_secs(2);
            self.flow(again, self.client.host, "POST", "/v1", headers.clone(), body.clone().into_bytes());
        }
        self.flow(at, self.client.host, "POST", "/v1", headers, body.into_bytes());
    }

    fn flow(
        &mut self,
        at: Timestamp,
        host: &str,
        method: &str,
        path: &str,
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) {
        self.flows.push(Flow {
            id: FlowId(0),
            at,
            channel: Channel::Http,
            host: host.parse().expect("a host"),
            method: method.to_owned(),
            path: path.to_owned(),
            headers,
            wire_bytes: body.len() as u64 + 200,
            connection: None,
            body,
        });
    }

    fn perform(&mut self, entry: &NotebookEntry) {
        if matches!(entry.outcome, Outcome::Unsupported | Outcome::Failed(_)) {
            return;
        }
        self.navigate(entry);
        match &entry.activity {
            Activity::SetOnline { online } => {
                self.online = *online;
                self.catch_up(entry.at);
            }
            Activity::Consent { given } => {
                self.consent = *given;
                if !given && self.client.waits_for_consent && !self.client.late_without_consent {
                    self.queue.clear();
                }
            }
            Activity::LogIn { account } => self.account = Some(account.clone()),
            Activity::LogOut => self.account = None,
            Activity::FlipSwitch { position } => {
                self.on = position == "on";
                if !self.on && self.client.switch == Obeys::Fully {
                    self.queue.clear();
                }
                self.catch_up(entry.at);
                if !self.on && self.client.identifier == Identifier::OptOutPing {
                    let ping = format!(r#"{{"event":"opt-out"{}}}"#, self.id("hardware"));
                    self.flow(entry.at, self.client.host, "POST", "/opt-out", Vec::new(), ping.into_bytes());
                }
            }
            Activity::ClearData | Activity::Reinstall => {
                (self.on, self.consent, self.account) = (true, false, None);
                self.install += 1;
                self.first_run = entry.at;
                if !self.client.keeps_queue {
                    self.queue.clear();
                }
            }
            Activity::Visit { url, .. } | Activity::Download { url } | Activity::Share { url } => {
                self.record(entry, url)
            }
            Activity::Search { terms, .. } | Activity::TypeText { text: terms } => self.record(entry, terms),
            _ => {}
        }
    }

    /// Pages come from where they are, in both modes.
    fn navigate(&mut self, entry: &NotebookEntry) {
        if !self.online {
            return;
        }
        let urls = match &entry.activity {
            Activity::Visit { url, embeds, .. } => std::iter::once(url.clone()).chain(embeds.iter().cloned()).collect(),
            Activity::Search { engine, terms, .. } => vec![format!("https://{engine}/?q={terms}")],
            Activity::Download { url } => vec![url.clone()],
            _ => Vec::new(),
        };
        for url in urls {
            let (host, path) = url.trim_start_matches("https://").split_once('/').expect("a path");
            self.flow(entry.at + Duration::from_millis(20), host, "GET", &format!("/{path}"), Vec::new(), Vec::new());
        }
    }

    fn record(&mut self, entry: &NotebookEntry, what: &str) {
        let allowed = self.on || matches!(self.client.switch, Obeys::Never | Obeys::AtSending);
        if (self.client.waits_for_consent && !self.consent) || !allowed {
            return;
        }
        self.due.get_or_insert(entry.at + self.client.waits);
        let kind = entry.activity.kind().words();
        if entry.mode == Some(Mode::Incognito) {
            match self.client.incognito {
                Incognito::Nothing => {}
                Incognito::Plain => self.report(entry, kind, what),
                Incognito::Sealed => self.sealed.extend(digest(format!("secret {what}").as_bytes()).to_le_bytes()),
                Incognito::Size | Incognito::Timing => self.sealed.push(0),
            }
            if self.queue.is_empty() && self.sealed.is_empty() {
                self.due = None;
            }
            return;
        }
        self.report(entry, kind, what);
    }

    fn report(&mut self, entry: &NotebookEntry, kind: &str, what: &str) {
        let id = match self.client.identifier {
            Identifier::None | Identifier::Cookie | Identifier::OptOutPing => String::new(),
            Identifier::Modes => self.id(&format!("{:?}", entry.mode)),
            Identifier::FirstRun => format!(r#","first_run":"{}""#, &self.first_run.to_string()[..10]),
            Identifier::Pieces => {
                let id = format!("{:016x}", digest(self.device.as_bytes()));
                (0..4).map(|at| format!(r#","p{at}":"{}""#, &id[at * 4..at * 4 + 4])).collect()
            }
            Identifier::Upload => {
                format!(r#","id":"{:016x}""#, digest(format!("{:?}{}", self.due, self.device).as_bytes()))
            }
            Identifier::Daily => self.id(&format!("{} {}", self.install, entry.at.as_millis() / 86_400_000)),
            Identifier::Install => self.id(&format!("{}", self.install)),
            Identifier::Hardware => self.id("hardware"),
            Identifier::Account => format!(r#","id":"{}""#, self.account.as_deref().unwrap_or("nobody")),
        };
        let what = if self.client.silent { "done" } else { what };
        self.queue.push(format!(r#"{{"event":"{kind}","what":"{what}","version":"1.0.234"{id}}}"#));
    }

    fn id(&self, of: &str) -> String {
        format!(r#","id":"{:016x}""#, digest(format!("{} {of}", self.device).as_bytes()))
    }

    fn roll(&mut self) -> u64 {
        self.chance = digest(&self.chance.to_le_bytes());
        self.chance
    }
}

/// FNV-1a, shaken: good enough for a fake.
fn digest(bytes: &[u8]) -> u64 {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}
