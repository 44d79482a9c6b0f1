//! What the tests play with: tokens, a driver, and a collector with one intake and one query.

#![allow(dead_code, reason = "each test file uses its part")]

use collector::{Config, Intake, Limits};
use encoding::{BodyChain, Form, Step};
use model::{
    Duration, Host, Measure, Mechanism, Query, QueryId, RegionId, Report, ReportBatch, Seed, Timestamp, Upload,
};
use services::{Clock, CollectionApi, Credential, Driver};

/// A token made of `text`.
pub(crate) fn token(text: &str) -> Credential {
    Credential::new(text).expect("a usable token")
}

/// The driver whom services under test know.
pub(crate) fn driver() -> Driver {
    Driver::new(&token("the-driver-of-the-world"))
}

/// The clock of that driver.
pub(crate) fn scenario_clock() -> Clock {
    Clock::Scenario { credential: token("the-driver-of-the-world") }
}

/// The warrant that collectors under test know.
pub(crate) fn warrant() -> Credential {
    token("warrant-of-the-court")
}

/// A point in time in the middle of a day.
pub(crate) fn noon() -> Timestamp {
    "2020-05-01T12:00:00Z".parse().expect("a point in time")
}

fn form() -> Form {
    let chain = BodyChain::new(vec![Step::Json, Step::Gzip, Step::Base64]).expect("a usable chain");
    Form { chain, ..Form::default() }
}

/// Reports by event name and day.
pub(crate) fn query() -> Query {
    Query {
        id: QueryId::new("events").expect("a name"),
        events: vec![],
        group_by: vec!["event".to_owned()],
        measure: Measure::Count,
        window: Duration::DAY,
        regions: vec![],
        mechanism: Mechanism::Exact,
        domain: [].into(),
    }
}

/// A collector of the region `sg` that keeps raw reports.
pub(crate) fn config() -> Config {
    Config {
        region: RegionId::new("sg").expect("a name"),
        forms: vec![Intake { host: Host::new("stats.example").expect("a name"), path: "/sa".to_owned(), form: form() }],
        queries: vec![query()],
        sampling: Seed::root(1),
        verification: Seed::root(9),
        limits: Limits { body_bytes_max: 4096, ..Limits::default() },
        keep_raw: true,
        operations: collector::Operations::default(),
        deduplicate: true,
    }
}

/// That collector behind its services, on a scenario's clock.
pub(crate) fn collection() -> CollectionApi {
    CollectionApi::new(config(), scenario_clock()).expect("a usable configuration").with_warrant(warrant())
}

/// A report of `device` about `event`.
pub(crate) fn report(device: &str, event: &str, time: Timestamp) -> Report {
    let fields = [("url".to_owned(), "https://example.org/".into())].into();
    Report { event: event.to_owned(), time, device: Some(device.to_owned()), fields }
}

/// A batch of one report.
pub(crate) fn batch(id: &str, device: &str, time: Timestamp) -> ReportBatch {
    ReportBatch { id: id.to_owned(), reports: vec![report(device, "visit", time)] }
}

/// An upload of one report in the vendor's form.
pub(crate) fn upload(key: &str, device: &str, time: Timestamp) -> Upload {
    let body = form().encode(&[report(device, "visit", time)], &mut Seed::root(3).stream());
    Upload {
        method: "POST".to_owned(),
        authority: "stats.example".to_owned(),
        path: "/sa?project=browser".to_owned(),
        headers: vec![("idempotency-key".to_owned(), key.to_owned())],
        body: body.expect("a report that can be written"),
    }
}
