//! Where the vendor's servers stand, and how policies and queries find them.

use model::{Endpoint, Region};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Names of events that are counted as they are.
pub(crate) const COUNTED: [&str; 4] = ["visit", "search", "download", "screen"];
/// Sites that the privacy mechanisms know.
pub(crate) const SITES: [&str; 4] = ["site-1.example", "site-2.example", "site-3.example", "site-4.example"];
/// Models of the devices.
pub(crate) const MODELS: [&str; 3] = ["Pixel 8", "Pixel 7", "Redmi 9"];

/// A value of a type that the grammar writes as a file would.
///
/// # Panics
/// If it is none: the grammar's own words are wrong, which its tests rule out.
pub(crate) fn written<T: DeserializeOwned>(value: Value) -> T {
    serde_json::from_value(value).unwrap_or_else(|error| unreachable!("the grammar writes what files may say: {error}"))
}

/// Two regions: one for Germany, one for the rest.
#[must_use]
pub fn regions() -> Vec<Region> {
    written(json!([{ "id": "eu", "country": "IE" }, { "id": "sg", "country": "SG" }]))
}

/// Two hosts in each region, one in each for shares alone and one for sealed reports alone, and a randomness server.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    let place = |host: &str, region: &str, country: &str| {
        json!({
            "host": format!("{host}.vendor.example"), "region": region, "registered-in": country, "declared": true
        })
    };
    let eu = ["eu", "eu-2", "leader", "sealed-eu", "randomness"].map(|host| place(host, "eu", "IE"));
    let sg = ["sg", "sg-2", "helper", "sealed-sg"].map(|host| place(host, "sg", "SG"));
    written(eu.into_iter().chain(sg).collect())
}

/// Each device to its own region, and, if that is so wished, to another host there after some failures.
pub(crate) fn route(fail_over: Option<u64>) -> Value {
    let way = |name: &str| {
        let mut way = json!({ "host": format!("{name}.vendor.example") });
        if let Some(after) = fail_over {
            way["fail-over"] = json!({ "host": format!("{name}-2.vendor.example"), "after": after });
        }
        way
    };
    let mut german = way("eu");
    german["country"] = json!(["DE"]);
    json!([german, way("sg")])
}
