//! What is wrong with a randomizer, and with what came from one.

use model::Ratio;

/// Parameters with which nothing can be randomized, or nothing be estimated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// Epsilon is out of range.
    #[error("epsilon is {found}, expected {} to {}", super::EPSILON_MIN, super::EPSILON_MAX)]
    Epsilon {
        /// What stood there.
        found: Ratio,
    },
    /// A whole number of RAPPOR is out of range.
    #[error("{parameter} is {found}, expected 1 to {max}")]
    Size {
        /// Its name.
        parameter: &'static str,
        /// What stood there.
        found: u32,
        /// The most.
        max: u32,
    },
    /// A probability is out of range.
    #[error("{parameter} is {found}, expected {expected}")]
    Probability {
        /// Its name.
        parameter: &'static str,
        /// What stood there.
        found: Ratio,
        /// What was expected.
        expected: &'static str,
    },
    /// No bit is ever left to chance.
    #[error(
        "with f = 0, {parameter} = {found} gives the value away: expected a probability between 0 and 1, or f above 0"
    )]
    Bare {
        /// The probability that is 0 or 1.
        parameter: &'static str,
        /// What stood there.
        found: Ratio,
    },
    /// There is no known value, or there are too many.
    #[error("there are {found} known values, expected 1 to {max}")]
    Values {
        /// How many different ones there are.
        found: usize,
        /// The most.
        max: usize,
    },
    /// A known value is the empty text, which stands for none of them.
    #[error("a known value is empty, which stands for none of the known values")]
    EmptyValue,
}

impl LocalError {
    /// The parameter that is wrong, as files name it; nothing where the known values are.
    #[must_use]
    pub const fn parameter(&self) -> Option<&'static str> {
        match self {
            Self::Epsilon { .. } => Some("epsilon"),
            Self::Size { parameter, .. } | Self::Probability { parameter, .. } | Self::Bare { parameter, .. } => {
                Some(parameter)
            }
            Self::Values { .. } | Self::EmptyValue => None,
        }
    }
}

/// Text that is no response of the randomizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("text is no response, expected {expected}")]
pub struct ResponseError {
    /// How responses are written.
    pub expected: &'static str,
}
