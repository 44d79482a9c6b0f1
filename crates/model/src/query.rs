//! What is asked of the reports, with which privacy mechanism, and what is published.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AggregateShare, Duration, QueryId, Randomizer, Ratio, RegionId, Timestamp};

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
    /// The mean of a field, each value first clamped to `min..=max`.
    Mean {
        /// Name of the field; reports without a number there are not counted.
        field: String,
        /// Least value that counts as itself.
        min: i64,
        /// Greatest value that counts as itself.
        max: i64,
        /// Decimal places: what is published is the mean times 10 to this power, rounded to the nearest whole number.
        #[serde(default, skip_serializing_if = "is_zero")]
        #[schemars(range(max = 9))]
        decimals: u8,
    },
    /// The number of reports in each bucket of a field's values. A bucket is a group of its own: its name stands behind
    /// the group's other values, such as `10..20` for 10 to 19.
    Histogram {
        /// Name of the field; reports without a number there are not counted.
        field: String,
        /// Edges of the buckets, increasing. Values below the first count in the first bucket, values from the last edge
        /// on in the last bucket.
        #[schemars(length(min = 2, max = 1025))]
        edges: Vec<i64>,
    },
    /// Quantiles of a field's values, read off a histogram. Each is a cell of its own: its name, such as `1/2`, stands
    /// behind the group's other values.
    Quantiles {
        /// Name of the field; reports without a number there are not counted.
        field: String,
        /// Edges of the buckets, as those of a histogram: what is published is the middle of a bucket.
        #[schemars(length(min = 2, max = 1025))]
        edges: Vec<i64>,
        /// Which quantiles, each above 0 and at most 1, such as `"1/2"` for the median.
        #[schemars(length(min = 1, max = 64))]
        at: Vec<Ratio>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(decimals: &u8) -> bool {
    *decimals == 0
}

/// Which noise is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NoiseKind {
    /// Discrete Laplace: pure epsilon.
    #[default]
    Laplace,
    /// Discrete Gaussian: less noise where a device is in many groups, accounted in zero-concentrated differential
    /// privacy; needs a delta above zero.
    Gaussian,
}

impl NoiseKind {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_default(&self) -> bool {
        matches!(self, Self::Laplace)
    }
}

/// Which keys are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Keys {
    /// All of the query's `domain`, whether they occurred or not.
    #[default]
    Known,
    /// Keys that occurred, each with a chance that grows with its distinct devices; needs a delta above zero.
    Selected,
}

impl Keys {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
    const fn is_default(&self) -> bool {
        matches!(self, Self::Known)
    }
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
    /// Central differential privacy with discrete Laplace or Gaussian noise (Canonne, Kamath and Steinke 2020), for each
    /// (device, window, region).
    Central {
        /// Epsilon spent by one release for one window: pure unless there is a delta.
        epsilon: Ratio,
        /// Delta spent by one release for one window: zero for discrete Laplace noise on known keys.
        #[serde(default, skip_serializing_if = "Ratio::is_zero")]
        delta: Ratio,
        /// Which noise is added.
        #[serde(default, skip_serializing_if = "NoiseKind::is_default")]
        noise: NoiseKind,
        /// Which keys are published. Selecting them spends half of epsilon and of delta.
        #[serde(default, skip_serializing_if = "Keys::is_default")]
        keys: Keys,
        /// Most groups to which one device may contribute in one window (L0 bound).
        groups_per_device_max: u32,
        /// Most reports that one device may contribute to one group in one window (L∞ bound).
        reports_per_group_max: u32,
    },
    /// Local differential privacy: the one field of `group-by` holds what devices randomized themselves, and `domain`
    /// has the values that are known. Whoever takes, merges or publishes reports needs no trust.
    Local {
        /// How devices randomize.
        randomizer: Randomizer,
        /// Most reports of one device that count in one window. A device that makes so many spends so many times the
        /// randomizer's epsilon in each window: its policy must keep to the same bound.
        reports_per_device_max: u32,
    },
    /// Secret shares over the servers of two regions, of which neither sees a report: Prio3 of the CFRG's
    /// specification of verifiable distributed aggregation functions (draft-irtf-cfrg-vdaf-18, section 7). The query's
    /// `regions` are two: the first leads, the second helps. Each adds discrete Laplace noise to its own share, enough
    /// for the epsilon on its own.
    ///
    /// What is computed follows from the query. Without `group-by`, a sum of at most 1 is Prio3Count and any other sum
    /// Prio3Sum; with known keys, a count is Prio3Histogram and a sum Prio3SumVec. The `min` of a sum is zero.
    Prio3 {
        /// Pure epsilon spent by one release for one window, against anybody but both servers together.
        epsilon: Ratio,
        /// Most reports that one device may contribute in one window. The leader sees to it.
        reports_per_device_max: u32,
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
            Self::Local { .. } => "local",
            Self::Prio3 { .. } => "prio3",
            Self::Star { .. } => "star",
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Threshold { devices_min } => write!(f, "threshold of {devices_min} devices"),
            Self::Central { epsilon, delta, .. } => {
                write!(f, "central differential privacy, epsilon {epsilon}")?;
                if delta.is_zero() { Ok(()) } else { write!(f, ", delta {delta}") }
            }
            Self::Local { randomizer, .. } => write!(f, "local differential privacy, {randomizer}"),
            Self::Prio3 { epsilon, .. } => write!(f, "secret shares over two servers, epsilon {epsilon}"),
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

    /// Whether `time` lies inside.
    #[inline]
    #[must_use]
    pub fn holds(self, time: Timestamp) -> bool {
        self.start <= time && time < self.end
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
    /// Distinct devices of each group, added up over regions; zero where devices randomized the group themselves.
    pub devices: Vec<u64>,
    /// Randomized responses that were counted, whichever groups they support; zero where devices randomized nothing.
    #[serde(default)]
    pub responses: u64,
    /// Shares of the aggregate, sorted by party, each party at most once; only where reports are shared over two
    /// servers. Then there are no groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<AggregateShare>,
}

/// One published value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cell {
    /// Values of the query's `group-by` fields.
    pub group: GroupKey,
    /// The published value; noise can make it negative.
    pub value: i64,
    /// How far the truth may lie from it; absent where whoever published it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorBar>,
}

/// How far the truth may lie from a published value.
///
/// The truth is what the measure gives over the reports that count once contributions are bounded and values clamped.
/// Noise, sampling and suppression that follow are covered; what bounding and clamping change is a bias that is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ErrorBar {
    /// Standard error in the value's unit, rounded up.
    pub standard_error: Ratio,
    /// Least value of the interval.
    pub low: i64,
    /// Greatest value of the interval, itself inside.
    pub high: i64,
    /// Probability with which the interval holds the truth, at least 19/20, rounded down. That of a single noise added,
    /// or of the noise of two servers, is exact but for that. It is a lower bound for quantiles, for few randomized
    /// responses and RAPPOR's, and for means at the end of their range: those are covered at least so often.
    pub coverage: Ratio,
}

impl ErrorBar {
    /// The error bar of a value that is the truth.
    #[must_use]
    pub const fn exact(value: i64) -> Self {
        Self { standard_error: Ratio::ZERO, low: value, high: value, coverage: Ratio::ONE }
    }

    /// Whether the interval holds `truth`.
    #[must_use]
    pub const fn covers(&self, truth: i64) -> bool {
        self.low <= truth && truth <= self.high
    }
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
    /// The key was not selected.
    NotSelected,
    /// One of the two servers has no share of the aggregate.
    ShareMissing,
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
    /// Names of the group fields, in the order of each cell's `group`: those of the query, then the field of a histogram,
    /// or `quantile`.
    pub group_by: Vec<String>,
    /// What was computed.
    pub measure: Measure,
    /// How it was made harmless.
    pub mechanism: Mechanism,
    /// Published values, sorted by group.
    pub cells: Vec<Cell>,
    /// How many groups were withheld, by reason, sorted by reason's place in [`Withheld`]; zero where the number would
    /// be a fact about the reports that nothing protects.
    pub withheld: Vec<(Withheld, u64)>,
}

/// How the releases of one query compare with the truth, and what was expected of that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Accuracy {
    /// The query.
    pub query: QueryId,
    /// Published cells with a truth to compare with, over all windows.
    pub cells: u64,
    /// Those whose interval holds the truth.
    pub covered: u64,
    /// Groups that are said to be withheld.
    pub withheld: u64,
    /// Least share of cells whose interval must hold the truth.
    pub covered_min: Ratio,
    /// Fewest cells that must be published.
    pub cells_min: u64,
    /// Most groups that may be withheld; absent for any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withheld_max: Option<u64>,
}

impl Accuracy {
    /// Whether everything is as it was expected.
    #[must_use]
    pub fn holds(&self) -> bool {
        let (of, least) = (u128::from(self.covered_min.denominator()), u128::from(self.covered_min.numerator()));
        u128::from(self.covered) * of >= u128::from(self.cells) * least
            && self.cells >= self.cells_min
            && self.withheld_max.is_none_or(|most| self.withheld <= most)
    }
}

impl fmt::Display for Accuracy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cells, covered, withheld, covered_min, cells_min, withheld_max, .. } = self;
        write!(f, "{covered} of {cells} intervals hold the truth, expected a share of {covered_min} or more")?;
        if cells < cells_min {
            write!(f, " of at least {cells_min}")?;
        }
        match withheld_max {
            Some(most) => write!(f, "; {withheld} groups withheld, expected at most {most}"),
            None => Ok(()),
        }
    }
}
