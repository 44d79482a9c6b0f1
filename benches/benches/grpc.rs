//! What one admitted batch costs through the in-process gRPC path, against the collector called directly.
//!
//! The limit is the collector itself: whatever the path adds is messages copied into and out of their wire form.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use collector::{Collector, Config, Intake, Limits};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use encoding::{BodyChain, Form, Step};
use futures::executor::block_on;
use model::{Mechanism, Query, Report, Seed, Timestamp, Upload};
use protocol::v1::{UploadRequest, collection_service_client::CollectionServiceClient};
use services::{Clock, CollectionApi, Credential, Driver};

/// Batches after which a fresh collector takes over, so that both sides stay at the size of a busy hour.
const BATCHES: u64 = 10_000;
const REPORTS: usize = 5;

fn form() -> Form {
    let steps = vec![
        Step::Json,
        Step::Gzip,
        Step::Base64,
        Step::Form { field: "data_list".to_owned(), with: [].into(), crc: Some("crc".to_owned()) },
    ];
    Form { chain: BodyChain::new(steps).expect("a chain that begins with a source"), ..Form::default() }
}

fn config() -> Config {
    let query = Query {
        id: "visits".parse().expect("a name"),
        events: Vec::new(),
        group_by: vec!["event".to_owned()],
        measure: model::Measure::Count,
        window: model::Duration::DAY,
        regions: Vec::new(),
        mechanism: Mechanism::Exact,
        domain: [].into(),
    };
    Config {
        region: "sg".parse().expect("a name"),
        forms: vec![Intake { host: "t.vendor.example".parse().expect("a name"), path: "/sa".to_owned(), form: form() }],
        queries: vec![query],
        sampling: Seed::root(1),
        verification: Seed::root(9),
        limits: Limits::default(),
        keep_raw: false,
        operations: collector::Operations::default(),
        deduplicate: true,
    }
}

fn uploads() -> Vec<Upload> {
    let upload = |index: u64| {
        let report = |n: usize| Report {
            event: "page_load_event_finish".to_owned(),
            time: now(),
            device: Some(format!("device-{}", index % 1000)),
            fields: [("properties.url".to_owned(), format!("https://site{n}.example/{index}").into())].into(),
        };
        let reports: Vec<Report> = (0..REPORTS).map(report).collect();
        let body = form().encode(&reports, &mut Seed::root(index).stream()).expect("plain reports encode");
        Upload {
            method: "POST".to_owned(),
            authority: "t.vendor.example".to_owned(),
            path: "/sa?r=IN".to_owned(),
            headers: vec![("idempotency-key".to_owned(), format!("{index:016x}"))],
            body,
        }
    };
    (0..BATCHES).map(upload).collect()
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_588_327_215_000)
}

fn directly(uploads: &[Upload]) -> Duration {
    let mut collector = Collector::new(config()).expect("a sound configuration");
    let start = Instant::now();
    for upload in uploads {
        black_box(collector.admit_upload(upload, now())).expect("admitted");
    }
    start.elapsed()
}

fn by_grpc(uploads: &[Upload]) -> Duration {
    let credential = Credential::new("0123456789abcdef").expect("long enough");
    let driver = Driver::new(&credential);
    let api = CollectionApi::new(config(), Clock::Scenario { credential }).expect("a sound configuration");
    let mut client = CollectionServiceClient::new(api.service());
    let start = Instant::now();
    for upload in uploads {
        let request = driver.request(UploadRequest::from(upload.clone()), now());
        black_box(block_on(client.upload(request))).expect("admitted");
    }
    start.elapsed()
}

/// Time of `iterations` batches, in rounds that each begin with a fresh collector.
fn rounds(uploads: &[Upload], iterations: u64, round: fn(&[Upload]) -> Duration) -> Duration {
    let mut left = usize::try_from(iterations).unwrap_or(usize::MAX);
    let mut total = Duration::ZERO;
    while left > 0 {
        let batches = left.min(uploads.len());
        total += round(&uploads[..batches]);
        left -= batches;
    }
    total
}

fn one_batch(c: &mut Criterion) {
    let uploads = uploads();
    let mut group = c.benchmark_group("one admitted batch of 5 reports");
    group.throughput(Throughput::Elements(1)).sample_size(20);
    group.bench_function("collector alone", |b| b.iter_custom(|n| rounds(&uploads, n, directly)));
    group.bench_function("in-process gRPC", |b| b.iter_custom(|n| rounds(&uploads, n, by_grpc)));
    group.finish();
    let mut ratios = [0.0; 5].map(|_: f64| by_grpc(&uploads).as_secs_f64() / directly(&uploads).as_secs_f64());
    ratios.sort_by(f64::total_cmp);
    println!("a batch through in-process gRPC costs {:.2} times the collector alone (median of 5)", ratios[2]);
}

criterion_group!(benches, one_batch);
criterion_main!(benches);
