//! Why a batch was refused.

use encoding::DecodeError;

/// Why a batch was refused. None of its reports was counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing is taken at this place.
    #[error("nothing is taken at {host}{path}")]
    UnknownEndpoint {
        /// Host of the upload.
        host: String,
        /// Path of the upload, without query.
        path: String,
    },
    /// The body is too large, as it came or after a step of its chain was undone.
    #[error("body has more than {bytes_max} bytes, as it came or decoded")]
    Oversized {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// The body is not of the form that is taken at this place.
    #[error("body is not of the expected form: {0}")]
    Malformed(DecodeError),
    /// The batch's id is none.
    #[error("batch has an id of {found} bytes, expected 1 to {max} visible ASCII characters")]
    BatchId {
        /// Length of the id in bytes.
        found: usize,
        /// Most characters.
        max: usize,
    },
    /// The batch has too many reports.
    #[error("batch has more than {reports_max} reports")]
    TooManyReports {
        /// The limit.
        reports_max: usize,
    },
    /// All windows that could take a report of the batch are closed.
    #[error("batch is {late_ms} ms late, which is not less than the limit of {late_ms_max} ms")]
    Late {
        /// How long ago the last window ended that could have taken one of the reports.
        late_ms: u64,
        /// How long windows take reports after their end.
        late_ms_max: u64,
    },
    /// No report of the batch can be taken now, and some lie too far ahead.
    #[error("batch is {early_ms} ms early, the limit is {early_ms_max} ms")]
    Early {
        /// How far ahead of `now` the nearest of the reports lies that are too early.
        early_ms: u64,
        /// How far ahead reports may lie.
        early_ms_max: u64,
    },
    /// A bound is reached. The batch may be sent again later.
    #[error("there is no room for more {what}, the limit is {max}")]
    Overloaded {
        /// What there is no room for.
        what: &'static str,
        /// The limit.
        max: usize,
    },
}

/// Kinds of refusal, as counts name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
#[non_exhaustive]
pub enum RefusalKind {
    UnknownEndpoint,
    Oversized,
    Malformed,
    BatchId,
    TooManyReports,
    Late,
    Early,
    Overloaded,
}

impl RefusalKind {
    /// The kind's name, as logs and tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownEndpoint => "unknown-endpoint",
            Self::Oversized => "oversized",
            Self::Malformed => "malformed",
            Self::BatchId => "batch-id",
            Self::TooManyReports => "too-many-reports",
            Self::Late => "late",
            Self::Early => "early",
            Self::Overloaded => "overloaded",
        }
    }
}

impl Refusal {
    /// The kind of this refusal.
    #[must_use]
    pub const fn kind(&self) -> RefusalKind {
        match self {
            Self::UnknownEndpoint { .. } => RefusalKind::UnknownEndpoint,
            Self::Oversized { .. } => RefusalKind::Oversized,
            Self::Malformed(_) => RefusalKind::Malformed,
            Self::BatchId { .. } => RefusalKind::BatchId,
            Self::TooManyReports { .. } => RefusalKind::TooManyReports,
            Self::Late { .. } => RefusalKind::Late,
            Self::Early { .. } => RefusalKind::Early,
            Self::Overloaded { .. } => RefusalKind::Overloaded,
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::TooLong { bytes_max } => Self::Oversized { bytes_max },
            DecodeError::TooManyReports { reports_max } => Self::TooManyReports { reports_max },
            error => Self::Malformed(error),
        }
    }
}
