//! The case file: all that an examiner outside could know, and nothing else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Activity, Capture, Claim, Country, Declaration, DeviceId, Endpoint, Inspection, LabDeviceId, Mode, Position,
    ProductId, Region, RegionId, Release, Report, Rulebook, Samples, Served, SessionId, Subject, Timestamp, Version,
};

/// A device of the laboratory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct LabDevice {
    /// The examiner's label.
    pub id: LabDeviceId,
    /// Model of the device, such as `Redmi Note 8`.
    pub model: String,
    /// Country in which it is used.
    pub country: Country,
    /// BCP 47 tag of its language, such as `en-IN`.
    pub locale: String,
    /// Products that are examined on it; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductId>,
}

/// The arms of an examination: the same device and diary, but for what the name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// The examination itself.
    Main,
    /// The same again: what differs is the client's own noise (A/A).
    Repeat,
    /// Other pages, words and files in incognito mode, at the same times (content twin). What is done in incognito at
    /// another position of the switch than the examined one stays as it is.
    Content,
    /// More incognito activity at other times between (amount twin).
    Amount,
    /// No incognito activity (presence twin), but for what is done at another position of the switch.
    Presence,
    /// Nothing is done while the switch promises that nothing is collected, in any mode (quiet twin). Played where a
    /// switch promises that.
    Quiet,
    /// The same diary on another device of the same model: what differs tells devices apart.
    Sibling,
}

impl Arm {
    /// Every arm, in the order in which case files hold them.
    pub const ALL: [Self; 7] =
        [Self::Main, Self::Repeat, Self::Content, Self::Amount, Self::Presence, Self::Quiet, Self::Sibling];

    /// The arm's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Repeat => "repeat",
            Self::Content => "content",
            Self::Amount => "amount",
            Self::Presence => "presence",
            Self::Quiet => "quiet",
            Self::Sibling => "sibling",
        }
    }
}

/// What a canary stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CanaryRole {
    /// A label of the visited host.
    Host,
    /// A part of the visited path.
    Path,
    /// A title.
    Title,
    /// Text on a page.
    Text,
    /// A link on a page.
    Link,
    /// Words searched for or typed.
    Terms,
    /// The file downloaded.
    Download,
    /// The link shared.
    Share,
    /// The account logged in to.
    Account,
}

/// A token planted in a diary that occurs nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The token: lower-case letters and digits.
    pub token: String,
    /// What it stands in for.
    pub role: CanaryRole,
}

/// A part of the examination plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Before consent was asked, or where it is never asked: first start and first use.
    FirstUse,
    /// Consent was refused.
    ConsentRefused,
    /// Ordinary use: pasted, typed, searched, downloaded, shared; in both modes.
    Use,
    /// Restart, then more use.
    Restart,
    /// Nothing is done.
    Idle,
    /// The switch is flipped back and forth with activities between.
    Switch,
    /// Logged in to an account.
    Account,
    /// Offline and back.
    Offline,
    /// A tab and the client crash.
    Crash,
    /// After the app's data was cleared.
    ClearData,
    /// After the client was installed anew.
    Reinstall,
    /// Daily use over a long time.
    Long,
    /// Updated to the next version.
    Update,
    /// After an order of a regulator was served.
    Order,
    /// Written by the scenario's own diary.
    Scenario,
}

/// What came of an activity on a lab device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Planned, not yet performed.
    Planned,
    /// It was performed.
    Done,
    /// The client has no such activity.
    Unsupported,
    /// It went wrong, with the reason.
    Failed(String),
}

/// One line of the lab notebook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NotebookEntry {
    /// When it was done.
    pub at: Timestamp,
    /// Part of the plan.
    pub phase: Phase,
    /// Browsing session, for activities inside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// Mode of that session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What was done.
    pub activity: Activity,
    /// Tokens planted in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub canaries: Vec<Canary>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What the examiner did with one device in one arm, ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Notebook {
    /// First line's time or earlier: the device was brought to its factory state.
    pub starts: Timestamp,
    /// Nothing was recorded after this.
    pub ends: Timestamp,
    /// What was done.
    pub entries: Vec<NotebookEntry>,
}

/// A privacy control as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Control {
    /// Words on the screen.
    pub label: String,
    /// Positions with what each promises.
    pub positions: Vec<Position>,
    /// Where it stands after first start.
    pub default: String,
}

/// A setting as the user sees it: whoever opens the product's settings finds it there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its values; the first is the one that it has after the first start.
    #[schemars(length(min = 1, max = 64))]
    pub values: Vec<String>,
}

/// What an outsider knows about one version of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct VersionFact {
    /// The version.
    pub version: Version,
    /// When it came out.
    pub released: Timestamp,
    /// Its switch, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switch: Option<Control>,
    /// Whether it asks for consent.
    pub asks_consent: bool,
    /// The settings that it shows, beside the switch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Setting>,
    /// The version that came out after it, where one did: to be updated to at the very end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Version>,
}

/// What the servers held about an examined device, as an inspection with a warrant found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Holding {
    /// Region that held it.
    pub region: RegionId,
    /// When it was stored.
    pub at: Timestamp,
    /// The batch that it came with, as its idempotency key names it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub batch: String,
    /// What was held.
    pub report: Report,
}

/// One arm of an examination: three of the ledgers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Record {
    /// The arm.
    pub arm: Arm,
    /// Which run of the arm, from 0: clients that behave differently each time are run again and again.
    #[serde(default)]
    pub run: u32,
    /// The device, as captures name it.
    pub device: DeviceId,
    /// What was done.
    pub notebook: Notebook,
    /// What left the device.
    pub capture: Capture,
    /// What the servers held at the end, or before the first order was served, where they were inspected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holdings: Option<Vec<Holding>>,
    /// Orders that were served about the device, in order of time, and what became of them. What was done with the
    /// device afterwards stands in the notebook as [`Phase::Order`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub served: Vec<Served>,
    /// Why the ledgers are not whole, in words: what the tap could not record, what ended the arm early.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

/// Where the requests that a visit itself causes are to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Navigation {
    /// In the capture. A visit whose page was not asked for there shows that the tap was off, or that the client went
    /// around it.
    #[default]
    Captured,
    /// Elsewhere, by the nature of the capture: an app that loads its pages in another process, or an archive that was
    /// cut down to telemetry. Then something else must show that the tap was on.
    Elsewhere,
}

impl Navigation {
    /// Whether it is in the capture.
    #[must_use]
    pub const fn is_captured(&self) -> bool {
        matches!(self, Self::Captured)
    }
}

/// The examination of one subject on one lab device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {
    /// Who was examined.
    pub subject: Subject,
    /// On what.
    pub device: LabDevice,
    /// Whether the client says that it may behave differently when prepared alike.
    pub nondeterministic: bool,
    /// Where the requests that a visit itself causes are to be seen.
    #[serde(default, skip_serializing_if = "Navigation::is_captured")]
    pub navigation: Navigation,
    /// Arms that were played, in the order of [`Arm::ALL`].
    pub records: Vec<Record>,
}

/// All that is known about the subjects of one product, version and position. The auditor's only input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaseFile {
    /// Version of this format: 1.
    pub format: u32,
    /// Name of the scenario or the examination.
    pub scenario: String,
    /// Who is judged.
    pub subject: Subject,
    /// What is known about the version.
    pub facts: VersionFact,
    /// Promises.
    pub claims: Vec<Claim>,
    /// Regions.
    pub regions: Vec<Region>,
    /// The vendor's endpoints, with public facts about each.
    pub endpoints: Vec<Endpoint>,
    /// Examinations of the subject, one for each lab device.
    pub examinations: Vec<Examination>,
    /// What was published.
    pub releases: Vec<Release>,
    /// What the vendor says that it collects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    /// What an inspection found beside raw reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
    /// Answers of noisy mechanisms over neighbouring crowds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<Samples>,
    /// Rulebooks beside those that the auditor knows; one of a jurisdiction that it knows takes that one's place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rulebooks: Vec<Rulebook>,
}
