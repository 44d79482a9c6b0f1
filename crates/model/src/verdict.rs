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
    /// A flow costs more to decode than anything honest does.
    Peel,
    /// A planted token turns up where it must not.
    Canary,
    /// A digest of a planted token turns up where it must not.
    Digest,
    /// Two worlds that differ only in incognito activity look different from outside.
    Twin,
    /// A value recurs where it must not.
    Linkage,
    /// What is published about people without names tells them apart.
    Uniqueness,
    /// The switch does not do what its label says.
    Switch,
    /// Data is collected without consent.
    Consent,
    /// Something is collected or kept that nobody declared.
    Minimality,
    /// Data goes to a host that nobody declared.
    Endpoints,
    /// Data goes where it must not.
    Residency,
    /// Data is read from where it must not be read.
    Access,
    /// Data is kept for longer than was promised.
    Retention,
    /// Data is still there after it was to be erased.
    Erasure,
    /// An order of a regulator was not obeyed.
    Orders,
    /// A group too small to hide in is published without noise.
    SmallGroup,
    /// An aggregate is computed over too few clients.
    Batch,
    /// Two releases give away a third that was not published.
    Differencing,
    /// The same answer is published again with other noise.
    RepeatedNoise,
    /// Clients of an attacker make a group large enough to be published.
    Sybil,
    /// An upload is counted more than once.
    DoubleCount,
    /// More privacy budget is spent than was promised.
    Budget,
    /// A mechanism gives away more than its epsilon.
    Epsilon,
    /// Parties do not apply the mechanism that they agreed on.
    Configuration,
}

impl CheckName {
    /// Every check, in the order in which tables show them.
    pub const ALL: [Self; 24] = [
        Self::Peel,
        Self::Canary,
        Self::Digest,
        Self::Twin,
        Self::Linkage,
        Self::Uniqueness,
        Self::Switch,
        Self::Consent,
        Self::Minimality,
        Self::Endpoints,
        Self::Residency,
        Self::Access,
        Self::Retention,
        Self::Erasure,
        Self::Orders,
        Self::SmallGroup,
        Self::Batch,
        Self::Differencing,
        Self::RepeatedNoise,
        Self::Sybil,
        Self::DoubleCount,
        Self::Budget,
        Self::Epsilon,
        Self::Configuration,
    ];

    /// The name, as files and tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Peel => "peel",
            Self::Canary => "canary",
            Self::Digest => "digest",
            Self::Twin => "twin",
            Self::Linkage => "linkage",
            Self::Uniqueness => "uniqueness",
            Self::Switch => "switch",
            Self::Consent => "consent",
            Self::Minimality => "minimality",
            Self::Endpoints => "endpoints",
            Self::Residency => "residency",
            Self::Access => "access",
            Self::Retention => "retention",
            Self::Erasure => "erasure",
            Self::Orders => "orders",
            Self::SmallGroup => "small-group",
            Self::Batch => "batch",
            Self::Differencing => "differencing",
            Self::RepeatedNoise => "repeated-noise",
            Self::Sybil => "sybil",
            Self::DoubleCount => "double-count",
            Self::Budget => "budget",
            Self::Epsilon => "epsilon",
            Self::Configuration => "configuration",
        }
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
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
    /// What could have been missed although all of that was exercised, in words, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<String>,
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
    /// What was found: what breaks the claim, the shortest evidence first; then what [`CheckName::Peel`] notes, which
    /// breaks nothing by itself. Unless broken, there is nothing but the latter.
    pub findings: Vec<Finding>,
    /// What was exercised.
    pub coverage: Coverage,
}
