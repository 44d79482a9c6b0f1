//! What an examination concludes, and on what grounds.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ClaimId, DeviceId, FlowId, Host, Subject, Timestamp};

/// The conclusion about one claim and subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Everything that could break it was exercised, and nothing did.
    Kept,
    /// There is evidence against it.
    Broken,
    /// Neither; the ruling says why.
    Unproven,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Kept => "kept",
            Self::Broken => "broken",
            Self::Unproven => "unproven",
        })
    }
}

/// The checks of the auditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CheckName {
    /// A planted token turns up where it must not.
    Canary,
    /// Two worlds that differ only in incognito activity look different from outside.
    Twin,
    /// A value recurs where it must not.
    Linkage,
    /// The switch does not do what its label says.
    Switch,
    /// Data goes where it must not.
    Residency,
    /// Data is collected without consent.
    Consent,
    /// What is called aggregated names individuals.
    Aggregated,
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Canary => "canary",
            Self::Twin => "twin",
            Self::Linkage => "linkage",
            Self::Switch => "switch",
            Self::Residency => "residency",
            Self::Consent => "consent",
            Self::Aggregated => "aggregated",
        })
    }
}

/// Where a finding can be seen by anyone who has the capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Flow in the capture of the examination's arm; absent for evidence from a release or from a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<u64>")]
    pub flow: Option<FlowId>,
    /// Device at whose edge it was seen, in its arm of the examination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub device: Option<DeviceId>,
    /// Host that it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<Host>,
    /// When it was seen.
    pub at: Timestamp,
    /// The way from the flow to the plaintext, one step each: `body`, `form:data_list`, `base64`, `gzip`, `json:$[4].url`.
    pub path: Vec<String>,
    /// What stands at the end of the path.
    pub plaintext: String,
    /// The activity that caused it, in words.
    pub activity: String,
}

/// What one check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The check.
    pub check: CheckName,
    /// One sentence.
    pub summary: String,
    /// The shortest evidence.
    pub evidence: Evidence,
}

/// What was exercised before a verdict was reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Coverage {
    /// Activities that could have broken the claim.
    pub activities: u64,
    /// Canaries that were looked for.
    pub canaries: u64,
    /// Flows that were searched.
    pub flows: u64,
    /// What was exercised, in words, sorted.
    #[serde(default)]
    pub exercised: Vec<String>,
}

/// The verdict about one claim and subject, with its grounds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ruling {
    /// The claim.
    pub claim: ClaimId,
    /// Whom it is about.
    pub subject: Subject,
    /// The conclusion.
    pub verdict: Verdict,
    /// Why it is unproven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was found, the shortest evidence first; empty unless broken.
    pub findings: Vec<Finding>,
    /// What was exercised.
    pub coverage: Coverage,
}
