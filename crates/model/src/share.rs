//! Secret shares over two servers: who holds which, and what may cross a border.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of the two servers that hold shares of the same reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Holds the long shares, and begins the verification of each report.
    Leader,
    /// Holds the short shares, and answers.
    Helper,
}

impl Party {
    /// The party's name, as files and tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Helper => "helper",
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One party's share of an aggregate, with its own noise inside. Without the other party's it is uniform, and says
/// nothing but how many reports are in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AggregateShare {
    /// Whose share it is.
    pub party: Party,
    /// Reports whose output shares were added up.
    pub reports: u64,
    /// Elements of the mechanism's field, one for each group, in the encoding of its specification.
    pub elements: Vec<u8>,
}

/// Shows no element: together, the two shares are the aggregate.
impl fmt::Debug for AggregateShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AggregateShare")
            .field("party", &self.party)
            .field("reports", &self.reports)
            .field("bytes", &self.elements.len())
            .finish_non_exhaustive()
    }
}
