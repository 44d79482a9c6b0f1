//! The rows of `glasshouse bench queries`, on a tenth of the reports.

#![allow(clippy::print_stdout)]

use std::{hint::black_box, num::NonZeroUsize};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use model::Seed;
use world::bench::{Input, QUERIES, Question, Size, answer, measure_query, oracle_answer};

const SIZE: Size = Size { reports: 2_000_000, devices: 100_000, keys: 10_000 };

fn queries(c: &mut Criterion) {
    let Ok(input) = Input::generate(SIZE, &Seed::root(2020)) else { return };
    let hashes = input.hashes();
    let all = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut group = c.benchmark_group("queries");
    group.throughput(Throughput::Elements(input.len() as u64)).sample_size(10).sampling_mode(SamplingMode::Flat);
    for (name, question) in QUERIES {
        group.bench_function(BenchmarkId::new("hash maps", name), |b| {
            b.iter(|| oracle_answer(question, black_box(&input), &hashes));
        });
        for threads in [NonZeroUsize::MIN, all] {
            group.bench_function(BenchmarkId::new(format!("{threads} threads"), name), |b| {
                b.iter(|| answer(question, black_box(&input), &hashes, threads).map_err(Box::new));
            });
        }
        tell(name, question, &input, all);
    }
    group.finish();
}

fn tell(name: &str, question: Question, input: &Input, all: NonZeroUsize) {
    let Ok(timing) = measure_query(question, input, &[NonZeroUsize::MIN, all], 5) else { return };
    if let ([ratio, _], [_, scaling]) = (&timing.to_oracle[..], &timing.to_first[..]) {
        let (ratio, scaling) = (ratio.median, scaling.median);
        println!("{name}: {ratio:.2} times hash maps on one thread, {all} threads {scaling:.2} times one");
    }
}

criterion_group!(benches, queries);
criterion_main!(benches);
