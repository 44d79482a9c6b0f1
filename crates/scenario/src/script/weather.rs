//! What happens to messages on their way, at rates that hold all the time.

use model::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to messages on their way between devices and servers, all the time. What happens at a time is a
/// [`Fault`](crate::Fault).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Weather {
    /// Least time that a message takes, each way.
    pub latency_min: Duration,
    /// Mean of the time on top.
    pub latency_mean: Duration,
    /// How the time on top is distributed.
    pub latency_shape: LatencyShape,
    /// Messages lost, of each thousand, each way.
    #[schemars(range(max = 1000))]
    pub lost_permille: u16,
    /// Requests delivered twice, of each thousand.
    #[schemars(range(max = 1000))]
    pub duplicated_permille: u16,
    /// Requests held back on their way, so that later ones overtake them, of each thousand.
    #[schemars(range(max = 1000))]
    pub reordered_permille: u16,
    /// How long a request is held back at most; every time up to it is equally probable.
    pub reordered_by: Duration,
    /// Messages of which bits are flipped on their way, of each thousand, each way. The transport finds out by a checksum:
    /// the server refuses a broken request unread, and the client takes a broken answer for none.
    #[schemars(range(max = 1000))]
    pub corrupted_permille: u16,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            latency_min: Duration::from_millis(20),
            latency_mean: Duration::from_millis(60),
            latency_shape: LatencyShape::default(),
            lost_permille: 0,
            duplicated_permille: 0,
            reordered_permille: 0,
            reordered_by: Duration::from_secs(5),
            corrupted_permille: 0,
        }
    }
}

/// How the time that a message takes beyond the least is distributed. None is longer than twenty means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LatencyShape {
    /// Always the mean.
    Constant,
    /// Every time from nothing to twice the mean is equally probable.
    Uniform,
    /// Exponentially: mostly short, without memory.
    #[default]
    Exponential,
    /// Log-normally, with a standard deviation of 1 of the logarithm: half below 0.61 means, and one in a hundred above
    /// 6.2.
    LogNormal,
}
