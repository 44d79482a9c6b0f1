//! Why a collector's service refuses a call.

use collector::{Refusal, RefusalKind, VerificationError};
use protocol::{ConvertError, Failure, StatusKind};

use crate::{AccessError, RoomError};

/// Why a collector's service refuses a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectionError {
    /// The caller may not call.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is no room for the call.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The message does not say what it should.
    #[error(transparent)]
    Message(#[from] ConvertError),
    /// The collector refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The collector does not take the turn of a verification.
    #[error(transparent)]
    Verification(#[from] VerificationError),
}

impl Failure for CollectionError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::Access(error) => error.kind(),
            Self::Room(error) => error.kind(),
            Self::Message(error) => error.kind(),
            Self::Refused(refusal) => kind_of(refusal.kind()),
            Self::Verification(VerificationError::NoWindow { .. }) => StatusKind::NotFound,
            Self::Verification(VerificationError::Open { .. }) => StatusKind::FailedPrecondition,
            Self::Verification(_) => StatusKind::InvalidArgument,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Access(error) => error.reason(),
            Self::Room(error) => error.reason(),
            Self::Message(error) => error.reason(),
            Self::Refused(refusal) => refusal.kind().name(),
            Self::Verification(error) => error.name(),
        }
    }
}

/// What a refusal is to the device: whether the same batch will ever be taken decides whether it is sent again.
const fn kind_of(refusal: RefusalKind) -> StatusKind {
    match refusal {
        RefusalKind::UnknownEndpoint => StatusKind::NotFound,
        RefusalKind::Late | RefusalKind::Oversized => StatusKind::OutOfRange,
        // Time makes an early batch a timely one.
        RefusalKind::Early => StatusKind::Unavailable,
        RefusalKind::Overloaded => StatusKind::ResourceExhausted,
        // Malformed, and whatever else the collector will refuse for what is in the batch.
        _ => StatusKind::InvalidArgument,
    }
}
