//! Pipelines: the way of reports from activities to one kind of upload.

use std::collections::BTreeMap;

use encoding::{BodyChain, Layout};
use model::{Channel, Country, Duration};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Event, Queue, Sealing, Sending, Share};

/// One way in which reports are recorded, queued, encoded and sent: one SDK, one endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pipeline {
    /// Name. What is on disk passes to the pipeline of the same name in the next version.
    pub name: String,
    /// How uploads leave the device; by default `http`. Nobody waits for an answer on the others.
    #[serde(default = "http", skip_serializing_if = "is_http")]
    #[schemars(with = "ChannelName")]
    pub channel: Channel,
    /// On the channel `socket`, how long one connection serves; by default until the client ends or loses the network.
    #[serde(default, skip_serializing_if = "Connection::is_kept")]
    pub connection: Connection,
    /// Where uploads go: the first route that fits the device.
    pub route: Vec<Route>,
    /// HTTP method; by default `POST`. `GET` and `HEAD` have no body.
    #[serde(default = "post")]
    pub method: String,
    /// Path with query, a template; by default `/`. On the channel `dns`, the name looked up.
    #[serde(default = "root")]
    pub path: String,
    /// Headers, name in lower case and template. Each upload has `idempotency-key` besides.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// How reports become a body; by default JSON alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<BodyChain>,
    /// Names of the parts of a report that are not fields.
    #[serde(default)]
    pub layout: Layout,
    /// Source of the identifier that the vendor takes for the device, such as `id:uuid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Times of reports are rounded down to a multiple of this; by default not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_precision: Option<Duration>,
    /// Fields of every report: name, and where the value is from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// Reports leave as shares for one of two servers; by default they leave as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Share>,
    /// The pipeline neither records nor sends unless all of this holds.
    #[serde(default, skip_serializing_if = "Condition::is_empty")]
    pub when: Condition,
    /// When mode, switch and consent are looked at; by default at both moments.
    #[serde(default)]
    pub gate: Gate,
    /// Does not wait for consent.
    #[serde(default)]
    pub before_consent: bool,
    /// Where reports wait.
    #[serde(default)]
    pub queue: Queue,
    /// When they go.
    #[serde(default)]
    pub send: Sending,
    /// How reports are sealed, so that nobody reads what few devices report; by default not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub star: Option<Sealing>,
    /// What is reported.
    #[serde(default, rename = "event", skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Event>,
}

const fn http() -> Channel {
    Channel::Http
}

fn is_http(channel: &Channel) -> bool {
    *channel == Channel::Http
}

fn post() -> String {
    "POST".to_owned()
}

fn root() -> String {
    "/".to_owned()
}

/// How uploads leave the device, for schemas.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only its schema is used")]
enum ChannelName {
    /// A request over HTTP.
    Http,
    /// A name looked up at a resolver, one for each report.
    Dns,
    /// A message on a connection that is kept open.
    Socket,
}

/// How long one connection serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Connection {
    /// Until the client ends or loses the network.
    #[default]
    Kept,
    /// Likewise, but each mode has one of its own.
    Mode,
    /// Each upload has one of its own.
    Upload,
}

impl Connection {
    const fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }
}

/// Where uploads go from some devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Route {
    /// Devices in these countries; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub country: Vec<Country>,
    /// Devices with these languages: `ru` stands for `ru-RU` too; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locale: Vec<String>,
    /// Host, a template. On the channel `dns`, the resolver.
    pub host: String,
    /// Where to turn when the host does not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_over: Option<FailOver>,
}

/// Another host for uploads that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailOver {
    /// Host, a template.
    pub host: String,
    /// Failed attempts of an upload after which it goes there.
    #[schemars(range(min = 1))]
    pub after: u32,
}

/// What must hold for a pipeline to be at work.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Condition {
    /// A setting has a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<SettingIs>,
    /// Somebody is logged in, or nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logged_in: Option<bool>,
}

impl Condition {
    /// Whether it always holds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A setting with a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SettingIs {
    /// Name of the setting.
    pub name: String,
    /// The value that it must have.
    pub value: String,
    /// Whether it has that value before anybody changes it.
    #[serde(default)]
    pub initially: bool,
}

/// When mode, switch and consent are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// When a report is recorded. What was recorded is sent, whatever changed since.
    Recording,
    /// When a report is sent, by the mode in front at that time. Everything is recorded, and waits until it may go.
    Sending,
    /// At both. What may no longer be sent is dropped.
    #[default]
    Both,
}
