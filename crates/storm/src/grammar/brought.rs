//! Policies that somebody brings along, without the scenario around them.

use std::collections::BTreeMap;

use browser::Policy;
use model::{Claim, Endpoint, Order, Query, Region};
use scenario::{Budget, Collection, Operations, Product, Script};
use serde::Deserialize;
use serde_json::json;

use super::{
    DAYS, STARTS, starts,
    vendor::{self, written},
};

/// Policies that somebody brought, with what belongs to them. All of it is declared honest: the storm has to find out.
///
/// A file of it is any scenario file, or its `[policy.NAME]` tables alone. People, diaries, weather, laboratory and
/// expectations in it are left aside: the storm makes its own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Brought {
    /// Where it was read.
    #[serde(skip)]
    source: String,
    #[serde(rename = "policy")]
    policies: BTreeMap<String, Policy>,
    #[serde(default, rename = "product")]
    products: Vec<Product>,
    #[serde(default, rename = "region")]
    regions: Vec<Region>,
    #[serde(default, rename = "endpoint")]
    endpoints: Vec<Endpoint>,
    #[serde(default, rename = "claim")]
    claims: Vec<Claim>,
    #[serde(default, rename = "query")]
    queries: Vec<Query>,
    #[serde(default)]
    budget: Option<Budget>,
    #[serde(default)]
    declaration: Option<model::Declaration>,
    #[serde(default)]
    collection: Collection,
    #[serde(default)]
    operations: Operations,
    #[serde(default, rename = "order")]
    orders: Vec<Order>,
}

/// Why a file of policies cannot be taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BroughtError {
    /// It is no TOML, or has no policies as scenario files write them.
    #[error("{name} holds no policies that can be read: {reason}")]
    Unreadable {
        /// The file.
        name: String,
        /// Why, with the place.
        reason: String,
    },
    /// What it says does not make sense in any world.
    #[error("no world can be made of {name}: {reason}")]
    Senseless {
        /// The file.
        name: String,
        /// The first thing that is wrong.
        reason: String,
    },
}

impl Brought {
    /// The policies in `text`, which was read from the file `name`.
    ///
    /// # Errors
    /// If it has none, or they cannot be put into a scenario.
    pub fn read(name: &str, text: &str) -> Result<Self, BroughtError> {
        let unreadable = |error: toml::de::Error| BroughtError::Unreadable {
            name: name.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        };
        let brought: Self = toml::from_str(text).map_err(unreadable)?;
        let brought = Self { source: name.to_owned(), ..brought };
        let mut script = brought.script("brought".to_owned(), 0);
        script.lab = written(json!([{ "id": "lab-1", "model": "Pixel 8", "country": "DE", "locale": "de-DE" }]));
        let senseless = |mistakes: Vec<scenario::Diagnostic>| BroughtError::Senseless {
            name: name.to_owned(),
            reason: mistakes.first().map(|mistake| mistake.message.clone()).unwrap_or_default(),
        };
        scenario::parse(name, &scenario::write(&script)).map_err(senseless)?;
        Ok(brought)
    }

    /// Where it was read.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether any policy sends shares, which no other query counts.
    pub(crate) fn shares(&self) -> bool {
        self.policies.values().flat_map(|policy| &policy.pipelines).any(|pipeline| pipeline.share.is_some())
    }

    /// A script of what was brought alone, with nobody in it.
    pub(crate) fn script(&self, name: String, seed: u64) -> Script {
        let mut script: Script = written(json!({
            "format": 1, "name": name, "title": format!("{} in the storm, seed {seed}", self.source), "seed": seed,
            "starts": STARTS, "ends": starts() + model::Duration::from_days(DAYS),
            "region": vendor::regions(), "endpoint": vendor::endpoints(), "product": [], "policy": self.policies,
        }));
        script.products = if self.products.is_empty() { self.one_product_each() } else { self.products.clone() };
        for version in script.products.iter_mut().flat_map(|product| &mut product.versions) {
            (version.released, version.examined) = (starts(), None);
            version.rollout.clear();
        }
        if !self.regions.is_empty() {
            script.regions.clone_from(&self.regions);
        }
        if !self.endpoints.is_empty() {
            script.endpoints.clone_from(&self.endpoints);
        }
        script.claims = if self.claims.is_empty() { default_claims(&script) } else { self.claims.clone() };
        script.queries.clone_from(&self.queries);
        script.budget.clone_from(&self.budget);
        script.declaration.clone_from(&self.declaration);
        script.collection.clone_from(&self.collection);
        script.operations.clone_from(&self.operations);
        script.orders.clone_from(&self.orders);
        script
    }

    fn one_product_each(&self) -> Vec<Product> {
        let product = |name: &String| {
            let version = json!({ "version": "1.0", "released": STARTS, "policy": name });
            written(json!({ "id": name, "name": name, "version": [version] }))
        };
        self.policies.keys().map(product).collect()
    }
}

/// What any policy is held to where its file promises nothing: silence about incognito mode, and a switch and a consent
/// that are honored where there are any.
fn default_claims(script: &Script) -> Vec<Claim> {
    let of = |fits: &dyn Fn(&Policy) -> bool| -> Vec<model::ProductId> {
        let any =
            |product: &&Product| product.versions.iter().any(|v| script.policies.get(&v.policy).is_some_and(fits));
        script.products.iter().filter(any).map(|product| product.id.clone()).collect()
    };
    let mut claims = Vec::new();
    for (id, statement, products) in [
        ("incognito-suppressed", "What you do in incognito mode is not collected.", of(&|p| p.switch.is_none())),
        ("switch-honored", "The switch turns the collection off.", of(&|p| p.switch.is_some())),
        ("consent", "Data is collected with your consent.", of(&|p| p.consent)),
    ] {
        if !products.is_empty() {
            claims.push(json!({ "id": id, "statement": statement, "promise": id, "products": products }));
        }
    }
    written(claims.into())
}
