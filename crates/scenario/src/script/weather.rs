//! What happens to messages on their way.

use model::{Country, Duration, RegionId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to messages on their way between devices and servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Weather {
    /// Least time that a message takes, each way.
    pub latency_min: Duration,
    /// Mean of the exponentially distributed time on top.
    pub latency_mean: Duration,
    /// Messages lost, of each thousand, each way.
    #[schemars(range(max = 1000))]
    pub lost_permille: u16,
    /// Requests delivered twice, of each thousand.
    #[schemars(range(max = 1000))]
    pub duplicated_permille: u16,
    /// Times without a way between a country and a region.
    #[serde(rename = "partition", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub partitions: Vec<Partition>,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            latency_min: Duration::from_millis(20),
            latency_mean: Duration::from_millis(60),
            lost_permille: 0,
            duplicated_permille: 0,
            partitions: Vec::new(),
        }
    }
}

/// A time without a way between devices and a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partition {
    /// Where the devices are; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The region that cannot be reached.
    pub region: RegionId,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}
