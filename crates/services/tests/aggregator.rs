//! The aggregator through its generated client, in process.

mod stage;

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use aggregation::Conduct;
use model::{
    Duration, Keys, Measure, Mechanism, NoiseKind, Partial, Query, QueryId, Ratio, RegionId, Seed, Timestamp, Window,
    Withheld,
};
use protocol::{
    parts,
    status::reason,
    v1::{self, aggregation_service_client::AggregationServiceClient},
};
use services::{AggregationApi, AggregationConfig, AggregationError, AggregationLimits, Clock, stamp_peer};
use sha2::{Digest, Sha256};
use stage::{driver, token};
use tonic::{Code, Request, Status};

fn query(mechanism: Mechanism) -> Query {
    Query {
        id: QueryId::new("visits").expect("a name"),
        events: vec![],
        group_by: vec!["site".to_owned()],
        measure: Measure::Count,
        window: Duration::DAY,
        regions: vec![],
        mechanism,
        domain: [("site".to_owned(), vec!["a.example".to_owned(), "b.example".to_owned()])].into(),
    }
}

fn config(mechanism: Mechanism) -> AggregationConfig {
    AggregationConfig {
        queries: vec![query(mechanism)],
        regions: ["sg", "ru"].map(|name| RegionId::new(name).expect("a name")).into(),
        budget: "1".parse().ok().map(|epsilon: Ratio| epsilon.into()),
        budget_covers: Default::default(),
        conduct: Default::default(),
        noise: Seed::root(7),
        limits: AggregationLimits::default(),
    }
}

fn day() -> Window {
    Window::holding(Timestamp::from_millis(1_588_327_215_000), Duration::DAY)
}

fn partial(region: &str, count: u64) -> Partial {
    Partial {
        query: QueryId::new("visits").expect("a name"),
        window: day(),
        regions: vec![RegionId::new(region).expect("a name")],
        groups: vec![vec!["a.example".to_owned()]],
        counts: vec![count],
        sums: vec![0],
        devices: vec![count],
        responses: 0,
        shares: vec![],
    }
}

fn contribution(partial: Partial) -> Request<impl futures::Stream<Item = v1::ContributeRequest> + Send> {
    let messages = parts(partial).into_iter().map(|part| v1::ContributeRequest { part: Some(part) });
    Request::new(futures::stream::iter(messages.collect::<Vec<_>>()))
}

async fn contribute(api: &AggregationApi, partial: Partial) -> Result<v1::ContributeResponse, Status> {
    let mut client = AggregationServiceClient::new(api.service());
    Ok(client.contribute(contribution(partial)).await?.into_inner())
}

async fn release(api: &AggregationApi, even_if_incomplete: bool) -> Result<model::Release, Status> {
    let request = v1::ReleaseRequest { query: "visits".to_owned(), window: Some(day().into()), even_if_incomplete };
    let response = AggregationServiceClient::new(api.service()).release(request).await?.into_inner();
    Ok(response.release.expect("a release").try_into().expect("a release of the model"))
}

#[tokio::test]
async fn release_waits_for_every_region_and_stays_the_same() {
    let api = AggregationApi::new(config(Mechanism::Exact), Clock::Wall);
    let first = contribute(&api, partial("sg", 3)).await.expect("taken");
    assert_eq!((first.duplicate, first.missing), (false, vec!["ru".to_owned()]));

    let early = release(&api, false).await.expect_err("a region is missing");
    assert_eq!((early.code(), reason(&early)), (Code::FailedPrecondition, Some("regions-missing")));
    assert!(early.message().contains("ru is missing"), "{}", early.message());

    contribute(&api, partial("ru", 4)).await.expect("taken");
    let released = release(&api, false).await.expect("complete");
    assert_eq!(released.cells[0].value, 7);
    assert_eq!(released, release(&api, false).await.expect("the same again"));
}

#[tokio::test]
async fn contribution_is_taken_once_and_another_in_its_place_is_refused() {
    let api = AggregationApi::new(config(Mechanism::Exact), Clock::Wall);
    contribute(&api, partial("sg", 3)).await.expect("taken");
    assert!(contribute(&api, partial("sg", 3)).await.expect("the same").duplicate);
    let other = contribute(&api, partial("sg", 4)).await.expect_err("another");
    assert_eq!((other.code(), reason(&other)), (Code::AlreadyExists, Some("conflict")));

    release(&api, true).await.expect("published without ru");
    assert!(contribute(&api, partial("sg", 3)).await.expect("known even after it was published").duplicate);
    let other = contribute(&api, partial("sg", 4)).await.expect_err("another, after it was published");
    assert_eq!(reason(&other), Some("conflict"));
    let late = contribute(&api, partial("ru", 1)).await.expect_err("left out for good");
    assert_eq!((late.code(), reason(&late)), (Code::FailedPrecondition, Some("late")));
}

#[tokio::test]
async fn contribution_that_fits_no_query_is_refused() {
    let api = AggregationApi::new(config(Mechanism::Exact), Clock::Wall);
    let region = |names: &[&str]| names.iter().map(|name| RegionId::new(*name).expect("a name")).collect::<Vec<_>>();
    let shifted = Window { start: day().start.after(Duration::from_secs(1)), ..day() };
    let wide = vec![vec!["a.example".to_owned(), "b".to_owned()]];
    for (spoilt, expected) in [
        (Partial { query: QueryId::new("searches").expect("a name"), ..partial("sg", 1) }, "unknown-query"),
        (partial("mars", 1), "unknown-region"),
        (Partial { regions: region(&["ru", "sg"]), ..partial("sg", 1) }, "malformed-partial"),
        (Partial { window: shifted, ..partial("sg", 1) }, "other-window"),
        (Partial { groups: wide, ..partial("sg", 1) }, "malformed-partial"),
    ] {
        let error = contribute(&api, spoilt).await.expect_err(expected);
        assert_eq!(reason(&error), Some(expected), "{}", error.message());
    }
    let nothing = release(&api, true).await.expect_err("nothing was contributed");
    assert_eq!(reason(&nothing), Some("nothing-contributed"));
}

#[tokio::test]
async fn release_is_charged_to_the_budget_once() {
    let api = AggregationApi::new(config(central()), Clock::Wall);
    let mut client = AggregationServiceClient::new(api.service());
    let request = v1::RemainingRequest { region: "sg".to_owned(), time_ms: day().start.as_millis() };
    let mut left = async || {
        let response = client.remaining(request.clone()).await.expect("a known region").into_inner();
        response.epsilon.map(|epsilon| (epsilon.numerator, epsilon.denominator))
    };
    assert_eq!(left().await, Some((1, 1)));
    contribute(&api, partial("sg", 1)).await.expect("taken");
    release(&api, true).await.expect("released");
    assert_eq!(left().await, Some((1, 4)));
    release(&api, true).await.expect("the same again");
    assert_eq!(left().await, Some((1, 4)));
}

/// Noisy counts: the budget is enough for one release of a day and not for two.
fn central() -> Mechanism {
    Mechanism::Central {
        epsilon: "0.75".parse().expect("a ratio"),
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    }
}

/// Two such queries.
fn visits_and_searches() -> AggregationConfig {
    let mut config = config(central());
    config.queries.push(Query { id: searches(), ..query(central()) });
    config
}

fn searches() -> QueryId {
    QueryId::new("searches").expect("a name")
}

fn visits() -> QueryId {
    QueryId::new("visits").expect("a name")
}

/// `api` as it is after a crash: nothing but its stored form is left.
fn started_again(api: AggregationApi, config: AggregationConfig) -> AggregationApi {
    let stored = api.stored().expect("is in order");
    drop(api);
    AggregationApi::restored(config, Clock::Wall, &stored).expect("what it stored")
}

#[test]
fn aggregator_that_is_started_again_publishes_the_same_and_spends_no_budget_twice() {
    let more = || Partial { query: searches(), ..partial("sg", 2) };
    let fresh = AggregationApi::new(visits_and_searches(), Clock::Wall);
    fresh.contribute(more()).expect("taken");
    let spendthrift = fresh.release(&searches(), day(), true).expect("released");
    assert_eq!(spendthrift.cells.len(), 2, "without what was spent before there is enough");

    let api = AggregationApi::new(visits_and_searches(), Clock::Wall);
    api.contribute(partial("sg", 3)).expect("taken");
    let before = api.release(&visits(), day(), true).expect("released");
    api.contribute(more()).expect("taken");
    let api = started_again(api, visits_and_searches());

    assert_eq!(api.release(&visits(), day(), true).expect("published before"), before);
    assert!(api.contribute(partial("sg", 3)).expect("known").duplicate);
    let other = api.contribute(partial("sg", 4)).expect_err("another in its place");
    assert!(matches!(other, AggregationError::Conflict { .. }), "{other}");
    let left = api.remaining(&RegionId::new("sg").expect("a name"), day().start).expect("a region");
    assert_eq!(left.and_then(|left| left.epsilon), "1/4".parse().ok());

    assert!(api.contribute(more()).expect("still there").duplicate);
    let refused = api.release(&searches(), day(), true).expect("released");
    assert_eq!((refused.cells.len(), refused.withheld), (0, vec![(Withheld::Budget, 2)]));
}

#[test]
fn publications_that_differ_go_on_where_they_were() {
    let twice = Conduct { publications: 2.try_into().expect("is not zero"), ..Conduct::default() };
    let config = || AggregationConfig { conduct: [(visits(), twice)].into(), ..config(central()) };
    let release = |api: &AggregationApi| api.release(&visits(), day(), true).expect("released");
    let api = AggregationApi::new(config(), Clock::Wall);
    api.contribute(partial("sg", 1000)).expect("taken");
    let first = release(&api);
    let api = started_again(api, config());
    let second = release(&api);
    assert_ne!(second, first);
    assert_eq!(release(&started_again(api, config())), second, "there is no third");
}

#[test]
fn stored_state_that_is_damaged_or_of_something_else_is_refused() {
    let api = AggregationApi::new(config(central()), Clock::Wall);
    api.contribute(partial("sg", 3)).expect("taken");
    api.release(&visits(), day(), true).expect("released");
    let stored = String::from_utf8(api.stored().expect("is in order")).expect("text");
    let (heading, body) = stored.split_once('\n').expect("a heading");
    let sealed = |body: &str| {
        let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(body));
        format!("{}{digest}\n{body}", &heading[..heading.len() - digest.len()])
    };
    assert_eq!(sealed(body), stored);
    let cheaper = body.replacen("3/4", "1/4", 1);
    let overspent = sealed(&body.replacen("3/4", "5/4", 1));
    for (spoilt, expected) in [
        (String::new(), "stored state begins with ``, expected `glasshouse aggregator 1 sha256 ` and a digest"),
        ("{}".to_owned(), "stored state begins with `{}`, expected"),
        (stored[..stored.len() / 2].to_owned(), "stored state is damaged: its digest is "),
        (format!("{heading}\n{cheaper}"), "stored state is damaged: its digest is "),
        (overspent, "stored state cannot be read: epsilon 5/4 is asked of region sg"),
        (sealed("{\"windows\":[]}"), "stored state cannot be read: missing field `ledger`"),
    ] {
        let error = AggregationApi::restored(config(central()), Clock::Wall, spoilt.as_bytes()).expect_err(expected);
        assert!(error.to_string().starts_with(expected), "{error}");
    }
    let richer =
        AggregationConfig { budget: "2".parse().ok().map(|epsilon: Ratio| epsilon.into()), ..config(central()) };
    let error = AggregationApi::restored(richer, Clock::Wall, stored.as_bytes()).expect_err("another budget");
    assert!(error.to_string().starts_with("stored state has the budget"), "{error}");
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_answered_and_kept_when_it_is_asked_again() {
    let (disk, is_full) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(true)));
    let (written, full) = (Arc::clone(&disk), Arc::clone(&is_full));
    let api = AggregationApi::new(config(central()), Clock::Wall).with_storage(move |stored| {
        if full.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        *written.lock().expect("no test panics here") = stored.to_owned();
        Ok(())
    });
    let error = contribute(&api, partial("sg", 3)).await.expect_err("not kept");
    assert_eq!((error.code(), reason(&error)), (Code::Unavailable, Some("not-kept")), "{error}");
    is_full.store(false, Ordering::Relaxed);
    contribute(&api, partial("sg", 3)).await.expect("kept now");
    let started = || {
        let stored = disk.lock().expect("no test panics here").clone();
        AggregationApi::restored(config(central()), Clock::Wall, &stored).expect("what it stored")
    };
    assert!(started().contribute(partial("sg", 3)).expect("known").duplicate);

    is_full.store(true, Ordering::Relaxed);
    let error = release(&api, true).await.expect_err("not kept");
    assert_eq!(reason(&error), Some("not-kept"));
    is_full.store(false, Ordering::Relaxed);
    let released = release(&api, true).await.expect("kept now");
    assert_eq!(started().release(&visits(), day(), false).expect("published before"), released);
}

#[tokio::test]
async fn bounds_on_what_is_held_are_kept() {
    let mut small = config(Mechanism::Exact);
    small.limits = AggregationLimits { windows_max: 1, held_bytes_max: 200, ..AggregationLimits::default() };
    let api = AggregationApi::new(small, Clock::Wall);
    let long = Partial { groups: vec![vec!["x".repeat(300)]], ..partial("sg", 1) };
    let error = contribute(&api, long).await.expect_err("too much");
    assert_eq!((error.code(), reason(&error)), (Code::ResourceExhausted, Some("held-full")));
    contribute(&api, partial("sg", 1)).await.expect("fits");
    let next = Window { start: day().end, end: day().end.after(Duration::DAY) };
    let error = contribute(&api, Partial { window: next, ..partial("sg", 1) }).await.expect_err("one too many");
    assert_eq!((error.code(), reason(&error)), (Code::ResourceExhausted, Some("windows-full")));
}

#[tokio::test]
async fn only_the_driver_or_a_peer_contributes() {
    let now = day().end;
    let scenario = Clock::Scenario { credential: token("the-driver-of-the-world") };
    let api = AggregationApi::new(config(Mechanism::Exact), scenario);
    let refused = contribute(&api, partial("sg", 1)).await.expect_err("not the driver");
    assert_eq!((refused.code(), reason(&refused)), (Code::Unauthenticated, Some("no-driver")));
    let mut request = contribution(partial("sg", 1));
    driver().stamp(&mut request, now);
    AggregationServiceClient::new(api.service()).contribute(request).await.expect("the driver");

    let api = AggregationApi::new(config(Mechanism::Exact), Clock::Wall).with_peer(token("a-collector-of-ours"));
    let refused = contribute(&api, partial("sg", 1)).await.expect_err("no peer");
    assert_eq!((refused.code(), reason(&refused)), (Code::Unauthenticated, Some("no-token")));
    let mut request = contribution(partial("sg", 1));
    stamp_peer(&mut request, &token("a-collector-of-ours"));
    AggregationServiceClient::new(api.service()).contribute(request).await.expect("a peer");
}
