//! Promises in a form that can be checked, and whom they are about.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ClaimId, Country, Duration, ProductId, Ratio, Version};

/// A promise that the vendor made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    /// Name of the claim.
    pub id: ClaimId,
    /// What was said, in the vendor's sense.
    pub statement: String,
    /// Where it was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What it takes to keep it.
    pub promise: ClaimKind,
    /// Products that it is about; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductId>,
}

/// What it takes to keep a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum ClaimKind {
    /// Nothing about incognito activity leaves the device.
    IncognitoSuppressed,
    /// From the moment the switch stands at a position that promises suppression, nothing about what that position
    /// covers is collected, however it was reached.
    SwitchHonored,
    /// What is collected and published is aggregated and identifies nobody.
    AggregatedAnonymous {
        /// Smallest number that may be published about a group without noise.
        smallest_group: u64,
        /// Most pure epsilon that all releases together may spend about one device.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        epsilon_max: Option<Ratio>,
    },
    /// Every upload is counted once, however often it is sent.
    CountedOnce,
    /// Addresses of pages are sent for these sites alone.
    UrlsOnlyOf {
        /// Domains of the sites; what is below them counts as well.
        hosts: Vec<String>,
    },
    /// Only the fields and hosts that the vendor declares are collected, and nothing else is logged.
    Declared,
    /// Nothing is kept for longer than this.
    Retained {
        /// Longest time from when something was collected.
        longest: Duration,
    },
    /// What regulators order is done in time.
    OrdersObeyed,
    /// No value links uploads over longer than `lifetime-max`, or over the given boundaries.
    Unlinkable {
        /// Boundaries that nothing may link across.
        across: Vec<Boundary>,
        /// Longest time for which one value may recur.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lifetime_max: Option<Duration>,
    },
    /// Data stays where the user lives.
    RegionLocal {
        /// For a user's country, where the data may be served; other countries: only the country itself.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        within: BTreeMap<Country, Vec<Country>>,
    },
    /// Nothing is collected without consent.
    Consent,
    /// Everything is in line with the law.
    Lawful {
        /// Rulebooks that decide.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        jurisdictions: Vec<String>,
    },
}

impl ClaimKind {
    /// The kind's name, as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::IncognitoSuppressed => "incognito-suppressed",
            Self::SwitchHonored => "switch-honored",
            Self::AggregatedAnonymous { .. } => "aggregated-anonymous",
            Self::CountedOnce => "counted-once",
            Self::UrlsOnlyOf { .. } => "urls-only-of",
            Self::Declared => "declared",
            Self::Retained { .. } => "retained",
            Self::OrdersObeyed => "orders-obeyed",
            Self::Unlinkable { .. } => "unlinkable",
            Self::RegionLocal { .. } => "region-local",
            Self::Consent => "consent",
            Self::Lawful { .. } => "lawful",
        }
    }
}

/// What separates two uploads that must not be linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Two uploads.
    Uploads,
    /// Two browsing sessions.
    Sessions,
    /// Normal and incognito mode.
    Modes,
    /// Before and after the app's data was cleared.
    ClearData,
    /// Before and after the client was installed anew.
    Reinstall,
    /// Before and after logging in.
    LogIn,
    /// Before and after the switch was put to suppression.
    OptOut,
}

/// What a position of the switch promises to a reader of its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Promise {
    /// Data about incognito activity is collected.
    CollectInIncognito,
    /// Data about incognito activity is not collected.
    SuppressInIncognito,
    /// Data is collected in both modes.
    Collect,
    /// Data is collected in neither mode.
    Suppress,
}

impl Promise {
    /// The state of the switch that the promise amounts to.
    #[must_use]
    pub const fn state(self) -> SwitchState {
        match self {
            Self::CollectInIncognito | Self::Collect => SwitchState::Collect,
            Self::SuppressInIncognito | Self::Suppress => SwitchState::Suppress,
        }
    }

    /// Whether activity in `mode` must not be collected.
    #[must_use]
    pub fn suppresses(self, mode: crate::Mode) -> bool {
        match self {
            Self::Suppress => true,
            Self::SuppressInIncognito => mode == crate::Mode::Incognito,
            Self::Collect | Self::CollectInIncognito => false,
        }
    }
}

/// One position of the switch, as the user sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Position {
    /// The name on the screen, such as `on`.
    pub name: String,
    /// What the label tells a reader about this position.
    pub promise: Promise,
}

/// Where the switch stands, by what its label tells a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SwitchState {
    /// The version has no switch.
    Absent,
    /// At a position that says that data is collected.
    Collect,
    /// At a position that says that data is suppressed.
    Suppress,
}

impl fmt::Display for SwitchState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Absent => "absent",
            Self::Collect => "collect",
            Self::Suppress => "suppress",
        })
    }
}

/// Whom a verdict is about: one version of one product with its switch in one state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The product.
    pub product: ProductId,
    /// Its version.
    pub version: Version,
    /// Where its switch stands.
    pub switch: SwitchState,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.product, self.version, self.switch)
    }
}
