//! S8 verdicts-agree-with-truth: nobody honest is accused, and no leak that was exercised is called kept.

use model::{Phase, Verdict};
use world::{Judged, Played};

use super::{About, Invariant, Violation};
use crate::grammar::{Planted, World};

pub(super) fn check(world: &World, played: &Played, found: &mut Vec<Violation>) {
    for judged in &played.verdicts {
        let ruling = &judged.ruling;
        let of_product = |planted: &&Planted| planted.product == ruling.subject.product;
        let must = match world.planted.iter().find(of_product) {
            None => (ruling.verdict == Verdict::Broken).then_some(Verdict::Kept),
            Some(planted) => {
                let missed = ruling.verdict == Verdict::Kept && is_exercised(world, planted, judged);
                missed.then_some(Verdict::Broken)
            }
        };
        let Some(must) = must else { continue };
        let grounds = ruling.findings.first().map(|finding| format!(": {}", finding.summary)).unwrap_or_default();
        let (claim, subject) = (ruling.claim.clone(), ruling.subject.clone());
        let detail = format!("{claim} of {subject} is called {}, the truth is {must}{grounds}", ruling.verdict);
        let about = About::Verdict { claim, subject, must };
        found.push(Violation { invariant: Invariant::VerdictsAgreeWithTruth, detail, about });
    }
}

/// Whether the examination did for certain what makes the leak leak, in the version that has it.
fn is_exercised(world: &World, planted: &Planted, judged: &Judged) -> bool {
    let ruling = &judged.ruling;
    let Some(phases) = planted.leak.exercised_by() else { return false };
    let done = |phase: &Phase| !world.script.plan.skip.contains(phase);
    let first = world.script.product(&planted.product).and_then(|product| product.versions.first());
    let leaks = first.is_some_and(|version| version.version == ruling.subject.version);
    ruling.claim.as_str() == planted.leak.claim()
        && leaks
        && ruling.subject.switch != model::SwitchState::Collect
        && phases.iter().all(done)
}
