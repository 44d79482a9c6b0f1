//! How the vendor runs its servers, and what it makes of orders.

use model::{Country, Duration, Noted, Ordered, Overlooked, RegionId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the vendor runs its servers. Without a word, it keeps no log, reads nothing from afar and obeys every order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Operations {
    /// How long reports are kept as they came; absent for as long as there is room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention: Option<Duration>,
    /// What servers note about each request beside its reports.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub request_log: Vec<Noted>,
    /// Who reads what is held, again and again.
    #[serde(rename = "read", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub reads: Vec<Reading>,
    /// Orders that are not obeyed at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub ignores: Vec<Ordered>,
    /// What an erasure passes over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub erasure_misses: Vec<Overlooked>,
    /// Regions that an erasure passes over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub erasure_misses_regions: Vec<RegionId>,
    /// What a report to the authority leaves out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub report_misses: Vec<Overlooked>,
}

/// Somebody reads what a region holds, again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Reading {
    /// The region whose data is read.
    pub region: RegionId,
    /// Country from which it is read.
    pub from: Country,
    /// Who reads it, as the access log says.
    pub reader: String,
    /// How often.
    pub every: Duration,
}
