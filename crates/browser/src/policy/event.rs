//! Events: which activities become reports, in which mode, with which fields.

use std::collections::BTreeMap;

use model::{ActivityKind, Country, Duration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One kind of report and what it is recorded for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Event {
    /// The kind of activity that it is about.
    pub on: ActivityKind,
    /// Name of the event in the report.
    pub name: String,
    /// Whether it is recorded in normal mode, and outside of any session; by default `always`.
    #[serde(default = "always")]
    pub normal: Collected,
    /// Whether it is recorded in incognito mode; by default `never`.
    #[serde(default = "never")]
    pub incognito: Collected,
    /// Only activities for which all of this holds.
    #[serde(default, rename = "where", skip_serializing_if = "Filter::is_empty")]
    pub filter: Filter,
    /// What one report is about; by default a whole activity.
    #[serde(default)]
    pub each: Each,
    /// How long after the activity the event happens, such as the end of loading a page. The activity that the
    /// event is about stays that of the moment before; the switch and consent are looked at again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
    /// Fields of the report: name, and where the value is from. Dots in a name are levels of nesting.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
}

const fn always() -> Collected {
    Collected::Always
}

const fn never() -> Collected {
    Collected::Never
}

/// Whether an event is collected in one mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Collected {
    /// Never.
    Never,
    /// Always.
    Always,
    /// While the switch stands where its effect is to collect. A version without a switch collects.
    Switch,
}

/// What one report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// An activity.
    #[default]
    Activity,
    /// A key typed in the activity, with the source `key` for the text so far.
    Key,
    /// A link on the page visited, with the source `link`.
    Link,
}

/// What must hold of an activity. An empty list allows everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Filter {
    /// The activity's URL holds one of these texts anywhere.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub url_contains: Vec<String>,
    /// The host of the activity's URL is one of these domains or below one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub host_ends_with: Vec<String>,
    /// The device is in one of these countries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<Country>,
    /// The screen, the setting or the position has one of these names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// It was typed key by key, or it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typed: Option<bool>,
    /// Somebody is logged in, or nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logged_in: Option<bool>,
}

impl Filter {
    /// Whether it allows everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
