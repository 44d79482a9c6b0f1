//! The client that sends messages as they are written, and asks the system what the collector's process spent.

use std::{fs, net::SocketAddr, time::Duration};

use bytes::{BufMut, Bytes};
use futures::{StreamExt as _, stream};
use http::uri::PathAndQuery;
use prost::Message;
use protocol::v1::{SubmitStreamResponse, submit_stream_response::Answer};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::Endpoint,
};

use super::{IngestError, Messages, Spent};

/// A hundredth of a second: the unit of processor time in `/proc` (proc(5), `sysconf(_SC_CLK_TCK)` on Linux).
const TICK: Duration = Duration::from_millis(10);

/// Sends messages `0..warm + batches`, all in one stream, and gives what `process` spent on those after the first `warm`.
pub(super) fn send(
    address: SocketAddr,
    process: u32,
    messages: &Messages,
    warm: u64,
    batches: u64,
) -> Result<Spent, IngestError> {
    let failed = |error: &dyn std::error::Error| IngestError::Process(error.to_string());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| failed(&error))?;
    let endpoint = Endpoint::from_shared(format!("http://{address}")).map_err(|error| failed(&error))?;
    runtime.block_on(async {
        let channel = services::dial(endpoint).await.map_err(|error| failed(&error))?;
        let mut grpc = Grpc::new(channel);
        grpc.ready().await.map_err(|error| failed(&error))?;
        let prepared: Vec<Bytes> = (0..warm + batches).map(|number| messages.named(number)).collect();
        let bytes = prepared[usize::try_from(warm).unwrap_or(usize::MAX)..].iter().map(|sent| sent.len() as u64).sum();
        let path = PathAndQuery::from_static("/glasshouse.v1.CollectionService/SubmitStream");
        let mut answers = grpc.streaming(Request::new(stream::iter(prepared)), path, Prepared).await?.into_inner();
        let mut before = spent(process)?;
        let mut reports = 0;
        for batch in 0..warm + batches {
            if batch == warm {
                (before, reports) = (spent(process)?, 0);
            }
            reports += counted(batch, answers.next().await.transpose()?, messages.reports())?;
        }
        let after = spent(process)?;
        Ok(Spent { reports, bytes, user: after.0 - before.0, system: after.1 - before.1 })
    })
}

/// How many reports of a batch were counted, which must be all.
fn counted(batch: u64, answer: Option<SubmitStreamResponse>, expected: usize) -> Result<u64, IngestError> {
    match answer.and_then(|answer| answer.answer) {
        Some(Answer::Receipt(receipt)) if receipt.reports_counted == expected as u64 => Ok(receipt.reports_counted),
        other => Err(IngestError::Answer { batch, answer: format!("{other:?}") }),
    }
}

/// Processor time of `process` outside and inside the kernel so far.
fn spent(process: u32) -> Result<(Duration, Duration), IngestError> {
    let path = format!("/proc/{process}/stat");
    let unknown = |problem: String| IngestError::Process(format!("{path} does not say what was spent: {problem}"));
    let stat = fs::read_to_string(&path).map_err(|error| unknown(error.to_string()))?;
    // The second field is a name in parentheses, which may hold anything; times are the 14th and 15th.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let mut ticks = fields.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
    match (ticks.next(), ticks.next()) {
        (Some(Ok(user)), Some(Ok(system))) => Ok((TICK * user, TICK * system)),
        _ => Err(unknown("it has another form".to_owned())),
    }
}

/// Sends bytes as they are, and reads answers as prost does.
struct Prepared;

impl Codec for Prepared {
    type Encode = Bytes;
    type Decode = SubmitStreamResponse;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Prepared {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Prepared {
    type Item = SubmitStreamResponse;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<SubmitStreamResponse>, Status> {
        SubmitStreamResponse::decode(buffer).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
