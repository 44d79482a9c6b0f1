//! Lanes: what one pipeline holds on one device, and when it sends.

use std::collections::BTreeMap;

use model::{Mode, Reply, Seed, Timestamp, UploadId};
use rand_core::Rng;

use super::{
    backlog::{Backlog, Origin, Recorded, is_purged},
    device::{Device, Gatekeeper, place},
    flight::{Flight, FlightState, up_to},
};
use crate::{
    plan::Line,
    policy::{Exhausted, Gate, Pipeline, QueueAction, Sending, Store, Trigger},
};

/// What one pipeline holds on one device.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) seed: Seed,
    /// The route that fits the device. Without one, the pipeline does nothing here.
    pub(super) way: Option<usize>,
    pub(super) queue: Backlog,
    pub(super) flights: BTreeMap<UploadId, Flight>,
    /// When everything is sent.
    flush_at: Option<Timestamp>,
    /// When the next upload at a constant rate is due.
    pub(super) tick_at: Option<Timestamp>,
    /// Everything is being sent, as fast as answers come.
    draining: bool,
    recorded: [u64; 2], // for each mode
    built: (Timestamp, u64),
}

impl Lane {
    pub(super) fn new(line: &Line, device: &Device, now: Timestamp) -> Self {
        let seed = device.profile.seed.derive("pipelines").derive(&line.pipeline.name);
        let mut lane = Self {
            seed,
            way: None,
            queue: Backlog::default(),
            flights: BTreeMap::new(),
            flush_at: None,
            tick_at: None,
            draining: false,
            recorded: [0; 2],
            built: (now, 0),
        };
        lane.follow(line, device, now);
        lane
    }

    /// Goes over to `line`, of another version.
    pub(super) fn follow(&mut self, line: &Line, device: &Device, now: Timestamp) {
        let country = device.profile.country;
        self.way = line.ways.iter().position(|way| {
            (way.route.country.is_empty() || way.route.country.contains(&country)) && device.speaks(&way.route.locale)
        });
        self.tick_at = self.next_tick(&line.pipeline.send, now);
    }

    /// Counts a report of `mode`: its number in its mode, and among all.
    pub(super) fn number(&mut self, mode: Mode) -> (u64, u64) {
        self.recorded[place(mode)] += 1;
        (self.recorded[place(mode)], self.recorded.iter().sum())
    }

    /// A seed for an upload built `now`; further ones at the same time get others.
    pub(super) fn upload_seed(&mut self, now: Timestamp) -> Seed {
        let number = if self.built.0 == now { self.built.1 + 1 } else { 0 };
        self.built = (now, number);
        self.seed.derive("upload").nth(now.as_millis().unsigned_abs()).nth(number)
    }

    pub(super) fn push(&mut self, recorded: Recorded, pipeline: &Pipeline, now: Timestamp) {
        self.queue.push(recorded, &pipeline.queue);
        let send = &pipeline.send;
        if is_at_once(send) || reaches(send, self.queue.len()) {
            self.request_flush(send, now);
        }
        self.arm(send, now);
    }

    /// Everything is to be sent, now or a drawn time later.
    pub(super) fn request_flush(&mut self, send: &Sending, now: Timestamp) {
        if send.jitter.is_none() {
            return self.flush();
        }
        let at = now + self.jitter(send, now);
        self.flush_at = Some(self.flush_at.map_or(at, |set| set.min(at)));
    }

    /// Everything is to be sent at once.
    pub(super) const fn flush(&mut self) {
        self.flush_at = None;
        self.draining = true;
    }

    /// The network is back. What came due without it starts again.
    pub(super) fn reconnect(&mut self, send: &Sending, now: Timestamp) {
        self.draining = false;
        self.flush_at = None;
        let waits = !self.queue.is_empty();
        if send.on.contains(&Trigger::Reconnect) || (waits && (is_at_once(send) || reaches(send, self.queue.len()))) {
            self.request_flush(send, now);
        }
        self.arm(send, now);
    }

    /// Sees what is due `now`.
    pub(super) fn come_due(&mut self, pipeline: &Pipeline, now: Timestamp) {
        let waits_for_gate = pipeline.gate == Gate::Sending && is_at_once(&pipeline.send) && !self.queue.is_empty();
        if self.flush_at.is_some_and(|at| at <= now) || waits_for_gate {
            self.flush();
        }
    }

    /// Whether an upload at a constant rate is due at just this time. One that was missed is left out.
    pub(super) fn tick(&mut self, send: &Sending, now: Timestamp) -> bool {
        let due = self.tick_at;
        if due.is_some_and(|at| at <= now) {
            self.tick_at = self.next_tick(send, now);
        }
        due == Some(now)
    }

    /// There is nothing to send for now.
    pub(super) fn rest(&mut self, send: &Sending, now: Timestamp) {
        self.draining = false;
        self.arm(send, now);
    }

    /// Whether an upload can go now, of everything.
    pub(super) fn is_draining(&self, send: &Sending) -> bool {
        self.draining && u32::try_from(self.flights.len()).is_ok_and(|flights| flights < send.uploads_at_once_max)
    }

    /// When it has something to do next.
    pub(super) fn next_timer(&self) -> Option<Timestamp> {
        let retries = self.flights.values().filter_map(|flight| match flight.state {
            FlightState::Waiting(until) => Some(until),
            FlightState::InAir => None,
        });
        retries.chain(self.flush_at).chain(self.tick_at).min()
    }

    /// The next reports to send. What may not go stays, or is dropped, as the gate says.
    pub(super) fn take_batch(&mut self, line: &Line, gatekeeper: &Gatekeeper) -> Vec<Recorded> {
        let pipeline = &line.pipeline;
        let most = if line.is_single { 1 } else { pipeline.send.reports_per_upload_max };
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let (mut batch, mut kept): (Vec<Recorded>, Vec<Recorded>) = (Vec::new(), Vec::new());
        while batch.len() < most {
            let Some(recorded) = self.queue.pop() else { break };
            let other_mode = batch.first().is_some_and(|first| first.origin.mode != recorded.origin.mode);
            if !gatekeeper.may_send(pipeline, recorded.origin.collected, recorded.origin.mode) {
                if pipeline.gate == Gate::Sending {
                    kept.push(recorded);
                }
            } else if pipeline.send.modes_apart && other_mode {
                kept.push(recorded);
            } else {
                batch.push(recorded);
            }
        }
        self.queue.put_back(kept, &pipeline.queue);
        batch
    }

    /// Drops what `action` says, also of what waits for a retry; what is in the air, if that fails.
    pub(super) fn purge(&mut self, action: QueueAction, pipeline: &Pipeline) {
        self.queue.purge(action);
        let hit: Vec<UploadId> = self.flights.iter().filter(|(_, f)| f.is_purged(action)).map(|(id, _)| *id).collect();
        for id in hit {
            let Some(flight) = self.flights.get_mut(&id) else { continue };
            match flight.state {
                FlightState::InAir if flight.purged != Some(QueueAction::Purge) => flight.purged = Some(action),
                FlightState::InAir => {}
                FlightState::Waiting(until) => {
                    self.dissolve(id, pipeline, |origin| !is_purged(origin.mode, action));
                    self.flush_at = self.flush_at.map_or(Some(until), |set| Some(set.min(until)));
                }
            }
        }
    }

    /// Takes an upload back; the reports that `keep` allows go to the front of the queue.
    pub(super) fn dissolve(&mut self, id: UploadId, pipeline: &Pipeline, keep: impl Fn(&Origin) -> bool) {
        let Some(flight) = self.flights.remove(&id) else { return };
        let mut reports = flight.into_recorded();
        reports.retain(|recorded| keep(&recorded.origin));
        self.queue.put_back(reports, &pipeline.queue);
    }

    /// The client ends: what is in memory is lost, what is on disk is tried again.
    pub(super) fn end(&mut self, pipeline: &Pipeline, now: Timestamp) {
        match pipeline.queue.store {
            Store::Memory => self.forget(),
            Store::Disk => {
                for flight in self.flights.values_mut().filter(|flight| flight.state == FlightState::InAir) {
                    flight.back_off(&pipeline.send.retry, now);
                }
            }
        }
    }

    /// Loses every report.
    pub(super) fn forget(&mut self) {
        self.queue = Backlog::default();
        self.flights.clear();
        self.flush_at = None;
        self.draining = false;
    }

    /// Takes the answer to an attempt.
    pub(super) fn answer(&mut self, id: UploadId, reply: Reply, pipeline: &Pipeline, now: Timestamp) {
        let Some(flight) = self.flights.get(&id) else { return };
        match (reply, flight.state) {
            (Reply::Accepted | Reply::Refused, _) => {
                self.flights.remove(&id);
            }
            (Reply::Unavailable, FlightState::InAir) => self.fail(id, pipeline, now),
            (Reply::Unavailable, FlightState::Waiting(_)) => {} // a late answer to an earlier attempt
        }
    }

    fn fail(&mut self, id: UploadId, pipeline: &Pipeline, now: Timestamp) {
        let Some(flight) = self.flights.get_mut(&id) else { return };
        let retry = &pipeline.send.retry;
        if pipeline.send.constant_rate.is_some() {
            let purged = flight.purged.unwrap_or_default();
            return self.dissolve(id, pipeline, |origin| !is_purged(origin.mode, purged));
        }
        if flight.attempts >= retry.attempts_max {
            let purged = flight.purged.unwrap_or_default();
            let keep = retry.then == Exhausted::Queue;
            self.dissolve(id, pipeline, |origin| keep && !is_purged(origin.mode, purged));
            return self.rest(&pipeline.send, now);
        }
        flight.back_off(retry, now);
        if let Some(action) = flight.purged.take() {
            self.purge(action, pipeline);
        }
    }

    /// Starts the interval, unless something is due anyway.
    fn arm(&mut self, send: &Sending, now: Timestamp) {
        let Some(every) = send.every else { return };
        if self.flush_at.is_none() && !self.draining && !self.queue.is_empty() {
            self.flush_at = Some(now + every + self.jitter(send, now));
        }
    }

    fn jitter(&self, send: &Sending, now: Timestamp) -> model::Duration {
        let Some(jitter) = send.jitter else { return model::Duration::ZERO };
        let drawn = self.seed.derive("jitter").nth(now.as_millis().unsigned_abs()).stream().next_u64();
        model::Duration::from_millis(up_to(jitter.as_millis(), drawn))
    }

    fn next_tick(&self, send: &Sending, now: Timestamp) -> Option<Timestamp> {
        let rate = i64::try_from(send.constant_rate?.as_millis()).ok().filter(|rate| *rate > 0)?;
        let drawn = self.seed.derive("rate").stream().next_u64();
        let phase = i64::try_from(up_to(rate.unsigned_abs() - 1, drawn)).ok()?;
        let since = (now.as_millis() - phase).rem_euclid(rate);
        Some(Timestamp::from_millis(now.as_millis().saturating_add(rate - since)))
    }
}

fn is_at_once(send: &Sending) -> bool {
    send.every.is_none() && send.count.is_none() && send.on.is_empty() && send.constant_rate.is_none()
}

fn reaches(send: &Sending, reports: usize) -> bool {
    send.count.is_some_and(|count| usize::try_from(count).is_ok_and(|count| reports >= count))
}
