//! What a vendor declares, what regulators order, and what an inspection with a warrant finds on the servers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Country, Duration, Host, Mode, QueryId, Ratio, RegionId, Timestamp, Window};

/// What the vendor says that it collects. Hosts are declared on [`crate::Endpoint`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Declaration {
    /// Fields of reports.
    #[serde(rename = "field", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub fields: Vec<DeclaredField>,
    /// What servers note about a request beside its reports, such as `time` or `address`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub logged: Vec<String>,
}

/// A field that the vendor says it collects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DeclaredField {
    /// Name of the field as it stands in a body; dots are levels of nesting.
    pub name: String,
    /// What it is for, in the vendor's words.
    pub purpose: String,
    /// Modes in which it is said to be collected; empty for both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<Mode>,
}

/// What a regulator orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Order {
    /// Who orders it.
    pub authority: String,
    /// What must be done.
    pub what: Ordered,
    /// How long the vendor has.
    pub within: Duration,
    /// Where the fact is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// What must be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ordered {
    /// Nothing more may be collected from the device.
    Stop,
    /// What is held about the device must go.
    Erase,
    /// What is held about the device must be handed over.
    Report,
}

/// An order as it was served on one device, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Served {
    /// The order.
    pub order: Order,
    /// When it was served.
    pub at: Timestamp,
    /// What the servers held about the device when it was served.
    pub before: Vec<crate::Holding>,
    /// What they held once the time was up.
    pub after: Vec<crate::Holding>,
    /// What windows that had not been handed on when it was served still counted once the time was up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counted: Vec<crate::Partial>,
    /// For an order to report: what was handed over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reported: Vec<crate::Holding>,
}

impl Served {
    /// When the time that the order sets is up.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        self.at + self.order.within
    }
}

/// What an erasure can pass over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Overlooked {
    /// What is filed under another identifier than the first that is found.
    SecondId,
    /// What waits in a server's queue, and comes back from there.
    Queue,
    /// What windows that are still open have counted.
    Aggregate,
}

/// What servers can note about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Noted {
    /// When it came.
    Time,
    /// The client's network address.
    Address,
    /// The path that was asked for.
    Path,
    /// Its size in bytes.
    Size,
}

impl Noted {
    /// The name, as logs and declarations write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Address => "address",
            Self::Path => "path",
            Self::Size => "size",
        }
    }
}

/// What an inspection with a warrant finds beside raw reports.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Inspection {
    /// Who read what, from where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
    /// What servers noted about requests.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<LoggedRequest>,
    /// What each release was computed over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub batches: Vec<Batch>,
    /// Which task each party was configured with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<Configuration>,
    /// Devices of the examiner among those that the releases are about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub injections: Vec<Injection>,
}

/// One line of a region's access log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Read {
    /// When.
    pub at: Timestamp,
    /// Region whose data was read.
    pub region: RegionId,
    /// Country from which it was read.
    pub from: Country,
    /// Who read it, as the log says.
    pub reader: String,
}

/// One line of a server's or a proxy's request log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LoggedRequest {
    /// When the request came.
    pub at: Timestamp,
    /// Region that logged it.
    pub region: RegionId,
    /// Host that it went to.
    pub host: Host,
    /// What was noted beside: name and value, such as `address`.
    pub noted: Vec<(String, String)>,
}

/// What one release was computed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Batch {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// Regions whose reports are inside, sorted.
    pub regions: Vec<RegionId>,
    /// The group.
    pub group: crate::GroupKey,
    /// Reports that were counted.
    pub reports: u64,
    /// Distinct devices among them, added up over regions.
    pub devices: u64,
}

/// The digest of the task that one party says it carries out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Configuration {
    /// The party, such as `region sg` or `aggregator`.
    pub party: String,
    /// The query.
    pub query: QueryId,
    /// SHA-256 of the query as the party was configured with it, hexadecimal.
    pub digest: String,
}

/// What one mechanism answered over two neighbouring crowds, run again and again with fresh noise.
///
/// An answer is one whole number computed from all that was published, the same way for every run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Samples {
    /// The query.
    pub query: QueryId,
    /// Pure epsilon that is claimed for one release.
    pub epsilon: Ratio,
    /// Runs from which an attacker may learn what to look for.
    pub choosing: Runs,
    /// Later runs, on which that is tried.
    pub testing: Runs,
}

/// Answers over two crowds that differ by one device.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Runs {
    /// Distinct answers over the crowd with one device more: value and how often it came, sorted by value.
    pub with: Vec<(i64, u64)>,
    /// Distinct answers over the crowd without it.
    pub without: Vec<(i64, u64)>,
}

/// Devices of the examiner that reported among the crowd, so that the answer about them is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Injection {
    /// What stands in their reports, such as the model of the devices.
    pub value: String,
    /// Devices that an attacker would control.
    pub devices: u64,
    /// One more device like them, of somebody whom an attacker would want to know about.
    pub victims: u64,
    /// When they did what they did.
    pub at: Timestamp,
}
