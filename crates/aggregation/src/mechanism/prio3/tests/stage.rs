//! Queries of each kind, devices that answer them, and two servers that verify what comes.

use std::collections::BTreeMap;

use encoding::prio3::{Nonce, Sharded, shared};
use model::{
    Duration, Measure, Mechanism, Partial, Party, Query, QueryId, RegionId, Release, Report, Seed, Timestamp, Window,
};

use super::super::{ShareLimits, ShareWindow, measuring};
use crate::{Ledger, merge_partials, release};

pub(super) fn region(name: &str) -> RegionId {
    RegionId::new(name).expect("a name")
}

pub(super) fn time() -> Timestamp {
    "2020-05-01T10:00:00Z".parse().expect("a time")
}

pub(super) fn window() -> Window {
    Window::holding(time(), Duration::DAY)
}

pub(super) fn query(id: &str, group_by: &[&str], measure: Measure) -> Query {
    let sites = ["a", "b", "c"].map(str::to_owned).to_vec();
    Query {
        id: QueryId::new(id).expect("a name"),
        events: vec!["page".to_owned()],
        group_by: group_by.iter().map(|name| (*name).to_owned()).collect(),
        measure,
        window: Duration::DAY,
        regions: vec![region("sg"), region("de")],
        mechanism: Mechanism::Prio3 { epsilon: "1".parse().expect("a ratio"), reports_per_device_max: 3 },
        domain: group_by.iter().map(|name| ((*name).to_owned(), sites.clone())).collect(),
    }
}

/// One query for each circuit.
pub(super) fn queries() -> [Query; 4] {
    let sum = |max| Measure::Sum { field: "dwell".to_owned(), min: 0, max };
    [
        query("count", &[], sum(1)),
        query("sum", &[], sum(60)),
        query("sum-vec", &["site"], sum(60)),
        query("histogram", &["site"], Measure::Count),
    ]
}

/// A report about `site` of `device`.
pub(super) fn report(device: &str, site: &str, dwell: i64) -> Report {
    let fields = [("site".to_owned(), site.into()), ("dwell".to_owned(), model::Value::Number(dwell))];
    Report { event: "page".to_owned(), time: time(), device: Some(device.to_owned()), fields: fields.into() }
}

/// The report numbered `number`, in shares.
pub(super) fn shares(query: &Query, report: &Report, number: u64) -> (Nonce, Sharded) {
    let mut random = Seed::root(71).nth(number).stream();
    let measuring = measuring(query).expect("a query over shares");
    measuring.split(report, query.id.as_str(), query.window, &mut random).expect("an answer")
}

/// The two halves of the report numbered `number`.
pub(super) fn halves(query: &Query, report: &Report, number: u64) -> [Report; 2] {
    let (nonce, shares) = shares(query, report, number);
    [Party::Leader, Party::Helper].map(|party| shared(report.clone(), nonce, &shares, party))
}

/// Two servers that hold nothing.
pub(super) fn servers(query: &Query) -> [ShareWindow; 2] {
    servers_with(query, &Seed::root(74), ShareLimits::default())
}

pub(super) fn servers_with(query: &Query, verification: &Seed, limits: ShareLimits) -> [ShareWindow; 2] {
    let at = |(name, secret)| {
        ShareWindow::new(query, &region(name), window(), &Seed::root(secret), verification, limits).expect("shares")
    };
    [("sg", 72), ("de", 73)].map(at)
}

/// Has the servers talk until there is nothing left to say.
pub(super) fn verify([leader, helper]: &mut [ShareWindow; 2]) {
    let mut answers = Vec::new();
    loop {
        let turn = leader.lead(answers);
        let is_last = turn.is_last();
        answers = helper.help(turn);
        if is_last {
            return;
        }
    }
}

/// The partial of both servers.
pub(super) fn merged([leader, helper]: &[ShareWindow; 2]) -> Partial {
    let mut merged = leader.seal(&region("sg")).expect("all are verified");
    merge_partials(&mut merged, &helper.seal(&region("de")).expect("all are verified")).expect("two regions");
    merged
}

pub(super) fn released(query: &Query, servers: &[ShareWindow; 2]) -> Release {
    release(query, &merged(servers), &Seed::root(0), &mut Ledger::new(None)).expect("a release")
}

/// What the servers know before any noise, by group.
pub(super) fn exact(query: &Query, servers: &[ShareWindow; 2]) -> BTreeMap<Vec<String>, i128> {
    let mut sum = servers[0].sum().clone();
    assert!(sum.merge(servers[1].sum()));
    let values = sum.values().into_iter().map(|value| value.expect("128 bits"));
    crate::mechanism::KnownKeys::of(query).iter().zip(values).collect()
}
