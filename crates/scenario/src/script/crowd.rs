//! Many people with devices of their own.

use std::collections::BTreeMap;

use model::{Country, ProductId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Many people with devices of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Crowd {
    /// How many devices.
    #[schemars(range(min = 1, max = 10_000_000))]
    pub devices: u64,
    /// Where they are.
    #[serde(rename = "country")]
    #[schemars(length(min = 1, max = 300))]
    pub countries: Vec<Population>,
    /// Which product they use, by weight; not all zero.
    pub products: BTreeMap<ProductId, u32>,
    /// What their owners do.
    #[serde(default)]
    pub habits: Habits,
    /// How many of the devices have a hostile client: after each upload it sends the same again under other keys, and
    /// copies that are cut or changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hostile_devices: u64,
    /// Models of the devices, each equally frequent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub models: Vec<String>,
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The part of a crowd in one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Population {
    /// The country.
    pub country: Country,
    /// BCP 47 tag of the language.
    pub locale: String,
    /// Weight among the countries; not all are zero.
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
    /// Percent of activities that are searches. What searches, downloads and screens leave are visits.
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
