//! What STAR costs, against the bare `sta-rs` crate on the same messages in the same run: a device's message, and the
//! release of a window.

#![allow(clippy::print_stdout)]

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use aggregation::{Accumulator, Ledger, Limits, release};
use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use data_encoding::BASE64;
use encoding::star::{self, FIELD, Randomness, Terms, local_randomness, seal};
use model::{Measure, Mechanism, Partial, Query, QueryId, RegionId, Report, Seed, Timestamp, Value, Window};
use rand_core::Rng as _;
use sta_rs::{MessageGenerator, SingleMeasurement, derive_ske_key, load_bytes, share_recover};

const MESSAGES: u64 = 20_000;
const SITES: u64 = 400;
const RUNS: u32 = 5;

fn query(devices_min: u32) -> Option<Query> {
    Some(Query {
        id: QueryId::new("sites").ok()?,
        events: Vec::new(),
        group_by: vec!["site".to_owned()],
        measure: Measure::Devices,
        window: model::Duration::DAY,
        regions: Vec::new(),
        mechanism: Mechanism::Star { devices_min, messages_per_device_max: 1 },
        domain: BTreeMap::new(),
    })
}

/// Sites whose popularity falls with the square of a uniform number, one for each device.
fn sites() -> Vec<String> {
    let mut stream = Seed::root(1).derive("sites").stream();
    let mut skewed = || {
        let uniform = u128::from(stream.next_u64());
        (((uniform * uniform) >> 64) * u128::from(SITES)) >> 64
    };
    (0..MESSAGES).map(|_| format!("site{}.example", skewed())).collect()
}

/// A window's messages, as a region hands them on, and as the crate takes them.
struct Crowd {
    query: Query,
    terms: Terms,
    partial: Partial,
    bare: Vec<sta_rs::Message>,
}

impl Crowd {
    fn new(devices_min: u32) -> Option<Self> {
        let query = query(devices_min)?;
        let window = Window::holding(Timestamp::from_millis(0), query.window);
        let terms = Terms::new(&query.id, window, devices_min)?;
        let mut accumulator = Accumulator::new(&query, window, &Seed::root(2), Limits::default());
        let mut bare = Vec::new();
        for (device, site) in (0..).zip(sites()) {
            let measurement = star::measurement([site.as_str()]);
            let randomness = local_randomness(&measurement, &terms);
            let message = seal(&measurement, &[], &terms, &randomness, &mut Seed::root(device).stream()).ok()?;
            let text = BASE64.encode(&message.to_bytes());
            let fields = [(FIELD.to_owned(), Value::Text(text))].into();
            let report = Report { event: "visit".to_owned(), time: window.start, device: None, fields };
            accumulator.push(&report).ok()?;
            bare.push(generate(&measurement, &terms)?);
        }
        let partial = accumulator.seal(&RegionId::new("eu").ok()?).ok()?;
        Some(Self { query, terms, partial, bare })
    }

    fn ours(&self) -> Option<usize> {
        Some(release(&self.query, &self.partial, &Seed::root(3), &mut Ledger::new(None)).ok()?.cells.len())
    }

    /// What the crate's own example of a server does: recover each tag, then open each message of it.
    fn bare(&self) -> Option<usize> {
        let mut tagged: BTreeMap<&[u8], Vec<&sta_rs::Message>> = BTreeMap::new();
        self.bare.iter().for_each(|message| tagged.entry(&message.tag).or_default().push(message));
        let mut counted: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let devices_min = usize::try_from(self.terms.devices_min()).ok()?;
        for messages in tagged.into_values().filter(|messages| messages.len() >= devices_min) {
            let shares: Vec<_> = messages.iter().map(|message| message.share.clone()).collect();
            let mut key = [0; 16];
            derive_ske_key(&share_recover(&shares).ok()?.get_message(), self.terms.epoch_bytes(), &mut key);
            for message in messages {
                let plain = message.ciphertext.decrypt(&key, "star_encrypt");
                *counted.entry(load_bytes(&plain)?.to_vec()).or_default() += 1;
            }
        }
        Some(counted.len())
    }
}

fn generate(measurement: &[u8], terms: &Terms) -> Option<sta_rs::Message> {
    let mut randomness = [0; 32];
    let measurement = SingleMeasurement::new(measurement);
    let generator = MessageGenerator::new(measurement, terms.devices_min(), terms.epoch_bytes());
    generator.sample_local_randomness(&mut randomness);
    sta_rs::Message::generate(&generator, &randomness, None).ok()
}

fn fastest(mut run: impl FnMut()) -> Duration {
    let time = |run: &mut dyn FnMut()| {
        let begin = Instant::now();
        run();
        begin.elapsed()
    };
    (0..RUNS).map(|_| time(&mut run)).min().unwrap_or_default()
}

fn releases(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("star/release");
    group.sampling_mode(SamplingMode::Flat).sample_size(10).throughput(Throughput::Elements(MESSAGES));
    for devices_min in [20, 50] {
        let Some(crowd) = Crowd::new(devices_min) else { return };
        assert_eq!(crowd.ours(), crowd.bare(), "both publish the same keys");
        let ours = fastest(|| _ = black_box(crowd.ours()));
        let bare = fastest(|| _ = black_box(crowd.bare()));
        println!(
            "star, k = {devices_min}: {MESSAGES} messages in {ours:.1?}, by sta-rs alone in {bare:.1?}: {:.2} times as fast",
            bare.as_secs_f64() / ours.as_secs_f64()
        );
        group.bench_function(format!("k = {devices_min}"), |bencher| bencher.iter(|| crowd.ours()));
        group.bench_function(format!("k = {devices_min}, sta-rs alone"), |bencher| bencher.iter(|| crowd.bare()));
    }
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("star/message");
    for devices_min in [20, 50] {
        let window = Window::holding(Timestamp::from_millis(0), model::Duration::DAY);
        let terms = query(devices_min).and_then(|query| Terms::new(&query.id, window, devices_min));
        let Some(terms) = terms else { return };
        let measurement = star::measurement(["news.example"]);
        let randomness: Randomness = local_randomness(&measurement, &terms);
        let mut chance = Seed::root(4).stream();
        group.bench_function(format!("k = {devices_min}"), |bencher| {
            bencher.iter(|| seal(&measurement, &[], &terms, &randomness, &mut chance));
        });
        group.bench_function(format!("k = {devices_min}, sta-rs alone"), |bencher| {
            bencher.iter(|| generate(&measurement, &terms));
        });
    }
    group.finish();
}

criterion_group!(benches, messages, releases);
criterion_main!(benches);
