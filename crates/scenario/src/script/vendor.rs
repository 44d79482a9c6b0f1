//! What the vendor ships, and what its servers accept.

use aggregation::Covers;
use model::{Duration, ProductId, Ratio, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A product with its versions, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Product {
    /// Short name, as subjects cite it.
    pub id: ProductId,
    /// Name as the vendor writes it.
    pub name: String,
    /// Versions, oldest first.
    #[serde(rename = "version")]
    #[schemars(length(min = 1, max = 32))]
    pub versions: Vec<Release>,
}

/// One version of a product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Release {
    /// The version.
    pub version: Version,
    /// When it came out.
    pub released: Timestamp,
    /// Name of the policy that it follows.
    pub policy: String,
    /// When the examiner examines it; by default the later of its release and the start of the world.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub examined: Option<Timestamp>,
    /// Whether it behaves differently each time although it is prepared alike: each run of an examination draws from
    /// chance of its own, and the examiner is told so and repeats every arm.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nondeterministic: bool,
    /// How the crowd gets it: shares of devices over time, in order. Empty for a version that the crowd starts with,
    /// or never sees.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub rollout: Vec<Stage>,
}

/// From a point in time on, this share of the crowd is offered the version.
///
/// A vendor that stops a roll-out has no further stage. One that takes it back has a stage with a smaller share: devices
/// beyond it go back to the newest other version that is offered to them, or to the one that they began with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stage {
    /// When the stage begins.
    pub at: Timestamp,
    /// Percent of the product's devices that are offered it from then on.
    #[schemars(range(max = 100))]
    pub percent: u8,
}

/// A privacy budget: of epsilon, or of rho.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// Epsilon: pure where there is no delta.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epsilon: Option<Ratio>,
    /// Rho of zero-concentrated differential privacy, in place of epsilon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rho: Option<Ratio>,
    /// Delta: what Gaussian noise and selected keys need.
    #[serde(default, skip_serializing_if = "Ratio::is_zero")]
    pub delta: Ratio,
    /// What it is for: each day in each region, or all of them together.
    #[serde(default)]
    pub covers: Covers,
}

impl Budget {
    /// The budget as a ledger takes it; `None` unless it is of one of epsilon and rho.
    #[must_use]
    pub fn allowed(&self) -> Option<aggregation::Budget> {
        let delta = self.delta;
        match (self.epsilon, self.rho) {
            (Some(epsilon), None) => Some(aggregation::Budget::Approximate { epsilon, delta }),
            (None, Some(rho)) => Some(aggregation::Budget::Concentrated { rho, delta }),
            _ => None,
        }
    }
}

/// What the collection servers accept and keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Collection {
    /// How long after its end a window still takes reports.
    pub grace: Duration,
    /// How long a release waits for what a region cannot hand on in time; by default as long as it takes. What comes later
    /// is left out for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release_wait: Option<Duration>,
    /// How far ahead of the server's clock an event may lie.
    pub early_max: Duration,
    /// Largest body in bytes.
    pub body_bytes_max: u64,
    /// Most reports in one batch.
    pub reports_per_batch_max: u64,
    /// Whether a batch that is sent again is known as the same and counted once.
    pub deduplicate: bool,
}

impl Default for Collection {
    fn default() -> Self {
        Self {
            grace: Duration::from_days(2),
            release_wait: None,
            early_max: Duration::from_secs(300),
            body_bytes_max: 1 << 20,
            reports_per_batch_max: 10_000,
            deduplicate: true,
        }
    }
}
