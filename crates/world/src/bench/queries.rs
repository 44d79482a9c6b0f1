//! Three queries, and the first once more with sparse keys: rates of hash maps and of the core, in one process, in turns.

use std::{hint::black_box, num::NonZeroUsize, time::Instant};

use super::{BenchError, Input, memory_peak_bytes, oracle, ours};

/// A query that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Count and sum by (region, kind, site).
    Totals,
    /// The same with exact distinct devices.
    Distinct,
    /// Counts of at most 8 groups a device and 4 reports in each, with discrete Laplace noise, from 50 on.
    Bounded,
    /// Count and sum, with sites as hashes of 64 bits.
    Sparse,
}

/// All of them with their names.
pub const QUERIES: [(&str, Question); 4] = [
    ("totals", Question::Totals),
    ("distinct", Question::Distinct),
    ("bounded", Question::Bounded),
    ("sparse", Question::Sparse),
];

impl Question {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        QUERIES.iter().find(|(_, question)| *question == self).map_or("", |(name, _)| *name)
    }
}

/// What an answer comes to: enough to see whether two programs agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answer {
    /// Groups.
    pub groups: u64,
    /// Reports that count.
    pub count: u64,
    /// Sum of their values.
    pub sum: i128,
    /// Distinct devices, added up over groups.
    pub devices: u64,
    /// Each group's totals, mixed and added up.
    pub mixed: u64,
}

impl Answer {
    /// Adds the totals of a group.
    pub(super) fn add(&mut self, count: u64, sum: i128, devices: u64) {
        self.groups += 1;
        self.count += count;
        self.sum += sum;
        self.devices += devices;
        let low = u64::try_from(sum).unwrap_or(u64::MAX);
        let mixed = count.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low.wrapping_mul(0xbf58_476d_1ce4_e5b9) ^ devices;
        self.mixed = self.mixed.wrapping_add((mixed ^ mixed >> 29).wrapping_mul(0x94d0_49bb_1331_11eb));
    }

    /// Both together, of different groups.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            groups: self.groups + other.groups,
            count: self.count + other.count,
            sum: self.sum + other.sum,
            devices: self.devices + other.devices,
            mixed: self.mixed.wrapping_add(other.mixed),
        }
    }
}

/// A rate in reports a second, or the ratio of two.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Median of the runs.
    pub median: f64,
    /// Slowest.
    pub least: f64,
    /// Fastest.
    pub most: f64,
}

impl Rate {
    /// The median, the least and the most of `values`; zero without any.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        let at = |place: Option<&f64>| place.copied().unwrap_or(0.0);
        Self { median: at(values.get(values.len() / 2)), least: at(values.first()), most: at(values.last()) }
    }
}

/// What was measured of one query.
#[derive(Debug, Clone)]
pub struct Timing {
    /// Hash maps, one thread.
    pub oracle: Rate,
    /// The core on each number of threads that was asked for.
    pub ours: Vec<(NonZeroUsize, Rate)>,
    /// The same as ratios to hash maps, run by run.
    pub to_oracle: Vec<Rate>,
    /// The same as ratios to the first number of threads, run by run.
    pub to_first: Vec<Rate>,
    /// What the core answered.
    pub answer: Answer,
    /// Bytes of the input.
    pub input_bytes: u64,
    /// Peak memory in bytes with the input and the core's answers, before hash maps took any.
    pub peak_bytes: u64,
}

/// Measures a query: `runs` times hash maps and the core on each number of `threads`, in turns, so that what else the
/// machine does falls on all of them.
///
/// # Errors
/// If the core refuses, or the two disagree.
pub fn measure_query(
    question: Question,
    input: &Input,
    threads: &[NonZeroUsize],
    runs: usize,
) -> Result<Timing, BenchError> {
    let hashes = if question == Question::Sparse { input.hashes() } else { Vec::new() };
    let first = threads.first().copied().unwrap_or(NonZeroUsize::MIN);
    let mut expected = ours::answer(question, input, &hashes, first)?;
    for &threads in threads {
        expected = ours::answer(question, input, &hashes, threads)?;
    }
    let peak_bytes = memory_peak_bytes()?;
    let mut times = vec![Vec::new(); threads.len() + 1];
    for _ in 0..runs {
        let start = Instant::now();
        let oracle = black_box(oracle::answer(question, input, &hashes));
        times[0].push(start.elapsed().as_secs_f64());
        for (place, &threads) in (1..).zip(threads) {
            let start = Instant::now();
            let ours = black_box(ours::answer(question, input, &hashes, threads)?);
            times[place].push(start.elapsed().as_secs_f64());
            if !agree(question, oracle, ours) || !agree(question, expected, ours) {
                return Err(BenchError::Disagreement { question: question.name(), oracle, ours });
            }
        }
    }
    // Hashes stand in the place of codes.
    let input_bytes = (input.bytes() + hashes.len() * 4) as u64;
    let (oracle, ours) = times.split_first().map_or((&[][..], &[][..]), |(first, rest)| (first.as_slice(), rest));
    let first = ours.first().map_or(&[][..], Vec::as_slice);
    Ok(Timing {
        oracle: rate(oracle, input.len()),
        ours: threads.iter().copied().zip(ours.iter().map(|times| rate(times, input.len()))).collect(),
        to_oracle: ours.iter().map(|times| times_faster(times, oracle)).collect(),
        to_first: ours.iter().map(|times| times_faster(times, first)).collect(),
        answer: expected,
        input_bytes,
        peak_bytes,
    })
}

/// Where contributions are bounded, each program chooses with hashes of its own and draws noise of its own: only how much
/// is kept must agree.
fn agree(question: Question, oracle: Answer, ours: Answer) -> bool {
    match question {
        Question::Bounded => oracle.devices == ours.devices,
        _ => oracle == ours,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a rough number")]
fn rate(times: &[f64], reports: usize) -> Rate {
    Rate::of(times.iter().map(|time| reports as f64 / time).collect())
}

/// How many times faster `times` are than `others`, run by run.
fn times_faster(times: &[f64], others: &[f64]) -> Rate {
    Rate::of(times.iter().zip(others).map(|(time, other)| other / time).collect())
}
