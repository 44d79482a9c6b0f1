//! S4 raw-stays-home, S5 budget, S6 threshold, S7 suppressed-never-leaves.

use std::collections::BTreeMap;

use model::{Arm, Mode, Ratio};
use world::Played;

use super::{Invariant, Violation};
use crate::{
    grammar::{Leak, World, questions::DEVICES_OF},
    oracle::{Ledger, cells},
};

pub(super) fn check(world: &World, played: &Played, ledger: &Ledger, found: &mut Vec<Violation>) {
    stays_home(world, ledger, found);
    keeps_budget(world, ledger, found);
    keeps_threshold(world, ledger, found);
    says_nothing(world, played, found);
}

/// A device is at home in one country, and its raw reports in one region: they never go to two.
fn stays_home(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let abroad = |leak| matches!(leak, Leak::FailOver | Leak::Language);
    let promised = world.script.claims.iter().any(|claim| claim.id.as_str() == "region-local");
    if !promised || world.planted.iter().any(|planted| abroad(planted.leak)) {
        return;
    }
    let mut homes: BTreeMap<&str, &str> = BTreeMap::new();
    for ((region, _), batch) in &ledger.batches {
        for device in &batch.devices {
            let home = homes.entry(device).or_insert(region);
            if home != region {
                let detail = format!("{device} sent reports to {home} and to {region}, expected one region");
                found.push(Violation::of_world(Invariant::RawStaysHome, detail));
                return;
            }
        }
    }
}

/// In each window and region, releases with noise spend at most the budget of a day.
fn keeps_budget(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let Some(allowed) = world.script.budget.as_ref().and_then(|budget| budget.epsilon) else { return };
    let mut spent: BTreeMap<(String, String), Ratio> = BTreeMap::new();
    for release in &ledger.releases {
        let mechanism = release["mechanism"].as_object().and_then(|named| named.values().next());
        let epsilon = mechanism.and_then(|mechanism| mechanism["epsilon"].as_str()).and_then(|text| text.parse().ok());
        let Some(epsilon): Option<Ratio> = epsilon else { continue };
        if cells(release).next().is_none() {
            continue; // withheld as a whole
        }
        for region in release["regions"].as_array().into_iter().flatten() {
            let slot = (release["window"]["start"].to_string(), region.to_string());
            let sum = spent.entry(slot).or_insert(Ratio::ZERO);
            *sum = sum.checked_add(epsilon).unwrap_or(allowed);
        }
    }
    if let Some(((window, region), sum)) = spent.into_iter().find(|(_, sum)| *sum > allowed) {
        let detail = format!("releases of the day from {window} in {region} spend {sum}, the budget is {allowed}");
        found.push(Violation::of_world(Invariant::Budget, detail));
    }
}

/// Where exact controls say how many devices there are of each model, no group below its threshold is published.
fn keeps_threshold(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let has_controls = world.script.queries.iter().any(|query| query.id.as_str().starts_with(DEVICES_OF));
    for release in &ledger.releases {
        let mechanism = &release["mechanism"];
        // What is sealed is opened by so many devices: there is no control of it.
        let sealed = mechanism["star"]["devices-min"].as_u64();
        let Some(least) = sealed.or_else(|| mechanism["threshold"]["devices-min"].as_u64()) else { continue };
        let has_controls = has_controls && sealed.is_none();
        for cell in cells(release) {
            let there: u64 = devices(ledger, release, &cell["group"]);
            let shown = cell["value"].as_u64().unwrap_or_default();
            let below = if has_controls { there < least } else { shown < least };
            if below {
                let group = &cell["group"];
                let (query, many) = (&release["query"], if has_controls { there } else { shown });
                let detail = format!("{query} publishes the group {group} of {many} devices, the threshold is {least}");
                found.push(Violation::of_world(Invariant::Threshold, detail));
                return;
            }
        }
    }
}

/// Devices of `group` in the window of `release`, as the exact controls of all regions counted them.
fn devices(ledger: &Ledger, release: &serde_json::Value, group: &serde_json::Value) -> u64 {
    let controls = ledger.releases.iter().filter(|other| {
        other["query"].as_str().is_some_and(|query| query.starts_with(DEVICES_OF))
            && other["window"] == release["window"]
    });
    let counted = controls.flat_map(cells).filter(|cell| cell["group"] == *group);
    counted.map(|cell| cell["value"].as_u64().unwrap_or_default()).sum()
}

/// A token that was planted in incognito mode is in no report that a region holds, and in no body at the tap, as it
/// came or after the vendor's own half of the chain undid it. Only where a version promises silence and keeps it.
fn says_nothing(world: &World, played: &Played, found: &mut Vec<Violation>) {
    let promises = |product: &model::ProductId| {
        let about = |claim: &&model::Claim| claim.products.is_empty() || claim.products.contains(product);
        let mut claims = world.script.claims.iter().filter(about);
        claims.any(|claim| matches!(claim.promise, model::ClaimKind::IncognitoSuppressed))
    };
    let silent = |product| promises(product) && world.planted.iter().all(|planted| planted.product != *product);
    for case in played.cases.iter().filter(|case| silent(&case.subject.product)) {
        let records = case.examinations.iter().flat_map(|examination| &examination.records);
        for record in records.filter(|record| record.arm == Arm::Main) {
            if let Some(detail) = said(world, &case.subject, record) {
                found.push(Violation::of_world(Invariant::SuppressedNeverLeaves, detail));
                return;
            }
        }
    }
}

/// What `record` says about incognito mode, if anything.
fn said(world: &World, subject: &model::Subject, record: &model::Record) -> Option<String> {
    let private = record.notebook.entries.iter().filter(|entry| entry.mode == Some(Mode::Incognito));
    let tokens: Vec<&str> = private.flat_map(|entry| &entry.canaries).map(|canary| canary.token.as_str()).collect();
    let speaks = |text: &str| tokens.iter().find(|token| text.contains(**token)).map(|token| (*token).to_owned());
    for holding in record.holdings.iter().flatten() {
        let text = serde_json::to_string(&holding.report).unwrap_or_default();
        if let Some(token) = speaks(&text) {
            return Some(format!("{} holds the incognito token {token} of {subject}", holding.region));
        }
    }
    let policy = world.script.release(&subject.product, &subject.version)?;
    let policy = world.script.policies.get(&policy.policy)?;
    let vendor = |flow: &&model::Flow| world.script.endpoints.iter().any(|endpoint| endpoint.host == flow.host);
    record.capture.flows.iter().filter(vendor).find_map(|flow| {
        let opened = policy.pipelines.iter().filter_map(|pipeline| {
            let form = encoding::Form { chain: pipeline.body.clone()?, layout: pipeline.layout.clone() };
            let reports = form.decode(&flow.body, encoding::DecodeLimits::default()).ok()?;
            serde_json::to_string(&reports).ok()
        });
        let raw = [flow.path.clone(), String::from_utf8_lossy(&flow.body).into_owned()];
        let token = raw.into_iter().chain(opened).find_map(|text| speaks(&text))?;
        Some(format!("the incognito token {token} of {subject} left for {}", flow.host))
    })
}
