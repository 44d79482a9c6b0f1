//! Arguments of `bench`.

use std::{num::NonZeroUsize, path::PathBuf};

use clap::{Args, ValueEnum};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BenchName {
    /// What each mechanism costs: speed, bytes, memory and error.
    Aggregation,
    /// How fast queries are answered, next to hash maps.
    Queries,
    /// Everything.
    All,
}

/// Arguments of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArguments {
    /// What is measured.
    #[arg(value_enum)]
    pub(crate) what: BenchName,
    /// How many reports. Default: 20 million for queries, 2 million for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) reports: Option<NonZeroUsize>,
    /// How many devices. Default: 1 million for queries, 100 000 for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) devices: Option<u32>,
    /// How many sites; keys are sites in 4 regions, of 8 kinds. Default: 100 000 for queries, 1000 for mechanisms.
    #[arg(long, value_name = "N")]
    pub(crate) keys: Option<u32>,
    /// Mechanism that is measured: what its name begins with, or `all`.
    #[arg(long, value_name = "NAME|all", default_value = "all")]
    pub(crate) mechanism: String,
    /// How many threads are compared with one. Default: as many as there are processors.
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
}
