//! One row: measured in this process, handed on as JSON.

use std::num::NonZeroUsize;

use anyhow::bail;
use model::{Mechanism, Seed};
use serde::{Deserialize, Serialize};
use world::bench::{
    Input, QUERIES, Question, Rate, Size, bandwidth_bytes_per_s, contenders, measure_mechanism, measure_query,
    memory_peak_bytes,
};

use crate::arguments::BenchArguments;

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct Rows {
    pub(super) aggregation: Vec<MechanismRow>,
    pub(super) queries: Vec<QueryRow>,
}

/// What a mechanism costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct MechanismRow {
    pub(super) mechanism: String,
    pub(super) reports: usize,
    pub(super) reports_per_s: f64,
    pub(super) ratio_to_oracle: f64,
    /// Share of the bytes that one thread can read in a second.
    pub(super) bandwidth_share: f64,
    pub(super) upload_bytes: f64,
    pub(super) peak_bytes: u64,
    pub(super) error: f64,
    pub(super) error_relative: f64,
    pub(super) suppressed: f64,
}

/// How fast a query is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct QueryRow {
    pub(super) query: String,
    pub(super) reports: usize,
    pub(super) oracle: RateRow,
    pub(super) one_thread: RateRow,
    pub(super) threads: usize,
    pub(super) all_threads: RateRow,
    pub(super) groups: u64,
    pub(super) count: u64,
    pub(super) sum: i64,
    pub(super) devices: u64,
    pub(super) input_bytes: u64,
    pub(super) peak_bytes: u64,
}

/// Reports a second: the median, the slowest and the fastest.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct RateRow {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

impl From<Rate> for RateRow {
    fn from(Rate { median, least, most, .. }: Rate) -> Self {
        Self { median, least, most }
    }
}

/// Measures the row of that name; as JSON.
pub(super) fn measure(name: &str, arguments: &BenchArguments) -> anyhow::Result<String> {
    match QUERIES.into_iter().find(|(query, _)| *query == name) {
        Some((_, question)) => Ok(serde_json::to_string(&query_row(question, arguments)?)?),
        None => Ok(serde_json::to_string(&mechanism_row(name, arguments)?)?),
    }
}

fn query_row(question: Question, arguments: &BenchArguments) -> anyhow::Result<QueryRow> {
    let input = query_input(arguments)?;
    let threads = threads(arguments);
    let timing = measure_query(question, &input, &[NonZeroUsize::MIN, threads], arguments.runs.get())?;
    let [(_, one), (_, all)] = timing.ours[..] else { bail!("expected figures for one and for {threads} threads") };
    Ok(QueryRow {
        query: question.name().to_owned(),
        reports: input.len(),
        oracle: timing.oracle.into(),
        one_thread: one.into(),
        threads: threads.get(),
        all_threads: all.into(),
        groups: timing.answer.groups,
        count: timing.answer.count,
        sum: i64::try_from(timing.answer.sum)?,
        devices: timing.answer.devices,
        input_bytes: timing.input_bytes,
        peak_bytes: timing.peak_bytes,
    })
}

fn mechanism_row(name: &str, arguments: &BenchArguments) -> anyhow::Result<MechanismRow> {
    let Some(contender) = contenders().into_iter().find(|contender| contender.name == name) else {
        bail!("there is no row `{name}`")
    };
    let input = input(arguments, Size { reports: 2_000_000, devices: 100_000, keys: 1_000 })?;
    let cost = measure_mechanism(&contender, &input, NonZeroUsize::MIN, arguments.runs.get())?;
    let peak_bytes = memory_peak_bytes()?;
    // What the obvious program does that counts the same, and devices where the mechanism looks at them.
    let question = if contender.mechanism == Mechanism::Exact { Question::Totals } else { Question::Distinct };
    let oracle = measure_query(question, &input, &[NonZeroUsize::MIN], arguments.runs.get())?.oracle;
    Ok(MechanismRow {
        mechanism: contender.name,
        reports: input.len(),
        reports_per_s: cost.reports_per_s,
        ratio_to_oracle: cost.reports_per_s / oracle.median,
        bandwidth_share: cost.bytes_per_s / bandwidth_bytes_per_s(),
        upload_bytes: cost.upload_bytes,
        peak_bytes,
        error: cost.error,
        error_relative: cost.error_relative,
        suppressed: cost.suppressed,
    })
}

/// The input of queries.
pub(super) fn query_input(arguments: &BenchArguments) -> anyhow::Result<Input> {
    input(arguments, Size { reports: 20_000_000, devices: 1_000_000, keys: 100_000 })
}

fn input(arguments: &BenchArguments, usual: Size) -> anyhow::Result<Input> {
    let size = Size {
        reports: arguments.reports.map_or(usual.reports, NonZeroUsize::get),
        devices: arguments.devices.unwrap_or(usual.devices),
        keys: arguments.keys.unwrap_or(usual.keys),
    };
    Ok(Input::generate(size, &Seed::root(arguments.seed))?)
}

fn threads(arguments: &BenchArguments) -> NonZeroUsize {
    arguments.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
