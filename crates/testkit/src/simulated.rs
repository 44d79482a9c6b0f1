//! The simulated browser as a client under test, under any policy.

use std::{collections::BTreeSet, sync::Arc};

use browser::{Browser, Policy, Product, Profile, WrongPolicy, policy::Switch};
use model::{Endpoint, Navigation, ProductId, Region, Timestamp, Version, VersionFact};

use crate::client::{Client, Description};

/// The simulated browser.
///
/// ```
/// let policy: testkit::browser::Policy = Default::default(); // reports nothing
/// let client = testkit::Simulated::new([policy])?;
/// testkit::assert_suppressed!(client, testkit::Diary::new().incognito().visit("https://a.example/"));
/// # Ok::<(), testkit::browser::WrongPolicy>(())
/// ```
#[derive(Debug, Clone)]
pub struct Simulated {
    product: Arc<Product>,
    versions: Vec<VersionFact>,
    regions: Vec<Region>,
    endpoints: Vec<Endpoint>,
}

impl Simulated {
    /// A browser whose versions `1`, `2` … follow `policies`.
    ///
    /// # Errors
    /// If a policy has mistakes.
    pub fn new(policies: impl IntoIterator<Item = Policy>) -> Result<Self, WrongPolicy> {
        let policies: Vec<(Version, Policy)> =
            (1_u32..).zip(policies).map(|(number, policy)| (numbered(number), policy)).collect();
        let fact = |(place, (version, policy)): (usize, &(Version, Policy))| VersionFact {
            version: version.clone(),
            released: Timestamp::default(),
            switch: policy.switch.as_ref().map(Switch::control),
            asks_consent: policy.consent,
            settings: policy.settings.clone(),
            next: policies.get(place + 1).map(|(next, _)| next.clone()),
        };
        let versions = policies.iter().enumerate().map(fact).collect();
        let policies = policies.iter().map(|(version, policy)| (version.clone(), Arc::new(policy.clone())));
        let product = Arc::new(Product::new(name(), policies)?);
        Ok(Self { product, versions, regions: Vec::new(), endpoints: Vec::new() })
    }

    /// The same browser, whose vendor's `endpoints` stand in `regions`.
    #[must_use]
    pub fn at(self, regions: Vec<Region>, endpoints: Vec<Endpoint>) -> Self {
        Self { regions, endpoints, ..self }
    }
}

fn numbered(number: u32) -> Version {
    Version::new(number.to_string()).unwrap_or_else(|_| unreachable!("a number is a version"))
}

fn name() -> ProductId {
    ProductId::new("simulated").unwrap_or_else(|_| unreachable!("a word is a name"))
}

impl Client for Simulated {
    type Running = Browser;

    fn description(&self) -> Description {
        Description {
            product: self.product.id.clone(),
            versions: self.versions.clone(),
            lacks: BTreeSet::new(),
            navigation: Navigation::Captured,
            nondeterministic: false,
            regions: self.regions.clone(),
            endpoints: self.endpoints.clone(),
            declaration: None,
        }
    }

    fn install(&self, version: &Version, profile: Profile, now: Timestamp) -> Browser {
        Browser::new(Arc::clone(&self.product), version, profile, now)
            .unwrap_or_else(|error| panic!("only versions of the description are installed: {error}"))
    }
}
