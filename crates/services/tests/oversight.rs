//! What an inspector sees of an aggregation, through the generated client, in process.

mod stage;

use aggregation::{Conduct, Counted, Noise};
use model::{
    Batch, Configuration, Keys, Measure, Mechanism, NoiseKind, Partial, Query, QueryId, Ratio, RegionId, Release, Seed,
    Window,
};
use protocol::v1::{self, oversight_service_client::OversightServiceClient};
use services::{AggregationApi, AggregationConfig, AggregationLimits, Clock, stamp_warrant};
use stage::{collection, noon, query, warrant};
use tonic::{Code, Request};

fn asked(mechanism: Mechanism) -> Query {
    let domain = [("event".to_owned(), vec!["visit".to_owned(), "search".to_owned()])].into();
    Query { mechanism, domain, measure: Measure::Count, ..query() }
}

fn central() -> Mechanism {
    let epsilon = "1/10".parse().expect("a ratio");
    Mechanism::Central {
        epsilon,
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    }
}

fn aggregator(mechanism: Mechanism, conduct: Conduct) -> AggregationApi {
    let config = AggregationConfig {
        queries: vec![asked(mechanism)],
        conduct: [(query().id, conduct)].into(),
        regions: vec![RegionId::new("sg").expect("a name")],
        budget: None,
        budget_covers: Default::default(),
        noise: Seed::root(7),
        limits: AggregationLimits::default(),
    };
    let api = AggregationApi::new(config, Clock::Wall).with_warrant(warrant());
    let partial = Partial {
        query: query().id,
        window: day(),
        regions: vec![RegionId::new("sg").expect("a name")],
        groups: ["search", "visit"].map(|event| vec![event.to_owned()]).into(),
        counts: vec![3, 40],
        sums: vec![0, 0],
        devices: vec![3, 1],
        responses: 0,
        shares: vec![],
    };
    api.contribute(partial).expect("a contribution");
    api
}

fn day() -> Window {
    Window::holding(noon(), model::Duration::DAY)
}

fn released(api: &AggregationApi) -> Release {
    api.release(&QueryId::new("events").expect("a name"), day(), false).expect("a release")
}

fn shown<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    stamp_warrant(&mut request, &warrant());
    request
}

async fn batches(api: &AggregationApi) -> Vec<Batch> {
    let mut client = OversightServiceClient::new(api.oversight_service());
    let mut answers = client.batches(shown(v1::BatchesRequest {})).await.expect("a warrant").into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await.expect("an answer") {
        all.extend(answer.batches.into_iter().map(|batch| Batch::try_from(batch).expect("a batch of the model")));
    }
    all
}

#[tokio::test]
async fn nobody_oversees_without_a_warrant() {
    let refused = |status: tonic::Status| assert_eq!(status.code(), Code::Unauthenticated);
    let api = aggregator(Mechanism::Exact, Conduct::default());
    let mut client = OversightServiceClient::new(api.oversight_service());
    refused(client.configurations(v1::ConfigurationsRequest {}).await.expect_err("no warrant"));
    refused(client.batches(v1::BatchesRequest {}).await.map(|_| ()).expect_err("no warrant"));
    let mut client = OversightServiceClient::new(collection().oversight_service());
    refused(client.configurations(v1::ConfigurationsRequest {}).await.expect_err("no warrant"));
}

#[tokio::test]
async fn parties_state_the_task_that_they_carry_out() {
    let stated = async |api: AggregationApi| {
        let mut client = OversightServiceClient::new(api.oversight_service());
        let answer = client.configurations(shown(v1::ConfigurationsRequest {})).await.expect("a warrant").into_inner();
        let [one] = answer.configurations.as_slice() else { panic!("one query: {answer:?}") };
        Configuration::try_from(one.clone()).expect("a configuration of the model")
    };
    let honest = stated(aggregator(central(), Conduct::default())).await;
    let dropping = stated(aggregator(central(), Conduct { noise: Noise::Dropped, ..Conduct::default() })).await;
    assert_eq!((honest.party.as_str(), honest.digest.len()), ("aggregator", 64));
    assert_ne!(honest.digest, dropping.digest);
    let mut client = OversightServiceClient::new(collection().oversight_service());
    let answer = client.configurations(shown(v1::ConfigurationsRequest {})).await.expect("a warrant").into_inner();
    assert_eq!(answer.configurations[0].party, "region sg");
    assert_eq!(answer.configurations[0].digest, aggregation::configuration_digest(&query()));
}

#[tokio::test]
async fn batches_tell_how_many_devices_stand_behind_what_was_published() {
    let threshold = Mechanism::Threshold { devices_min: 5 };
    let over_reports = Conduct { threshold_over: Counted::Reports, ..Conduct::default() };
    let api = aggregator(threshold.clone(), over_reports);
    assert_eq!(batches(&api).await, []);
    assert_eq!(released(&api).cells[0].value, 40);
    let [batch] = <[Batch; 1]>::try_from(batches(&api).await).expect("the published group alone");
    assert_eq!((batch.group, batch.reports, batch.devices), (vec!["visit".to_owned()], 40, 1));
    let honest = aggregator(threshold, Conduct::default());
    assert!(released(&honest).cells.is_empty() && batches(&honest).await.is_empty());
}

#[tokio::test]
async fn asking_again_gives_fresh_noise_as_often_as_the_conduct_says() {
    let conduct = Conduct { publications: 3.try_into().expect("not zero"), ..Conduct::default() };
    let api = aggregator(central(), conduct);
    let answers = [0; 5].map(|_| released(&api).cells);
    assert!(answers[0] != answers[1] && answers[1] != answers[2], "{answers:?}");
    assert!(answers[2] == answers[3] && answers[3] == answers[4], "{answers:?}");
    let honest = aggregator(central(), Conduct::default());
    assert_eq!(released(&honest), released(&honest));
}
