//! Logs on standard error.

use std::{env, io};

use anstream::{AutoStream, ColorChoice};
use anyhow::{Context, anyhow};
use tracing_subscriber::EnvFilter;

use crate::arguments::{ClockName, LogFormat, SocketArguments};

/// Starts to log. Without RUST_LOG: from `info` on; under a driver, who tells the story itself, from `warn` on.
///
/// # Errors
/// If RUST_LOG is no filter.
pub(super) fn start(socket: &SocketArguments) -> anyhow::Result<()> {
    let default = match socket.clock {
        ClockName::Wall => "info",
        ClockName::Scenario => "warn",
    };
    let directives = env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    let directives = if directives.is_empty() { default } else { &directives };
    let filter = EnvFilter::try_new(directives).context("RUST_LOG is no filter, such as `info` or `services=debug`")?;
    let colour = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(colour);
    let started = match socket.log_format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().with_ansi(false).try_init(),
    };
    started.map_err(|error| anyhow!("cannot log: {error}"))
}
