//! Queues: where reports wait, and what happens to them when something changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a pipeline's reports wait to be sent. What is waiting for a retry counts as queued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Queue {
    /// Where it is kept; by default in memory.
    pub store: Store,
    /// Most reports in it; by default 1000. A report more pushes out the oldest.
    #[schemars(range(min = 1, max = 100_000))]
    pub reports_max: u32,
    /// Most bytes of reports in it, counted as names and values; by default 32 MiB. A report more pushes out the oldest.
    #[schemars(range(min = 1))]
    pub bytes_max: u64,
    /// When the mode in front changes, just before.
    pub on_mode_change: QueueAction,
    /// When the switch goes from a position whose effect is to collect to one whose effect is to suppress, just before.
    pub on_switch_off: QueueAction,
    /// When consent is withdrawn or refused, just before.
    pub on_consent_withdrawn: QueueAction,
    /// When the client is closed and started again, just before it closes. What is in memory is lost then.
    pub on_restart: QueueAction,
    /// When the client was updated: done by the version after, to what the version before left on disk for a pipeline of
    /// the same name.
    pub on_update: QueueAction,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            store: Store::Memory,
            reports_max: 1_000,
            bytes_max: 32 << 20,
            on_mode_change: QueueAction::Keep,
            on_switch_off: QueueAction::Keep,
            on_consent_withdrawn: QueueAction::Keep,
            on_restart: QueueAction::Keep,
            on_update: QueueAction::Keep,
        }
    }
}

/// Where a queue is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Store {
    /// Lost when the client ends: restart, crash, update.
    #[default]
    Memory,
    /// Kept until the app's data is cleared or the client is removed.
    Disk,
}

/// What is done with queued reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum QueueAction {
    /// Nothing.
    #[default]
    Keep,
    /// They are dropped.
    Purge,
    /// Those about incognito activity are dropped.
    PurgeIncognito,
    /// They are sent at once; offline they stay.
    Flush,
}
