//! A room: some devices, their way to the servers, and the event loop that moves time.

mod arrival;
mod evaluate;
mod trouble;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use browser::{Answer, Browser, Output};
use model::{
    Activity, Capture, Channel, ConnectionId, Country, DeviceId, Diary, Duration, Entry, Host, LoggedRequest, Mode,
    RegionId, Reply, Report, Seed, SessionId, Timestamp, Upload, UploadId, Window,
};
use protocol::v1::{
    EvaluateResponse, UploadRequest, UploadResponse, collection_service_client::CollectionServiceClient,
};
use scenario::{FaultKind, Keeps};
use tonic::body::Body;

use self::trouble::Life;
use crate::{
    PlayError, hostile,
    log::{Event, Log},
    servers::Links,
    setting::Setting,
    tap::Tap,
    troubles::Trouble,
    truth::Truth,
    weather::{self, Flip, Way},
    wire::{Call, Wire, WireRequest},
};

/// How long a client waits for an answer.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// Names uploads whose answers no client waits for.
const NOBODYS: UploadId = UploadId(u64::MAX);

/// What is counted while a room is played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tallies {
    pub(crate) activities: u64,
    pub(crate) attempts: u64,
    pub(crate) admitted: u64,
    pub(crate) duplicates: u64,
    pub(crate) refused: u64,
    pub(crate) unanswered: u64,
    pub(crate) corrupted: u64,
    pub(crate) updates: u64,
    pub(crate) died: u64,
    pub(crate) lost: u64,
}

impl Tallies {
    fn count(&mut self, event: &Event<'_>) {
        match event {
            Event::Admitted { .. } => self.admitted += 1,
            Event::Duplicate { .. } => self.duplicates += 1,
            Event::Refused { .. } => self.refused += 1,
            Event::Unanswered { .. } => self.unanswered += 1,
            Event::Corrupted { .. } => self.corrupted += 1,
            Event::Updated { .. } => self.updates += 1,
            Event::Sent { .. } => self.attempts += 1,
            Event::Died => self.died += 1,
            Event::Lost { reports, .. } => self.lost += reports,
            Event::Activity { .. }
            | Event::Evaluated { .. }
            | Event::Revived
            | Event::ClockShifted { .. }
            | Event::Fault { .. }
            | Event::FaultOver { .. }
            | Event::HandedOnAgain { .. }
            | Event::LeftOut { .. }
            | Event::Verified { .. }
            | Event::Released { .. } => {}
        }
    }

    /// Adds what another room counted.
    pub(crate) fn add(&mut self, other: &Self) {
        self.activities += other.activities;
        self.attempts += other.attempts;
        self.admitted += other.admitted;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
        self.unanswered += other.unanswered;
        self.corrupted += other.corrupted;
        self.updates += other.updates;
        self.died += other.died;
        self.lost += other.lost;
    }
}

/// Who sits in a room.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) browser: Browser,
    pub(crate) diary: Diary,
    pub(crate) country: Country,
    /// Chance of the weather around this device.
    pub(crate) seed: Seed,
    /// Whether a tap watches the device's edge.
    pub(crate) tapped: bool,
    /// Whether the client is hostile.
    pub(crate) hostile: bool,
    /// What befalls the device.
    pub(crate) troubles: Vec<(Timestamp, Trouble)>,
}

/// What a room leaves behind.
#[derive(Debug)]
pub(crate) struct Left {
    pub(crate) log: Log,
    pub(crate) tallies: Tallies,
    /// What the taps saw, in the order of the guests that had one.
    pub(crate) captures: Vec<Capture>,
    pub(crate) links: Links,
    /// What servers noted about requests of devices with a tap.
    pub(crate) requests: Vec<LoggedRequest>,
    /// What was admitted, where that is kept.
    pub(crate) truth: Option<Truth>,
    /// Updates, by day.
    pub(crate) updates: BTreeMap<Timestamp, u64>,
}

struct Seat {
    device: DeviceId,
    browser: Browser,
    entries: std::vec::IntoIter<Entry>,
    modes: BTreeMap<SessionId, Mode>,
    country: Country,
    weather: Seed,
    timer: Option<Timestamp>,
    tap: Option<Tap>,
    hostile: bool,
    life: Life,
    stopped: bool, // the vendor turned the client's telemetry off from afar
}

/// What is due at a point in time. At equal times answers come first, then timers, then what people do: a person acts
/// in a world that is up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// A collector crashes, and forgets.
    Forget {
        fault: usize,
    },
    Deliver {
        flight: u64,
        copy: u8,
    },
    Answer {
        flight: u64,
    },
    Deadline {
        flight: u64,
    },
    /// What goes to no server of this world is taken by the wider web.
    Taken {
        seat: usize,
        upload: u64,
    },
    Trouble {
        seat: usize,
        number: usize,
    },
    Timer {
        seat: usize,
    },
    Act {
        seat: usize,
    },
}

/// A call whose answer a client waits for.
enum Pending {
    Upload(Call<UploadResponse>),
    Evaluation(Call<EvaluateResponse>),
}

/// One attempt to upload, or one question to the randomness server, on its way.
struct Flight {
    seat: usize,
    upload: UploadId,
    key: String,
    region: RegionId,
    host: Host,
    request: WireRequest,
    reports: Vec<Report>,      // as they were recorded; none where no truth is kept
    broken: [Option<Flip>; 2], // by copy
    undelivered: usize,        // copies still on their way: they arrive even when nobody waits any more
    answer_takes: Option<Duration>,
    answer_broken: bool,
    answer: Option<http::Response<Body>>,
    call: Option<Pending>, // none once the client has its answer or gave up
}

impl Flight {
    /// A request that nothing has happened to yet.
    fn of(
        seat: usize,
        upload: UploadId,
        key: String,
        region: RegionId,
        host: Host,
        request: WireRequest,
        call: Pending,
    ) -> Self {
        Self {
            seat,
            upload,
            key,
            region,
            host,
            request,
            reports: Vec::new(),
            broken: [None; 2],
            undelivered: 0,
            answer_takes: None,
            answer_broken: false,
            answer: None,
            call: Some(call),
        }
    }
}

/// Plays devices against the servers behind `links`.
pub(crate) struct Room<'a> {
    name: String,
    setting: &'a Setting<'a>,
    links: Links,
    seats: Vec<Seat>,
    /// A heap, and no calendar queue (Brown 1988): a room holds the events of 250 devices at most, and half a percent of
    /// the time of the flagship goes into it.
    queue: BinaryHeap<Reverse<(Timestamp, Due, u64)>>,
    scheduled: u64,
    flights: BTreeMap<u64, Flight>,
    flown: u64,
    wire: Wire,
    log: Log,
    tallies: Tallies,
    outputs: Vec<Output>,
    requests: Vec<LoggedRequest>,
    truth: Option<Truth>,
    updates: BTreeMap<Timestamp, u64>,
}

impl<'a> Room<'a> {
    /// An empty room.
    pub(crate) fn new(name: String, setting: &'a Setting<'a>, links: Links) -> Self {
        let mut room = Self {
            name,
            setting,
            links,
            seats: Vec::new(),
            queue: BinaryHeap::new(),
            scheduled: 0,
            flights: BTreeMap::new(),
            flown: 0,
            wire: Wire::default(),
            log: Log::default(),
            tallies: Tallies::default(),
            outputs: Vec::new(),
            requests: Vec::new(),
            truth: None,
            updates: BTreeMap::new(),
        };
        for (number, fault) in setting.script.faults.iter().enumerate() {
            if matches!(fault.kind, FaultKind::Crash { keeps: Keeps::Nothing, .. }) {
                room.schedule(fault.at, Due::Forget { fault: number });
            }
        }
        room
    }

    /// The same room, in which the truth about releases is kept.
    pub(crate) fn with_truth(self, truth: Option<Truth>) -> Self {
        Self { truth, ..self }
    }

    /// Seats `guest`; their diary must be ordered by time.
    pub(crate) fn seat(&mut self, guest: Guest) {
        let Guest { browser, diary, country, seed, tapped, hostile, troubles } = guest;
        let seat = self.seats.len();
        if let Some(first) = diary.entries.first() {
            self.schedule(first.at, Due::Act { seat });
        }
        let tap = tapped.then(|| Tap::new(diary.device.clone()));
        let weather = seed.derive("weather");
        let (device, entries, modes) = (diary.device, diary.entries.into_iter(), BTreeMap::new());
        let (timer, stopped) = (None, false);
        for (number, (at, _)) in troubles.iter().enumerate() {
            self.schedule(*at, Due::Trouble { seat, number });
        }
        let life = Life::of(troubles);
        self.seats.push(Seat { device, browser, entries, modes, country, weather, timer, tap, stopped, hostile, life });
        self.schedule_timer(seat);
    }

    /// Plays until nothing is due at or before `until`, and closes the room.
    ///
    /// # Errors
    /// If a message cannot be carried at all, which is a defect of the network and not of its weather.
    pub(crate) fn play(mut self, until: Timestamp) -> Result<Left, PlayError> {
        self.play_until(until)?;
        Ok(self.leave())
    }

    /// Plays until nothing is due at or before `until`.
    ///
    /// # Errors
    /// As [`Room::play`].
    pub(crate) fn play_until(&mut self, until: Timestamp) -> Result<(), PlayError> {
        while self.queue.peek().is_some_and(|Reverse((at, _, _))| *at <= until) {
            let Some(Reverse((at, due, _))) = self.queue.pop() else { break };
            match due {
                Due::Forget { fault } => self.forget(fault, at)?,
                Due::Trouble { seat, number } => self.befall(seat, number, at)?,
                Due::Act { seat } => self.act(seat, at)?,
                Due::Timer { seat } => self.tick(seat, at)?,
                Due::Deliver { flight, copy } => self.deliver(flight, copy, at)?,
                Due::Answer { flight } => self.answer(flight, at)?,
                Due::Deadline { flight } => self.give_up(flight, at)?,
                Due::Taken { seat, upload } => self.tell(seat, UploadId(upload), News::Upload(Reply::Accepted), at)?,
            }
        }
        Ok(())
    }

    /// Closes the room.
    pub(crate) fn leave(self) -> Left {
        let Self { seats, log, tallies, links, requests, truth, updates, .. } = self;
        let captures = seats.into_iter().filter_map(|seat| seat.tap.map(Tap::into_capture)).collect();
        Left { log, tallies, captures, links, requests, truth, updates }
    }

    /// The lines to the servers.
    pub(crate) const fn links(&self) -> &Links {
        &self.links
    }

    /// Idempotency keys of what the taps saw leave, each once.
    pub(crate) fn keys_seen(&self) -> Vec<String> {
        let flows = self.seats.iter().filter_map(|seat| seat.tap.as_ref()).flat_map(Tap::flows);
        let headers = flows.flat_map(|flow| &flow.headers).filter(|(name, _)| name == "idempotency-key");
        headers.map(|(_, key)| key.clone()).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The vendor turns the telemetry of every client off from afar.
    pub(crate) fn stop_clients(&mut self) {
        self.seats.iter_mut().for_each(|seat| seat.stopped = true);
    }

    fn schedule(&mut self, at: Timestamp, due: Due) {
        self.scheduled += 1;
        self.queue.push(Reverse((at, due, self.scheduled)));
    }

    /// Sees to it that the browser's next timer is in the queue.
    fn schedule_timer(&mut self, seat: usize) {
        if self.seats[seat].life.is_over() {
            return;
        }
        let Some(next) = self.seats[seat].browser.next_timer() else { return };
        if self.seats[seat].timer.is_none_or(|set| next < set) {
            self.seats[seat].timer = Some(next);
            self.schedule(next, Due::Timer { seat });
        }
    }

    fn act(&mut self, seat: usize, now: Timestamp) -> Result<(), PlayError> {
        let sitting = &mut self.seats[seat];
        let Some(entry) = sitting.entries.next() else { return Ok(()) };
        if let Some(next) = sitting.entries.as_slice().first() {
            let at = next.at.max(now);
            self.schedule(at, Due::Act { seat });
        }
        match self.seats[seat].life.is_over() {
            true => {
                self.seats[seat].life.put_off(entry);
                Ok(())
            }
            false => self.perform(seat, &entry, now),
        }
    }

    fn perform(&mut self, seat: usize, entry: &Entry, now: Timestamp) -> Result<(), PlayError> {
        let sitting = &mut self.seats[seat];
        self.tallies.activities += 1;
        let mode = mode_of(&mut sitting.modes, entry);
        let event = match &entry.activity {
            Activity::Update { version } => {
                *self.updates.entry(Window::holding(now, Duration::DAY).start).or_default() += 1;
                Event::Updated { version }
            }
            activity => Event::Activity { activity: activity.kind(), mode },
        };
        self.tallies.count(&event);
        self.log.record(&self.name, now, Some(&sitting.device), event);
        sitting.browser.advance(now, &mut self.outputs);
        sitting.browser.perform(entry, &mut self.outputs);
        self.send_outputs(seat, now)
    }

    fn tick(&mut self, seat: usize, now: Timestamp) -> Result<(), PlayError> {
        let sitting = &mut self.seats[seat];
        if sitting.timer == Some(now) {
            sitting.timer = None;
        }
        if sitting.life.is_over() {
            return Ok(());
        }
        sitting.browser.advance(now, &mut self.outputs);
        self.send_outputs(seat, now)
    }

    /// Sends what the browser of `seat` put out, and looks to its timers.
    fn send_outputs(&mut self, seat: usize, now: Timestamp) -> Result<(), PlayError> {
        let mut outputs = std::mem::take(&mut self.outputs);
        for output in outputs.drain(..) {
            if self.seats[seat].life.is_over() {
                break; // what was to leave after that does not
            }
            match output {
                Output::Upload { id, upload, channel, connection } => {
                    let spoiled = self.spoiled(seat, &upload);
                    self.send(seat, id, upload, (channel, connection), now)?;
                    spoiled
                        .into_iter()
                        .try_for_each(|upload| self.send(seat, NOBODYS, upload, (channel, None), now))?;
                    self.die_sending(seat, now);
                }
                Output::Evaluate(ask) => self.ask(seat, ask, now)?,
                Output::Navigate(request) => {
                    if let (Some(tap), Ok(host)) = (&mut self.seats[seat].tap, Host::new(request.authority.clone())) {
                        tap.see_upload(now, (Channel::Http, None), &host, &request);
                    }
                }
            }
        }
        self.outputs = outputs;
        self.schedule_timer(seat);
        Ok(())
    }

    /// What a hostile client sends after `upload`.
    fn spoiled(&self, seat: usize, upload: &Upload) -> Vec<Upload> {
        let sitting = &self.seats[seat];
        if !sitting.hostile {
            return Vec::new();
        }
        let places: Vec<_> = self.setting.script.policies.values().flat_map(browser::forms).collect();
        hostile::after(upload, &places, &sitting.weather)
    }

    /// Sends one attempt of one upload on its way.
    fn send(
        &mut self,
        seat: usize,
        id: UploadId,
        upload: Upload,
        (channel, connection): (Channel, Option<ConnectionId>),
        now: Timestamp,
    ) -> Result<(), PlayError> {
        let key = upload.header("idempotency-key").unwrap_or_default().to_owned();
        let host = Host::new(upload.authority.clone()).map_err(|error| PlayError::Upload(error.to_string()))?;
        let sitting = &self.seats[seat];
        if sitting.stopped {
            // Nothing leaves, and the client is none the wiser.
            self.schedule(now + self.setting.script.weather.latency_min, Due::Taken { seat, upload: id.0 });
            return Ok(());
        }
        let bytes = upload.body.len();
        let event = Event::Sent { host: &host, key: &key, channel, bytes };
        self.tallies.count(&event);
        self.log.record(&self.name, now, Some(&sitting.device), event);
        let region = self.setting.region_of(&host).filter(|_| channel == Channel::Http).cloned();
        let Some(region) = region else {
            self.schedule(now + self.setting.script.weather.latency_min, Due::Taken { seat, upload: id.0 });
            let way = (channel, connection);
            self.seats[seat].tap.iter_mut().for_each(|tap| tap.see_upload(now, way, &host, &upload));
            return Ok(());
        };
        let (request, call) = self.start_call(upload)?;
        if let Some(tap) = &mut self.seats[seat].tap {
            tap.see_request(now, &host, &request)?;
        }
        let reports = match self.truth {
            Some(_) => self.seats[seat].browser.reports(id),
            None => Vec::new(),
        };
        let pending = Pending::Upload(call);
        self.launch(Flight { reports, ..Flight::of(seat, id, key, region, host, request, pending) }, now);
        Ok(())
    }

    /// Serializes an upload through the generated client.
    fn start_call(&self, upload: Upload) -> Result<(WireRequest, Call<UploadResponse>), PlayError> {
        let mut client = CollectionServiceClient::new(self.wire.clone());
        let request = UploadRequest::from(upload);
        self.wire.start(async move { client.upload(request).await }).map_err(PlayError::Call)
    }

    /// Draws what the weather does to a request, and schedules it.
    fn launch(&mut self, mut flight: Flight, now: Timestamp) {
        let sitting = &self.seats[flight.seat];
        let attempt = sitting.weather.derive(&flight.key).nth(now.as_millis().unsigned_abs());
        let way = Way { country: sitting.country, region: &flight.region };
        let fate = weather::fate(self.setting.script, way, now, &attempt);
        self.flown += 1;
        let id = self.flown;
        for (copy, arrives) in (0_u8..).zip(fate.arrives) {
            if let Some(at) = arrives {
                flight.undelivered += 1;
                self.schedule(at, Due::Deliver { flight: id, copy });
            }
        }
        self.schedule(now + ANSWER_DEADLINE, Due::Deadline { flight: id });
        (flight.answer_takes, flight.answer_broken) = (fate.answer_takes, fate.answer_broken);
        flight.broken = fate.broken;
        self.flights.insert(id, flight);
    }

    /// The client stops waiting, unless it has its answer.
    fn give_up(&mut self, id: u64, now: Timestamp) -> Result<(), PlayError> {
        let Some(flight) = self.flights.get_mut(&id) else { return Ok(()) };
        let news = match flight.call.take() {
            None => return Ok(()),
            Some(Pending::Upload(_)) => News::Upload(Reply::Unavailable),
            Some(Pending::Evaluation(_)) => News::Evaluation(Answer::Unavailable),
        };
        let (seat, upload, event) = (flight.seat, flight.upload, Event::Unanswered { key: &flight.key });
        self.tallies.count(&event);
        self.log.record(&self.name, now, Some(&self.seats[seat].device), event);
        self.forget_if_over(id);
        self.tell(seat, upload, news, now)
    }

    fn forget_if_over(&mut self, id: u64) {
        if self.flights.get(&id).is_some_and(|flight| flight.undelivered == 0 && flight.call.is_none()) {
            self.flights.remove(&id);
        }
    }

    fn tell(&mut self, seat: usize, upload: UploadId, news: News, now: Timestamp) -> Result<(), PlayError> {
        if self.seats[seat].life.is_over() {
            return Ok(());
        }
        let (browser, out) = (&mut self.seats[seat].browser, &mut self.outputs);
        match news {
            News::Upload(reply) => browser.reply(upload, reply, now, out),
            News::Evaluation(answer) => browser.evaluated(upload, &answer, now, out),
        }
        self.send_outputs(seat, now)
    }
}

/// What a client learns about a call.
enum News {
    Upload(Reply),
    Evaluation(Answer),
}

/// Keeps track of the modes of open sessions and says which one `entry` belongs to.
fn mode_of(modes: &mut BTreeMap<SessionId, Mode>, entry: &Entry) -> Option<Mode> {
    let session = entry.session?;
    match &entry.activity {
        Activity::OpenSession { mode } => {
            modes.insert(session, *mode);
            Some(*mode)
        }
        Activity::CloseSession => modes.remove(&session),
        _ => modes.get(&session).copied(),
    }
}
