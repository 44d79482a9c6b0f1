//! The core's answers.

use std::{num::NonZeroUsize, thread};

use aggregation::{Accumulator, Columns, Limits, Total, laplace::DiscreteLaplace};
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
    // Numbers of groups are cut into equal pieces, the same for any number of threads.
    let pieces = totals.numbers().div_ceil(PIECE);
    let piece = |place: usize| {
        let from = u32::try_from(place).unwrap_or(u32::MAX).saturating_mul(PIECE);
        let totals = totals.iter_in(from..from.saturating_add(PIECE));
        Ok::<_, BenchError>(match question {
            Question::Bounded => publish(totals, place as u64),
            _ => {
                let mut answer = Answer::default();
                let devices = |of: &Total| if question == Question::Distinct { of.devices } else { 1 };
                totals.for_each(|of| answer.add(of.count, of.sum, devices(&of)));
                answer
            }
        })
    };
    let pieces = crate::pool::run(pieces as usize, threads, piece)?;
    Ok(pieces.into_iter().fold(Answer::default(), Answer::and))
}

/// Numbers of groups in a piece.
const PIECE: u32 = 1 << 16;

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
    let window = Window::holding(Timestamp::from_millis(0), query.window);
    let limits = Limits { rows_max: usize::MAX, groups_max: usize::MAX, ..Limits::default() };
    let empty = Accumulator::new(query, window, &Seed::root(1), limits);
    let take = |start: usize| {
        let mut accumulator = empty.clone();
        accumulator.push_columns(&columns.slice(start..start + shard)).map(|_| accumulator)
    };
    let take = &take;
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|place| scope.spawn(move || take(place * shard))).collect();
        let mut whole = take(0)?;
        for other in others {
            whole.merge(&other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?)?;
        }
        Ok(whole)
    })
}

/// Noise on every group of a piece, from a stream of its own, and what is published from the threshold on.
fn publish(totals: impl Iterator<Item = Total>, piece: u64) -> Answer {
    let noise = DiscreteLaplace::new(Ratio::new(NOISE_SCALE, 1).unwrap_or(Ratio::ZERO));
    let mut stream = Seed::root(2).nth(piece).stream();
    let mut answer = Answer::default();
    for of in totals {
        let noisy = i128::from(of.count) + noise.sample(&mut stream);
        answer.devices += of.devices;
        if noisy >= THRESHOLD {
            answer.groups += 1;
            answer.sum += noisy;
        }
    }
    answer
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
