//! The crowd and the laboratory.

use super::Sense;
use crate::{Crowd, Script, document::at};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    if !script.claims.is_empty() && script.lab.is_empty() {
        let expected = "expected a [[lab]] device, on which the examiner can look into it";
        sense.wrong(&at!["claim", 0], "claims without a laboratory", expected);
    }
    if let Some(crowd) = &script.crowd {
        check_weights(crowd, sense);
        check_shares(crowd, sense);
        check_first_versions(script, crowd, sense);
    }
}

fn check_weights(crowd: &Crowd, sense: &mut Sense<'_, '_>) {
    if crowd.products.values().all(|weight| *weight == 0) {
        let expected = "expected a product with a weight above zero";
        sense.wrong(&at!["crowd", "products"], "nobody uses any product", expected);
    }
    if crowd.countries.iter().all(|population| population.weight == 0) {
        let expected = "expected a country with a weight above zero";
        sense.wrong(&at!["crowd", "country"], "nobody lives anywhere", expected);
    }
}

fn check_shares(crowd: &Crowd, sense: &mut Sense<'_, '_>) {
    let habits = &crowd.habits;
    let shares = [habits.search_percent, habits.download_percent, habits.screen_percent];
    let total: u32 = shares.into_iter().map(u32::from).sum();
    if total > 100 {
        let message = format!("searches, downloads and screens are {total} percent of activities");
        sense.wrong_key(&at!["crowd", "habits"], message, "expected at most 100: what they leave are visits");
    }
}

/// A crowd starts with some version of each product that it uses.
fn check_first_versions(script: &Script, crowd: &Crowd, sense: &mut Sense<'_, '_>) {
    for (id, weight) in &crowd.products {
        let Some(at) = script.products.iter().position(|product| product.id == *id) else { continue };
        let first = |release: &crate::Release| release.rollout.is_empty() && release.released <= script.starts;
        if *weight > 0 && !script.products[at].versions.iter().any(first) {
            let expected = format!("expected one released by {} that needs no roll-out", script.starts);
            let message = format!("the crowd has no version of {id} to start with");
            sense.wrong(&at!["product", at, "version"], message, expected);
        }
    }
}
