//! Randomizers: how fields are randomized on the device, so that no report tells a value for certain.

use model::{Duration, Randomizer};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A randomizer that the last transform of a field can name as `randomize(NAME)`.
///
/// The device answers at most [`reports_per_window_max`](Self::reports_per_window_max) times in each window, whichever
/// fields ask; then the field is left out. Each answer costs the epsilon of the randomizer, so that in one window no more
/// is spent than that number times it. Normal and incognito mode answer with chance of their own, as two devices would,
/// and each may answer so often: what is done in one must not show in the other. Clearing the data or installing anew
/// makes the client forget what it answered, for good and in this window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Randomization {
    /// Name, as transforms cite it.
    pub name: String,
    /// How values are randomized.
    pub by: Randomizer,
    /// Values that are known. Any other is answered for as none of them.
    #[schemars(length(min = 1, max = 4_096))]
    pub domain: Vec<String>,
    /// Length of a window, which begins at multiples of it since the Unix epoch; by default `1d`. That of the query that
    /// counts the answers.
    #[serde(default = "one_day")]
    pub window: Duration,
    /// Most answers in one window; by default 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub reports_per_window_max: u32,
}

const fn one_day() -> Duration {
    Duration::DAY
}

const fn one() -> u32 {
    1
}
