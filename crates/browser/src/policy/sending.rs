//! Sending: when uploads go, how large they are and what happens when one fails.

use model::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a pipeline's reports are sent. Without any of `every`, `count`, `on` and `constant-rate`, each at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sending {
    /// So long after the first report was queued, everything is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Duration>,
    /// Once so many reports are queued, everything is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
    /// At these moments, everything is sent. What passes while offline passes unused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Trigger>,
    /// One upload at each multiple of this time since a start of the device's own, of whatever is queued then: none
    /// between, and an empty one when nothing is queued. Excludes `every`, `count` and `on`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constant_rate: Option<Duration>,
    /// An upload by interval, count or trigger waits a time up to this one, drawn anew each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Duration>,
    /// Most reports in one upload; by default 50. The rest goes in further uploads.
    #[schemars(range(min = 1, max = 10_000))]
    pub reports_per_upload_max: u32,
    /// Uploads on their way or waiting for a retry at once; by default 1, so that they stay in order.
    #[schemars(range(min = 1, max = 64))]
    pub uploads_at_once_max: u32,
    /// Whether an upload holds reports of one mode only.
    pub modes_apart: bool,
    /// What happens when nobody answers.
    pub retry: Retry,
}

impl Default for Sending {
    fn default() -> Self {
        Self {
            every: None,
            count: None,
            on: Vec::new(),
            constant_rate: None,
            jitter: None,
            reports_per_upload_max: 50,
            uploads_at_once_max: 1,
            modes_apart: false,
            retry: Retry::default(),
        }
    }
}

/// A moment at which reports are sent.
///
/// Moments of incognito sessions are named apart: an upload caused by one gives it away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The client starts: for the first time, or after a restart, a crash, an update or a new installation.
    Start,
    /// A normal session opens.
    Open,
    /// A normal session closes.
    Close,
    /// An incognito session opens.
    OpenIncognito,
    /// An incognito session closes.
    CloseIncognito,
    /// The network is back.
    Reconnect,
    /// The client was updated.
    Update,
    /// Somebody logged in.
    LogIn,
    /// Somebody logged out.
    LogOut,
    /// The switch was flipped.
    FlipSwitch,
    /// A setting was changed.
    ChangeSetting,
    /// The consent dialog was answered.
    Consent,
    /// The client crashed and is started again, or the tab of a normal session crashed.
    Crash,
}

/// What happens to an upload that nobody answers.
///
/// After the n-th attempt the client waits between half and all of `first` × 2ⁿ⁻¹, at most `longest`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Retry {
    /// Attempts in all; by default 5.
    #[schemars(range(min = 1, max = 100))]
    pub attempts_max: u32,
    /// Longest wait after the first attempt; by default 10 s.
    pub first: Duration,
    /// Longest wait of all; by default 1 h.
    pub longest: Duration,
    /// What happens to the reports after the last attempt; by default they go back to the queue.
    pub then: Exhausted,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts_max: 5,
            first: Duration::from_secs(10),
            longest: Duration::from_secs(3_600),
            then: Exhausted::Queue,
        }
    }
}

/// What happens to reports after the last attempt to send them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Exhausted {
    /// They go back to the front of the queue and wait for the next interval, count or trigger.
    #[default]
    Queue,
    /// They are dropped.
    Drop,
}
