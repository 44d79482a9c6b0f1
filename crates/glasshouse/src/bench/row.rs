//! One row: measured in this process, handed on as JSON.

use std::num::NonZeroUsize;

use anyhow::{Context, bail, ensure};
use model::Seed;
use serde::{Deserialize, Serialize};
use world::bench::{
    Input, QUERIES, Question, Rate, Size, bandwidth_bytes_per_s, contenders, measure_mechanism, measure_query,
};

use super::ingest::{self, IngestRow};
use crate::arguments::{BenchArguments, Part};

/// Name of the one row of `ingest`.
pub(super) const INGEST: &str = "collector";

/// Everything that was measured.
#[derive(Debug, Default, Serialize)]
pub(super) struct Rows {
    pub(super) aggregation: Vec<MechanismRow>,
    pub(super) queries: Vec<QueryRow>,
    pub(super) ingest: Vec<IngestRow>,
}

/// What a mechanism costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct MechanismRow {
    pub(super) mechanism: String,
    pub(super) reports: usize,
    pub(super) reports_per_s: RateRow,
    pub(super) ratio_to_oracle: RateRow,
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
    /// One thread to hash maps, run by run.
    pub(super) to_oracle: RateRow,
    /// All threads to one, run by run.
    pub(super) to_one_thread: RateRow,
    pub(super) groups: u64,
    pub(super) count: u64,
    pub(super) sum: i64,
    pub(super) devices: u64,
    pub(super) input_bytes: u64,
    pub(super) peak_bytes: u64,
}

/// Reports a second, or the ratio of two such rates: the median, the least and the most.
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
pub(super) fn measure(part: Part, name: &str, arguments: &BenchArguments) -> anyhow::Result<String> {
    Ok(match part {
        Part::Aggregation => serde_json::to_string(&mechanism_row(name, arguments)?)?,
        Part::Queries => {
            let row = QUERIES.into_iter().find(|(query, _)| *query == name);
            let (_, question) = row.with_context(|| format!("`queries` has no row `{name}`"))?;
            serde_json::to_string(&query_row(question, arguments)?)?
        }
        Part::Ingest => {
            ensure!(name == INGEST, "`ingest` has no row `{name}`");
            serde_json::to_string(&ingest::ingest_row(arguments)?)?
        }
    })
}

fn query_row(question: Question, arguments: &BenchArguments) -> anyhow::Result<QueryRow> {
    let input = query_input(arguments)?;
    let threads = threads(arguments);
    let timing = measure_query(question, &input, &[NonZeroUsize::MIN, threads], arguments.runs.get())?;
    let ([(_, one), (_, all)], [to_oracle, _], [_, to_one_thread]) =
        (&timing.ours[..], &timing.to_oracle[..], &timing.to_first[..])
    else {
        bail!("expected figures for one and for {threads} threads")
    };
    Ok(QueryRow {
        query: question.name().to_owned(),
        reports: input.len(),
        oracle: timing.oracle.into(),
        one_thread: (*one).into(),
        threads: threads.get(),
        all_threads: (*all).into(),
        to_oracle: (*to_oracle).into(),
        to_one_thread: (*to_one_thread).into(),
        groups: timing.answer.groups,
        count: timing.answer.count,
        sum: i64::try_from(timing.answer.sum)?,
        devices: timing.answer.devices,
        input_bytes: timing.input_bytes,
        peak_bytes: timing.peak_bytes,
    })
}

fn mechanism_row(name: &str, arguments: &BenchArguments) -> anyhow::Result<MechanismRow> {
    let contender = contenders().into_iter().find(|contender| contender.name == name);
    let contender = contender.with_context(|| format!("`aggregation` has no row `{name}`"))?;
    let input = Input::generate_even(mechanism_size(arguments), &Seed::root(arguments.seed))?;
    let cost = measure_mechanism(&contender, &input, arguments.runs.get())?;
    Ok(MechanismRow {
        mechanism: contender.name,
        reports: cost.reports,
        reports_per_s: cost.reports_per_s.into(),
        ratio_to_oracle: cost.to_oracle.into(),
        bandwidth_share: cost.bytes_per_s / bandwidth_bytes_per_s(),
        upload_bytes: cost.upload_bytes,
        peak_bytes: cost.peak_bytes,
        error: cost.error,
        error_relative: cost.error_relative,
        suppressed: cost.suppressed,
    })
}

/// How many reports mechanisms take in, of how many devices and sites.
pub(super) fn mechanism_size(arguments: &BenchArguments) -> Size {
    size(arguments, Size { reports: 200_000, devices: 40_000, keys: 500 })
}

/// The input of queries.
pub(super) fn query_input(arguments: &BenchArguments) -> anyhow::Result<Input> {
    let size = size(arguments, Size { reports: 20_000_000, devices: 1_000_000, keys: 100_000 });
    Ok(Input::generate(size, &Seed::root(arguments.seed))?)
}

fn size(arguments: &BenchArguments, usual: Size) -> Size {
    Size {
        reports: arguments.reports.map_or(usual.reports, NonZeroUsize::get),
        devices: arguments.devices.map_or(usual.devices, Into::into),
        keys: arguments.keys.map_or(usual.keys, Into::into),
    }
}

fn threads(arguments: &BenchArguments) -> NonZeroUsize {
    arguments.threads.or_else(|| std::thread::available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
}
