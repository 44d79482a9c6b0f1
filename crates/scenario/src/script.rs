//! A scenario as its file writes it.

use std::collections::BTreeMap;

use aggregation::Conduct;
use browser::Policy;
use model::{Claim, Declaration, Endpoint, LabDevice, Order, Query, QueryId, Region, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod crowd;
mod examiner;
mod fault;
mod operations;
mod vendor;
mod weather;

pub use crowd::{Crowd, Habits, Population};
pub use examiner::{Expectation, News, PlanOptions, ReleaseExpectation, Sybils};
pub use fault::{Devices, Dies, Fault, FaultKind, Keeps, Loses, Party, Shift};
pub use operations::{Operations, Reading};
pub use vendor::{Budget, Collection, Product, Release, Stage};
pub use weather::{LatencyShape, Weather};

/// A whole scenario: who lives in the world, what the vendor does and says, and what an examiner must find.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Script {
    /// Version of this format: 1.
    pub format: u32,
    /// Short name of the scenario, as reports cite it.
    pub name: String,
    /// What it is about, in one line.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// The only source of chance.
    pub seed: u64,
    /// When the world begins.
    pub starts: Timestamp,
    /// When the crowd stops. Queues drain and windows are released after it; examinations may take longer.
    pub ends: Timestamp,
    /// Places where servers stand.
    #[serde(rename = "region")]
    #[schemars(length(min = 1, max = 64))]
    pub regions: Vec<Region>,
    /// The vendor's hosts.
    #[serde(rename = "endpoint")]
    #[schemars(length(min = 1, max = 1000))]
    pub endpoints: Vec<Endpoint>,
    /// The vendor's products.
    #[serde(rename = "product")]
    #[schemars(length(min = 1, max = 32))]
    pub products: Vec<Product>,
    /// How versions report, by name.
    #[serde(rename = "policy")]
    pub policies: BTreeMap<String, Policy>,
    /// What the vendor promised.
    #[serde(default, rename = "claim", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub claims: Vec<Claim>,
    /// What the vendor computes from the reports.
    #[serde(default, rename = "query", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub queries: Vec<Query>,
    /// By query, how the aggregator departs from what was agreed. Without an entry it does not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub conduct: BTreeMap<QueryId, Conduct>,
    /// Privacy budget of each (device, day, region), or of each device for good, for queries that spend one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// What the vendor says that it collects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    /// What the collection servers accept.
    #[serde(default)]
    pub collection: Collection,
    /// How the vendor runs its servers.
    #[serde(default)]
    pub operations: Operations,
    /// What regulators order about each lab device, one after the other, after everything else was done with it.
    #[serde(default, rename = "order", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub orders: Vec<Order>,
    /// Many people with devices of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crowd: Option<Crowd>,
    /// Devices on which the examiner works.
    #[serde(default, rename = "lab", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub lab: Vec<LabDevice>,
    /// What the examiner does, beyond the plan that is always carried out.
    #[serde(default)]
    pub plan: PlanOptions,
    /// What happens to messages on their way.
    #[serde(default)]
    pub weather: Weather,
    /// What goes wrong at a time.
    #[serde(default, rename = "fault", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub faults: Vec<Fault>,
    /// Statements and reports of the outside world, for the timeline. They change nothing.
    #[serde(default, rename = "news", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub news: Vec<News>,
    /// Verdicts that an honest examiner must reach.
    #[serde(default, rename = "expect", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub expectations: Vec<Expectation>,
    /// What releases must be, beside the truth.
    #[serde(default, rename = "expect-release", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub release_expectations: Vec<ReleaseExpectation>,
}
