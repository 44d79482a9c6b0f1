//! The one map from errors to gRPC status, and back to what a device makes of an answer.

use std::error::Error;

use model::Reply;
use tonic::{Code, Status, metadata::MetadataValue};

use crate::{ConvertError, metadata};

/// What kind of failure an error is to the caller. Each kind is one gRPC code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusKind {
    /// The request can never be taken as it is.
    InvalidArgument,
    /// What the request names does not exist.
    NotFound,
    /// Something else stands where the request wants to put this.
    AlreadyExists,
    /// The request can be taken once something else has happened.
    FailedPrecondition,
    /// The request lies outside what can be taken at this time.
    OutOfRange,
    /// A bound was reached.
    ResourceExhausted,
    /// The caller did not show who it is.
    Unauthenticated,
    /// The caller showed who it is and may not do this.
    PermissionDenied,
    /// The service cannot answer now.
    Unavailable,
    /// The service broke a rule of its own.
    Internal,
}

impl StatusKind {
    /// The gRPC code of this kind.
    #[must_use]
    pub const fn code(self) -> Code {
        match self {
            Self::InvalidArgument => Code::InvalidArgument,
            Self::NotFound => Code::NotFound,
            Self::AlreadyExists => Code::AlreadyExists,
            Self::FailedPrecondition => Code::FailedPrecondition,
            Self::OutOfRange => Code::OutOfRange,
            Self::ResourceExhausted => Code::ResourceExhausted,
            Self::Unauthenticated => Code::Unauthenticated,
            Self::PermissionDenied => Code::PermissionDenied,
            Self::Unavailable => Code::Unavailable,
            Self::Internal => Code::Internal,
        }
    }
}

/// An error that a caller gets to see.
pub trait Failure: Error {
    /// What kind of failure it is to the caller.
    fn kind(&self) -> StatusKind;

    /// A name for the reason that programs can rely on: lower case, words joined by hyphens.
    fn reason(&self) -> &'static str;
}

impl Failure for ConvertError {
    fn kind(&self) -> StatusKind {
        StatusKind::InvalidArgument
    }

    fn reason(&self) -> &'static str {
        "malformed-message"
    }
}

/// The gRPC status of `failure`: its kind as code, its words as message, its reason as metadata.
///
/// ```
/// use protocol::{status, v1};
///
/// let empty = v1::Window { start_ms: 5, end_ms: 5 };
/// let error = model::Window::try_from(empty).expect_err("it has no inside");
/// let status = status::status(&error);
/// assert_eq!(status.code(), tonic::Code::InvalidArgument);
/// assert_eq!(status.message(), "field `end_ms`: 5 is not after start_ms, 5");
/// assert_eq!(status::reason(&status), Some("malformed-message"));
/// ```
#[must_use]
pub fn status(failure: &impl Failure) -> Status {
    let mut status = Status::new(failure.kind().code(), failure.to_string());
    status.metadata_mut().insert(metadata::REASON, MetadataValue::from_static(failure.reason()));
    status
}

/// The name of the reason that `status` carries, if it comes from [`status`].
#[must_use]
pub fn reason(status: &Status) -> Option<&str> {
    status.metadata().get(metadata::REASON)?.to_str().ok()
}

/// What a device makes of an answer: whether it is done with an upload, gives it up or tries again.
#[must_use]
pub fn reply<T>(answer: Result<&T, &Status>) -> Reply {
    let Err(status) = answer else { return Reply::Accepted };
    match status.code() {
        Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::FailedPrecondition
        | Code::OutOfRange
        | Code::PermissionDenied
        | Code::Unauthenticated
        | Code::Unimplemented => Reply::Refused,
        Code::Ok => Reply::Accepted,
        Code::ResourceExhausted
        | Code::Unavailable
        | Code::Internal
        | Code::Aborted
        | Code::Cancelled
        | Code::DataLoss
        | Code::DeadlineExceeded
        | Code::Unknown => Reply::Unavailable,
    }
}
