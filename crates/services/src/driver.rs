//! The caller's side of a scenario's clock: stamps calls with the time, the driver's token and the room.

use model::Timestamp;
use protocol::metadata;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
};

use crate::{Credential, RoomError};

/// The driver of a scenario's clock, for calls into one room.
#[derive(Debug, Clone)]
pub struct Driver {
    token: Option<MetadataValue<Ascii>>,
    room: Option<MetadataValue<Ascii>>,
}

impl Driver {
    /// A driver that shows `credential` and calls into the main room.
    #[must_use]
    pub fn new(credential: &Credential) -> Self {
        Self { token: credential.to_metadata(None), room: None }
    }

    /// The same driver, for calls into `room`.
    ///
    /// # Errors
    /// If `room` is no name of a room.
    pub fn in_room(&self, room: &str) -> Result<Self, RoomError> {
        let value = MetadataValue::try_from(crate::rooms::checked(room)?).ok();
        Ok(Self { token: self.token.clone(), room: value })
    }

    /// A call with `message` at the time `now`.
    pub fn request<T>(&self, message: T, now: Timestamp) -> Request<T> {
        let mut request = Request::new(message);
        self.stamp(&mut request, now);
        request
    }

    /// Stamps `request` as made at the time `now`.
    pub fn stamp<T>(&self, request: &mut Request<T>, now: Timestamp) {
        let call = request.metadata_mut();
        call.insert(metadata::NOW, MetadataValue::from(now.as_millis()));
        if let Some(token) = &self.token {
            call.insert(metadata::DRIVER, token.clone());
        }
        if let Some(room) = &self.room {
            call.insert(metadata::ROOM, room.clone());
        }
    }
}

/// Stamps `request` with the warrant of an inspector.
pub fn stamp_warrant<T>(request: &mut Request<T>, warrant: &Credential) {
    stamp_token(request, metadata::WARRANT_SCHEME, warrant);
}

/// Stamps `request` with the token of a peer.
pub fn stamp_peer<T>(request: &mut Request<T>, peer: &Credential) {
    stamp_token(request, metadata::PEER_SCHEME, peer);
}

fn stamp_token<T>(request: &mut Request<T>, scheme: &str, credential: &Credential) {
    if let Some(value) = credential.to_metadata(Some(scheme)) {
        request.metadata_mut().insert(metadata::AUTHORIZATION, value);
    }
}
