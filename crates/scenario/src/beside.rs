//! Files beside scenarios: what a client is held to, how it is examined, and what was done while others captured.
//!
//! They are written with the same words as scenarios, and their mistakes are told in the same way.

use model::{
    Activity, Arm, Canary, CanaryRole, Claim, Control, Declaration, Endpoint, Entry, LabDevice, Mode, Navigation,
    Outcome, Phase, ProductId, Region, SessionId, Setting, SwitchState, Timestamp, Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use crate::{Diagnostic, Expectation, diagnostic::Mistake, parse};

/// What a client is held to: the file of `--claims`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Promises {
    /// Version of this format: 1.
    pub format: u32,
    /// Places where servers stand.
    #[serde(default, rename = "region", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub regions: Vec<Region>,
    /// Public facts about the vendor's hosts. They hold in place of what a client says of them.
    #[serde(default, rename = "endpoint", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub endpoints: Vec<Endpoint>,
    /// What was promised.
    #[serde(rename = "claim")]
    #[schemars(length(min = 1, max = 64))]
    pub claims: Vec<Claim>,
    /// Verdicts that must come out.
    #[serde(default, rename = "expect", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub expectations: Vec<Expectation>,
}

/// How a client is examined beyond the auditor's plan: the file of `--plan`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Examination {
    /// Version of this format: 1.
    pub format: u32,
    /// When a client with a virtual clock begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
    /// What the client is told about the device that it runs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab: Option<LabDevice>,
    /// Days of daily use at the end, to see identifiers rotate. Zero for none.
    #[serde(default)]
    #[schemars(range(max = 1000))]
    pub long_days: u32,
    /// More activities after the plan's own, in order of time; times count from the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10000))]
    pub diary: Vec<Entry>,
}

/// What was done while another tool captured: the file of `--notebook`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CaptureNotebook {
    /// Version of this format: 1.
    pub format: u32,
    /// The product that was used.
    pub product: ProductId,
    /// Its version.
    pub version: Version,
    /// On what it was used.
    pub lab: LabDevice,
    /// The switch for collection, where the version has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control: Option<Control>,
    /// The state of the switch that is judged; `absent` where there is none.
    #[serde(default = "absent")]
    pub switch: SwitchState,
    /// Whether the version asks for consent.
    #[serde(default)]
    pub asks_consent: bool,
    /// The settings that the version shows beside; one that no activity changes leaves promises about incognito mode
    /// unproven.
    #[serde(default, rename = "setting", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub settings: Vec<Setting>,
    /// Set to false only if two runs alike give the same bytes at the same times, as no real client does.
    #[serde(default = "yes")]
    pub nondeterministic: bool,
    /// Where the requests that a visit itself causes are to be seen: `captured`, or `elsewhere` where the captures hold
    /// none by their nature. Where they are captured, each visit must stand there, or nothing is proven.
    #[serde(default, skip_serializing_if = "Navigation::is_captured")]
    pub navigation: Navigation,
    /// Places where servers stand.
    #[serde(default, rename = "region", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub regions: Vec<Region>,
    /// Public facts about the vendor's hosts.
    #[serde(default, rename = "endpoint", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 1000))]
    pub endpoints: Vec<Endpoint>,
    /// What the vendor says that it collects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declaration: Option<Declaration>,
    /// What was promised; `--claims` takes its place.
    #[serde(default, rename = "claim", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub claims: Vec<Claim>,
    /// Verdicts that must come out.
    #[serde(default, rename = "expect", skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 256))]
    pub expectations: Vec<Expectation>,
    /// What was done in each arm. One that is called `main` is enough to find what leaks in the clear.
    #[serde(rename = "arm")]
    #[schemars(length(min = 1, max = 64))]
    pub arms: Vec<CapturedArm>,
}

/// What was done while some files were captured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CapturedArm {
    /// Which arm it was.
    #[serde(rename = "is", default = "main_arm")]
    pub arm: Arm,
    /// Names of the capture files; empty for all that are given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub har: Vec<String>,
    /// When the device was in its factory state and the capture began.
    pub starts: Timestamp,
    /// When the capture ended: at least an hour after the last activity, for queues to drain.
    pub ends: Timestamp,
    /// What was done, in order of time.
    #[serde(rename = "entry")]
    #[schemars(length(max = 10000))]
    pub entries: Vec<CapturedEntry>,
}

/// One thing that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CapturedEntry {
    /// When.
    pub at: Timestamp,
    /// The part of an examination that it belongs to.
    #[serde(default = "ordinary_use")]
    pub phase: Phase,
    /// The browsing session, for activities inside one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    /// The mode of that session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// What was done.
    #[serde(rename = "do")]
    pub activity: Activity,
    /// Words in it that occur nowhere else: at least ten letters and digits each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub canaries: Vec<String>,
    /// What came of it.
    #[serde(default = "done")]
    pub outcome: Outcome,
}

impl CapturedEntry {
    /// The canaries with what each stands in for.
    ///
    /// # Errors
    /// The first one that does not stand in the activity.
    pub fn planted(&self) -> Result<Vec<Canary>, &str> {
        let mut planted = Vec::new();
        for token in &self.canaries {
            let role = role(&self.activity, token).ok_or(token.as_str())?;
            planted.push(Canary { token: token.to_ascii_lowercase(), role });
        }
        Ok(planted)
    }
}

/// What the token stands in for.
fn role(activity: &Activity, token: &str) -> Option<CanaryRole> {
    let within = |text: &str| text.to_ascii_lowercase().contains(&token.to_ascii_lowercase());
    let in_host = |url: &str| within(url.split('/').nth(2).unwrap_or_default());
    match activity {
        Activity::Visit { url, title, text, links, embeds, .. } => [
            (in_host(url), CanaryRole::Host),
            (within(url), CanaryRole::Path),
            (within(title), CanaryRole::Title),
            (within(text), CanaryRole::Text),
            (links.iter().any(|link| within(link)), CanaryRole::Link),
            (embeds.iter().any(|embed| within(embed)), CanaryRole::Path),
        ]
        .into_iter()
        .find_map(|(stands, role)| stands.then_some(role)),
        Activity::Search { terms: text, .. } | Activity::TypeText { text } => within(text).then_some(CanaryRole::Terms),
        Activity::Download { url } => within(url).then_some(CanaryRole::Download),
        Activity::Share { url } => within(url).then_some(CanaryRole::Share),
        Activity::LogIn { account } => within(account).then_some(CanaryRole::Account),
        _ => None,
    }
}

const fn absent() -> SwitchState {
    SwitchState::Absent
}

const fn yes() -> bool {
    true
}

const fn main_arm() -> Arm {
    Arm::Main
}

const fn ordinary_use() -> Phase {
    Phase::Use
}

const fn done() -> Outcome {
    Outcome::Done
}

/// Reads a claims file; `name` is what diagnostics call it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_promises(name: &str, text: &str) -> Result<Promises, Vec<Diagnostic>> {
    parse::parse_as(name, text, &parse::schema_of::<Promises>("Glasshouse claims"))
}

/// Reads a plan file; `name` is what diagnostics call it.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_examination(name: &str, text: &str) -> Result<Examination, Vec<Diagnostic>> {
    parse::parse_as(name, text, &parse::schema_of::<Examination>("Glasshouse examination"))
}

/// Reads a notebook, in TOML or, if it begins with a brace, in JSON; `name` is what diagnostics call it.
///
/// ```
/// let mistakes = scenario::parse_notebook("n.toml", "format = 1\nproduct = 'a'\nversoin = '1'").unwrap_err();
/// assert!(mistakes.iter().any(|mistake| mistake.help.as_deref() == Some("did you mean `version`?")));
/// ```
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_notebook(name: &str, text: &str) -> Result<CaptureNotebook, Vec<Diagnostic>> {
    let read = if text.trim_start().starts_with('{') {
        json(name, text)
    } else {
        parse::parse_as(name, text, &notebook_schema())
    };
    let notebook: CaptureNotebook = read?;
    let wrong = unplanted(&notebook).map(|token| {
        let at = text.find(token).unwrap_or(0);
        let message = format!("`{token}` does not stand in its activity");
        Mistake::new(at..at + token.len(), message, "expected a word of the activity").locate(name, text)
    });
    let wrong: Vec<Diagnostic> = wrong.collect();
    if wrong.is_empty() { Ok(notebook) } else { Err(wrong) }
}

/// Canaries that stand nowhere.
fn unplanted(notebook: &CaptureNotebook) -> impl Iterator<Item = &str> {
    notebook.arms.iter().flat_map(|arm| &arm.entries).filter_map(|entry| entry.planted().err())
}

fn json<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Vec<Diagnostic>> {
    serde_json::from_str(text).map_err(|error| {
        let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let at = (line_start + error.column().saturating_sub(1)).min(text.len());
        let told = error.to_string();
        let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(message, _)| message);
        vec![Mistake::told(at..at, message).locate(name, text)]
    })
}

/// The JSON Schema (draft 2020-12) of notebooks for captures.
#[must_use]
pub fn notebook_schema() -> Json {
    parse::schema_of::<CaptureNotebook>("Glasshouse notebook")
}
