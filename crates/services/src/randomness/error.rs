//! Why the randomness server refuses.

use model::{QueryId, Window};
use protocol::{ConvertError, Failure, StatusKind};

use crate::{AccessError, RoomError};

/// Why the randomness server refuses a call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RandomnessError {
    /// The caller may not call.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// There is no room for the call.
    #[error(transparent)]
    Room(#[from] RoomError),
    /// The message does not say what it should.
    #[error(transparent)]
    Message(#[from] ConvertError),
    /// No such query, or none whose mechanism is STAR.
    #[error("there is no randomness for query {found}")]
    Query {
        /// The query that was named.
        found: QueryId,
    },
    /// The window is none of the query's.
    #[error("{found} is no window of the query, expected one such as {expected}")]
    Window {
        /// What was named.
        found: Window,
        /// The window that holds its start.
        expected: Window,
    },
    /// The window is over, and its secret is gone.
    #[error("window {window} is over: its secret was punctured")]
    Over {
        /// The window.
        window: Window,
    },
    /// The window has not begun.
    #[error("window {window} has not begun")]
    Early {
        /// The window.
        window: Window,
    },
    /// The number of points is none that one call may have.
    #[error("there are {found} points, expected 1 to {points_max}")]
    Points {
        /// Points found.
        found: usize,
        /// Most points.
        points_max: usize,
    },
    /// A point is none.
    #[error("points[{place}] is no point of ristretto255 but the identity, in 32 bytes")]
    Point {
        /// Its place.
        place: usize,
    },
    /// So many points were evaluated in the window that no more will be.
    #[error("{evaluations_max} points were evaluated in the window, which is the most")]
    Exhausted {
        /// The limit.
        evaluations_max: u64,
    },
    /// The crate underneath fails where it never should.
    #[error("the oblivious function cannot be evaluated: {reason}")]
    Broken {
        /// What it says.
        reason: String,
    },
}

impl Failure for RandomnessError {
    fn kind(&self) -> StatusKind {
        match self {
            Self::Access(error) => error.kind(),
            Self::Room(error) => error.kind(),
            Self::Message(error) => error.kind(),
            Self::Query { .. } => StatusKind::NotFound,
            Self::Window { .. } | Self::Points { .. } | Self::Point { .. } => StatusKind::InvalidArgument,
            Self::Over { .. } => StatusKind::OutOfRange,
            // Time makes an early call a timely one.
            Self::Early { .. } => StatusKind::Unavailable,
            Self::Exhausted { .. } => StatusKind::ResourceExhausted,
            Self::Broken { .. } => StatusKind::Internal,
        }
    }

    fn reason(&self) -> &'static str {
        match self {
            Self::Access(error) => error.reason(),
            Self::Room(error) => error.reason(),
            Self::Message(error) => error.reason(),
            Self::Query { .. } => "unknown-query",
            Self::Window { .. } => "other-window",
            Self::Over { .. } => "window-over",
            Self::Early { .. } => "early",
            Self::Points { .. } => "number-of-points",
            Self::Point { .. } => "no-point",
            Self::Exhausted { .. } => "evaluations-exhausted",
            Self::Broken { .. } => "broken",
        }
    }
}
