//! The switch for data collection: what its label says and what it does.

use model::{Control, Position, Promise};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The user's setting for data collection. A version without one has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Switch {
    /// Words on the screen, such as `Enhanced Incognito`.
    pub label: String,
    /// Name of the position after first start.
    pub default: String,
    /// Positions, in the order in which the screen shows them.
    pub positions: Vec<SwitchPosition>,
}

/// One position of the switch. Where promise and effect disagree, the switch is inverted or misnamed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SwitchPosition {
    /// Name on the screen, such as `on`.
    pub name: String,
    /// What the label tells a reader about this position.
    pub promise: Promise,
    /// What the code does in this position.
    pub effect: Effect,
}

/// What the code does about events that are collected as the switch says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Collects them.
    Collect,
    /// Does not collect them.
    Suppress,
}

impl Switch {
    /// The switch as the user sees it, without what it does.
    #[must_use]
    pub fn control(&self) -> Control {
        let seen = |p: &SwitchPosition| Position { name: p.name.clone(), promise: p.promise };
        Control {
            label: self.label.clone(),
            positions: self.positions.iter().map(seen).collect(),
            default: self.default.clone(),
        }
    }
}
