//! What a script says about products, versions and verdicts, as a world asks for it.

use std::sync::Arc;

use browser::{Policy, WrongPolicy};
use model::{Claim, ClaimId, ProductId, Subject, SwitchState, Version, VersionFact};

use crate::{Expectation, Product, Release, Script};

impl Script {
    /// Whom verdicts are about, in the order of the file: products, their versions, and for each version the states
    /// that its switch can promise (`collect`, then `suppress`), or `absent` where it has none.
    #[must_use]
    pub fn subjects(&self) -> Vec<Subject> {
        let versions = self.products.iter().flat_map(|product| product.versions.iter().map(move |v| (product, v)));
        let states = |release: &Release| self.policies.get(&release.policy).map(switch_states).unwrap_or_default();
        versions
            .flat_map(|(product, release)| {
                states(release).into_iter().map(|switch| Subject {
                    product: product.id.clone(),
                    version: release.version.clone(),
                    switch,
                })
            })
            .collect()
    }

    /// What is expected of `claim` about `subject`.
    ///
    /// Of the expectations that match, the most specific decides: the one that restricts most of claims, products,
    /// versions and states of the switch. Equally specific ones agree in every file that [`crate::parse`] accepts;
    /// elsewhere the last decides.
    #[must_use]
    pub fn expected(&self, claim: &ClaimId, subject: &Subject) -> Option<&Expectation> {
        let claim = self.claims.iter().find(|c| c.id == *claim && is_about(c, &subject.product))?;
        expected(&self.expectations, claim, subject)
    }

    /// What an outsider knows about a version, or `None` where there is no such version.
    #[must_use]
    pub fn facts(&self, product: &ProductId, version: &Version) -> Option<VersionFact> {
        let release = self.release(product, version)?;
        let policy = self.policies.get(&release.policy)?;
        Some(VersionFact {
            version: release.version.clone(),
            released: release.released,
            switch: policy.switch.as_ref().map(browser::policy::Switch::control),
            asks_consent: policy.consent,
            settings: policy.settings.clone(),
            next: self.next_version(product, version).map(|next| next.version.clone()),
        })
    }

    /// The product named `id`.
    #[must_use]
    pub fn product(&self, id: &ProductId) -> Option<&Product> {
        self.products.iter().find(|product| product.id == *id)
    }

    /// The release of a version.
    #[must_use]
    pub fn release(&self, product: &ProductId, version: &Version) -> Option<&Release> {
        self.product(product)?.versions.iter().find(|release| release.version == *version)
    }

    /// The version that came out after `version`, or `None` for the last.
    #[must_use]
    pub fn next_version(&self, product: &ProductId, version: &Version) -> Option<&Release> {
        let versions = &self.product(product)?.versions;
        let at = versions.iter().position(|release| release.version == *version)?;
        versions.get(at + 1)
    }

    /// The products as browsers use them, in the order of the file.
    ///
    /// # Errors
    /// If a policy has mistakes, which cannot be where the script is from [`crate::parse`].
    pub fn products(&self) -> Result<Vec<Arc<browser::Product>>, WrongPolicy> {
        let policy = |release: &Release| {
            let policy = self.policies.get(&release.policy)?;
            Some((release.version.clone(), Arc::new(policy.clone())))
        };
        let build = |product: &Product| {
            browser::Product::new(product.id.clone(), product.versions.iter().filter_map(policy)).map(Arc::new)
        };
        self.products.iter().map(build).collect()
    }
}

/// What `expectations` say of `claim` about `subject`, as [`Script::expected`] does.
#[must_use]
pub fn expected<'a>(expectations: &'a [Expectation], claim: &Claim, subject: &Subject) -> Option<&'a Expectation> {
    let about = is_about(claim, &subject.product);
    let matching = expectations.iter().filter(|e| about && e.matches(&claim.id, subject));
    matching.max_by_key(|e| e.specificity())
}

impl Expectation {
    /// Whether it is about this claim and subject.
    #[must_use]
    pub fn matches(&self, claim: &ClaimId, subject: &Subject) -> bool {
        allows(&self.claims, claim)
            && allows(&self.products, &subject.product)
            && allows(&self.versions, &subject.version)
            && allows(&self.switch, &subject.switch)
    }

    /// How many of the four lists it restricts.
    #[must_use]
    pub fn specificity(&self) -> usize {
        let restricted =
            [!self.claims.is_empty(), !self.products.is_empty(), !self.versions.is_empty(), !self.switch.is_empty()];
        restricted.into_iter().filter(|restricts| *restricts).count()
    }
}

/// Whether `claim` is about `product`.
pub(crate) fn is_about(claim: &Claim, product: &ProductId) -> bool {
    allows(&claim.products, product)
}

/// Whether `list` has `item`, or is empty and so allows everything.
fn allows<T: PartialEq>(list: &[T], item: &T) -> bool {
    list.is_empty() || list.contains(item)
}

/// The states that a policy's switch can promise.
fn switch_states(policy: &Policy) -> Vec<SwitchState> {
    let Some(switch) = &policy.switch else { return vec![SwitchState::Absent] };
    let mut states: Vec<SwitchState> = switch.positions.iter().map(|position| position.promise.state()).collect();
    states.sort();
    states.dedup();
    states
}
