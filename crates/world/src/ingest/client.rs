//! The client that sends messages as they are written.

use std::{net::SocketAddr, ops::Range};

use bytes::{BufMut, Bytes};
use futures::{StreamExt as _, stream};
use http::uri::PathAndQuery;
use prost::Message;
use protocol::v1::{SubmitStreamResponse, submit_stream_response::Answer};
use tonic::{
    Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    transport::{Channel, Endpoint},
};

use super::{IngestError, Messages, Spent, spent::Spending};

/// Sends messages `0..warm` in one stream and, once all are answered, `warm..warm + batches` in another. Gives what
/// `process` spent on the second: it works ahead of its answers, so that nothing may be under way where time begins.
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
        stream_of(&mut grpc, messages, 0..warm, |_, _| ()).await?;
        let mut spending = Spending::begin(process)?;
        stream_of(&mut grpc, messages, warm..warm + batches, |reports, bytes| spending.count(reports, bytes)).await?;
        spending.end()
    })
}

/// Sends the messages of those numbers in one stream, and tells reports and bytes of each that is answered.
async fn stream_of(
    grpc: &mut Grpc<Channel>,
    messages: &Messages,
    numbers: Range<u64>,
    mut tell: impl FnMut(u64, usize),
) -> Result<(), IngestError> {
    let failed = |error: &dyn std::error::Error| IngestError::Process(error.to_string());
    grpc.ready().await.map_err(|error| failed(&error))?;
    let prepared: Vec<Bytes> = numbers.clone().map(|number| messages.named(number)).collect();
    let path = PathAndQuery::from_static("/glasshouse.v1.CollectionService/SubmitStream");
    let mut answers = grpc.streaming(Request::new(stream::iter(prepared.clone())), path, Prepared).await?.into_inner();
    for (batch, message) in numbers.zip(&prepared) {
        let reports = counted(batch, answers.next().await.transpose()?, messages.reports())?;
        tell(reports, message.len());
    }
    Ok(())
}

/// How many reports of a batch were counted, which must be all.
fn counted(batch: u64, answer: Option<SubmitStreamResponse>, expected: usize) -> Result<u64, IngestError> {
    match answer.and_then(|answer| answer.answer) {
        Some(Answer::Receipt(receipt)) if receipt.reports_counted == expected as u64 => Ok(receipt.reports_counted),
        other => Err(IngestError::Answer { batch, answer: format!("{other:?}") }),
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
