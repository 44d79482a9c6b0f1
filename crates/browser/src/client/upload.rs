//! Uploads: what goes out now, and how it is built.

use std::sync::Arc;

use model::{Channel, Host, Mode, Report, Seed, Upload, UploadId};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rand_core::Rng;

use super::{
    Browser, Output,
    backlog::{Origin, Recorded, Target},
    device::Gatekeeper,
    flight::{Flight, FlightState},
    identity::upload_value,
    moment::{Moment, push},
};
use crate::{
    plan::{Late, Line, Template},
    policy::Gate,
};

/// Header that names an upload for as long as it may be sent again: 16 hexadecimal digits.
pub const KEY_HEADER: &str = "idempotency-key";

/// Most uploads of one pipeline at a constant rate that await their answers. One more is left out.
const TICKS_MAX: usize = 64;

/// What RFC 3986 lets stand in a path or query as it is.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl Browser {
    /// Sends whatever is due in any pipeline.
    pub(super) fn pump(&mut self, out: &mut Vec<Output>) {
        for line in 0..self.lanes.len() {
            self.pump_line(line, out);
        }
        self.ask(out);
    }

    /// Asks for the randomness that reports wait for.
    fn ask(&mut self, out: &mut Vec<Output>) {
        let (mut sealed, mut uploads) = (std::mem::take(&mut self.sealed), self.uploads);
        let next = || {
            uploads += 1;
            UploadId(uploads)
        };
        out.extend(sealed.asks(self.now, |name| self.is_named_at_work(name), next).into_iter().map(Output::Evaluate));
        (self.sealed, self.uploads) = (sealed, uploads);
    }

    /// Sends whatever is due in one pipeline.
    pub(super) fn pump_line(&mut self, line: usize, out: &mut Vec<Output>) {
        if !self.is_at_work(line) {
            return;
        }
        let plan = Arc::clone(&self.plan);
        let spec = &plan.lines[line];
        let (send, now, gatekeeper) = (&spec.pipeline.send, self.now, self.gatekeeper());
        self.lanes[line].come_due(&spec.pipeline, now);
        if self.lanes[line].tick(send, now) && self.lanes[line].flights.len() < TICKS_MAX {
            let batch = self.lanes[line].take_batch(spec, &gatekeeper);
            self.launch(line, spec, batch, out);
        }
        self.retry(line, spec, &gatekeeper, out);
        while self.lanes[line].is_draining(send) {
            let batch = self.lanes[line].take_batch(spec, &gatekeeper);
            let is_last = batch.is_empty() || self.lanes[line].queue.is_empty();
            if !batch.is_empty() {
                self.launch(line, spec, batch, out);
            }
            if is_last {
                self.lanes[line].rest(send, now);
            }
        }
    }

    /// Whether a pipeline can send now.
    pub(super) fn is_at_work(&self, line: usize) -> bool {
        self.device.online && self.lanes[line].way.is_some() && self.device.meets(&self.plan.lines[line].pipeline.when)
    }

    /// Tries again what is due for it, unless it may no longer be sent.
    fn retry(&mut self, line: usize, spec: &Line, gatekeeper: &Gatekeeper, out: &mut Vec<Output>) {
        let (now, lane) = (self.now, &mut self.lanes[line]);
        let is_due = |flight: &Flight| matches!(flight.state, FlightState::Waiting(until) if until <= now);
        let due: Vec<UploadId> = lane.flights.iter().filter(|(_, f)| is_due(f)).map(|(id, _)| *id).collect();
        for id in due {
            let Some(flight) = lane.flights.get_mut(&id) else { continue };
            let may_send = |origin: &Origin| gatekeeper.may_send(&spec.pipeline, origin.collected, origin.mode);
            if flight.origins.iter().all(may_send) {
                let (upload, channel, connection) = (flight.attempt(), spec.pipeline.channel, None); // HTTP alone retries
                out.push(Output::Upload { id, upload, channel, connection });
            } else {
                let waits = spec.pipeline.gate == Gate::Sending;
                lane.dissolve(id, &spec.pipeline, |origin| waits || may_send(origin));
                lane.flush();
            }
        }
    }

    /// Builds an upload of `batch` and starts its first attempt.
    fn launch(&mut self, line: usize, spec: &Line, mut batch: Vec<Recorded>, out: &mut Vec<Output>) {
        let seed = self.lanes[line].upload_seed(self.now);
        let Some(target) = self.target(line, spec, seed, &batch) else { return };
        for recorded in &mut batch {
            let late = recorded.origin.late.clone();
            late.iter()
                .flat_map(|late| late.iter())
                .for_each(|late| self.fill(late, &target.seed, &mut recorded.report));
        }
        let mode = batch.first().map_or(Mode::Normal, |first| first.origin.mode);
        let (reports, origins): (Vec<_>, Vec<_>) = batch.into_iter().map(|r| (r.report, r.origin)).unzip();
        let encode = |form: &encoding::Form| form.encode(&reports, &mut seed.derive("body").stream());
        // Every report that the policy can make was written once when it was read.
        let Ok(body) = spec.form.as_ref().map_or(Ok(Vec::new()), encode) else { return };
        let channel = spec.pipeline.channel;
        let (mut headers, mut method) = (target.headers, String::new());
        if channel == Channel::Http {
            headers.push((KEY_HEADER.to_owned(), format!("{:016x}", seed.stream().next_u64())));
            method.clone_from(&spec.pipeline.method);
        }
        let upload = Upload { method, authority: target.host, path: target.path, headers, body };
        let id = self.next_upload();
        let (state, attempts, fail_over) = (FlightState::InAir, 0, target.fail_over);
        let mut flight = Flight { upload, fail_over, seed, reports, origins, state, attempts, purged: None };
        let connection = self.connections.of(line, &spec.pipeline, mode);
        out.push(Output::Upload { id, upload: flight.attempt(), channel, connection });
        if channel == Channel::Http {
            self.lanes[line].flights.insert(id, flight);
        }
    }

    /// Where an upload of `batch` goes.
    fn target(&mut self, line: usize, spec: &Line, seed: Seed, batch: &[Recorded]) -> Option<Target> {
        if spec.is_single {
            return batch.first()?.origin.target.as_deref().cloned();
        }
        let mut moment = Moment {
            at: self.device.shown(self.now),
            mode: batch.first().map_or(Mode::Normal, |first| first.origin.mode),
            device: &self.device,
            ids: &mut self.ids,
            identifiers: &self.plan.policy.identifiers,
            upload: Some(seed),
            deed: None,
            report: 0,
            piece: "",
        };
        address(spec, self.lanes[line].way?, seed, &mut moment)
    }

    fn fill(&self, late: &Late, seed: &Seed, report: &mut Report) {
        let account = self.device.account.clone().filter(|_| late.replaced_by_account);
        let value = account.unwrap_or_else(|| upload_value(seed, &late.id, late.form));
        let Some(value) = late.expression.transform(value.into(), |_| None) else { return };
        match &late.field {
            Some(field) => {
                report.fields.insert(field.clone(), value);
            }
            None => report.device = Some(value.to_string()),
        }
    }
}

/// The address of an upload as it stands at `moment`; nothing if a host or name has a part without value, or is none.
/// A header with such a part is left out; in a path, it is empty.
pub(super) fn address(line: &Line, way: usize, seed: Seed, moment: &mut Moment<'_>) -> Option<Target> {
    let way = &line.ways[way];
    let host = host(&way.host, moment)?;
    let over = way.fail_over.as_ref();
    let fail_over = over.and_then(|(after, template)| Some((*after, self::host(template, moment)?)));
    let path = match line.pipeline.channel {
        Channel::Dns => self::host(&line.path, moment)?,
        Channel::Http | Channel::Socket => path(&line.path, moment),
    };
    let written = line.headers.iter().filter_map(|(name, template)| {
        let mut value = moment.text(template)?;
        value.retain(|c| !c.is_control());
        Some((name.clone(), value))
    });
    Some(Target { seed, host, fail_over, path, headers: written.collect() })
}

fn host(template: &Template, moment: &mut Moment<'_>) -> Option<String> {
    if let Some(host) = template.constant() {
        return Some(host.to_owned());
    }
    Host::new(moment.text(template)?.to_lowercase()).ok().map(String::from)
}

fn path(template: &Template, moment: &mut Moment<'_>) -> String {
    if let Some(path) = template.constant() {
        return path.to_owned();
    }
    let written = template.render(|expression, text| {
        if let Some(value) = moment.value(expression) {
            let mut plain = String::new();
            push(&mut plain, &value);
            text.extend(utf8_percent_encode(&plain, UNRESERVED));
        }
        true
    });
    written.unwrap_or_default()
}
