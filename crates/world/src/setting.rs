//! What every room of a world has in common.

use std::{collections::BTreeMap, sync::Arc};

use model::{Host, ProductId, RegionId, Rulebook, Seed, Subject, Version, VersionFact};
use scenario::Script;

use crate::PlayError;

/// What every room of a world has in common.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) script: &'a Script,
    /// The number that everything is derived from.
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    /// Rulebooks for the auditor beside those that it knows.
    pub(crate) rulebooks: &'a [Rulebook],
    products: BTreeMap<ProductId, Arc<browser::Product>>,
    regions: BTreeMap<Host, RegionId>,
}

impl<'a> Setting<'a> {
    /// Prepares `script` to be played from the seed `number`.
    ///
    /// # Errors
    /// If a policy has mistakes, which the check of a script rules out.
    pub(crate) fn new(script: &'a Script, number: u64, rulebooks: &'a [Rulebook]) -> Result<Self, PlayError> {
        let failed = |error: browser::WrongPolicy| PlayError::Configuration(error.to_string());
        let products = script.products().map_err(failed)?;
        let products = products.into_iter().map(|product| (product.id.clone(), product)).collect();
        let regions =
            script.endpoints.iter().map(|endpoint| (endpoint.host.clone(), endpoint.region.clone())).collect();
        Ok(Self { script, number, seed: Seed::root(number), rulebooks, products, regions })
    }

    /// The region that answers for `host`, where one does.
    pub(crate) fn region_of(&self, host: &Host) -> Option<&RegionId> {
        self.regions.get(host)
    }

    /// The product named `id`, for its browsers.
    pub(crate) fn product(&self, id: &ProductId) -> Option<&Arc<browser::Product>> {
        self.products.get(id)
    }

    /// What an outsider knows about the version of `subject`.
    ///
    /// # Errors
    /// If there is no such version.
    pub(crate) fn facts(&self, subject: &Subject) -> Result<VersionFact, PlayError> {
        let Subject { product, version, .. } = subject;
        self.script.facts(product, version).ok_or_else(|| PlayError::UnknownProduct(product.clone()))
    }

    /// The version of `product` that the crowd starts with: the newest that is out at the start and not rolled out.
    ///
    /// # Errors
    /// If there is none, which the check of a script rules out.
    pub(crate) fn first_version(&self, id: &ProductId) -> Result<&Version, PlayError> {
        let product = self.script.products.iter().find(|product| product.id == *id);
        let mut versions = product.into_iter().flat_map(|product| &product.versions);
        let out = |version: &&scenario::Release| version.rollout.is_empty() && version.released <= self.script.starts;
        let first = versions.rfind(out).map(|version| &version.version);
        first.ok_or_else(|| PlayError::UnknownProduct(id.clone()))
    }
}
