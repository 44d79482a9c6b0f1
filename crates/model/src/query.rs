//! What is asked of the reports, with which privacy mechanism, and what is published.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Duration, QueryId, Ratio, RegionId, Timestamp};

/// A question that is answered for every window of event time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Query {
    /// Name of the query.
    pub id: QueryId,
    /// Events that are counted; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Fields whose values name a group; `event` is the event's name. A report that lacks one is not counted.
    pub group_by: Vec<String>,
    /// What is computed for each group.
    #[serde(default)]
    pub measure: Measure,
    /// Length of a window of event time; windows begin at multiples of it since the Unix epoch.
    #[serde(default = "one_day")]
    pub window: Duration,
    /// Regions that answer; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<RegionId>,
    /// How the answer is made harmless.
    pub mechanism: Mechanism,
    /// For mechanisms that need known keys: every value that each field in `group-by` can take.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domain: BTreeMap<String, Vec<String>>,
}

fn one_day() -> Duration {
    Duration::DAY
}

/// What is computed for each group.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Measure {
    /// The number of reports.
    #[default]
    Count,
    /// The number of distinct devices.
    Devices,
    /// The sum of a field, each value first clamped to `min..=max`.
    Sum {
        /// Name of the field; reports without a number there are not counted.
        field: String,
        /// Least value that counts as itself.
        min: i64,
        /// Greatest value that counts as itself.
        max: i64,
    },
}

/// How an aggregate is made harmless before it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum Mechanism {
    /// Published as it is: no protection.
    Exact,
    /// Groups with fewer distinct devices are withheld.
    Threshold {
        /// Fewest distinct devices of a group that is published (k).
        devices_min: u64,
    },
    /// Central differential privacy with discrete Laplace noise (Canonne, Kamath and Steinke 2020, section 5),
    /// for each (device, window, region).
    Central {
        /// Pure epsilon spent by one release for one window.
        epsilon: Ratio,
        /// Most groups to which one device may contribute in one window (L0 bound).
        groups_per_device_max: u32,
        /// Most reports that one device may contribute to one group in one window (L∞ bound).
        reports_per_group_max: u32,
    },
    /// STAR (Davidson et al. 2022): devices send their group under a key of which each holds one share, so that no
    /// server reads a group before enough devices have sent it.
    Star {
        /// Fewest devices whose shares reveal a group (k).
        devices_min: u32,
        /// Most messages in one window of one device that the region knows; below `devices-min`, so that no such
        /// device can reveal a group alone.
        messages_per_device_max: u32,
    },
}

impl Mechanism {
    /// The mechanism's name, as files and tables write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Threshold { .. } => "threshold",
            Self::Central { .. } => "central",
            Self::Star { .. } => "star",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Threshold { devices_min } => write!(f, "threshold of {devices_min} devices"),
            Self::Central { epsilon, .. } => write!(f, "central differential privacy, epsilon {epsilon}"),
            Self::Star { devices_min, .. } => write!(f, "STAR with shares of {devices_min} devices"),
        }
    }
}

/// A window of event time: `start..end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// First point in time inside.
    pub start: Timestamp,
    /// First point in time after.
    pub end: Timestamp,
}

impl Window {
    /// The window of length `length` (taken as 1 ms where zero) that holds `time`.
    #[must_use]
    pub fn holding(time: Timestamp, length: Duration) -> Self {
        let length = i64::try_from(length.as_millis().max(1)).unwrap_or(i64::MAX);
        let start = time.as_millis().div_euclid(length).saturating_mul(length);
        Self { start: Timestamp::from_millis(start), end: Timestamp::from_millis(start.saturating_add(length)) }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.start, self.end)
    }
}

/// The values of a query's `group-by` fields, in that order.
pub type GroupKey = Vec<String>;

/// What one region knows about one query and window once contributions are bounded: what may cross a border.
///
/// It has no place for a device key. Columns are parallel, sorted by `groups`, without repeats.
///
/// For [`Mechanism::Star`] nobody can read a group before the release: what stands in `groups` are messages, each a
/// secret share, as one text in base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partial {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// Regions whose reports are inside, sorted; each at most once.
    pub regions: Vec<RegionId>,
    /// Group keys.
    pub groups: Vec<GroupKey>,
    /// Reports of each group that were counted.
    pub counts: Vec<u64>,
    /// Sums of each group's values; zero where the query sums nothing.
    pub sums: Vec<i64>,
    /// Distinct devices of each group, added up over regions.
    pub devices: Vec<u64>,
}

/// One published value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Values of the query's `group-by` fields.
    pub group: GroupKey,
    /// The published value; noise can make it negative.
    pub value: i64,
}

/// Why something was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Withheld {
    /// Too few distinct devices.
    BelowThreshold,
    /// The key is not among the known keys.
    UnknownKey,
    /// The budget would be overspent.
    Budget,
    /// A message cannot be read, or does not fit the others of its tag; counted by messages, not by groups.
    Malformed,
}

/// One published aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// Regions whose reports are inside, sorted.
    pub regions: Vec<RegionId>,
    /// Events that were counted, as the query names them; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// Names of the group fields, in the order of each cell's `group`.
    pub group_by: Vec<String>,
    /// What was computed.
    pub measure: Measure,
    /// How it was made harmless.
    pub mechanism: Mechanism,
    /// Published values, sorted by group.
    pub cells: Vec<Cell>,
    /// How many groups were withheld, by reason, sorted by reason's place in [`Withheld`].
    pub withheld: Vec<(Withheld, u64)>,
}
