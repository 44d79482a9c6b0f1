//! One region's collector as gRPC services: takes telemetry in, hands windows on, shows what it holds to a warrant.

mod error;
mod hand_on;
mod inspect;
mod native;
mod orders;
mod server;
mod verify;

use std::{pin::Pin, sync::Arc};

use collector::{Collector, Config, ConfigError};
use model::Timestamp;
use protocol::{
    Failure, metadata,
    status::status,
    v1::{
        self, collection_service_server::CollectionService, inspection_service_server::InspectionServiceServer,
        verification_service_server::VerificationServiceServer,
    },
};
use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming, metadata::MetadataMap};

pub use error::CollectionError;
pub(crate) use hand_on::sealed_by;
pub use server::CollectionServer;

use crate::{
    Clock, Credential, RoomError,
    access::require_token,
    rooms::{Room, Rooms},
};
use native::{Batch, Sent};

/// Rooms of one service, unless told otherwise.
const ROOMS_MAX: usize = 4096;
/// What a message may hold beside the largest body: headers, names and framing.
const MESSAGE_EXTRA_BYTES: usize = 64 << 10;

/// Largest message of a verification: twice the verifier shares of a turn, and one more.
const TURN_MESSAGE_BYTES_MAX: usize = 4 << 20;

/// One region's collector, the same in process and on sockets. Clones share everything.
#[derive(Debug, Clone)]
pub struct CollectionApi {
    pub(crate) rooms: Arc<Rooms>,
    clock: Clock,
    pub(crate) warrant: Option<Credential>,
    peer: Option<Credential>,
    message_bytes_max: usize,
    in_place: bool,
}

/// Answers to a call that come one after the other.
pub(crate) type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl CollectionApi {
    /// A collector with nothing in it. Nobody may inspect it and no peer may ask for its windows until told otherwise.
    ///
    /// # Errors
    /// If the configuration cannot be used.
    pub fn new(config: Config, clock: Clock) -> Result<Self, ConfigError> {
        let message_bytes_max = config.limits.body_bytes_max.saturating_add(MESSAGE_EXTRA_BYTES);
        let rooms = Arc::new(Rooms::new(config, ROOMS_MAX)?);
        Ok(Self { rooms, clock, warrant: None, peer: None, message_bytes_max, in_place: true })
    }

    /// Lets inspectors in that show `warrant`.
    #[must_use]
    pub fn with_warrant(self, warrant: Credential) -> Self {
        Self { warrant: Some(warrant), ..self }
    }

    /// On the wall's clock, hands windows on to callers that show `peer`.
    #[must_use]
    pub fn with_peer(self, peer: Credential) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Opens at most `rooms_max` rooms, the main one included. Calls into more are refused. Default 4096.
    ///
    /// Rooms that are open already stay open.
    #[must_use]
    pub fn with_rooms_max(self, rooms_max: usize) -> Self {
        self.rooms.limit(rooms_max);
        self
    }

    /// Reads batches in the native form with prost's codec, which makes a message of its own of every report: what
    /// reading in place is measured and tested against.
    #[must_use]
    pub fn with_prost_codec(self) -> Self {
        Self { in_place: false, ..self }
    }

    /// The collection service for a server or for calls in process.
    #[must_use]
    pub fn service(&self) -> CollectionServer {
        CollectionServer::new(self)
    }

    /// The inspection service for a server or for calls in process.
    #[must_use]
    pub fn inspection_service(&self) -> InspectionServiceServer<Self> {
        InspectionServiceServer::new(self.clone())
    }

    /// The verification service for a server or for calls in process.
    #[must_use]
    pub fn verification_service(&self) -> VerificationServiceServer<Self> {
        VerificationServiceServer::new(self.clone()).max_decoding_message_size(TURN_MESSAGE_BYTES_MAX)
    }

    /// Closes `room` and yields its collector, to be merged with those of other shards. `None` if it was never opened.
    #[must_use]
    pub fn take(&self, room: &str) -> Option<Collector> {
        self.rooms.take(room)
    }

    /// Does `act` with the collector of `room` while no call does.
    ///
    /// # Errors
    /// If the room was never opened, or is out of order.
    pub fn with_collector<T>(&self, room: &str, act: impl FnOnce(&mut Collector) -> T) -> Result<T, RoomError> {
        self.rooms.find(room)?.with(act)
    }

    /// Whose time holds.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The room that a call is for, and the time that holds for it.
    fn let_in(&self, call: &MetadataMap) -> Result<(Arc<Room>, Timestamp), CollectionError> {
        let now = self.clock.now(call)?;
        let name = room_name(call)?;
        if matches!(self.clock, Clock::Wall) && name != metadata::MAIN_ROOM {
            return Err(RoomError::WallClock.into());
        }
        Ok((self.rooms.enter(name)?, now))
    }

    fn take_upload(&self, request: Request<v1::UploadRequest>) -> Result<v1::Receipt, CollectionError> {
        let (room, now) = self.let_in(request.metadata())?;
        let upload = model::Upload::from(request.into_inner());
        Ok(receipt(room.with(|collector| collector.admit_upload(&upload, now))??))
    }

    fn take_batch(&self, call: &MetadataMap, sent: Sent) -> Result<Response<v1::SubmitResponse>, Status> {
        let take = |batch: Batch<'_>| self.let_in(call).and_then(|(room, now)| batch.admit(&room, now));
        let receipt = sent.with(take)?.map_err(refused)?;
        tracing::debug!(batch = receipt.batch, reports = receipt.reports_counted, "batch");
        Ok(Response::new(v1::SubmitResponse { receipt: Some(receipt) }))
    }

    fn answer_each(
        &self,
        call: MetadataMap,
        batches: impl Stream<Item = Result<Sent, Status>> + Send + 'static,
    ) -> Result<Response<Submitted>, Status> {
        // A stream may stay open for long: on the wall's clock every batch has a time of its own.
        let (room, _) = self.let_in(&call).map_err(refused)?;
        let clock = self.clock.clone();
        let answers = batches.map(move |sent| {
            sent?.with(|batch| {
                let name = batch.id.clone();
                let taken = clock.now(&call).map_err(Into::into).and_then(|now| batch.admit(&room, now));
                v1::SubmitStreamResponse { answer: Some(answer(taken, name)) }
            })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

/// Answers to batches that come one after the other.
type Submitted = Answers<v1::SubmitStreamResponse>;

pub(crate) fn room_name(call: &MetadataMap) -> Result<&str, RoomError> {
    let Some(value) = call.get(metadata::ROOM) else { return Ok(metadata::MAIN_ROOM) };
    value.to_str().map_err(|_| RoomError::Name { found: String::new() })
}

fn refused(error: CollectionError) -> Status {
    tracing::debug!(reason = error.reason(), %error, "refused");
    status(&error)
}

#[tonic::async_trait]
impl CollectionService for CollectionApi {
    type SubmitStreamStream = Submitted;
    type HandOnStream = Answers<v1::HandOnResponse>;

    async fn upload(&self, request: Request<v1::UploadRequest>) -> Result<Response<v1::UploadResponse>, Status> {
        let receipt = self.take_upload(request).map_err(refused)?;
        tracing::debug!(batch = receipt.batch, reports = receipt.reports_counted, "upload");
        Ok(Response::new(v1::UploadResponse { receipt: Some(receipt) }))
    }

    async fn submit(&self, request: Request<v1::SubmitRequest>) -> Result<Response<v1::SubmitResponse>, Status> {
        let (call, _, request) = request.into_parts();
        self.take_batch(&call, request.into())
    }

    async fn submit_stream(
        &self,
        request: Request<Streaming<v1::SubmitStreamRequest>>,
    ) -> Result<Response<Submitted>, Status> {
        let (call, _, requests) = request.into_parts();
        self.answer_each(call, requests.map(|request| request.map(Into::into)))
    }

    async fn hand_on(&self, request: Request<v1::HandOnRequest>) -> Result<Response<Self::HandOnStream>, Status> {
        let call = request.metadata();
        if matches!(self.clock, Clock::Wall) {
            require_token(call, metadata::PEER_SCHEME, self.peer.as_ref()).map_err(|error| refused(error.into()))?;
        }
        let (room, now) = self.let_in(call).map_err(refused)?;
        let sealed = hand_on::exchange(&room, request.into_inner().acknowledged, now).map_err(refused)?;
        tracing::debug!(windows = sealed.len(), "handing on");
        Ok(Response::new(Box::pin(tokio_stream::iter(sealed.into_iter().flat_map(hand_on::messages)))))
    }
}

fn answer(taken: Result<v1::Receipt, CollectionError>, batch: String) -> v1::submit_stream_response::Answer {
    use v1::submit_stream_response::Answer;
    match taken {
        Ok(receipt) => Answer::Receipt(receipt),
        Err(error) => Answer::Rejection(v1::Rejection {
            batch,
            code: error.kind().code().into(),
            reason: error.reason().to_owned(),
            message: error.to_string(),
        }),
    }
}

fn receipt(receipt: collector::Receipt) -> v1::Receipt {
    let admission = if receipt.duplicate { v1::Admission::Duplicate } else { v1::Admission::Counted };
    v1::Receipt {
        batch: receipt.id,
        admission: admission.into(),
        reports_counted: receipt.admitted,
        reports_late: receipt.late,
        reports_early: receipt.early,
    }
}
