//! Why a report that came in shares is not counted.

use std::collections::BTreeMap;

/// Why one server does not count a report. The other does not either, or nothing is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// The report has no nonce or no share, or they are not of the expected form.
    Malformed,
    /// The share has not as many bytes as the query's shares.
    WrongLength,
    /// The nonce was seen before in this window.
    Replayed,
    /// The device contributed as many reports as it may.
    OverBound,
    /// The other server has no share of the report.
    Unpaired,
    /// The two shares are not those of a valid measurement.
    Invalid,
    /// The other server refused it.
    ByOther,
}

impl Refused {
    /// Every reason, in order.
    pub const ALL: [Self; 7] = [
        Self::Malformed,
        Self::WrongLength,
        Self::Replayed,
        Self::OverBound,
        Self::Unpaired,
        Self::Invalid,
        Self::ByOther,
    ];

    /// The reason's name, as logs, messages and tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed-share",
            Self::WrongLength => "share-length",
            Self::Replayed => "replayed-share",
            Self::OverBound => "over-bound",
            Self::Unpaired => "unpaired-share",
            Self::Invalid => "invalid-share",
            Self::ByOther => "refused-by-other",
        }
    }
}

/// How many reports were refused, by reason.
pub type RefusedCounts = BTreeMap<Refused, u64>;
