//! The simulated client.

mod backlog;
mod connections;
mod delayed;
mod device;
mod flight;
mod identity;
mod lane;
mod life;
mod moment;
mod navigation;
mod randomness;
mod record;
mod sealed;
mod sessions;
mod upload;

use std::sync::Arc;

use model::{Activity, Channel, ConnectionId, Entry, Mode, Reply, Report, Timestamp, Upload, UploadId, Version};

use self::{
    backlog::{Origin, Recorded},
    connections::Connections,
    delayed::Delayed,
    device::{Device, Gatekeeper},
    identity::Identities,
    lane::Lane,
    moment::{Counts, Deed, url_of},
    randomness::Randomness,
    record::Recorder,
    sealed::Sealed,
    sessions::Sessions,
};
use crate::{Product, UnknownVersion, plan::Plan, policy::Trigger};

pub use device::Profile;
pub use sealed::{Answer, Ask};
pub use upload::KEY_HEADER;

/// What a browser wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Telemetry. On [`Channel::Http`] the answer to each attempt is due through [`Browser::reply`]; on the others it
    /// is ignored.
    Upload {
        /// The upload; the same for every attempt.
        id: UploadId,
        /// What is sent. Over HTTP it has the header `idempotency-key`, 16 hexadecimal digits, the same for every attempt.
        upload: Upload,
        /// How.
        channel: Channel,
        /// The connection that it leaves through, on channels that keep one open.
        connection: Option<ConnectionId>,
    },
    /// Navigation: a request that a visit itself causes.
    Navigate(Upload),
    /// A blinded measurement for the randomness server, whose answer is due through [`Browser::evaluated`].
    Evaluate(Ask),
}

/// One client on one device: activities, time and replies in, uploads out, as its policy says.
///
/// It has no clock and no chance of its own: the same calls give the same outputs. Whatever concerns incognito activity
/// has streams and counters of its own, so that for a policy that suppresses it, taking it out of a diary changes
/// nothing else.
///
/// ```
/// use std::sync::Arc;
/// use browser::{Browser, Output, Policy, Product, Profile};
/// use model::{Activity, DeviceId, Duration, Entry, ProductId, Seed, Timestamp, Version};
///
/// let policy: Policy = toml::from_str(r#"
///     [[pipeline]]
///     name = "usage"
///     route = [{ host = "telemetry.vendor.example" }]
///     send = { every = "15s" }
///     event = [{ on = "visit", name = "page-load", fields = { host = "url|host" } }]
/// "#)?;
/// let version = Version::new("1.0")?;
/// let product = Product::new(ProductId::new("mint-browser")?, [(version.clone(), Arc::new(policy))])?;
/// let profile = Profile {
///     device: DeviceId::new("lab-1")?,
///     model: "Redmi Note 8".to_owned(),
///     country: "IN".parse()?,
///     locale: "en-IN".to_owned(),
///     seed: Seed::root(1),
///     hardware: Seed::root(2),
/// };
/// let now: Timestamp = "2020-05-01T10:00:00Z".parse()?;
/// let mut browser = Browser::new(Arc::new(product), &version, profile, now)?;
///
/// let visit = Activity::Visit {
///     url: "https://example.org/".to_owned(),
///     title: String::new(), text: String::new(), links: vec![], embeds: vec![], typed: false, dwell_ms: 0,
/// };
/// let mut out = Vec::new();
/// browser.perform(&Entry { at: now, session: None, activity: visit }, &mut out);
/// assert!(matches!(out.as_slice(), [Output::Navigate(_)]));
/// assert_eq!(browser.next_timer(), Some(now + Duration::from_secs(15)));
///
/// out.clear();
/// browser.advance(now + Duration::from_secs(15), &mut out);
/// assert!(matches!(out.as_slice(), [Output::Upload { .. }]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Browser {
    product: Arc<Product>,
    plan: Arc<Plan>,
    now: Timestamp,
    device: Device,
    ids: Identities,
    randomness: Randomness,
    sessions: Sessions,
    counts: Counts,
    lanes: Vec<Lane>, // one for each pipeline of the policy, in its order
    delayed: Delayed,
    connections: Connections,
    sealed: Sealed,
    uploads: u64,
}

impl Browser {
    /// A client of `version`, installed just `now`, in its factory state, online.
    ///
    /// # Errors
    /// If the product has no such version.
    pub fn new(
        product: Arc<Product>,
        version: &Version,
        profile: Profile,
        now: Timestamp,
    ) -> Result<Self, UnknownVersion> {
        let unknown = || UnknownVersion { product: product.id.clone(), version: version.clone() };
        let plan = Arc::clone(product.plan(version).ok_or_else(unknown)?);
        let ids = Identities::new(&profile.seed, profile.hardware, &plan.policy.identifiers);
        let randomness = Randomness::new(&profile.seed);
        let mut device = Device::new(profile, product.id.clone(), version.clone(), now);
        device.position = plan.default_position();
        let lanes = plan.lines.iter().map(|line| Lane::new(line, &device, now)).collect();
        let (sessions, counts, delayed) = (Sessions::new(), Counts::default(), Delayed::default());
        let (connections, sealed) = (Connections::default(), Sealed::default());
        Ok(Self {
            product,
            plan,
            now,
            device,
            ids,
            randomness,
            sessions,
            counts,
            lanes,
            delayed,
            connections,
            sealed,
            uploads: 0,
        })
    }

    /// Does what `entry` says, at its time or now, whichever is later. What is due by then goes first.
    ///
    /// An activity in a session that is not open does nothing. Sessions stay open, so that their mode stays known, until
    /// they are closed; what a restart, a crash or a reset of the client takes is the pages in their tabs.
    pub fn perform(&mut self, entry: &Entry, out: &mut Vec<Output>) {
        self.advance(entry.at, out);
        let Some(mode) = self.mode_of(entry) else { return };
        if self.device.online {
            out.extend(navigation::requests(&entry.activity).map(Output::Navigate));
        }
        let Some(triggers) = self.change(entry, mode, out) else { return };
        self.counts.add(&entry.activity, mode);
        self.record(entry, mode);
        self.leave(entry, out);
        self.trigger(triggers);
        self.pump(out);
    }

    /// Takes the answer to an attempt of `upload`; one that nobody waits for is ignored.
    pub fn reply(&mut self, upload: UploadId, reply: Reply, now: Timestamp, out: &mut Vec<Output>) {
        self.advance(now, out);
        for (lane, line) in self.lanes.iter_mut().zip(&self.plan.lines) {
            lane.answer(upload, reply, &line.pipeline, self.now);
        }
        self.pump(out);
    }

    /// Takes the randomness server's answer to the call named `id`; one that nobody waits for is ignored.
    pub fn evaluated(&mut self, id: UploadId, answer: &Answer, now: Timestamp, out: &mut Vec<Output>) {
        self.advance(now, out);
        self.sealed.answer(id, answer, self.now);
        self.pump(out);
    }

    /// Does what is due at or before `now`, in order of time. Time never goes back.
    pub fn advance(&mut self, now: Timestamp, out: &mut Vec<Output>) {
        while let Some(due) = self.next_timer().filter(|due| *due <= now) {
            self.now = due;
            while let Some((line, recorded)) = self.delayed.pop(due) {
                self.queue(line, recorded, due);
            }
            for (name, recorded) in self.sealed.due(due) {
                let line = self.plan.lines.iter().position(|line| line.pipeline.name == name);
                if let Some(line) = line {
                    self.queue(line, recorded, due);
                }
            }
            self.pump(out);
        }
        self.now = self.now.max(now);
    }

    /// When [`Browser::advance`] has something to do next, if nothing else happens before.
    #[must_use]
    pub fn next_timer(&self) -> Option<Timestamp> {
        let at_work = (0..self.lanes.len()).filter(|line| self.is_at_work(*line));
        let sending = at_work.filter_map(|line| self.lanes[line].next_timer());
        let sealed = self.sealed.next_timer(|name| self.is_named_at_work(name));
        sending.chain(self.delayed.next()).chain(sealed).min().map(|due| due.max(self.now))
    }

    /// The clock of the device jumps `ahead_ms`, or back if that is negative. It alone: what the client waits for goes by
    /// the time that passes.
    pub const fn shift_clock(&mut self, ahead_ms: i64) {
        self.device.clock_ahead_ms = self.device.clock_ahead_ms.saturating_add(ahead_ms);
    }

    /// The reports in `upload` while it awaits its answer, as they were recorded: before any of them is encoded, and with
    /// the values of fields that are randomized. For who knows the truth of a world; a device tells nobody.
    #[must_use]
    pub fn reports(&self, upload: UploadId) -> Vec<Report> {
        let Some(flight) = self.lanes.iter().find_map(|lane| lane.flights.get(&upload)) else { return Vec::new() };
        let recorded = |(report, origin): (&Report, &Origin)| {
            let mut report = report.clone();
            report.fields.extend(origin.plain.iter().cloned());
            report
        };
        flight.reports.iter().zip(&flight.origins).map(recorded).collect()
    }

    /// Where the switch stands, as the screen shows it; nothing if the version has none.
    #[must_use]
    pub fn position(&self) -> Option<&str> {
        self.device.position.as_deref()
    }

    /// The version installed.
    #[must_use]
    pub const fn version(&self) -> &Version {
        &self.device.version
    }

    /// Whether there is a network.
    #[must_use]
    pub const fn is_online(&self) -> bool {
        self.device.online
    }

    /// Queues what was recorded some time ago, if it may still be recorded.
    fn queue(&mut self, line: usize, recorded: Recorded, now: Timestamp) {
        let pipeline = &self.plan.lines[line].pipeline;
        let (collected, mode) = (recorded.origin.collected, recorded.origin.mode);
        if self.gatekeeper().may_record(pipeline, collected, mode) && self.device.meets(&pipeline.when) {
            self.lanes[line].push(recorded, pipeline, now);
        }
    }

    /// Whether the pipeline named `name` can send now.
    fn is_named_at_work(&self, name: &str) -> bool {
        self.plan.lines.iter().position(|line| line.pipeline.name == name).is_some_and(|line| self.is_at_work(line))
    }

    /// The mode that `entry` belongs to; nothing if its session is not open.
    fn mode_of(&self, entry: &Entry) -> Option<Mode> {
        match (&entry.activity, entry.session) {
            (Activity::OpenSession { mode }, _) => Some(*mode),
            (_, Some(session)) => self.sessions.mode(session),
            (_, None) => Some(Mode::Normal),
        }
    }

    fn record(&mut self, entry: &Entry, mode: Mode) {
        let plan = Arc::clone(&self.plan);
        if plan.rules(entry.activity.kind()).is_empty() {
            return;
        }
        let gatekeeper = self.gatekeeper();
        let deed = Deed {
            activity: &entry.activity,
            url: url_of(&entry.activity),
            session: entry.session.and_then(|session| self.sessions.number(session)),
            page: self.sessions.page(entry.session),
            front_page: self.sessions.front_page(),
            counts: self.counts,
        };
        let Self { now, device, ids, randomness, lanes, delayed, sealed, .. } = self;
        Recorder { plan: &plan, now: *now, mode, gatekeeper, device, ids, randomness, lanes, delayed, sealed }
            .record(&deed);
    }

    fn trigger(&mut self, triggers: &[Trigger]) {
        for (lane, line) in self.lanes.iter_mut().zip(&self.plan.lines) {
            let send = &line.pipeline.send;
            // What passes while offline passes unused.
            if self.device.online && triggers.iter().any(|trigger| send.on.contains(trigger)) {
                lane.request_flush(send, self.now);
            }
        }
    }

    fn gatekeeper(&self) -> Gatekeeper {
        Gatekeeper::new(&self.plan, &self.device, self.sessions.front())
    }

    const fn next_upload(&mut self) -> UploadId {
        self.uploads += 1;
        UploadId(self.uploads)
    }
}
