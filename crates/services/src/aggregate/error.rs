//! Why the aggregator refuses.

use std::fmt::Write;

use aggregation::{MergeError, PartialError, ReleaseError};
use model::{QueryId, RegionId, Window};
use protocol::{AssemblyError, ConvertError, Failure, StatusKind};

use crate::AccessError;

/// Why the aggregator refuses a call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AggregationError {
    /// The caller may not call.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The message does not say what it should.
    #[error(transparent)]
    Message(#[from] ConvertError),
    /// The parts make no contribution.
    #[error(transparent)]
    Parts(#[from] AssemblyError),
    /// Nobody asked this.
    #[error("there is no query `{found}`")]
    Query {
        /// The query.
        found: QueryId,
    },
    /// The region does not exist or is not asked.
    #[error("region `{found}` is not among those that are asked")]
    Region {
        /// The region.
        found: RegionId,
    },
    /// A contribution is of one region.
    #[error("a contribution of {found} regions came, expected one region")]
    Regions {
        /// How many regions are inside.
        found: usize,
    },
    /// The window is none of the query's.
    #[error("the window {found} came, the query has {expected}")]
    Window {
        /// The window.
        found: Window,
        /// The query's window with the same start.
        expected: Window,
    },
    /// Group keys do not fit the query.
    #[error("groups have {found} values, the query groups by {expected} fields")]
    Width {
        /// Values in each group key.
        found: usize,
        /// Fields of the query.
        expected: usize,
    },
    /// The columns are not well formed.
    #[error(transparent)]
    Malformed(#[from] PartialError),
    /// The region contributed something else before.
    #[error("region `{region}` contributed to {window} before, and not the same")]
    Conflict {
        /// The region.
        region: RegionId,
        /// The window.
        window: Window,
    },
    /// The window was published without the region.
    #[error("{window} was published without region `{region}`")]
    Late {
        /// The region.
        region: RegionId,
        /// The window.
        window: Window,
    },
    /// Not every region has contributed.
    #[error("`{query}` of {window} cannot be published yet: {} missing", list(regions))]
    Missing {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
        /// Regions that have not contributed, sorted.
        regions: Vec<RegionId>,
    },
    /// No region has contributed.
    #[error("no region has contributed to `{query}` of {window}")]
    Nothing {
        /// The query.
        query: QueryId,
        /// The window.
        window: Window,
    },
    /// There are as many windows as can be held.
    #[error("there are {windows_max} windows already, which is the limit")]
    WindowsFull {
        /// Most windows.
        windows_max: usize,
    },
    /// Contributions that wait to be published take as much memory as they may.
    #[error("contributions that are not published yet would take more than the limit of {held_bytes_max} bytes")]
    HeldFull {
        /// Most bytes.
        held_bytes_max: usize,
    },
    /// The contributions do not add up.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// Nothing can be published.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// What the call changed would be lost in a crash, so that it is not answered.
    #[error("what changed cannot be kept: {reason}")]
    NotKept {
        /// Why.
        reason: String,
    },
    /// A call broke off in the middle, so what is held cannot be relied on.
    #[error("the aggregator is out of order since a call failed")]
    OutOfOrder,
}

fn list(regions: &[RegionId]) -> String {
    let mut text = String::new();
    for (place, region) in regions.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing into a `String` cannot fail.
        let _ = write!(text, "{comma}{region}");
    }
    text + if regions.len() == 1 { " is" } else { " are" }
}

impl Failure for AggregationError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::Access(error) => error.kind(),
            Self::Message(error) => error.kind(),
            Self::Parts(error) => error.kind(),
            Self::Query { .. } => StatusKind::NotFound,
            Self::Region { .. }
            | Self::Regions { .. }
            | Self::Window { .. }
            | Self::Width { .. }
            | Self::Malformed(_)
            | Self::Merge(_) => StatusKind::InvalidArgument,
            Self::Conflict { .. } => StatusKind::AlreadyExists,
            Self::Late { .. } | Self::Missing { .. } | Self::Nothing { .. } | Self::Release(_) => {
                StatusKind::FailedPrecondition
            }
            Self::WindowsFull { .. } | Self::HeldFull { .. } => StatusKind::ResourceExhausted,
            Self::NotKept { .. } => StatusKind::Unavailable,
            Self::OutOfOrder => StatusKind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Access(error) => error.reason(),
            Self::Message(error) => error.reason(),
            Self::Parts(error) => error.reason(),
            Self::Query { .. } => "unknown-query",
            Self::Region { .. } => "unknown-region",
            Self::Regions { .. } | Self::Width { .. } | Self::Malformed(_) => "malformed-partial",
            Self::Window { .. } => "other-window",
            Self::Merge(_) => "does-not-merge",
            Self::Conflict { .. } => "conflict",
            Self::Late { .. } => "late",
            Self::Missing { .. } => "regions-missing",
            Self::Nothing { .. } => "nothing-contributed",
            Self::WindowsFull { .. } => "windows-full",
            Self::HeldFull { .. } => "held-full",
            Self::Release(_) => "cannot-release",
            Self::NotKept { .. } => "not-kept",
            Self::OutOfOrder => "out-of-order",
        }
    }
}
