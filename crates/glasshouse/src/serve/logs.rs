//! Logs on standard error.

use std::{env, io};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, anyhow};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt,
    layer::SubscriberExt,
    registry,
    util::{SubscriberInitExt, TryInitError},
};

use crate::arguments::{ClockName, LogFormat, SocketArguments};

/// Where the filter is read from.
const FILTER: &str = "RUST_LOG";

/// Starts to log. Without RUST_LOG: from `info` on; under a driver, who tells the story itself, from `warn` on.
///
/// # Errors
/// If RUST_LOG is no filter.
pub(super) fn start(socket: &SocketArguments) -> anyhow::Result<()> {
    let default = match socket.clock {
        ClockName::Wall => "info",
        ClockName::Scenario => "warn",
    };
    let directives = env::var(FILTER).unwrap_or_default();
    let directives = if directives.is_empty() { default } else { &directives };
    let filter: Targets =
        directives.parse().context("RUST_LOG is no filter, such as `info` or `services=debug,tonic=warn`")?;
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let lines = fmt::layer().with_writer(io::stderr);
    let started: Result<(), TryInitError> = match socket.log_format {
        LogFormat::Text => registry().with(lines.with_ansi(colour).with_filter(filter)).try_init(),
        LogFormat::Json => registry().with(lines.json().with_ansi(false).with_filter(filter)).try_init(),
    };
    started.map_err(|error| anyhow!("cannot log: {error}"))
}
