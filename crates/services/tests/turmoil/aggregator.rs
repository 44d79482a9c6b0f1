//! An aggregator on simulated TCP, to which two regions bring their windows.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use model::{Keys, Mechanism, NoiseKind, Partial, QueryId, Ratio, RegionId, Seed, Timestamp, Window};
use protocol::{
    parts,
    v1::{self, aggregation_service_client::AggregationServiceClient},
};
use services::{AggregationApi, AggregationConfig, AggregationLimits, Which, serve_on};
use tonic::{Code, Request, Status};

use crate::{
    hardship::{
        Hardship::{Crash, Lossy, Mend, PartOneWay, Start},
        Timeline, play,
    },
    stage::{driver, noon, query, scenario_clock},
    town::{SEEDS, Simulated, channel, network, patience, serve_options},
};

fn day() -> Window {
    Window::holding(noon(), model::Duration::DAY)
}

/// When the day may be released.
fn next_day() -> Timestamp {
    day().end
}

/// What outlives a crash of the aggregator's host.
type Disk = Arc<Mutex<Option<Vec<u8>>>>;

/// Noisy counts, so that a release made twice would show.
fn central(epsilon: &str) -> Mechanism {
    Mechanism::Central {
        epsilon: epsilon.parse().expect("a ratio"),
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    }
}

/// An aggregator as its host starts it: with what is on `disk`, where it keeps what happens from then on. The budget is
/// enough for either query and not for both.
fn aggregation(disk: &Disk) -> AggregationApi {
    let domain: BTreeMap<_, _> = [("event".to_owned(), vec!["visit".to_owned()])].into();
    let asks = |id: &str, epsilon| model::Query {
        id: name(id),
        mechanism: central(epsilon),
        domain: domain.clone(),
        ..query()
    };
    let config = AggregationConfig {
        queries: vec![asks("events", "1/2"), asks("more", "3/4")],
        regions: ["sg", "ie"].map(|name| RegionId::new(name).expect("a name")).into(),
        budget: "1".parse().ok().map(|epsilon: Ratio| epsilon.into()),
        budget_covers: Default::default(),
        conduct: Default::default(),
        noise: Seed::root(7),
        limits: AggregationLimits::default(),
    };
    let stored = disk.lock().expect("no test panics here").clone();
    let api = match stored {
        Some(stored) => AggregationApi::restored(config, scenario_clock(), &stored).expect("what it stored"),
        None => AggregationApi::new(config, scenario_clock()),
    };
    let disk = Arc::clone(disk);
    api.with_storage(move |stored| {
        *disk.lock().expect("no test panics here") = Some(stored.to_owned());
        Ok(())
    })
}

fn name(query: &str) -> QueryId {
    QueryId::new(query).expect("a name")
}

fn partial(query: &str, region: &str) -> Partial {
    Partial {
        query: name(query),
        window: day(),
        regions: vec![RegionId::new(region).expect("a name")],
        groups: vec![vec!["visit".to_owned()]],
        counts: vec![1000],
        sums: vec![0],
        devices: vec![1000],
        responses: 0,
        shares: vec![],
    }
}

/// What the analyst asks for, each after a pause in milliseconds.
const ASKED: [(u64, &str); 3] = [(14_000, "events"), (4000, "events"), (0, "more")];

/// Two regions bring their windows, then an analyst asks for one release twice and for another. What each contribution's
/// receipt says of duplicates, and what was released.
#[derive(Debug, Default)]
struct Ended {
    duplicates: usize,
    releases: Vec<v1::Release>,
}

async fn contribute(query: &str, region: &str, seed: u64) -> Result<v1::ContributeResponse, Status> {
    let patience = patience(seed);
    let channel = channel("aggregator", &patience);
    let messages: Vec<_> =
        parts(partial(query, region)).into_iter().map(|part| v1::ContributeRequest { part: Some(part) }).collect();
    let attempt = || {
        let mut request = Request::new(tokio_stream::iter(messages.clone()));
        driver().stamp(&mut request, next_day());
        let mut client = AggregationServiceClient::new(channel.clone());
        async move { client.contribute(request).await }
    };
    patience.call(attempt).await
}

async fn release(query: &str, seed: u64) -> Result<v1::Release, Status> {
    let patience = patience(seed);
    let channel = channel("aggregator", &patience);
    let attempt = || {
        let message =
            v1::ReleaseRequest { query: query.to_owned(), window: Some(day().into()), even_if_incomplete: false };
        let mut client = AggregationServiceClient::new(channel.clone());
        let request = driver().request(message, next_day());
        async move { client.release(request).await }
    };
    loop {
        match patience.call(attempt).await {
            // A region is missing: that is no trouble of the network, and repeating at once is of no use.
            Err(status) if status.code() == Code::FailedPrecondition => {
                tokio::time::sleep(Duration::from_secs(5)).await
            }
            answer => return Ok(answer?.release.expect("a release")),
        }
    }
}

fn released(seed: u64, timeline: &Timeline) -> Ended {
    let mut sim = network(seed, (5, 50)).build();
    let disk = Disk::default();
    sim.host("aggregator", move || {
        let api = aggregation(&disk);
        async move {
            let listener = Simulated::bind().await?;
            serve_on(listener, Which::Aggregator(api), serve_options(), std::future::pending()).await?;
            Ok(())
        }
    });
    let ended = Arc::new(Mutex::new(Ended::default()));
    for region in ["sg", "ie"] {
        let ended = Arc::clone(&ended);
        sim.client(region, async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            for query in ["events", "more"] {
                let answer = contribute(query, region, seed).await?;
                ended.lock().expect("no test panics here").duplicates += usize::from(answer.duplicate);
            }
            Ok(())
        });
    }
    let noted = Arc::clone(&ended);
    sim.client("analyst", async move {
        for (pause, query) in ASKED {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let released = release(query, seed).await?;
            noted.lock().expect("no test panics here").releases.push(released);
        }
        Ok(())
    });
    play(&mut sim, timeline);
    drop(sim);
    Arc::into_inner(ended).expect("everybody left").into_inner().expect("no test panics here")
}

/// The releases are those that a calm network gives: one twice the same, and one for which the budget is not enough.
fn expect_the_same_release(timeline: &Timeline) -> usize {
    let calm = released(1, &vec![]).releases;
    assert_eq!(calm.len(), ASKED.len());
    assert_eq!((&calm[0], calm[0].cells.len()), (&calm[1], 1));
    assert!(calm[2].cells.is_empty() && calm[2].withheld.len() == 1, "{:?}", calm[2]);
    let of_seed = |seed| {
        let ended = released(seed, timeline);
        assert_eq!(ended.releases, calm, "seed {seed}");
        ended.duplicates
    };
    (1..=SEEDS).map(of_seed).sum()
}

#[test]
fn aggregator_that_restarts_between_accumulate_and_release_releases_the_same() {
    expect_the_same_release(&vec![(8000, Crash("aggregator")), (10_000, Start("aggregator"))]);
}

#[test]
fn aggregator_that_restarts_after_a_release_releases_the_same_and_overspends_nothing() {
    expect_the_same_release(&vec![(15_500, Crash("aggregator")), (17_000, Start("aggregator"))]);
}

#[test]
fn release_whose_answer_was_lost_is_the_same_when_asked_again() {
    let timeline = vec![(13_000, PartOneWay("aggregator", "analyst")), (17_000, Mend("aggregator", "analyst"))];
    expect_the_same_release(&timeline);
}

#[test]
fn contribution_whose_answer_was_lost_is_taken_once() {
    let timeline = vec![
        (500, PartOneWay("aggregator", "sg")),
        // The connection stood; its answers are lost until the way is whole again.
        (7000, Mend("aggregator", "sg")),
    ];
    expect_the_same_release(&timeline);
}

#[test]
fn contributions_cut_off_by_crashes_are_whole_or_nothing() {
    let crash = |number: u64| [(550 + number * 90, Crash("aggregator")), (580 + number * 90, Start("aggregator"))];
    expect_the_same_release(&(0..20).flat_map(crash).collect());
}

#[test]
fn contributions_over_connections_that_break_at_random_are_taken_once() {
    expect_the_same_release(&vec![(0, Lossy(30)), (10_000, Lossy(0))]);
}
