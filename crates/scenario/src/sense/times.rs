//! Times: what begins must end later, and what is ordered must be in order.

use model::Timestamp;

use super::Sense;
use crate::{
    Product, Release, Script,
    document::{Step, at},
};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    if script.ends <= script.starts {
        sense.wrong(
            &at!["ends"],
            "the world ends before it begins",
            format!("expected a time after {}", script.starts),
        );
    }
    for (p, product) in script.products.iter().enumerate() {
        check_versions(script, p, product, sense);
    }
    check_diary(script, sense);
}

fn check_versions(script: &Script, p: usize, product: &Product, sense: &mut Sense<'_, '_>) {
    let mut before: Option<Timestamp> = None;
    for (v, release) in product.versions.iter().enumerate() {
        let at = |key: &'static str| at!["product", p, "version", v, key];
        if let Some(before) = before.filter(|before| release.released < *before) {
            let message = format!("version {} came out before the one above it", release.version);
            sense.wrong(&at("released"), message, format!("expected {before} or later: versions stand oldest first"));
        }
        before = Some(release.released);
        if release.examined.is_some_and(|examined| examined < release.released) {
            let expected = format!("expected {} or later", release.released);
            sense.wrong(&at("examined"), "examined before it came out", expected);
        }
        check_rollout(script, &at("rollout"), release, sense);
    }
}

fn check_rollout(script: &Script, rollout: &[Step], release: &Release, sense: &mut Sense<'_, '_>) {
    let earliest = release.released.max(script.starts);
    for (i, stage) in release.rollout.iter().enumerate() {
        let at = |key: &'static str| [rollout, &at![i, key]].concat();
        if stage.at < earliest || stage.at > script.ends {
            let expected = format!("expected {earliest} to {}", script.ends);
            sense.wrong(&at("at"), "a stage outside the time of the world or before the release", expected);
        }
        let Some(before) = i.checked_sub(1).and_then(|i| release.rollout.get(i)) else { continue };
        if stage.at <= before.at {
            sense.wrong(&at("at"), "stages are out of order", format!("expected a time after {}", before.at));
        }
    }
}

fn check_diary(script: &Script, sense: &mut Sense<'_, '_>) {
    let mut before = script.starts;
    for (i, entry) in script.plan.diary.iter().enumerate() {
        if entry.at < before {
            let expected = format!("expected {before} or later");
            sense.wrong(&at!["plan", "diary", i, "at"], "the diary is out of order", expected);
        }
        before = before.max(entry.at);
    }
}
