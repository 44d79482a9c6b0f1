//! An aggregator on simulated TCP, to which two regions bring their windows.

use std::{
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

/// An aggregator of noisy counts, so that a release made twice would show.
fn aggregation() -> AggregationApi {
    let mechanism = Mechanism::Central {
        epsilon: "1/2".parse().expect("a ratio"),
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    };
    let domain = [("event".to_owned(), vec!["visit".to_owned()])].into();
    let config = AggregationConfig {
        queries: vec![model::Query { mechanism, domain, ..query() }],
        regions: ["sg", "ie"].map(|name| RegionId::new(name).expect("a name")).into(),
        budget: "1".parse().ok().map(|epsilon: Ratio| epsilon.into()),
        budget_covers: Default::default(),
        conduct: Default::default(),
        noise: Seed::root(7),
        limits: AggregationLimits::default(),
    };
    AggregationApi::new(config, scenario_clock())
}

fn partial(region: &str) -> Partial {
    Partial {
        query: QueryId::new("events").expect("a name"),
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

/// Two regions bring their windows, then an analyst asks for the release, twice. What each contribution's receipt says of
/// duplicates, and both releases.
#[derive(Debug, Default)]
struct Ended {
    duplicates: usize,
    releases: Vec<v1::Release>,
}

async fn contribute(region: &'static str, seed: u64) -> Result<v1::ContributeResponse, Status> {
    let patience = patience(seed);
    let channel = channel("aggregator", &patience);
    let messages: Vec<_> =
        parts(partial(region)).into_iter().map(|part| v1::ContributeRequest { part: Some(part) }).collect();
    let attempt = || {
        let mut request = Request::new(tokio_stream::iter(messages.clone()));
        driver().stamp(&mut request, next_day());
        let mut client = AggregationServiceClient::new(channel.clone());
        async move { client.contribute(request).await }
    };
    patience.call(attempt).await
}

async fn release(seed: u64) -> Result<v1::Release, Status> {
    let patience = patience(seed);
    let channel = channel("aggregator", &patience);
    let attempt = || {
        let message =
            v1::ReleaseRequest { query: "events".to_owned(), window: Some(day().into()), even_if_incomplete: false };
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
    let api = aggregation();
    sim.host("aggregator", move || {
        let api = api.clone();
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
            let answer = contribute(region, seed).await?;
            ended.lock().expect("no test panics here").duplicates += usize::from(answer.duplicate);
            Ok(())
        });
    }
    let noted = Arc::clone(&ended);
    sim.client("analyst", async move {
        for pause in [14_000, 4000] {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            let released = release(seed).await?;
            noted.lock().expect("no test panics here").releases.push(released);
        }
        Ok(())
    });
    play(&mut sim, timeline);
    drop(sim);
    Arc::into_inner(ended).expect("everybody left").into_inner().expect("no test panics here")
}

/// Both releases are the one that a calm network gives.
fn expect_the_same_release(timeline: &Timeline) -> usize {
    let calm = released(1, &vec![]).releases;
    assert_eq!(calm.len(), 2);
    let of_seed = |seed| {
        let ended = released(seed, timeline);
        assert!(ended.releases.iter().all(|release| *release == calm[0]), "seed {seed}: {:?}", ended.releases);
        assert_eq!(ended.releases.len(), 2, "seed {seed}");
        ended.duplicates
    };
    (1..=SEEDS).map(of_seed).sum()
}

#[test]
fn aggregator_that_restarts_between_accumulate_and_release_releases_the_same() {
    expect_the_same_release(&vec![(8000, Crash("aggregator")), (10_000, Start("aggregator"))]);
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
