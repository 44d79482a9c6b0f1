//! What each mechanism costs: reports a second, bytes on the wire, and error against the truth.

use std::{collections::BTreeMap, num::NonZeroUsize, time::Instant};

use aggregation::{Ledger, release};
use model::{
    GroupKey, Keys, Measure, Mechanism, NoiseKind, Ratio, RegionId, Release, Report, ReportBatch, Seed, Timestamp,
    Value,
};
use prost::Message as _;

use super::{BenchError, Input, ours};

/// A mechanism with its parameters, as one row of the table.
#[derive(Debug, Clone)]
pub struct Contender {
    /// Its name in the table; unique.
    pub name: String,
    /// What is measured.
    pub mechanism: Mechanism,
}

/// Every mechanism that is measured, in the order of the table. Whatever comes through [`aggregation::release`] is one
/// entry here.
#[must_use]
pub fn contenders() -> Vec<Contender> {
    let mut all = vec![
        Contender { name: "exact".to_owned(), mechanism: Mechanism::Exact },
        Contender { name: "threshold 50".to_owned(), mechanism: Mechanism::Threshold { devices_min: 50 } },
    ];
    all.extend([(1, 10), (1, 1), (10, 1)].into_iter().filter_map(|(numerator, denominator)| {
        let epsilon = Ratio::new(numerator, denominator)?;
        let mechanism = Mechanism::Central {
            epsilon,
            delta: Ratio::ZERO,
            noise: NoiseKind::Laplace,
            keys: Keys::Known,
            groups_per_device_max: 8,
            reports_per_group_max: 4,
        };
        Some(Contender { name: format!("central ε {epsilon}"), mechanism })
    }));
    all
}

/// What one mechanism costs.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Reports a second, from columns to the release.
    pub reports_per_s: f64,
    /// Bytes of columns read a second.
    pub bytes_per_s: f64,
    /// Bytes that a device uploads for a report, in batches of 1000.
    pub upload_bytes: f64,
    /// Root of the mean square of published minus true counts, over all keys that occur; zero is what is not published.
    pub error: f64,
    /// The same, divided by the mean of true counts.
    pub error_relative: f64,
    /// Share of keys that occur and are not published.
    pub suppressed: f64,
}

/// Measures a mechanism: counts by (region, kind, site), from columns to what is published, the median of `runs`.
///
/// # Errors
/// If the core refuses.
pub fn measure_mechanism(
    contender: &Contender,
    input: &Input,
    threads: NonZeroUsize,
    runs: usize,
) -> Result<Cost, BenchError> {
    let query = ours::query_of(Measure::Count, contender.mechanism.clone(), input);
    let columns = input.columns(contender.mechanism != Mechanism::Exact, None)?;
    let region = RegionId::new("bench").unwrap_or_else(|error| unreachable!("a sound name: {error}"));
    let (mut times, mut published) = (Vec::new(), None);
    for _ in 0..runs.max(1) {
        let start = Instant::now();
        let partial = ours::accumulate(&query, &columns, threads)?.seal(&region)?;
        published = Some(release(&query, &partial, &Seed::root(3), &mut Ledger::new(None))?);
        times.push(start.elapsed().as_secs_f64());
    }
    times.sort_unstable_by(f64::total_cmp);
    let time = times[times.len() / 2];
    let truth = truth(input)?;
    let (error, error_relative, suppressed) = published.map_or((0.0, 0.0, 0.0), |release| compare(&truth, &release));
    Ok(Cost {
        reports_per_s: float(input.len()) / time,
        bytes_per_s: float(input.bytes()) / time,
        upload_bytes: upload_bytes(input),
        error,
        error_relative,
        suppressed,
    })
}

/// True counts.
fn truth(input: &Input) -> Result<BTreeMap<GroupKey, i64>, BenchError> {
    let query = ours::query_of(Measure::Count, Mechanism::Exact, input);
    let accumulator = ours::accumulate(&query, &input.columns(false, None)?, NonZeroUsize::MIN)?;
    let totals = accumulator.totals(NonZeroUsize::MIN);
    Ok(totals.iter().map(|total| (totals.key(total.group), total.count.cast_signed())).collect())
}

/// Error, relative error, and share of keys suppressed.
fn compare(truth: &BTreeMap<GroupKey, i64>, release: &Release) -> (f64, f64, f64) {
    let published: BTreeMap<&GroupKey, i64> = release.cells.iter().map(|cell| (&cell.group, cell.value)).collect();
    let (mut squares, mut all, mut suppressed) = (0.0, 0.0, 0.0);
    for (key, &count) in truth {
        let value = published.get(key).copied();
        let error = integer(value.unwrap_or(0) - count);
        squares += error * error;
        all += integer(count);
        suppressed += if value.is_none() { 1.0 } else { 0.0 };
    }
    let keys = float(truth.len().max(1));
    let error = (squares / keys).sqrt();
    (error, error * keys / all.max(1.0), suppressed / keys)
}

/// Bytes of a report in the native form, in a batch of 1000.
fn upload_bytes(input: &Input) -> f64 {
    let reports: Vec<Report> = (0..input.len().min(1_000)).map(|row| report(input, row)).collect();
    let count = float(reports.len().max(1));
    let batch = ReportBatch { id: "0123456789abcdef".to_owned(), reports };
    float(protocol::v1::ReportBatch::from(batch).encoded_len()) / count
}

fn report(input: &Input, row: usize) -> Report {
    let [regions, kinds, sites] = &input.texts;
    let text = |text: &String| Value::from(text.as_str());
    let fields = [
        ("region", text(&regions[usize::from(input.regions[row])])),
        ("kind", text(&kinds[usize::from(input.kinds[row])])),
        ("site", text(&sites[input.sites[row] as usize])),
        ("value", input.values[row].into()),
    ];
    Report {
        event: "visit".to_owned(),
        time: Timestamp::from_millis(1_588_330_800_000),
        device: Some(format!("{:016x}", input.devices[row])),
        fields: fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn float(number: usize) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn integer(number: i64) -> f64 {
    number as f64
}
