//! Random worlds a second of one core, as `glasshouse storm` plays them: each twice, its examinations with all their twins
//! audited, and held against every invariant. Beside it in the same run, the same worlds played once and no more.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{hint::black_box, num::NonZeroUsize, time::Instant};

use criterion::{Criterion, criterion_group};
use storm::{
    engine,
    grammar::{self, World},
};

/// Worlds of one measurement, so many that the few large ones among them come to their share.
const WORLDS: u64 = 200;
/// Measurements of each kind.
const ROUNDS: usize = 5;

fn examined(world: &World) -> u64 {
    let examined = engine::examine(world, &engine::play);
    assert!(examined.violations.is_empty(), "seed {}: {:?}", world.seed, examined.violations);
    examined.activities
}

fn played_once(world: &World) {
    black_box(engine::play(&world.script, NonZeroUsize::MIN, None).is_ok());
}

/// Seconds that it takes to do that with every world.
fn seconds(worlds: &[World], mut each: impl FnMut(&World)) -> f64 {
    let start = Instant::now();
    worlds.iter().for_each(&mut each);
    start.elapsed().as_secs_f64()
}

/// The middle of all, with the least and the most.
fn median(mut values: Vec<f64>) -> [f64; 3] {
    values.sort_by(f64::total_cmp);
    [values[values.len() / 2], values[0], values[values.len() - 1]]
}

fn print_ratios() {
    let worlds: Vec<World> = (1..=WORLDS).map(|seed| grammar::draw(seed, &[])).collect();
    let mut activities = 0;
    let (mut rates, mut ratios) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        activities = 0;
        let whole = seconds(&worlds, |world| activities += examined(world));
        let once = seconds(&worlds, played_once);
        rates.push(WORLDS as f64 / whole);
        ratios.push(whole / once);
    }
    let [rate, least, most] = median(rates);
    println!("{WORLDS} worlds of {} activities: {rate:.1} worlds/s ({least:.1} to {most:.1})", activities / WORLDS);
    let [ratio, least, most] = median(ratios);
    println!(
        "with replay and invariants, of playing once: {ratio:.2} ({least:.2} to {most:.2}; {ROUNDS} runs of each)"
    );
}

fn one_world(c: &mut Criterion) {
    let world = grammar::draw(2, &[]);
    let mut group = c.benchmark_group("a world of the storm");
    group.sample_size(10);
    group.bench_function("drawn", |b| b.iter(|| grammar::draw(black_box(2), &[])));
    group.bench_function("played twice and held against every invariant", |b| b.iter(|| examined(black_box(&world))));
    group.bench_function("played once", |b| b.iter(|| played_once(black_box(&world))));
    group.finish();
}

criterion_group!(benches, one_world);

fn main() {
    benches();
    print_ratios();
}
