//! The flagship as a whole, on one thread and on two. The limit of the ratio is the number of cores.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{
    hint::black_box,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use scenario::Script;
use world::{Network, Options};

fn flagship() -> Script {
    let text = include_str!("../../sims/mi-browser-2020.toml");
    scenario::parse("mi-browser-2020.toml", text).expect("a shipped scenario has no mistakes")
}

fn play(script: &Script, threads: usize) -> Duration {
    let threads = NonZeroUsize::new(threads).unwrap_or(NonZeroUsize::MIN);
    let options = Options { seed: None, threads, network: Network::Glass, rulebooks: Vec::new() };
    let start = Instant::now();
    black_box(world::play(script, &options, &|_| ())).expect("the flagship plays to its end");
    start.elapsed()
}

fn whole(c: &mut Criterion) {
    let script = flagship();
    let mut group = c.benchmark_group("flagship");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for threads in [1, 2] {
        group.bench_function(format!("{threads} threads"), |b| b.iter(|| play(&script, threads)));
    }
    group.finish();
    let mut ratios = [0.0; 5].map(|_: f64| play(&script, 1).as_secs_f64() / play(&script, 2).as_secs_f64());
    ratios.sort_by(f64::total_cmp);
    println!("two threads are {:.2} times as fast as one (median of 5)", ratios[2]);
}

criterion_group!(benches, whole);
criterion_main!(benches);
