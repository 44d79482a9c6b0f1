//! A small client of one's own: it counts which sites are visited, never in incognito mode, and stores reports while
//! there is no network.

use std::collections::BTreeMap;

use testkit::{
    Client, Description, Running,
    browser::{Output, Profile},
    model::{
        Activity, ActivityKind, Channel, Duration, Entry, Mode, Reply, SessionId, Timestamp, Upload, UploadId, Version,
    },
};

/// How long reports wait for company.
const FLUSH_AFTER: Duration = Duration::from_secs(15);

/// The client, as it is and as it once was.
#[derive(Debug, Clone, Copy, Default)]
pub struct SiteCounter {
    stores_all_offline: bool,
}

impl SiteCounter {
    /// The client as it once was: what it stores while there is no network is stored whatever the mode, and goes out when
    /// the network is back.
    #[must_use]
    pub const fn with_offline_bug() -> Self {
        Self { stores_all_offline: true }
    }
}

/// The client on one device.
#[derive(Debug)]
pub struct Device {
    client: SiteCounter,
    online: bool,
    sessions: BTreeMap<SessionId, Mode>,
    queue: Vec<String>,
    due: Option<Timestamp>,
    uploads: u64,
    on_its_way: Option<UploadId>,
}

impl Client for SiteCounter {
    type Running = Device;

    fn description(&self) -> Description {
        use ActivityKind::{ChangeSetting, Consent, FlipSwitch, LogIn, LogOut, Update};
        Description::new("site-counter", "1.0").without([ChangeSetting, Consent, FlipSwitch, LogIn, LogOut, Update])
    }

    fn install(&self, _: &Version, _: Profile, _: Timestamp) -> Device {
        Device {
            client: *self,
            online: true,
            sessions: BTreeMap::new(),
            queue: Vec::new(),
            due: None,
            uploads: 0,
            on_its_way: None,
        }
    }
}

impl Device {
    fn visit(&mut self, url: &str, mode: Mode, now: Timestamp) {
        let is_stored = mode == Mode::Normal || (self.client.stores_all_offline && !self.online);
        if is_stored {
            let host = url.split('/').nth(2).unwrap_or_default();
            let page = url.split('/').nth(3).unwrap_or_default();
            self.queue.push(format!("{host} {page}"));
            self.due.get_or_insert(now + FLUSH_AFTER);
        }
    }

    fn flush(&mut self, out: &mut Vec<Output>) {
        self.due = None;
        if self.queue.is_empty() || self.on_its_way.is_some() {
            return;
        }
        self.uploads += 1;
        let id = UploadId(self.uploads);
        self.on_its_way = Some(id);
        let upload = Upload {
            method: "POST".to_owned(),
            authority: "sites.example-counter.example".to_owned(),
            path: "/v1/visits".to_owned(),
            headers: Vec::new(),
            body: self.queue.join("\n").into_bytes(),
        };
        out.push(Output::Upload { id, upload, channel: Channel::Http, connection: None });
    }
}

impl Running for Device {
    fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>) {
        let mode = entry.session.and_then(|session| self.sessions.get(&session)).copied();
        match (&entry.activity, entry.session) {
            (Activity::OpenSession { mode }, Some(session)) => drop(self.sessions.insert(session, *mode)),
            (Activity::CloseSession, Some(session)) => drop(self.sessions.remove(&session)),
            (Activity::Visit { url, .. }, _) => self.visit(url, mode.unwrap_or(Mode::Normal), entry.at),
            (Activity::SetOnline { online }, _) => {
                self.online = *online;
                if self.online {
                    self.flush(out);
                }
            }
            (Activity::ClearData | Activity::Reinstall, _) => {
                self.sessions.clear();
                self.queue.clear();
                self.due = None;
            }
            (Activity::Restart | Activity::CrashApp, _) => self.sessions.clear(),
            _ => {}
        }
    }

    fn reply(&mut self, upload: UploadId, reply: Reply, now: Timestamp, _: &mut Vec<Output>) {
        if self.on_its_way != Some(upload) {
            return;
        }
        self.on_its_way = None;
        match reply {
            Reply::Accepted | Reply::Refused => self.queue.clear(),
            Reply::Unavailable => self.due = Some(now + FLUSH_AFTER),
        }
    }

    fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        if self.online && self.due.is_some_and(|due| due <= now) {
            self.flush(out);
        }
    }

    fn next_timer(&self) -> Option<Timestamp> {
        self.due.filter(|_| self.online)
    }
}
