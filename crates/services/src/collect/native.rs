//! Batches in the native form: read in place where they are as most are, and as prost reads them otherwise.

use std::marker::PhantomData;

use bytes::{Buf, Bytes};
use model::{Reports, Timestamp};
use prost::{DecodeError, Message};
use protocol::{BatchRef, ConvertError, v1};
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::ProstEncoder;

use super::{CollectionError, receipt};
use crate::rooms::Room;

/// A batch as it was sent.
pub(super) enum Sent {
    /// The bytes of a request, and how prost reads it.
    Bytes(Bytes, fn(&[u8]) -> Result<v1::ReportBatch, DecodeError>),
    /// What prost has read.
    Message(v1::ReportBatch),
}

/// A batch that can be admitted, unless its reports do not say what they should.
pub(super) struct Batch<'a> {
    pub(super) id: String,
    reports: Result<Reports<'a>, ConvertError>,
}

impl Sent {
    /// Does `act` with the batch.
    ///
    /// # Errors
    /// If it is none, with the status that prost's codec gives.
    pub(super) fn with<T>(self, act: impl FnOnce(Batch<'_>) -> T) -> Result<T, Status> {
        match self {
            Self::Message(batch) => Ok(act(batch.into())),
            Self::Bytes(message, prost) => match BatchRef::read(&message) {
                Some(batch) => Ok(act(batch.into())),
                // As `tonic_prost` says it.
                None => Ok(act(prost(&message).map_err(|error| Status::internal(error.to_string()))?.into())),
            },
        }
    }
}

impl Batch<'_> {
    /// Has the collector of `room` take the batch.
    pub(super) fn admit(self, room: &Room, now: Timestamp) -> Result<v1::Receipt, CollectionError> {
        let reports = self.reports?;
        Ok(receipt(room.with(|collector| collector.admit_reports(self.id, reports, now))??))
    }
}

impl<'a> From<BatchRef<'a>> for Batch<'a> {
    fn from(batch: BatchRef<'a>) -> Self {
        Self { id: batch.id.to_owned(), reports: Ok(Reports::Borrowed(batch.reports)) }
    }
}

impl From<v1::ReportBatch> for Batch<'_> {
    fn from(batch: v1::ReportBatch) -> Self {
        let id = batch.id.clone();
        Self { id, reports: model::ReportBatch::try_from(batch).map(|batch| Reports::Owned(batch.reports)) }
    }
}

impl From<v1::SubmitRequest> for Sent {
    fn from(request: v1::SubmitRequest) -> Self {
        Self::Message(request.batch.unwrap_or_default())
    }
}

impl From<v1::SubmitStreamRequest> for Sent {
    fn from(request: v1::SubmitStreamRequest) -> Self {
        Self::Message(request.batch.unwrap_or_default())
    }
}

/// Hands requests of the type `Q` on as the bytes that came, and writes answers of the type `A` as prost does.
pub(super) struct InPlace<Q, A>(PhantomData<fn(Q) -> A>);

impl<Q, A> Default for InPlace<Q, A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Q: HoldsBatch, A: Message + 'static> Codec for InPlace<Q, A> {
    type Encode = A;
    type Decode = Sent;
    type Encoder = ProstEncoder<A>;
    type Decoder = Whole<Q>;

    fn encoder(&mut self) -> ProstEncoder<A> {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Whole<Q> {
        Whole(PhantomData)
    }
}

/// Hands a request of the type `Q` on as it came.
pub(super) struct Whole<Q>(PhantomData<fn(Q)>);

impl<Q: HoldsBatch> Decoder for Whole<Q> {
    type Item = Sent;
    type Error = Status;

    fn decode(&mut self, message: &mut DecodeBuf<'_>) -> Result<Option<Sent>, Status> {
        Ok(Some(Sent::Bytes(message.copy_to_bytes(message.remaining()), Q::batch_in)))
    }
}

/// A request that has a batch and nothing else.
pub(super) trait HoldsBatch: 'static {
    /// The batch in `message`, as prost reads it.
    fn batch_in(message: &[u8]) -> Result<v1::ReportBatch, DecodeError>;
}

impl HoldsBatch for v1::SubmitRequest {
    fn batch_in(message: &[u8]) -> Result<v1::ReportBatch, DecodeError> {
        Ok(Self::decode(message)?.batch.unwrap_or_default())
    }
}

impl HoldsBatch for v1::SubmitStreamRequest {
    fn batch_in(message: &[u8]) -> Result<v1::ReportBatch, DecodeError> {
        Ok(Self::decode(message)?.batch.unwrap_or_default())
    }
}
