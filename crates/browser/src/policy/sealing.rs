//! Sealing: reports that nobody reads before enough devices have sent them.

use model::{Duration, QueryId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How fields of a report travel as one STAR message (`encoding::star`). Each group is sent once in a window, after
/// the window's end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sealing {
    /// The query that the messages answer.
    pub query: QueryId,
    /// Fields whose values are sealed together, as the query groups by them; `event` is the event's name. The message
    /// takes their place, as the field `star`. A report that lacks one is not recorded.
    #[schemars(length(min = 1, max = 16))]
    pub group_by: Vec<String>,
    /// Length of the query's windows.
    #[serde(default = "one_day")]
    pub window: Duration,
    /// Fewest devices whose messages reveal a group (k).
    #[schemars(range(min = 2, max = 256))]
    pub devices_min: u32,
    /// Host of the randomness server. Without one, randomness comes from the values themselves, which hides only what
    /// nobody can guess.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub randomness: Option<String>,
}

const fn one_day() -> Duration {
    Duration::DAY
}
