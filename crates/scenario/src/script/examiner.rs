//! What the examiner does and must find, and what the outside world said meanwhile.

use model::{
    CheckName, ClaimId, Country, Entry, Phase, ProductId, QueryId, Ratio, SwitchState, Timestamp, Verdict, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the examiner does beyond the plan that is always carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlanOptions {
    /// Days of daily use at the end, to see identifiers rotate. Zero for none.
    #[schemars(range(max = 1000))]
    pub long_days: u32,
    /// Phases of the plan that are left out, to see what an examination without them cannot prove.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 14))]
    pub skip: Vec<Phase>,
    /// More activities, on every lab device, after the plan's own, in order of time. A time stands for its distance
    /// from the start of the world: an entry one hour after it happens one hour after the plan's own end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10000))]
    pub diary: Vec<Entry>,
    /// How often each noisy mechanism answers over each of two neighbouring crowds, to see how much it gives away. Zero
    /// for not at all.
    #[schemars(range(max = 10_000_000))]
    pub samples: u32,
    /// Devices of the examiner among the crowd, to see whether they open a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sybils: Option<Sybils>,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { long_days: 0, skip: Vec::new(), diary: Vec::new(), samples: 4_000, sybils: None }
    }
}

/// Devices that the examiner lets report among the crowd, an hour after the world begins, and one more that belongs to
/// nobody else and plays the victim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sybils {
    /// How many an attacker would control.
    #[schemars(range(min = 1, max = 1000))]
    pub devices: u32,
    /// Their model, which nobody else has.
    pub model: String,
    /// Where they are.
    pub country: Country,
    /// BCP 47 tag of their language.
    pub locale: String,
}

/// A statement or report of the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct News {
    /// When.
    pub at: Timestamp,
    /// What, in one sentence.
    pub text: String,
    /// Where the fact is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A verdict that an honest examiner must reach, for every claim and subject that it matches.
///
/// Where several match, the one that restricts most of the four lists decides, so that a general expectation can have
/// exceptions. Two that restrict equally many must agree: a file in which they do not is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectation {
    /// Claims; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub claims: Vec<ClaimId>,
    /// Products; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub products: Vec<ProductId>,
    /// Versions; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub versions: Vec<Version>,
    /// States of the switch; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub switch: Vec<SwitchState>,
    /// The verdict.
    pub verdict: Verdict,
    /// The check that must have found something; by default any. Only where the verdict is not `kept`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckName>,
    /// The source of the fact.
    pub source: String,
}

/// What the releases of one query must be, beside the truth that the world alone knows. Whatever the mechanism, it is
/// expected the same way.
///
/// The truth is what the query's measure gives over the reports of the crowd that were admitted, as the devices recorded
/// them: before any mechanism encoded them, and with no bound on what a device contributes. So bounds that bite show
/// here, although no interval covers their bias. A cell's interval holds the truth with the probability that the cell
/// states: under another seed some fail that hold under this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReleaseExpectation {
    /// The query.
    pub query: QueryId,
    /// The query whose truth is taken, which asks the same of other reports: of a control in plain, which honest clients
    /// alone send, where hostile ones answer `query` as well. By default it is `query` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<QueryId>,
    /// Least share of published cells, over all windows, whose interval must hold the truth; by default the least
    /// coverage that one of them states. A cell without an interval holds nothing. Cells with no truth, such as the mean
    /// of nothing, are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_min: Option<Ratio>,
    /// Fewest such cells, over all windows: nothing published is nothing shown.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub cells_min: u64,
    /// Most groups that may be said to be withheld, over all windows; by default any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withheld_max: Option<u64>,
}

const fn one() -> u64 {
    1
}
