//! What it costs to peel flows and to look for canaries in them.

#![allow(clippy::print_stdout)]

use std::{
    fmt::Write as _,
    hint::black_box,
    io::Write as _,
    time::{Duration, Instant},
};

use aho_corasick::AhoCorasick;
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

const CANARIES: u64 = 10_000;

/// Canaries of sixteen letters and digits.
fn canaries() -> Vec<String> {
    let word = |n: u64| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
    (1..=CANARIES).map(word).collect()
}

/// One protobuf field with a length of two bytes at most.
fn field(number: u8, inner: &[u8]) -> Vec<u8> {
    let low = u8::try_from(inner.len() & 0x7f).unwrap_or_default();
    let high = u8::try_from(inner.len() >> 7 & 0x7f).unwrap_or_default();
    [&[number << 3 | 2, low | 0x80, high], inner].concat()
}

/// Events as protobuf: each with a name, a URL and an identifier of sixteen bytes.
fn messages(count: usize) -> Vec<u8> {
    let event = |index: usize| {
        let url = format!("https://site{index}.example/path/{index}?q=terms+{index}");
        let id = (0..16).map(|byte: u8| byte.wrapping_mul(37) ^ 0xa5).collect::<Vec<u8>>();
        let parts = [field(1, b"page_load_event_finish"), field(2, url.as_bytes()), field(3, &id), vec![0x20, 0x96, 1]];
        field(1, &parts.concat())
    };
    (0..count).flat_map(event).collect()
}

/// Bodies as they leave devices: JSON, protobuf, JSON in base64, and the form of 2020, in which a part is compressed.
fn traffic() -> Vec<Vec<u8>> {
    let bodies = |n: usize| {
        let json = events(25 + n % 7);
        let base64 = BASE64.encode(events(20 + n % 5).as_bytes()).into_bytes();
        [form(&json), json.into_bytes(), messages(60 + n % 9), base64]
    };
    (0..64).flat_map(bodies).collect()
}

/// Best of several runs: whatever else runs on the machine only ever slows one down.
fn best(mut run: impl FnMut() -> usize) -> Duration {
    let time = |_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    };
    (0..7).map(time).min().unwrap_or_default()
}

fn rate(bytes: usize, time: Duration) -> f64 {
    u32::try_from(bytes).map_or(f64::NAN, f64::from) / time.as_secs_f64() / 1e9
}

/// What the memory yields at best: eight sums side by side over more than any cache holds.
fn read_memory(words: &[[u64; 8]]) -> usize {
    let sums = words.iter().fold([0_u64; 8], |mut sums, words| {
        sums.iter_mut().zip(words).for_each(|(sum, word)| *sum = sum.wrapping_add(*word));
        sums
    });
    usize::try_from(sums.iter().fold(0, |all, sum| all ^ sum) & 0xff).unwrap_or_default()
}

/// The search and the peel against one pass of Aho–Corasick over the same bytes, with 10 000 canaries.
fn against_aho_corasick(_: &mut Criterion) {
    let tokens = canaries();
    let (Ok(search), Ok(automaton)) =
        (Search::new(&tokens), AhoCorasick::builder().ascii_case_insensitive(true).build(&tokens))
    else {
        return;
    };
    let text = events(60_000).into_bytes();
    let pass = rate(text.len(), best(|| automaton.find_overlapping_iter(&text).count()));
    let own = rate(text.len(), best(|| search.places(&text).len()));
    let memory = vec![[1_u64; 8]; 2 << 20];
    let bandwidth = rate(memory.len() * 64, best(|| read_memory(&memory)));
    println!("Aho-Corasick over {} MB: {pass:.3} GB/s; reading memory: {bandwidth:.1} GB/s", text.len() / 1_000_000);
    println!("search: {own:.2} GB/s, {:.1} times Aho-Corasick, {:.2} of reading memory", own / pass, own / bandwidth);

    let bodies = traffic();
    let mut peeler = Peeler::default();
    let yielded: usize = bodies.iter().map(|body| peeler.peel_body(body).yielded()).sum();
    let compressed: usize = (0..64).map(|n| events(25 + n % 7).len()).sum();
    let peeled = rate(yielded, best(|| bodies.iter().map(|body| peeler.peel_body(body).yielded()).sum()));
    let both = rate(yielded, best(|| bodies.iter().map(|body| search.sight(&peeler.peel_body(body)).len()).sum()));
    let share = 100 * compressed / yielded;
    println!("peel: {peeled:.3} GB/s of what it yields, {share} % of it out of gzip");
    println!("peel and search: {both:.3} GB/s of what it yields, {:.1} times Aho-Corasick", both / pass);
}

criterion_group!(benches, peel, search, against_aho_corasick);
criterion_main!(benches);
