//! What goes wrong at a time.

use std::fmt;

use model::{Country, RegionId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that goes wrong at a time.
///
/// Faults hit every room of a world alike: each shard of the crowd, and each arm of an examination that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    /// When it begins.
    pub at: Timestamp,
    /// What it is.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum FaultKind {
    /// There is no way between two parties. Requests go from one to the other, and answers back.
    Partition {
        /// When it ends.
        until: Timestamp,
        /// Who asks; by default all devices.
        #[serde(default)]
        from: Party,
        /// Who is asked.
        to: Party,
        /// What does not get through.
        #[serde(default)]
        loses: Loses,
    },
    /// The servers of a region answer at once that they are unavailable. What they hold stays.
    Outage {
        /// When it ends.
        until: Timestamp,
        /// The region.
        region: RegionId,
    },
}

/// An end of a way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Every device.
    #[default]
    Devices,
    /// The devices in a country.
    Country(Country),
    /// The servers of a region.
    Region(RegionId),
}

/// What a partition does not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Loses {
    /// Nothing gets through.
    #[default]
    Both,
    /// Requests get lost: nobody hears them.
    Requests,
    /// Requests arrive and are acted on; who asked does not hear the answer.
    Answers,
}

impl Loses {
    /// Whether requests get lost.
    #[must_use]
    pub const fn requests(self) -> bool {
        matches!(self, Self::Both | Self::Requests)
    }

    /// Whether answers get lost.
    #[must_use]
    pub const fn answers(self) -> bool {
        matches!(self, Self::Both | Self::Answers)
    }
}

impl FaultKind {
    /// Its name, as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Partition { .. } => "partition",
            Self::Outage { .. } => "outage",
        }
    }

    /// When it is over; `None` for what happens at once.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::Partition { until, .. } | Self::Outage { until, .. } => Some(*until),
        }
    }
}

impl Fault {
    /// Whether it lasts at `time`.
    #[must_use]
    pub fn lasts_at(&self, time: Timestamp) -> bool {
        self.at <= time && self.kind.until().is_some_and(|until| time < until)
    }
}

/// One sentence without a full stop, as a timeline tells it.
impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition { until, from, to, loses: Loses::Both } => {
                write!(f, "{to} cannot be reached by {from} until {until}")
            }
            Self::Partition { until, from, to, loses: Loses::Requests } => {
                write!(f, "Requests by {from} do not reach {to} until {until}")
            }
            Self::Partition { until, from, to, loses: Loses::Answers } => {
                write!(f, "Answers of {to} do not reach {from} until {until}")
            }
            Self::Outage { until, region } => write!(f, "Region {region} is unavailable until {until}"),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Devices => f.write_str("all devices"),
            Self::Country(country) => write!(f, "devices in {country}"),
            Self::Region(region) => write!(f, "Region {region}"),
        }
    }
}
