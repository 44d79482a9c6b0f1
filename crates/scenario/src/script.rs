//! A scenario as its file writes it.

use std::collections::BTreeMap;

use browser::Policy;
use model::{
    Claim, ClaimId, Country, Duration, Endpoint, Entry, LabDevice, ProductId, Query, Ratio, Region,
    RegionId, SwitchState, Timestamp, Verdict, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    pub regions: Vec<Region>,
    /// The vendor's hosts.
    #[serde(rename = "endpoint")]
    pub endpoints: Vec<Endpoint>,
    /// The vendor's products.
    #[serde(rename = "product")]
    pub products: Vec<Product>,
    /// How versions report, by name.
    #[serde(rename = "policy")]
    pub policies: BTreeMap<String, Policy>,
    /// What the vendor promised.
    #[serde(default, rename = "claim", skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// What the vendor computes from the reports.
    #[serde(default, rename = "query", skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Query>,
    /// Privacy budget of each (device, window of one day, region), for queries that spend one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// What the collection servers accept.
    #[serde(default)]
    pub collection: Collection,
    /// Many people with devices of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crowd: Option<Crowd>,
    /// Devices on which the examiner works.
    #[serde(default, rename = "lab", skip_serializing_if = "Vec::is_empty")]
    pub lab: Vec<LabDevice>,
    /// What the examiner does, beyond the plan that is always carried out.
    #[serde(default)]
    pub plan: PlanOptions,
    /// What happens to messages on their way.
    #[serde(default)]
    pub weather: Weather,
    /// Statements and reports of the outside world, for the timeline. They change nothing.
    #[serde(default, rename = "news", skip_serializing_if = "Vec::is_empty")]
    pub news: Vec<News>,
    /// Verdicts that an honest examiner must reach.
    #[serde(default, rename = "expect", skip_serializing_if = "Vec::is_empty")]
    pub expectations: Vec<Expectation>,
}

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
    /// How the crowd gets it: shares of devices over time. Empty for the version that the crowd starts with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rollout: Vec<Stage>,
}

/// From a point in time on, this share of the crowd is offered the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Stage {
    /// When the stage begins.
    pub at: Timestamp,
    /// Percent of the product's devices that are offered it by then.
    #[schemars(range(max = 100))]
    pub percent: u8,
}

/// A privacy budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Budget {
    /// Pure epsilon.
    pub epsilon: Ratio,
}

/// What the collection servers accept and keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Collection {
    /// How long after its end a window still takes reports.
    pub grace: Duration,
    /// How far ahead of the server's clock an event may lie.
    pub early_max: Duration,
    /// Largest body in bytes.
    pub body_bytes_max: u64,
    /// Most reports in one batch.
    pub reports_per_batch_max: u64,
}

impl Default for Collection {
    fn default() -> Self {
        Self {
            grace: Duration::from_days(2),
            early_max: Duration::from_secs(300),
            body_bytes_max: 1 << 20,
            reports_per_batch_max: 10_000,
        }
    }
}

/// Many people with devices of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crowd {
    /// How many devices.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub devices: u64,
    /// Where they are.
    #[serde(rename = "country")]
    pub countries: Vec<Population>,
    /// Which product they use, by weight.
    pub products: BTreeMap<ProductId, u32>,
    /// What their owners do.
    #[serde(default)]
    pub habits: Habits,
    /// Models of the devices, each equally frequent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

/// The part of a crowd in one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Population {
    /// The country.
    pub country: Country,
    /// BCP 47 tag of the language.
    pub locale: String,
    /// Weight among the countries.
    pub weight: u32,
}

/// What the people of a crowd do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Habits {
    /// Browsing sessions of one device in ten days, on average.
    #[schemars(range(min = 1, max = 1000))]
    pub sessions_per_ten_days: u32,
    /// Most activities in one session; the number is uniform from 1.
    #[schemars(range(min = 1, max = 100))]
    pub activities_per_session_max: u32,
    /// Percent of sessions that are incognito.
    #[schemars(range(max = 100))]
    pub incognito_percent: u8,
    /// Percent of activities that are searches.
    #[schemars(range(max = 100))]
    pub search_percent: u8,
    /// Percent of activities that are downloads.
    #[schemars(range(max = 100))]
    pub download_percent: u8,
    /// Percent of activities that show one of the client's own screens.
    #[schemars(range(max = 100))]
    pub screen_percent: u8,
    /// Percent of devices whose owner flips the switch once there is one.
    #[schemars(range(max = 100))]
    pub switch_percent: u8,
    /// Percent of devices whose owner gives consent when asked.
    #[schemars(range(max = 100))]
    pub consent_percent: u8,
    /// Number of sites; their popularity follows Zipf's law with exponent 1.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub sites: u32,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            sessions_per_ten_days: 12,
            activities_per_session_max: 6,
            incognito_percent: 20,
            search_percent: 20,
            download_percent: 3,
            screen_percent: 10,
            switch_percent: 5,
            consent_percent: 60,
            sites: 5_000,
        }
    }
}

/// What the examiner does beyond the plan that is always carried out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PlanOptions {
    /// Days of daily use at the end, to see identifiers rotate. Zero for none.
    #[schemars(range(max = 1000))]
    pub long_days: u32,
    /// More activities, on every lab device, after the plan's own. Times count from the examination's start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diary: Vec<Entry>,
}

/// What happens to messages on their way between devices and servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Weather {
    /// Least time that a message takes, each way.
    pub latency_min: Duration,
    /// Mean of the exponentially distributed time on top.
    pub latency_mean: Duration,
    /// Messages lost, of each thousand, each way.
    #[schemars(range(max = 1000))]
    pub lost_permille: u16,
    /// Requests delivered twice, of each thousand.
    #[schemars(range(max = 1000))]
    pub duplicated_permille: u16,
    /// Times without a way between a country and a region.
    #[serde(rename = "partition", skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Partition>,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            latency_min: Duration::from_millis(20),
            latency_mean: Duration::from_millis(60),
            lost_permille: 0,
            duplicated_permille: 0,
            partitions: Vec::new(),
        }
    }
}

/// A time without a way between devices and a region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Partition {
    /// Where the devices are; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The region that cannot be reached.
    pub region: RegionId,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// A statement or report of the outside world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct News {
    /// When.
    pub at: Timestamp,
    /// What, in one sentence.
    pub text: String,
    /// Where the fact is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// A verdict that an honest examiner must reach.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectation {
    /// Claims; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimId>,
    /// Products; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductId>,
    /// Versions; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<Version>,
    /// States of the switch; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub switch: Vec<SwitchState>,
    /// The verdict.
    pub verdict: Verdict,
    /// The source of the fact.
    pub source: String,
}
