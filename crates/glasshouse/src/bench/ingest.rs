//! The row of a collector: what it takes in for each second of a core, read in place and by prost's codec.

use std::{
    num::NonZeroUsize,
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Context;
use model::Timestamp;
use serde::{Deserialize, Serialize};
use world::{
    bench::Rate,
    ingest::{IngestError, Load, Messages, Native, Spent, admit_alone, measure, read_alone, serve},
};

use super::row::RateRow;
use crate::arguments::{BenchArguments, CodecName};

/// Reports of each batch.
const BATCH: usize = 1_000;
/// Most different batches; they are sent again under new ids.
const BATCHES_DIFFERENT_MAX: usize = 400;

/// How many reports a collector takes in for each second of its processor time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct IngestRow {
    pub(super) reports: usize,
    pub(super) reports_per_batch: usize,
    pub(super) bytes_per_report: f64,
    pub(super) in_place: RateRow,
    pub(super) prost: RateRow,
    /// Of the two, run by run.
    pub(super) ratio: RateRow,
    /// What bounds it: messages read and admitted without transport. Absent where that is too quick to be told.
    pub(super) admitted_alone: Option<f64>,
    /// What bounds that: messages read in place.
    pub(super) read_alone: Option<f64>,
}

/// Is the collector until standard input ends.
pub(super) fn be_served(codec: CodecName) -> anyhow::Result<()> {
    Ok(serve(match codec {
        CodecName::InPlace => Native::InPlace,
        CodecName::Prost => Native::Prost,
    })?)
}

/// Measures the row: collectors in processes of their own, by either codec in turns, so that what else the machine does
/// falls on both.
pub(super) fn ingest_row(arguments: &BenchArguments) -> anyhow::Result<IngestRow> {
    let reports = arguments.reports.map_or(2_000_000, NonZeroUsize::get);
    let reports_per_batch = reports.min(BATCH);
    let batches = reports.div_ceil(reports_per_batch);
    let usual = Load::default();
    let load = Load {
        messages: batches.min(BATCHES_DIFFERENT_MAX),
        reports: reports_per_batch,
        devices: arguments.devices.map_or(usual.devices, Into::into),
        sites: arguments.keys.map_or(usual.sites, Into::into),
    };
    let messages = Messages::write(load, now()?);
    // What comes first fills the window's tables, and does not count.
    let (warm, batches) = (load.messages as u64, batches as u64);
    let taken_in = |codec: &str| -> anyhow::Result<f64> {
        let mut command = Command::new(std::env::current_exe().context("cannot find this program's own file")?);
        command.args(["bench", "ingest", "--serve", codec]);
        Ok(measure(command, &messages, warm, batches)?.reports_per_core_second())
    };
    let mut pairs = Vec::new();
    for _ in 0..arguments.runs.get() {
        pairs.push((taken_in("in-place")?, taken_in("prost")?));
    }
    let of = |value: fn(&(f64, f64)) -> f64| RateRow::from(Rate::of(pairs.iter().map(value).collect()));
    Ok(IngestRow {
        reports: reports_per_batch * usize::try_from(batches)?,
        reports_per_batch,
        bytes_per_report: messages.bytes_per_report(),
        in_place: of(|pair| pair.0),
        prost: of(|pair| pair.1),
        ratio: of(|pair| pair.0 / pair.1),
        admitted_alone: limit(admit_alone(&messages, warm, batches))?,
        read_alone: limit(read_alone(&messages, batches))?,
    })
}

fn limit(spent: Result<Spent, IngestError>) -> Result<Option<f64>, IngestError> {
    match spent {
        Ok(spent) => Ok(Some(spent.reports_per_core_second())),
        Err(IngestError::TooFew { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn now() -> anyhow::Result<Timestamp> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}
