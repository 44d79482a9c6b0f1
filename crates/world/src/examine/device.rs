//! The client under examination, as far as it can be asked: every call has an end, whatever the client does.

use std::time::{Duration, Instant};

use protocol::v1::{self, device_under_test_service_client::DeviceUnderTestServiceClient};
use tonic::{
    Code, Response, Status,
    transport::{Channel, Endpoint},
};

use super::ExamineError;

/// Longest text of a client that is repeated, in characters.
const REASON_CHARS_MAX: usize = 200;
/// Largest answer of a client, in bytes.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Why an examination cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("the device did not answer {rpc} within {after}")]
    Hung { rpc: &'static str, after: model::Duration },
    #[error("the device is gone: {rpc} failed with {reason}")]
    Gone { rpc: &'static str, reason: String },
    #[error("the device cannot go on: {rpc} failed with {reason}")]
    Refused { rpc: &'static str, reason: String },
    #[error("the device answered {count} calls in a row with errors, the last with {reason}")]
    Failing { count: u32, reason: String },
    #[error("the time for the examination was over after {after}")]
    OutOfTime { after: model::Duration },
    #[error("the device flooded the tap")]
    Flooded,
    #[error("there is no tap: {0}")]
    Tap(String),
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Answered<T> {
    Said(T),
    /// The client does not have this call.
    Unimplemented,
    /// The client answered with an error.
    Failed(String),
}

/// A channel to the client, with the time that there is for all of the examination.
#[derive(Debug, Clone)]
pub(super) struct Device {
    client: DeviceUnderTestServiceClient<Channel>,
    began: Instant,
    time_max: Duration,
    call_max: Duration,
}

impl Device {
    /// Connects to `address`, such as `http://127.0.0.1:50051`.
    pub(super) async fn connect(address: &str, time_max: Duration, call_max: Duration) -> Result<Self, ExamineError> {
        let failed = |reason: String| ExamineError::Unreachable { address: address.to_owned(), reason };
        // Anything else would be spoken to in the clear all the same.
        if !address.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://")) {
            return Err(failed(
                "expected an address that begins with http://, such as http://127.0.0.1:50051".to_owned(),
            ));
        }
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| failed(told(&error)))?;
        let dialled = services::dial(endpoint.connect_timeout(call_max)).await;
        let channel = dialled.map_err(|error| failed(told(&error)))?;
        let client = DeviceUnderTestServiceClient::new(channel).max_decoding_message_size(ANSWER_BYTES_MAX);
        Ok(Self { client, began: Instant::now(), time_max, call_max })
    }

    /// How much time is left.
    pub(super) fn left(&self) -> Duration {
        self.time_max.saturating_sub(self.began.elapsed())
    }

    pub(super) fn out_of_time(&self) -> Fault {
        Fault::OutOfTime { after: span(self.time_max) }
    }

    pub(super) async fn describe(&mut self) -> Result<Answered<v1::DescribeResponse>, Fault> {
        let mut client = self.client.clone();
        self.bounded("Describe", Duration::ZERO, client.describe(v1::DescribeRequest {})).await
    }

    pub(super) async fn prepare(
        &mut self,
        request: v1::PrepareRequest,
    ) -> Result<Answered<v1::PrepareResponse>, Fault> {
        let mut client = self.client.clone();
        self.bounded("Prepare", Duration::ZERO, client.prepare(request)).await
    }

    pub(super) async fn perform(
        &mut self,
        request: v1::PerformRequest,
    ) -> Result<Answered<v1::PerformResponse>, Fault> {
        let mut client = self.client.clone();
        self.bounded("Perform", Duration::ZERO, client.perform(request)).await
    }

    /// Lets time pass; `waits` is how long the client itself waits.
    pub(super) async fn advance(
        &mut self,
        request: v1::AdvanceRequest,
        waits: Duration,
    ) -> Result<Answered<v1::AdvanceResponse>, Fault> {
        let mut client = self.client.clone();
        self.bounded("Advance", waits, client.advance(request)).await
    }

    pub(super) async fn read_controls(&mut self, device: &str) -> Result<Answered<v1::ReadControlsResponse>, Fault> {
        let mut client = self.client.clone();
        let request = v1::ReadControlsRequest { device: device.to_owned() };
        self.bounded("ReadControls", Duration::ZERO, client.read_controls(request)).await
    }

    pub(super) async fn operate(
        &mut self,
        request: v1::OperateControlRequest,
    ) -> Result<Answered<v1::OperateControlResponse>, Fault> {
        let mut client = self.client.clone();
        self.bounded("OperateControl", Duration::ZERO, client.operate_control(request)).await
    }

    async fn bounded<T>(
        &self,
        rpc: &'static str,
        waits: Duration,
        call: impl Future<Output = Result<Response<T>, Status>>,
    ) -> Result<Answered<T>, Fault> {
        let left = self.left();
        let most = self.call_max + waits;
        if left.is_zero() {
            return Err(self.out_of_time());
        }
        match tokio::time::timeout(most.min(left), call).await {
            Ok(Ok(response)) => Ok(Answered::Said(response.into_inner())),
            Ok(Err(status)) => self.judged(rpc, &status),
            Err(_) if left < most => Err(self.out_of_time()),
            Err(_) => Err(Fault::Hung { rpc, after: span(most) }),
        }
    }

    fn judged<T>(&self, rpc: &'static str, status: &Status) -> Result<Answered<T>, Fault> {
        let broke = std::error::Error::source(status).is_some();
        match status.code() {
            Code::Unimplemented => Ok(Answered::Unimplemented),
            Code::Unavailable => Err(Fault::Gone { rpc, reason: reason(status) }),
            _ if broke => Err(Fault::Gone { rpc, reason: reason(status) }),
            _ => Ok(Answered::Failed(reason(status))),
        }
    }
}

fn reason(status: &Status) -> String {
    let text = if status.message().is_empty() { status.code().description() } else { status.message() };
    quoted(text)
}

/// A text of the client's, made short and plain.
pub(super) fn quoted(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    format!("`{}`", plain.take(REASON_CHARS_MAX).collect::<String>())
}

/// An error with everything below it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(error) = below {
        let said = error.to_string();
        // Many an error repeats what the one below it says.
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        below = error.source();
    }
    text
}

pub(super) fn span(time: Duration) -> model::Duration {
    model::Duration::from_millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
