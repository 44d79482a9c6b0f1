//! What the law of a jurisdiction demands, rule by rule, each with the time in which it binds.

use serde::{Deserialize, Serialize};

use crate::{Country, Duration, Timestamp};

/// What the law of one jurisdiction demands of whoever collects data from people there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rulebook {
    /// The jurisdiction, as claims name it, such as `EU`.
    pub jurisdiction: String,
    /// What findings call the law, such as `GDPR`.
    pub law: String,
    /// The law's title with its number.
    pub title: String,
    /// Where its text is published.
    pub source: String,
    /// Countries in which it holds. Its rules bind for devices that are used there.
    pub countries: Vec<Country>,
    /// What it demands.
    #[serde(rename = "rule")]
    pub rules: Vec<Rule>,
}

/// One rule of a law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// Short name, unique in the rulebook.
    pub id: String,
    /// Where it stands in the law, such as `Art. 5(1)(e)`.
    pub article: String,
    /// From when on it binds.
    pub in_force_from: Timestamp,
    /// From when on it no longer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_until: Option<Timestamp>,
    /// What it says, in a sentence.
    pub gist: String,
    /// The part of it that can be checked.
    pub demand: Demand,
}

impl Rule {
    /// Whether it binds at `time`.
    #[must_use]
    pub fn binds(&self, time: Timestamp) -> bool {
        self.in_force_from <= time && self.in_force_until.is_none_or(|until| time < until)
    }
}

/// The part of a rule that can be checked on a case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
#[non_exhaustive]
pub enum Demand {
    /// Nothing is collected before consent was given.
    Consent {
        /// Whether the law knows other grounds. Collecting without consent is then evidence only against a vendor that
        /// names consent as its ground.
        other_grounds: bool,
    },
    /// Only what was declared is collected.
    Declared,
    /// What is collected is recorded in the jurisdiction's countries; copies elsewhere are another rule's matter.
    RecordedAtHome,
    /// Nothing is collected directly into other countries.
    CollectedAtHome,
    /// Data goes without more ado to the jurisdiction's own countries and to these alone. Anywhere else takes
    /// safeguards, which a case file does not show.
    Transfer {
        /// Countries to which it may go.
        #[serde(default)]
        freely: Vec<FreeTransfer>,
    },
    /// Nothing is kept for longer than it is needed.
    Retention {
        /// Longest time from when something was collected; without it, what the vendor itself promises.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        longest: Option<Duration>,
    },
    /// What was ordered to be erased is gone within this time, or where the law sets none, within the order's.
    Erasure {
        /// The law's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Duration>,
    },
    /// What is held is handed over within this time, or where the law sets none, within the order's.
    Access {
        /// The law's time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within: Option<Duration>,
    },
    /// The authority's orders are obeyed within the time that they set.
    Orders,
}

/// A country to which data may go without more ado.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FreeTransfer {
    /// The country.
    pub country: Country,
    /// From when on; always, where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// From when on no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl FreeTransfer {
    /// Whether it holds at `time`.
    #[must_use]
    pub fn holds(&self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }
}
