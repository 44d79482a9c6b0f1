//! Checks of the parts of a policy, each by itself.

use encoding::star::DEVICES_MIN;
use model::{ActivityKind, Channel, Duration, Host};

use super::repeated;
use crate::{
    Policy,
    policy::{Collected, Each, Event, Lifetime, Pipeline, Queue, Retry, Sealing, Sending},
    problem::{Fault, Findings},
};

/// Positions have names of their own, and the default is one of them.
pub(in crate::plan) fn switch(policy: &Policy, findings: &mut Findings) {
    let Some(switch) = &policy.switch else { return };
    let names = || switch.positions.iter().map(|position| position.name.as_str());
    findings.within("switch", |findings| {
        findings.expect(switch.positions.len() > 1, "positions", "a switch needs at least two positions");
        for (i, name) in repeated(names()) {
            findings.item("positions", i, |findings| findings.add(twice("position", name)));
        }
        if !names().any(|name| name == switch.default) {
            let fault = Fault::unknown("position", &switch.default, names());
            findings.within("default", |findings| findings.add(fault));
        }
    });
}

/// Settings have names of their own and values.
pub(in crate::plan) fn settings(policy: &Policy, findings: &mut Findings) {
    for (i, name) in repeated(policy.settings.iter().map(|setting| setting.name.as_str())) {
        findings.item("setting", i, |findings| findings.add(twice("setting", name)));
    }
    for (i, setting) in policy.settings.iter().enumerate() {
        findings.item("setting", i, |findings| {
            findings.expect(
                !setting.values.is_empty(),
                "values",
                "a setting has at least the value that it starts with",
            );
        });
    }
}

/// Identifiers have names of their own, and rotations have a length.
pub(in crate::plan) fn identifiers(policy: &Policy, findings: &mut Findings) {
    for (i, name) in repeated(policy.identifiers.iter().map(|id| id.name.as_str())) {
        findings.item("identifier", i, |findings| findings.add(twice("identifier", name)));
    }
    for (i, id) in policy.identifiers.iter().enumerate() {
        findings.item("identifier", i, |findings| {
            let plain = !id.name.is_empty() && !id.name.contains(['(', ')', '|', '{', '}']);
            findings.expect(plain, "name", "a name is empty or has one of ( ) | { }, which expressions need");
            let rotates = !matches!(id.lifetime, Lifetime::Days(rotation) if rotation.days == 0);
            findings.expect(rotates, "lifetime", "0 days are no lifetime: expected 1 or more");
        });
    }
}

/// What a pipeline's own values say, without its templates and fields.
pub(in crate::plan) fn pipeline(policy: &Policy, index: usize, findings: &mut Findings) {
    let pipeline = &policy.pipelines[index];
    if policy.pipelines[..index].iter().any(|earlier| earlier.name == pipeline.name) {
        findings.within("name", |findings| findings.add(twice("pipeline", &pipeline.name)));
    }
    routes(pipeline, findings);
    let is_method = !pipeline.method.is_empty() && pipeline.method.bytes().all(|b| b.is_ascii_uppercase());
    findings.expect(is_method, "method", "a method is written in capital letters, such as POST");
    let rounds = pipeline.time_precision != Some(Duration::ZERO);
    findings.expect(rounds, "time-precision", "0s rounds nothing: leave it out");
    if let Err(error) = pipeline.layout.check() {
        findings.within("layout", |findings| findings.add(Fault::new(error.to_string())));
    }
    if let Some(sealing) = &pipeline.star {
        findings.within("star", |findings| self::sealing(sealing, pipeline, findings));
    }
    findings.within("queue", |findings| queue(&pipeline.queue, findings));
    findings.within("send", |findings| sending(&pipeline.send, &pipeline.queue, findings));
    if pipeline.channel != Channel::Http {
        let headers = pipeline.headers.is_empty();
        findings.expect(headers, "headers", "only uploads on the channel `http` have headers");
    }
}

fn sealing(sealing: &Sealing, pipeline: &Pipeline, findings: &mut Findings) {
    let known = |name: &String| {
        let in_event = |event: &Event| event.fields.contains_key(name) || pipeline.fields.contains_key(name);
        name == "event" || pipeline.events.iter().all(in_event)
    };
    for (i, name) in sealing.group_by.iter().enumerate() {
        if !known(name) {
            let fault = Fault::new(format!("not every event of the pipeline has the field `{name}`"));
            findings.item("group-by", i, |findings| findings.add(fault));
        }
    }
    findings.expect(!sealing.group_by.is_empty(), "group-by", "nothing is sealed: expected the name of a field");
    findings.expect(sealing.window != Duration::ZERO, "window", "0s is no window: expected a length such as 1d");
    let threshold = DEVICES_MIN.contains(&sealing.devices_min);
    findings.expect(threshold, "devices-min", "expected a number of devices from 2 to 256");
    if let Some(host) = &sealing.randomness {
        let host = Host::new(host.clone()).map_err(|error| Fault::new(format!("no host: {error}")));
        findings.within("randomness", |findings| findings.take(host));
    }
    let is_http = pipeline.channel == Channel::Http;
    findings.expect(is_http, "query", "messages are sent on the channel `http` alone");
}

fn routes(pipeline: &Pipeline, findings: &mut Findings) {
    findings.expect(!pipeline.route.is_empty(), "route", "a pipeline needs at least one route");
    let fits_all = pipeline.route.iter().position(|route| route.country.is_empty() && route.locale.is_empty());
    if let Some(next) = fits_all.map(|all| all + 1).filter(|next| *next < pipeline.route.len()) {
        let fault = Fault::new(format!("no device gets here: route {next} fits all"));
        findings.item("route", next, |findings| findings.add(fault));
    }
}

fn queue(queue: &Queue, findings: &mut Findings) {
    findings.expect(queue.reports_max > 0, "reports-max", "a queue for 0 reports holds nothing");
    findings.expect(queue.bytes_max > 0, "bytes-max", "a queue for 0 bytes holds nothing");
}

fn sending(send: &Sending, queue: &Queue, findings: &mut Findings) {
    let nonzero = |span: Option<Duration>| span != Some(Duration::ZERO);
    findings.expect(nonzero(send.every), "every", "0s is no interval: to send each report at once, leave it out");
    findings.expect(nonzero(send.constant_rate), "constant-rate", "0s is no rate: expected a time such as 1h");
    findings.expect(send.count != Some(0), "count", "0 reports are never reached: expected 1 or more");
    let reached = send.count.is_none_or(|count| count <= queue.reports_max);
    findings.expect(reached, "count", "the queue never holds so many reports: see its `reports-max`");
    let otherwise = send.every.is_some() || send.count.is_some() || !send.on.is_empty() || send.jitter.is_some();
    let constant = send.constant_rate.is_none() || !otherwise;
    findings.expect(constant, "constant-rate", "a constant rate leaves no room for every, count, on and jitter");
    let size = (1..=10_000).contains(&send.reports_per_upload_max);
    findings.expect(size, "reports-per-upload-max", "expected a number of reports from 1 to 10000");
    let at_once = (1..=64).contains(&send.uploads_at_once_max);
    findings.expect(at_once, "uploads-at-once-max", "expected a number of uploads from 1 to 64");
    findings.within("retry", |findings| retry(&send.retry, findings));
}

fn retry(retry: &Retry, findings: &mut Findings) {
    let attempts = (1..=100).contains(&retry.attempts_max);
    findings.expect(attempts, "attempts-max", "expected a number of attempts from 1 to 100");
    findings.expect(retry.first <= retry.longest, "longest", "the longest wait is shorter than the first");
}

/// What an event's own values say, without its fields.
pub(in crate::plan) fn event(event: &Event, policy: &Policy, findings: &mut Findings) {
    use ActivityKind as A;
    findings.expect(!event.name.is_empty(), "name", "an event needs a name");
    for (key, collected) in [("normal", event.normal), ("incognito", event.incognito)] {
        let has_switch = policy.switch.is_some() || collected != Collected::Switch;
        findings.expect(has_switch, key, "the policy has no switch: write always or never, or add one");
    }
    let has_keys = event.each != Each::Key || matches!(event.on, A::Visit | A::Search | A::TypeText);
    findings.expect(has_keys, "each", "keys are typed only in a visit, a search or typed text");
    let has_links = event.each != Each::Link || event.on == A::Visit;
    findings.expect(has_links, "each", "only a visit has links");
    findings.within("where", |findings| {
        let has_url = matches!(event.on, A::Visit | A::Search | A::Download | A::Share);
        let (filter, without) = (&event.filter, "only a visit, a search, a download or a share has a URL");
        findings.expect(has_url || filter.url_contains.is_empty(), "url-contains", without);
        findings.expect(has_url || filter.host_ends_with.is_empty(), "host-ends-with", without);
        let has_name = matches!(event.on, A::ShowScreen | A::ChangeSetting | A::FlipSwitch);
        let named = has_name || filter.name.is_empty();
        findings.expect(named, "name", "only a screen, a setting and a position have a name");
        let is_typed = filter.typed.is_none() || matches!(event.on, A::Visit | A::Search);
        findings.expect(is_typed, "typed", "only a visit and a search are typed or pasted");
    });
}

pub(super) fn twice(what: &str, name: &str) -> Fault {
    Fault::new(format!("there is a {what} `{name}` before: expected names that occur once"))
}
