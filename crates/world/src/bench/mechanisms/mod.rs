//! What each mechanism costs: reports a second, bytes on the wire, and error against the truth.
//!
//! All answer the same: how many reports there are of each site; STAR, how many devices. A row begins with what a server receives (columns where a
//! mechanism takes reports as they are, otherwise reports one by one) and ends with what is published.

mod published;
mod upload;

use std::time::Instant;

use encoding::local::{RAPPOR_VALUES_MAX, VALUES_MAX};
use encoding::prio3::BUCKETS_MAX;
use model::{Keys, Mechanism, NoiseKind, Randomizer, Rappor, Ratio};

use super::{BenchError, Input, Rate, memory_peak_bytes, oracle};
use published::{Received, compare, query, truth};

/// Most groups of a device, where groups are bounded.
const GROUPS_PER_DEVICE_MAX: u32 = 8;
/// Most reports of a device in a group, where groups are bounded.
const REPORTS_PER_GROUP_MAX: u32 = 4;
/// Most reports of a device: as many where groups are not known.
const REPORTS_PER_DEVICE_MAX: u32 = GROUPS_PER_DEVICE_MAX * REPORTS_PER_GROUP_MAX;
/// Most reports that come in shares: both halves of their work are slow.
const SHARED_MAX: usize = 1_000;
/// Most reports that are sealed, for the same reason.
const SEALED_MAX: usize = 20_000;

/// A mechanism with its parameters, as one row of the table.
#[derive(Debug, Clone)]
pub struct Contender {
    /// Its name in the table; unique.
    pub name: String,
    /// What is measured.
    pub mechanism: Mechanism,
}

impl Contender {
    fn new(name: impl Into<String>, mechanism: Mechanism) -> Self {
        Self { name: name.into(), mechanism }
    }

    /// Most keys that it tells apart.
    #[must_use]
    pub const fn keys_max(&self) -> u32 {
        #[expect(clippy::cast_possible_truncation, reason = "both are far below 2^32")]
        match self.mechanism {
            Mechanism::Local { randomizer: Randomizer::Rappor(_), .. } => RAPPOR_VALUES_MAX as u32,
            Mechanism::Local { .. } => VALUES_MAX as u32,
            Mechanism::Prio3 { .. } => BUCKETS_MAX,
            _ => u32::MAX,
        }
    }

    /// Of so many reports, how many are measured. Prio3 is measured on a thousand at most, STAR on twenty thousand.
    #[must_use]
    pub fn reports(&self, available: usize) -> usize {
        match self.mechanism {
            Mechanism::Prio3 { .. } => available.min(SHARED_MAX),
            Mechanism::Star { .. } => available.min(SEALED_MAX),
            _ => available,
        }
    }
}

/// Every mechanism that is measured, in the order of the table.
///
/// The epsilon of central privacy and of Prio3 is what a device spends in a window, for at most 32 reports; discrete
/// Gaussian noise and the choice of keys nobody knows beforehand spend a delta of a millionth besides. That of a local
/// randomizer is spent with each report, of which 32 count at most.
#[must_use]
pub fn contenders() -> Vec<Contender> {
    let mut all = vec![
        Contender::new("exact", Mechanism::Exact),
        Contender::new("threshold 50", Mechanism::Threshold { devices_min: 50 }),
    ];
    let whole = |epsilon| Ratio::new(epsilon, 1).unwrap_or(Ratio::ONE);
    let tenth = Ratio::new(1, 10).unwrap_or(Ratio::ONE);
    let delta = Ratio::new(1, 1_000_000).unwrap_or(Ratio::ZERO);
    let laplace = |epsilon| central(epsilon, Ratio::ZERO, NoiseKind::Laplace, Keys::Known);
    all.extend(
        [tenth, whole(1), whole(10)].map(|epsilon| Contender::new(format!("central ε {epsilon}"), laplace(epsilon))),
    );
    let gaussian = central(whole(1), delta, NoiseKind::Gaussian, Keys::Known);
    let selected = central(whole(1), delta, NoiseKind::Laplace, Keys::Selected);
    all.push(Contender::new("central gaussian ε 1", gaussian));
    all.push(Contender::new("central selected ε 1", selected));
    for epsilon in [1, 4].map(whole) {
        let randomizers = [
            Randomizer::KAry { epsilon },
            Randomizer::Oue { epsilon },
            Randomizer::Olh { epsilon },
            Randomizer::Hadamard { epsilon },
        ];
        all.extend(randomizers.map(|by| Contender::new(format!("{} ε {epsilon}", by.name()), local(by))));
    }
    all.push(Contender::new("rappor", local(Randomizer::Rappor(rappor()))));
    let star = Mechanism::Star { devices_min: 50, messages_per_device_max: REPORTS_PER_DEVICE_MAX };
    all.push(Contender::new("star 50", star));
    all.extend([whole(1), whole(10)].map(|epsilon| {
        let mechanism = Mechanism::Prio3 { epsilon, reports_per_device_max: REPORTS_PER_DEVICE_MAX };
        Contender::new(format!("prio3 ε {epsilon}"), mechanism)
    }));
    all
}

const fn central(epsilon: Ratio, delta: Ratio, noise: NoiseKind, keys: Keys) -> Mechanism {
    Mechanism::Central {
        epsilon,
        delta,
        noise,
        keys,
        groups_per_device_max: GROUPS_PER_DEVICE_MAX,
        reports_per_group_max: REPORTS_PER_GROUP_MAX,
    }
}

const fn local(randomizer: Randomizer) -> Mechanism {
    Mechanism::Local { randomizer, reports_per_device_max: REPORTS_PER_DEVICE_MAX }
}

/// As Chrome had it (Erlingsson, Pihur and Korolova 2014, section 6.4), with as many cohorts as a small crowd can fill.
fn rappor() -> Rappor {
    let [f, p, q] = [(1, 2), (1, 2), (3, 4)].map(|(n, of)| Ratio::new(n, of).unwrap_or(Ratio::ZERO));
    Rappor { bits: 128, hashes: 2, cohorts: 16, f, p, q }
}

/// What one mechanism costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Reports that were measured.
    pub reports: usize,
    /// Reports a second, from what a server receives to the release.
    pub reports_per_s: Rate,
    /// Reports a second to those of hash maps, run by run. They count the same; devices too, where the mechanism is
    /// about groups of devices.
    pub to_oracle: Rate,
    /// Bytes read a second: of columns, or of reports as they are uploaded.
    pub bytes_per_s: f64,
    /// Bytes that a device uploads for a report, to all servers together, in batches of 1000.
    pub upload_bytes: f64,
    /// Peak memory of this process in bytes, before hash maps took any.
    pub peak_bytes: u64,
    /// Root of the mean square of published minus true counts, over all keys that occur; zero is what is not published.
    pub error: f64,
    /// The same, divided by the mean of true counts.
    pub error_relative: f64,
    /// Share of keys that occur and are not published.
    pub suppressed: f64,
}

/// Measures a mechanism on one thread, `runs` times beside hash maps, in turns.
///
/// # Errors
/// If the core refuses.
pub fn measure_mechanism(contender: &Contender, input: &Input, runs: usize) -> Result<Cost, BenchError> {
    let reports = contender.reports(input.len());
    let query = query(&contender.mechanism, input);
    let uploads = upload::uploads(&query, input, reports)?;
    let upload_bytes = upload::bytes_per_report(&uploads, &query, input, reports);
    let received = Received::new(uploads, input);
    let published = received.publish(&query)?;
    let peak_bytes = memory_peak_bytes()?;
    let by_device = matches!(contender.mechanism, Mechanism::Threshold { .. } | Mechanism::Central { .. });
    let (mut times, mut others) = (Vec::new(), Vec::new());
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        std::hint::black_box(oracle::by_site(input, by_device));
        others.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        received.publish(&query)?;
        times.push(start.elapsed().as_secs_f64());
    }
    let rate = |time: &f64| float(reports) / time;
    let oracle_rate = |time: &f64| float(input.len()) / time;
    let rates = Rate::of(times.iter().map(rate).collect());
    let (error, error_relative, suppressed) = compare(&truth(&query, input, reports), &published);
    let read = received.column_bytes().unwrap_or(upload_bytes);
    Ok(Cost {
        reports,
        reports_per_s: rates,
        to_oracle: Rate::of(times.iter().zip(&others).map(|(time, other)| rate(time) / oracle_rate(other)).collect()),
        bytes_per_s: read * rates.median,
        upload_bytes,
        peak_bytes,
        error,
        error_relative,
        suppressed,
    })
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn float(number: usize) -> f64 {
    number as f64
}
