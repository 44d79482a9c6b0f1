//! Shares: reports that leave as halves of a secret, each for another server.

use std::collections::BTreeMap;

use model::{Duration, Party};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pipeline's reports leave as shares (Prio3): in place of its fields, each holds a nonce and what goes to one of two
/// servers. Two pipelines that differ in route and `party` send both halves of the same reports.
///
/// Says what the client was told of the query that is answered: with other values, its shares are worth nothing there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Share {
    /// Name of the query.
    pub query: String,
    /// Which half this pipeline sends.
    pub party: Party,
    /// Length of the query's windows.
    #[serde(default = "one_day")]
    pub window: Duration,
    /// Fields whose values name a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub group_by: Vec<String>,
    /// Every value that each field in `group-by` can take. A report with another is not sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domain: BTreeMap<String, Vec<String>>,
    /// What is summed; by default reports are counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<Summed>,
    /// A cheat: one is added to the first element of the measurement, behind the back of the proof that it is valid.
    #[serde(default)]
    pub tampered: bool,
}

/// What a report adds to its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Summed {
    /// Field with a number, or true for 1 and false for 0. A report without is not sent.
    pub field: String,
    /// Greatest number that counts as itself; numbers below zero count as zero.
    #[schemars(range(min = 1))]
    pub max: u64,
}

const fn one_day() -> Duration {
    Duration::DAY
}
