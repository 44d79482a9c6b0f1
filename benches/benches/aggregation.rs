//! What it costs to accumulate, seal and release a million reports, against hash maps that borrow every key.

#![allow(clippy::print_stdout)]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aggregation::{Accumulator, Ledger, Limits, release};
use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use hashbrown::{HashMap, HashSet};
use model::{
    Keys, Measure, Mechanism, NoiseKind, Query, QueryId, Ratio, RegionId, Report, Seed, Timestamp, Value, Window,
};
use rand_core::Rng as _;

const REPORTS: u64 = 1_000_000;
const DEVICES: u64 = 100_000;
const SITES: u64 = 1_000;
const COUNTRIES: [&str; 4] = ["IN", "RU", "SG", "ES"];
const GROUPS_PER_DEVICE: usize = 8;
const REPORTS_PER_GROUP: usize = 4;

/// Visits whose devices and sites crowd towards the low numbers, by the square of a uniform number.
fn reports() -> Vec<Report> {
    let mut stream = Seed::root(1).derive("reports").stream();
    let mut skewed = |most: u64| {
        let uniform = u128::from(stream.next_u64());
        u64::try_from((((uniform * uniform) >> 64) * u128::from(most)) >> 64).unwrap_or(0)
    };
    let mut report = |_| {
        let (device, site, value) = (skewed(DEVICES), skewed(SITES), skewed(1_000));
        let fields = [
            ("country", Value::from(COUNTRIES[usize::try_from(device % 4).unwrap_or(0)])),
            ("value", Value::from(i64::try_from(value).unwrap_or(0))),
            ("site", Value::from(format!("site{site}.example"))),
        ];
        Report {
            event: "visit".to_owned(),
            time: Timestamp::from_millis(1),
            device: Some(format!("{device:016x}")),
            fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    };
    (0..REPORTS).map(&mut report).collect()
}

fn query(mechanism: Mechanism) -> Option<Query> {
    let sites = (0..SITES).map(|site| format!("site{site}.example")).collect();
    let countries = COUNTRIES.map(str::to_owned).to_vec();
    Some(Query {
        id: QueryId::new("bench").ok()?,
        events: vec!["visit".to_owned()],
        group_by: vec!["site".to_owned(), "country".to_owned()],
        measure: Measure::Sum { field: "value".to_owned(), min: 0, max: 500 },
        window: model::Duration::DAY,
        regions: Vec::new(),
        mechanism,
        domain: [("site".to_owned(), sites), ("country".to_owned(), countries)].into(),
    })
}

/// The way from reports to a release; gives the number of cells.
fn ours(query: &Query, reports: &[Report]) -> Option<usize> {
    let seed = Seed::root(2);
    let window = Window::holding(Timestamp::from_millis(1), query.window);
    let mut accumulator = Accumulator::new(query, window, &seed, Limits::default());
    for report in reports {
        accumulator.push(report).ok()?;
    }
    let partial = accumulator.seal(&RegionId::new("sg").ok()?).ok()?;
    Some(release(query, &partial, &seed, &mut Ledger::new(None)).ok()?.cells.len())
}

type Group<'a> = (&'a str, &'a str);

/// Group, device and clamped value of a visit.
fn read(report: &Report) -> Option<(Group<'_>, &str, i64)> {
    match (&report.fields.get("site")?, &report.fields.get("country")?, &report.fields.get("value")?) {
        (Value::Text(site), Value::Text(country), Value::Number(value)) => {
            Some(((site, country), report.device.as_deref()?, *value.clamp(&0, &500)))
        }
        _ => None,
    }
}

/// Count, sum and distinct devices of each group, one hash set for each group; sorted.
fn oracle_exact(reports: &[Report]) -> usize {
    let mut groups: HashMap<Group<'_>, (u64, i64, HashSet<&str>)> = HashMap::new();
    for (group, device, value) in reports.iter().filter_map(read) {
        let total = groups.entry(group).or_default();
        total.0 += 1;
        total.1 += value;
        total.2.insert(device);
    }
    let mut cells: Vec<_> =
        groups.into_iter().map(|(group, (count, sum, seen))| (group, count, sum, seen.len())).collect();
    cells.sort_unstable();
    black_box(cells).len()
}

/// The same with contributions bounded to what comes first: no seeded choice and no noise, which flatters the oracle.
fn oracle_bounded(reports: &[Report]) -> usize {
    let mut devices: HashMap<&str, HashMap<Group<'_>, (usize, i64)>> = HashMap::new();
    for (group, device, value) in reports.iter().filter_map(read) {
        let kept = devices.entry(device).or_default();
        if kept.len() < GROUPS_PER_DEVICE || kept.contains_key(&group) {
            let total = kept.entry(group).or_default();
            if total.0 < REPORTS_PER_GROUP {
                *total = (total.0 + 1, total.1 + value);
            }
        }
    }
    let mut groups: HashMap<Group<'_>, (usize, i64, u64)> = HashMap::new();
    for (group, (count, sum)) in devices.into_values().flatten() {
        let total = groups.entry(group).or_default();
        *total = (total.0 + count, total.1 + sum, total.2 + 1);
    }
    let mut cells: Vec<_> = groups.into_iter().collect();
    cells.sort_unstable();
    black_box(cells).len()
}

/// Median time of five runs.
fn median(mut run: impl FnMut() -> usize) -> Duration {
    let mut times = [Duration::ZERO; 5].map(|_| {
        let start = Instant::now();
        black_box(run());
        start.elapsed()
    });
    times.sort_unstable();
    times[2]
}

fn a_million_reports(c: &mut Criterion) {
    let reports = reports();
    let central = Ratio::new(1, 1).map(|epsilon| Mechanism::Central {
        epsilon,
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 8,
        reports_per_group_max: 4,
    });
    let mut group = c.benchmark_group("accumulate, seal and release");
    group.throughput(Throughput::Elements(REPORTS)).sample_size(10).sampling_mode(SamplingMode::Flat);
    for mechanism in [Some(Mechanism::Exact), Some(Mechanism::Threshold { devices_min: 50 }), central] {
        let Some(query) = mechanism.and_then(query) else { continue };
        let name = query.mechanism.name();
        let oracle = if name == "central" { oracle_bounded } else { oracle_exact };
        group.bench_function(BenchmarkId::new("ours", name), |b| b.iter(|| ours(&query, black_box(&reports))));
        group.bench_function(BenchmarkId::new("hash maps", name), |b| b.iter(|| oracle(black_box(&reports))));
        let cells = ours(&query, &reports);
        let (own, other) = (median(|| ours(&query, &reports).unwrap_or(0)), median(|| oracle(&reports)));
        let ratio = other.as_secs_f64() / own.as_secs_f64();
        let [own, other] = [own, other].map(|time| time.as_millis());
        println!("{name}: {own} ms against {other} ms of hash maps, ratio {ratio:.2}; {} cells", cells.unwrap_or(0));
    }
    group.finish();
}

criterion_group!(benches, a_million_reports);
criterion_main!(benches);
