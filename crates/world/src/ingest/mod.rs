//! How many reports a collector takes in for each second of a core: batches in the native form over a loopback stream.
//!
//! The collector runs in a process of its own, which the caller starts with [`serve`]; its processor time alone counts.
//! Beside it stands what bounds it: reading the same messages, and reading and admitting them, without any transport.

mod client;
mod load;
mod server;
mod spent;

use std::{
    io::BufReader,
    process::{Child, Command, Stdio},
};

use bytes::Bytes;

pub use load::{Load, Messages};
pub use server::{Native, serve};
pub use spent::Spent;

use crate::live::announced;
use spent::Spending;

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
    /// What was spent is less than the system tells apart.
    #[error("{reports} reports cost less than the {least_ms} ms that the system tells apart, expected more reports")]
    TooFew {
        /// Reports that were sent.
        reports: u64,
        /// Least processor time that says something.
        least_ms: u128,
    },
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
/// If the process cannot be started, answers otherwise than it should, or the system does not say what it spent, or not
/// precisely enough.
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

/// What reading `batches` messages in place costs, when nothing else happens.
///
/// # Errors
/// If the system does not say what was spent.
pub fn read_alone(messages: &Messages, batches: u64) -> Result<Spent, IngestError> {
    let mut spending = Spending::begin(std::process::id())?;
    for message in messages.iter().cycle().take(usize::try_from(batches).unwrap_or(usize::MAX)) {
        let reports = protocol::BatchRef::read(message).map_or(0, |batch| batch.reports.len());
        spending.count(reports as u64, message.len());
    }
    spending.end()
}

/// What reading `batches` messages in place and admitting them costs, without any transport. The first `warm` do not
/// count.
///
/// # Errors
/// If the collector cannot be set up or does not admit a batch, or the system does not say what was spent.
pub fn admit_alone(messages: &Messages, warm: u64, batches: u64) -> Result<Spent, IngestError> {
    let mut collector = collector::Collector::new(server::config())?;
    let prepared: Vec<Bytes> = (0..warm + batches).map(|number| messages.named(number)).collect();
    let mut spending = Spending::begin(std::process::id())?;
    for (batch, message) in (0..).zip(&prepared) {
        if batch == warm {
            spending = Spending::begin(std::process::id())?;
        }
        let read = protocol::BatchRef::read(message);
        let answer = read.map(|batch| {
            collector.admit_reports(batch.id.to_owned(), model::Reports::Borrowed(batch.reports), messages.now())
        });
        match answer {
            Some(Ok(receipt)) => spending.count(receipt.admitted, message.len()),
            other => return Err(IngestError::Answer { batch, answer: format!("{other:?}") }),
        }
    }
    spending.end()
}
