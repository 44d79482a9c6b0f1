//! The policy language: how one version of a product reports.

mod event;
mod identifier;
mod pipeline;
mod queue;
mod sending;
mod switch;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use event::{Collected, Each, Event, Filter};
pub use identifier::{CountedFrom, IdForm, IdFormError, IdModes, Identifier, Lifetime, Rotation, Survival};
pub use pipeline::{Condition, FailOver, Gate, Pipeline, Route, SettingIs};
pub use queue::{Queue, QueueAction, Store};
pub use sending::{Exhausted, Retry, Sending, Trigger};
pub use switch::{Effect, Switch, SwitchPosition};

/// How one version of a product reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    /// Whether the client asks for consent. If so, nothing is collected before it was given.
    pub consent: bool,
    /// The switch for data collection; absent for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub switch: Option<Switch>,
    /// Identifiers.
    #[serde(rename = "identifier", skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    /// Ways in which reports leave.
    #[serde(rename = "pipeline", skip_serializing_if = "Vec::is_empty")]
    pub pipelines: Vec<Pipeline>,
}
