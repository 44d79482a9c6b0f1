//! Arguments of `bench`.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    path::PathBuf,
};

use clap::{Args, ValueEnum};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchName {
    /// What each mechanism costs: speed, bytes, memory and error.
    Aggregation,
    /// How fast queries are answered, next to hash maps.
    Queries,
    /// How many reports a collector takes in, next to the same collector with prost's codec.
    Ingest,
    /// Everything.
    All,
}

/// A table of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What each mechanism costs.
    Aggregation,
    /// How fast queries are answered.
    Queries,
    /// How many reports a collector takes in.
    Ingest,
}

impl BenchName {
    /// The tables that it names, in their order.
    pub(crate) const fn parts(self) -> &'static [Part] {
        match self {
            Self::Aggregation => &[Part::Aggregation],
            Self::Queries => &[Part::Queries],
            Self::Ingest => &[Part::Ingest],
            Self::All => &[Part::Queries, Part::Ingest, Part::Aggregation],
        }
    }
}

/// How a collector reads batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CodecName {
    /// In place, as every collector does.
    InPlace,
    /// By prost's codec, report by report.
    Prost,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// What is measured.
    #[arg(value_enum)]
    pub(crate) what: BenchName,
    /// How many reports. Default: 20 million for queries, 2 million for a collector, 200 000 for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) reports: Option<NonZeroUsize>,
    /// How many devices. Default: 1 million; 40 000 for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<NonZeroU32>,
    /// How many sites; the keys of queries are sites in 4 regions, of 8 kinds. Default: 100 000; 500 for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) keys: Option<NonZeroU32>,
    /// Mechanism that is measured: what its name begins with, or `all`, which is the default.
    #[arg(long, value_name = "NAME|all")]
    pub(crate) mechanism: Option<String>,
    /// How many threads queries are answered on, compared with one. Default: as many as there are processors.
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// How often each figure is measured; the median is told.
    #[arg(long, value_name = "N", default_value = "5")]
    pub(crate) runs: NonZeroUsize,
    /// Seed of the reports.
    #[arg(long, value_name = "N", default_value_t = 2020)]
    pub(crate) seed: u64,
    /// Writes the figures as JSON. With `-` they go to standard output, and nothing else does.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<PathBuf>,
    /// Draws throughput against error, one mark for each mechanism.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
    /// Writes the reports of `queries` as columns of little-endian numbers, for other programs, and measures nothing.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "plot"])]
    pub(crate) export: Option<PathBuf>,
    /// Measures one row in this process and writes it as JSON.
    #[arg(long, value_name = "NAME", hide = true)]
    pub(crate) row: Option<String>,
    /// Is the collector that `ingest` measures, until standard input ends.
    #[arg(long, value_name = "CODEC", hide = true, conflicts_with = "row")]
    pub(crate) serve: Option<CodecName>,
}
