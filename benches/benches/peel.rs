//! What it costs to peel flows and to look for canaries in them.

use std::{fmt::Write as _, hint::black_box, io::Write as _};

use auditor::{peel::Peeler, search::Search};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use data_encoding::BASE64;
use flate2::{Compression, write::GzEncoder};

/// Events as the analytics SDK of 2020 sent them.
fn events(count: usize) -> String {
    let mut text = String::from("[");
    for index in 0..count {
        let comma = if index > 0 { "," } else { "" };
        let _ = write!(
            text,
            r#"{comma}{{"event":"page_load_event_finish","time":158832721{index:04},"distinct_id":"5e1f0c2a9b7d4430",
            "properties":{{"url":"https://site{index}.example/path/{index}?q=terms+{index}","uuid":"5e1f0c2a9b7d4430",
            "miui_region":"IN","miui_version":"V11.0.3.0","language":"en","wifi":true,"network":"4G"}}}}"#
        );
    }
    text + "]"
}

/// A body of the form that was found: `data_list` is base64(gzip(JSON)).
fn form(json: &str) -> Vec<u8> {
    let mut to = GzEncoder::new(Vec::new(), Compression::fast());
    let written = to.write_all(json.as_bytes()).and_then(|()| to.finish());
    let data = BASE64.encode(&written.unwrap_or_default()).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("crc=1588327215&gzip=1&data_list={data}").into_bytes()
}

/// A body of about 1 KB with twenty-five events.
fn peel(c: &mut Criterion) {
    let json = events(25);
    let body = form(&json);
    let mut group = c.benchmark_group("peel");
    group.throughput(Throughput::Bytes((body.len() + json.len()) as u64));
    let mut peeler = Peeler::default();
    group.bench_function("form, base64, gzip, json", |b| b.iter(|| peeler.peel_body(black_box(&body))));
    group.bench_function("form, base64, gzip, json, and every leaf", |b| {
        b.iter(|| peeler.peel_body(black_box(&body)).leaves().map(|leaf| leaf.place().len()).sum::<usize>());
    });
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("json", |b| b.iter(|| peeler.peel_body(black_box(json.as_bytes()))));
    group.finish();
}

/// Looking for 1 000 canaries in what was peeled already.
fn search(c: &mut Criterion) {
    let tokens: Vec<String> =
        (0..1_000_u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let Ok(search) = Search::new(&tokens) else { return };
    let json = events(25);
    let clean = Peeler::default().peel_body(&form(&json));
    let leaking = Peeler::default().peel_body(&form(&json.replace("site7", &tokens[7])));
    let mut group = c.benchmark_group("search");
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("nothing to find", |b| b.iter(|| search.sight(black_box(&clean))));
    group.bench_function("one canary", |b| b.iter(|| search.sight(black_box(&leaking))));
    group.finish();
    c.bench_function("search/build for 1000 canaries", |b| {
        b.iter_batched(|| &tokens, |tokens| Search::new(tokens), BatchSize::SmallInput);
    });
}

criterion_group!(benches, peel, search);
criterion_main!(benches);
