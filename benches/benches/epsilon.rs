//! What a lower bound on epsilon costs, and how near it comes: a million runs of the discrete Laplace mechanism over two
//! neighbouring crowds, and the bound from them. Expected: at epsilon 1 at least 0.9, in at most 10 s together.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{
    collections::BTreeMap,
    hint::black_box,
    time::{Duration, Instant},
};

use aggregation::laplace::DiscreteLaplace;
use auditor::epsilon::{Bound, bound};
use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use model::{Runs, Samples, Seed, Stream};

/// Runs over each of the two crowds, half of them for choosing the event.
const RUNS: u64 = 1_000_000;
/// Chance that an honest mechanism is accused.
const ALPHA: f64 = 1e-6;

fn runs(count: u64, noise: &DiscreteLaplace, chance: &mut Stream) -> Runs {
    let mut side = |centre: i64| {
        let mut counted: BTreeMap<i64, u64> = BTreeMap::new();
        for _ in 0..count {
            let drawn = i64::try_from(noise.sample(chance)).unwrap_or(i64::MAX);
            *counted.entry(centre.saturating_add(drawn)).or_default() += 1;
        }
        counted.into_iter().collect()
    };
    Runs { with: side(4), without: side(3) }
}

/// Samples of noise that spends `spent`.
fn samples(count: u64, spent: &str, seed: u64) -> Samples {
    let epsilon = spent.parse().expect("a ratio");
    let noise = DiscreteLaplace::for_sensitivity(1, epsilon).expect("a scale");
    let mut chance = Seed::root(seed).derive("epsilon bench").stream();
    let (choosing, testing) = (runs(count / 2, &noise, &mut chance), runs(count / 2, &noise, &mut chance));
    Samples { query: "q".parse().expect("a name"), epsilon, choosing, testing }
}

fn whole(seed: u64) -> (Bound, Duration) {
    let start = Instant::now();
    let found = bound(&samples(RUNS, "1", seed), ALPHA).expect("there are runs");
    (found, start.elapsed())
}

fn bounds(c: &mut Criterion) {
    let mut group = c.benchmark_group("epsilon");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.bench_function("a million runs and their bound", |b| b.iter(|| black_box(whole(7))));
    let known = samples(RUNS, "1", 7);
    group.bench_function("the bound alone", |b| b.iter(|| black_box(bound(&known, ALPHA))));
    group.finish();
    let (found, took) = whole(7);
    println!("epsilon 1: at least {:.3}, by {RUNS} runs in {took:.2?}", found.epsilon);
    let trials = 1_000;
    let convicted =
        (0..trials).filter(|&seed| bound(&samples(4_000, "3/2", seed), ALPHA).is_some_and(|b| b.epsilon > 1.0));
    println!("epsilon 3/2 where 1 is claimed: found in {} of {trials} cases, by 4000 runs each", convicted.count());
}

criterion_group!(benches, bounds);
criterion_main!(benches);
