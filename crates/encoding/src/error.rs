//! Why a body could not be made or undone.

use crate::LayoutError;

/// Why reports could not be written in a form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The layout writes two parts of a report in the same place.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// Two values would be written in the same place.
    #[error("the field `{field}` is written where `{other}` is: expected names none of which holds another")]
    Clash {
        /// Name of the field.
        field: String,
        /// Name of the other field, or of a part of the layout.
        other: String,
    },
    /// A field's name has too many levels.
    #[error("a field's name has {found} levels of nesting, the limit is {max}")]
    Nesting {
        /// Levels found.
        found: usize,
        /// Most levels.
        max: usize,
    },
    /// More names of fields than protobuf has numbers for.
    #[error("a body has {found} names of fields, the limit of protobuf bodies is {max}")]
    Names {
        /// Distinct names found.
        found: usize,
        /// Most names.
        max: usize,
    },
    /// A step cannot take so many bytes.
    #[error("{step} cannot take a body of {bytes} bytes")]
    Size {
        /// Name of the step.
        step: &'static str,
        /// Size of the body.
        bytes: usize,
    },
}

/// Why a body could not be turned back into reports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The body exceeds the limit as it came, after a step, or with every field's name written out.
    #[error("body has more than {bytes_max} bytes as it came or after a step")]
    TooLong {
        /// The limit in bytes.
        bytes_max: usize,
    },
    /// Too many reports.
    #[error("body has more than {reports_max} reports")]
    TooManyReports {
        /// The limit.
        reports_max: usize,
    },
    /// Too many levels of nesting.
    #[error("body has more than {nesting_max} levels of nesting")]
    TooDeep {
        /// The limit.
        nesting_max: usize,
    },
    /// The body is not what the step writes.
    #[error("{step} cannot be undone: {reason}")]
    Malformed {
        /// Name of the step.
        step: &'static str,
        /// What was found, or expected.
        reason: String,
    },
}

impl DecodeError {
    pub(crate) fn malformed(step: &'static str, reason: impl std::fmt::Display) -> Self {
        Self::Malformed { step, reason: reason.to_string() }
    }
}
