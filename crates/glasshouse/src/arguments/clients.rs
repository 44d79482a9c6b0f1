//! Arguments of what is about clients and captures that are not ours.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use super::Requirement;

/// Where results go, and what they must be.
#[derive(Debug, Args)]
pub(crate) struct ResultArguments {
    /// Writes the results as JSON. With `-` they go to standard output, and nothing else does.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) json: Option<PathBuf>,
    /// Writes the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Tells nothing but mistakes; the exit status says the rest.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Where nothing is expected: what every verdict must be, beyond not being broken.
    #[arg(long, value_enum)]
    pub(crate) require: Option<Requirement>,
}

/// Arguments of `examine`.
#[derive(Debug, Args)]
pub(crate) struct ExamineArguments {
    /// Where the client's service listens, such as `http://127.0.0.1:50051`.
    #[arg(long, value_name = "HTTP_ADDRESS")]
    pub(crate) device: String,
    /// File with `[[claim]]` and, if any, `[[expect]]`, `[[region]]` and `[[endpoint]]` as scenarios write them.
    /// Default: that incognito is suppressed, that a switch is honored, and that modes and resets are not linked.
    #[arg(long, value_name = "FILE")]
    pub(crate) claims: Option<PathBuf>,
    /// File with what the auditor's plan does not say: `starts`, `[lab]`, `long-days`, `[[diary]]`.
    #[arg(long, value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Chance for canaries, and the client's own seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Longest time for all of the examination. What is not done by then stays unproven.
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub(crate) time_max: model::Duration,
    /// Version to examine; may be given again. Default: every version that the client names.
    #[arg(long = "version-of-product", value_name = "VERSION")]
    pub(crate) versions: Vec<model::Version>,
    /// State of the switch to examine, by what its position promises; may be given again. Default: every one.
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) switch: Vec<SwitchName>,
    /// Hands requests to a host on to an address, such as `telemetry.example=127.0.0.1:8080`, and the answers back. May
    /// be given again. Everything else is answered with 200, or gRPC OK.
    #[arg(long, value_name = "HOST=ADDRESS", value_parser = forward)]
    pub(crate) forward: Vec<(String, SocketAddr)>,
    /// Keeps captures, findings and case files, in a folder named after the product, for `audit --case`.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) results: ResultArguments,
}

/// What a position of the switch promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SwitchName {
    /// That data is collected.
    Collect,
    /// That it is not.
    Suppress,
}

impl SwitchName {
    /// As it is written on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Suppress => "suppress",
        }
    }
}

fn forward(text: &str) -> Result<(String, SocketAddr), String> {
    let (host, address) = text.split_once('=').ok_or("expected HOST=ADDRESS, such as a.example=127.0.0.1:8080")?;
    let address = address.parse().map_err(|_| format!("`{address}` is no address with a port, such as 127.0.0.1:8080"));
    Ok((host.to_ascii_lowercase(), address?))
}

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["har", "case"]))]
pub(crate) struct AuditArguments {
    /// Capture in the HTTP Archive format (HAR 1.2), as browsers and mitmproxy write it; may be given again.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "notebook")]
    pub(crate) har: Vec<PathBuf>,
    /// What was done meanwhile, TOML or JSON; `glasshouse schema --notebook` prints its schema.
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    pub(crate) notebook: Option<PathBuf>,
    /// File with claims that take the place of the notebook's.
    #[arg(long, value_name = "FILE", conflicts_with = "case")]
    pub(crate) claims: Option<PathBuf>,
    /// Folder of one scenario or examination, as `--out` kept it.
    #[arg(long, value_name = "DIR")]
    pub(crate) case: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) results: ResultArguments,
}
