//! Arrivals: what becomes of a request at its region, and of the answer at the device.

use model::{Duration, RegionId, Reply, Timestamp};
use protocol::v1::{Admission, Receipt};
use tonic::{Status, body::Body};

use super::{Flight, News, Pending, Room, evaluate};
use crate::{
    PlayError,
    log::{Event, Leg},
    request_log,
    servers::asks_for_randomness,
    weather::{self, Way},
    wire,
};

/// Header in which gRPC says why a call failed.
const GRPC_STATUS: &str = "grpc-status";

impl Room<'_> {
    /// A copy of a request reaches its region.
    pub(super) fn deliver(&mut self, id: u64, copy: u8, now: Timestamp) -> Result<(), PlayError> {
        let Some(mut flight) = self.flights.remove(&id) else { return Ok(()) };
        flight.undelivered -= 1;
        let answer = self.receive(&flight, copy, now)?;
        let way = Way { country: self.seats[flight.seat].country, region: &flight.region };
        let is_heard = !weather::is_parted(&self.setting.script.faults, way, now, scenario::Loses::answers);
        // The answer to a second copy goes nowhere: the client listens for one answer alone.
        if let (0, true, Some(takes)) = (copy, is_heard, flight.answer_takes) {
            flight.answer = Some(answer);
            let faults = &self.setting.script.faults;
            let slowness = match asks_for_randomness(&flight.request) {
                true => Duration::ZERO,
                false => weather::slowness(faults, &flight.region, now),
            };
            self.schedule(now + takes + slowness, super::Due::Answer { flight: id });
        }
        self.flights.insert(id, flight);
        self.forget_if_over(id);
        Ok(())
    }

    /// What the region of `flight` answers to a copy that arrives `now`.
    fn receive(&mut self, flight: &Flight, copy: u8, now: Timestamp) -> Result<http::Response<Body>, PlayError> {
        let (region, key) = (&flight.region, flight.key.as_str());
        let stores = !asks_for_randomness(&flight.request);
        if let Some(refusal) = weather::refusal(&self.setting.script.faults, region, now, stores) {
            return Ok(refusal.into_http());
        }
        if self.arrives_broken(flight, copy) {
            let event = Event::Corrupted { region, key, message: Leg::Request };
            self.tallies.count(&event);
            self.log.record(&self.name, now, Some(&self.seats[flight.seat].device), event);
            return Ok(Status::unavailable("the request arrived broken: its checksum is another").into_http());
        }
        let answer = self.links.deliver(region, &flight.request, now)?;
        // A refusal says so in its head; what is admitted says so behind its body.
        if let Some(truth) = self.truth.as_mut().filter(|_| !answer.headers().contains_key(GRPC_STATUS)) {
            truth.admit(region, key, &flight.reports, now)?;
        }
        let sitting = &self.seats[flight.seat];
        if sitting.tap.is_some() && stores && self.requests.len() < request_log::LINES_MAX {
            let (host, request) = (&flight.host, &flight.request);
            let seen = request_log::Seen { at: now, region, host, request, device: &sitting.weather };
            self.requests.extend(request_log::line(&self.setting.script.operations.request_log, &seen));
        }
        Ok(answer)
    }

    /// Whether the bytes of a copy are others than were sent, as a checksum of the transport tells.
    fn arrives_broken(&self, flight: &Flight, copy: u8) -> bool {
        let Some(flip) = flight.broken.get(usize::from(copy)).copied().flatten() else { return false };
        let sent = flight.request.body();
        let mut arrived = sent.to_vec();
        flip.flip(&mut arrived);
        wire::checksum(&arrived) != wire::checksum(sent)
    }

    /// An answer reaches the device, unless it has given up.
    pub(super) fn answer(&mut self, id: u64, now: Timestamp) -> Result<(), PlayError> {
        let Some(flight) = self.flights.get_mut(&id) else { return Ok(()) };
        let (Some(call), Some(answer)) = (flight.call.take(), flight.answer.take()) else { return Ok(()) };
        let (seat, upload, region, key) = (flight.seat, flight.upload, &flight.region, flight.key.as_str());
        let device = &self.seats[seat].device;
        let broken = flight.answer_broken.then(|| {
            let event = Event::Corrupted { region, key, message: Leg::Answer };
            self.tallies.count(&event);
            self.log.record(&self.name, now, Some(device), event);
            // What came is thrown away, as if the connection had broken off.
            Status::unavailable("the answer arrived broken: its checksum is another")
        });
        let is_broken = broken.is_some();
        let (news, said) = match call {
            Pending::Upload(call) => {
                let answer = broken.map_or_else(|| call.finish(answer), Err);
                (News::Upload(protocol::status::reply(answer.as_ref())), answer.map(|response| response.receipt))
            }
            Pending::Evaluation(call) => {
                let answer = broken.map_or_else(|| call.finish(answer), Err);
                (News::Evaluation(evaluate::read(answer.as_ref())), answer.map(|_| None))
            }
        };
        let event = match (&said, &news) {
            (Err(_), _) if is_broken => Event::Unanswered { key },
            (Err(status), _) => {
                let for_now = protocol::status::reply::<()>(Err(status)) == Reply::Unavailable;
                Event::Refused { region, key, reason: status.message(), for_now }
            }
            (Ok(_), News::Evaluation(_)) => Event::Evaluated { region, key },
            (Ok(receipt), News::Upload(_)) => taken(region, key, receipt.as_ref()),
        };
        self.tallies.count(&event);
        self.log.record(&self.name, now, Some(device), event);
        self.forget_if_over(id);
        self.tell(seat, upload, news, now)
    }
}

/// What a receipt says, for the log.
fn taken<'a>(region: &'a RegionId, key: &'a str, receipt: Option<&Receipt>) -> Event<'a> {
    if receipt.is_some_and(|receipt| receipt.admission() == Admission::Duplicate) {
        return Event::Duplicate { region, key };
    }
    Event::Admitted { region, key, reports: receipt.map_or(0, |receipt| receipt.reports_counted) }
}
