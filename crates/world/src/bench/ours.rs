//! The core's answers.

use std::{num::NonZeroUsize, thread};

use aggregation::{Accumulator, Columns, Limits, laplace::DiscreteLaplace};
use model::{Keys, Measure, Mechanism, NoiseKind, Query, QueryId, Ratio, Seed, Timestamp, Window};

use super::{
    Answer, BenchError, Input, Question,
    oracle::{GROUPS_PER_DEVICE, NOISE_SCALE, REPORTS_PER_GROUP, THRESHOLD},
};

/// Answers as the core does: each thread takes a slice of the reports in, and then parts of the devices.
///
/// # Errors
/// If the core refuses.
pub fn answer(question: Question, input: &Input, hashes: &[u64], threads: NonZeroUsize) -> Result<Answer, BenchError> {
    let by_device = matches!(question, Question::Distinct | Question::Bounded);
    let columns = input.columns(by_device, (question == Question::Sparse).then_some(hashes))?;
    let accumulator = accumulate(&query(question, input), &columns, threads)?;
    let totals = accumulator.totals(threads);
    let mut answer = Answer::default();
    match question {
        Question::Totals | Question::Sparse => totals.iter().for_each(|of| answer.add(of.count, of.sum, 1)),
        Question::Distinct => totals.iter().for_each(|of| answer.add(of.count, of.sum, of.devices)),
        Question::Bounded => {
            let counts: Vec<u64> =
                totals.iter().inspect(|of| answer.devices += of.devices).map(|of| of.count).collect();
            let published = publish(&counts, threads);
            answer = Answer { devices: answer.devices, ..published };
        }
    }
    Ok(answer)
}

/// Accumulates columns on several threads.
///
/// # Errors
/// If the core refuses.
pub(super) fn accumulate(
    query: &Query,
    columns: &Columns<'_>,
    threads: NonZeroUsize,
) -> Result<Accumulator, BenchError> {
    let shard = columns.len().div_ceil(threads.get()).max(1);
    let take = |start: usize| {
        let window = Window::holding(Timestamp::from_millis(0), query.window);
        let limits = Limits { rows_max: usize::MAX, groups_max: usize::MAX, ..Limits::default() };
        let mut accumulator = Accumulator::new(query, window, &Seed::root(1), limits);
        accumulator.push_columns(&columns.slice(start..start + shard)).map(|_| accumulator)
    };
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|place| scope.spawn(move || take(place * shard))).collect();
        let mut whole = take(0)?;
        for other in others {
            whole.merge(&other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)?;
        }
        Ok(whole)
    })
}

/// Noise on every group, and what is published from the threshold on. Groups are dealt out in equal pieces, each with a
/// stream of its own, so that noise is the same for any number of threads.
fn publish(counts: &[u64], threads: NonZeroUsize) -> Answer {
    const PIECE: usize = 1 << 14;
    let noise = DiscreteLaplace::new(Ratio::new(NOISE_SCALE, 1).unwrap_or(Ratio::ZERO));
    let piece = |place: usize| {
        let mut stream = Seed::root(2).nth(place as u64).stream();
        let mut published = Answer::default();
        for &count in counts.iter().skip(place * PIECE).take(PIECE) {
            let noisy = i128::from(count) + noise.sample(&mut stream);
            if noisy >= THRESHOLD {
                published.groups += 1;
                published.sum += noisy;
            }
        }
        Ok::<_, BenchError>(published)
    };
    let pieces = crate::pool::run(counts.len().div_ceil(PIECE), threads, piece).unwrap_or_default();
    pieces.into_iter().fold(Answer::default(), |all, of| Answer {
        groups: all.groups + of.groups,
        sum: all.sum + of.sum,
        ..all
    })
}

fn query(question: Question, input: &Input) -> Query {
    let sum = Measure::Sum { field: "value".to_owned(), min: 0, max: 999 };
    let mechanism = match question {
        Question::Bounded => Mechanism::Central {
            epsilon: Ratio::new(1, 1).unwrap_or(Ratio::ZERO),
            delta: Ratio::ZERO,
            noise: NoiseKind::Laplace,
            keys: Keys::Known,
            groups_per_device_max: GROUPS_PER_DEVICE,
            reports_per_group_max: REPORTS_PER_GROUP,
        },
        _ => Mechanism::Exact,
    };
    let measure = if question == Question::Bounded { Measure::Count } else { sum };
    query_of(measure, mechanism, input)
}

/// A query by region, kind and site.
pub(super) fn query_of(measure: Measure, mechanism: Mechanism, input: &Input) -> Query {
    let fields = ["region", "kind", "site"].map(str::to_owned);
    Query {
        id: QueryId::new("bench").unwrap_or_else(|error| unreachable!("a sound name: {error}")),
        events: Vec::new(),
        group_by: fields.to_vec(),
        measure,
        window: model::Duration::DAY,
        regions: Vec::new(),
        mechanism,
        domain: fields.into_iter().zip(input.texts.iter().cloned()).collect(),
    }
}
