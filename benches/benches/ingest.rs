//! What a collector takes in for each second of a core, from batches of 1000 reports over a loopback stream: read in place
//! as every collector reads them, against prost's codec in the same service.
//!
//! The collector runs in a process of its own, whose processor time alone counts. Its limits stand beside it: reading
//! alone, reading and admitting without a transport, and how fast memory can be read at all.

#![allow(clippy::print_stdout, reason = "a benchmark prints its ratios")]

use std::{
    env,
    hint::black_box,
    process::Command,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use criterion::{Criterion, Throughput, criterion_group};
use model::Timestamp;
use protocol::{BatchRef, v1::SubmitStreamRequest};
use world::ingest::{IngestError, Load, Messages, Native, admit_alone, measure, read_alone, serve};

/// Names the codec of the collector that this program is to be.
const ROLE: &str = "GLASSHOUSE_BENCH_INGEST";
/// Batches that come first and do not count: they fill the window's tables.
const WARM: u64 = 400;
const BATCHES: u64 = 2000;

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Reports for each second of a core.
fn taken_in(messages: &Messages, role: &str) -> Result<f64, IngestError> {
    let program = env::current_exe().map_err(|error| IngestError::Process(error.to_string()))?;
    let mut command = Command::new(program);
    command.env(ROLE, role);
    Ok(measure(command, messages, WARM, BATCHES)?.reports_per_core_second())
}

/// Bytes a second that one core reads from memory, to the mean of three passes.
fn bytes_read_per_second() -> f64 {
    let memory: Vec<u64> = vec![1; 32 << 20];
    let start = Instant::now();
    for _ in 0..3 {
        black_box(black_box(&memory).iter().fold(0, |sum: u64, word| sum.wrapping_add(*word)));
    }
    3.0 * f64::from(32_u32 << 23) / start.elapsed().as_secs_f64()
}

/// The middle of five, with the least and the most.
fn median(mut rate: impl FnMut() -> f64) -> [f64; 3] {
    let mut rates = [0.0; 5].map(|_: f64| rate());
    rates.sort_by(f64::total_cmp);
    [rates[2], rates[0], rates[4]]
}

fn print_ratios(messages: &Messages) -> Result<(), IngestError> {
    let millions = |name: &str, [middle, least, most]: [f64; 3]| {
        println!("{name}: {:.2} M reports/s ({:.2} to {:.2})", middle / 1e6, least / 1e6, most / 1e6);
    };
    let mut pairs = Vec::new();
    for _ in 0..5 {
        pairs.push((taken_in(messages, "in-place")?, taken_in(messages, "prost")?));
    }
    let pairs_of = |rate: fn(&(f64, f64)) -> f64| {
        let mut rates = pairs.iter();
        median(|| rates.next().map_or(0.0, rate))
    };
    millions("in place, for each second of a core", pairs_of(|pair| pair.0));
    millions("prost's codec, for each second of a core", pairs_of(|pair| pair.1));
    let [ratio, least, most] = pairs_of(|pair| pair.0 / pair.1);
    println!("ratio of the two: {ratio:.2} ({least:.2} to {most:.2}; five runs of each)");
    let alone = read_alone(messages, BATCHES)?.reports_per_core_second();
    millions("limit: read in place alone", [alone; 3]);
    let admitted = admit_alone(messages, WARM, BATCHES)?.reports_per_core_second();
    millions("limit: read in place and admitted, without transport", [admitted; 3]);
    let memory = bytes_read_per_second() / messages.bytes_per_report();
    millions("limit: memory that one core reads", [memory; 3]);
    Ok(())
}

fn one_message(c: &mut Criterion) {
    let messages = Messages::write(Load { messages: 1, ..Load::default() }, now());
    let Some(message) = messages.iter().next() else { return };
    let mut group = c.benchmark_group("a message of 1000 reports");
    group.throughput(Throughput::Elements(messages.reports() as u64)).sample_size(20);
    group.bench_function("read in place", |b| {
        b.iter(|| BatchRef::read(black_box(message)).map(|batch| batch.reports.len()))
    });
    group.bench_function("prost", |b| {
        b.iter(|| {
            <SubmitStreamRequest as prost::Message>::decode(black_box(message).as_ref()).map(|request| request.batch)
        });
    });
    group.finish();
}

criterion_group!(benches, one_message);

fn main() -> Result<(), IngestError> {
    match env::var(ROLE).as_deref() {
        Ok("prost") => serve(Native::Prost),
        Ok(_) => serve(Native::InPlace),
        Err(_) => {
            benches();
            print_ratios(&Messages::write(Load::default(), now()))
        }
    }
}
