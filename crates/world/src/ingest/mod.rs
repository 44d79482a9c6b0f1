//! How many reports a collector takes in for each second of a core: batches in the native form over a loopback stream.
//!
//! The collector runs in a process of its own, which the caller starts with [`serve`]; its processor time alone counts.
//! Beside it stands what bounds it: reading the same messages, and reading and admitting them, without any transport.

mod client;
mod load;
mod server;

use std::{
    io::BufReader,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub use load::{Load, Messages};
pub use server::{Native, serve};

use crate::live::announced;

/// What a collector's process spent on reports.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// Reports that were counted.
    pub reports: u64,
    /// Bytes of the messages that they came in.
    pub bytes: u64,
    /// Processor time outside the kernel, to a hundredth of a second.
    pub user: Duration,
    /// Processor time inside the kernel, to a hundredth of a second.
    pub system: Duration,
}

impl Spent {
    /// Reports for each second of a core.
    #[must_use]
    pub fn reports_per_core_second(&self) -> f64 {
        rate(self.reports, self.user + self.system)
    }
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The collector cannot be set up.
    #[error("the collector cannot be set up: {0}")]
    Collector(#[from] collector::ConfigError),
    /// The collector's process cannot be started, or says nothing sensible.
    #[error("the collector's process: {0}")]
    Process(String),
    /// The connection failed, or the collector ended it.
    #[error("the collector did not answer: {0}")]
    Call(#[from] tonic::Status),
    /// A batch was not counted in full.
    #[error("batch {batch} was not counted in full: {answer}")]
    Answer {
        /// The batch's place.
        batch: u64,
        /// What came instead.
        answer: String,
    },
}

/// Sends `load` to a collector that `command` starts: a process that calls [`serve`]. The first `warm` batches do not count.
///
/// # Errors
/// If the process cannot be started, answers otherwise than it should, or the system does not say what it spent.
pub fn measure(mut command: Command, messages: &Messages, warm: u64, batches: u64) -> Result<Spent, IngestError> {
    let failed = |error: std::io::Error| IngestError::Process(error.to_string());
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut process = Ended(child);
    let stdout = process.0.stdout.take().ok_or_else(|| IngestError::Process("it has no output".to_owned()))?;
    let address = announced(BufReader::new(stdout)).map_err(IngestError::Process)?;
    client::send(address, process.0.id(), messages, warm, batches)
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Nothing is left to be done about a process that is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Reports a second when messages are read in place and nothing else happens.
#[must_use]
pub fn read_alone(messages: &Messages, batches: u64) -> f64 {
    let mut reports = 0;
    let start = Instant::now();
    for message in messages.iter().cycle().take(usize::try_from(batches).unwrap_or(usize::MAX)) {
        reports += protocol::BatchRef::read(message).map_or(0, |batch| batch.reports.len() as u64);
    }
    rate(reports, start.elapsed())
}

/// Reports a second when messages are read in place and admitted, without any transport.
///
/// # Errors
/// If the collector cannot be set up or does not admit a batch.
pub fn admit_alone(messages: &Messages, warm: u64, batches: u64) -> Result<f64, IngestError> {
    let mut collector = collector::Collector::new(server::config())?;
    let mut reports = 0;
    let mut start = Instant::now();
    for number in 0..warm + batches {
        if number == warm {
            (start, reports) = (Instant::now(), 0);
        }
        let message = messages.named(number);
        let answer = protocol::BatchRef::read(&message).map(|batch| {
            collector.admit_reports(batch.id.to_owned(), model::Reports::Columns(batch.reports), messages.now())
        });
        match answer {
            Some(Ok(receipt)) => reports += receipt.admitted,
            other => return Err(IngestError::Answer { batch: number, answer: format!("{other:?}") }),
        }
    }
    Ok(rate(reports, start.elapsed()))
}

#[allow(clippy::cast_precision_loss, reason = "a rate is read by people")]
fn rate(reports: u64, time: Duration) -> f64 {
    reports as f64 / time.as_secs_f64()
}
