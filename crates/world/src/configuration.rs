//! What a script says about its servers, as the services take it.

use std::collections::{BTreeMap, BTreeSet};

use collector::{Config, Intake, Limits, Operations};
use encoding::Form;
use model::{Host, Mechanism, Ordered, RegionId, Seed};
use scenario::Script;
use services::{AggregationConfig, AggregationLimits, RandomnessConfig, RandomnessLimits, Secret};

use crate::PlayError;

/// Reports that each collector keeps as they came, for inspections: more than any examination sends.
const HOLDINGS_MAX: usize = 5_000;

/// What the collector of `region` works with when the world is played from `seed`.
///
/// # Errors
/// If the script has no such region, or two of its policies send different forms to one place.
pub fn collector_config(script: &Script, seed: u64, region: &RegionId) -> Result<Config, PlayError> {
    if !script.regions.iter().any(|known| known.id == *region) {
        return Err(PlayError::UnknownRegion(region.clone()));
    }
    let collection = &script.collection;
    let limits = Limits {
        grace: collection.grace,
        early_max: collection.early_max,
        body_bytes_max: usize::try_from(collection.body_bytes_max).unwrap_or(usize::MAX),
        reports_per_batch_max: usize::try_from(collection.reports_per_batch_max).unwrap_or(usize::MAX),
        holdings_max: HOLDINGS_MAX,
        ..Limits::default()
    };
    let sampling = Seed::root(seed).derive("contribution bounds").derive(region.as_str());
    let forms = intakes(script, region);
    let (queries, operations) = (script.queries.clone(), operations(script, region));
    let config = Config {
        region: region.clone(),
        forms,
        queries,
        sampling,
        // What both servers of a query know, and no client.
        verification: Seed::root(seed).derive("verification"),
        limits,
        keep_raw: true,
        operations,
        deduplicate: collection.deduplicate,
    };
    config.validate().map_err(|error| PlayError::Configuration(error.to_string()))?;
    Ok(config)
}

/// How `region` is run.
fn operations(script: &Script, region: &RegionId) -> Operations {
    let said = &script.operations;
    let mut ignores: BTreeSet<Ordered> = said.ignores.iter().copied().collect();
    if said.erasure_misses_regions.contains(region) {
        ignores.insert(Ordered::Erase);
    }
    Operations {
        retention: said.retention,
        ignores,
        erasure_misses: said.erasure_misses.iter().copied().collect(),
        report_misses: said.report_misses.iter().copied().collect(),
    }
}

/// Where uploads come in at `region`, by the policies of every version.
fn intakes(script: &Script, region: &RegionId) -> Vec<Intake> {
    let here = |host: &str| script.endpoints.iter().any(|end| end.region == *region && end.host.as_str() == host);
    let versions = script.products.iter().flat_map(|product| &product.versions);
    let policies: BTreeMap<&String, _> =
        versions.filter_map(|version| script.policies.get_key_value(&version.policy)).collect();
    let forms = policies.into_values().flat_map(browser::forms).filter(|(host, _, _)| here(host));
    let intake = |(host, path, form): (String, String, Form)| Some(Intake { host: Host::new(host).ok()?, path, form });
    let mut intakes: Vec<Intake> = Vec::new();
    for intake in forms.filter_map(intake) {
        if !intakes.contains(&intake) {
            intakes.push(intake);
        }
    }
    intakes
}

/// What the aggregator works with when the world is played from `seed`.
#[must_use]
pub fn aggregator_config(script: &Script, seed: u64) -> AggregationConfig {
    AggregationConfig {
        queries: script.queries.clone(),
        regions: script.regions.iter().map(|region| region.id.clone()).collect(),
        conduct: script.conduct.clone(),
        budget: script.budget.as_ref().and_then(scenario::Budget::allowed),
        budget_covers: script.budget.as_ref().map(|budget| budget.covers).unwrap_or_default(),
        noise: Seed::root(seed).derive("noise"),
        limits: AggregationLimits::default(),
    }
}

/// What the randomness server works with when the world is played from `seed`; `None` where no query needs one.
#[must_use]
pub fn randomness_config(script: &Script, seed: u64) -> Option<RandomnessConfig> {
    let sealed = |query: &&model::Query| matches!(query.mechanism, Mechanism::Star { .. });
    let queries: Vec<model::Query> = script.queries.iter().filter(sealed).cloned().collect();
    let secret = Secret::Seeded(Seed::root(seed).derive("randomness server"));
    (!queries.is_empty()).then_some(RandomnessConfig { queries, secret, limits: RandomnessLimits::default() })
}
