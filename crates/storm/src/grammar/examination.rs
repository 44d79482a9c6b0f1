//! What the examiner does in a world: mostly little, of one product; now and then everything.

use model::{Phase, ProductId};
use scenario::Script;

use super::{Dice, Planted, diary, vendor::written};

/// One world of so many is examined whole: only there can a promise about incognito mode be found kept.
const WORLDS_PER_WHOLE: u64 = 100;
/// Most lines of the scenario's own diary.
const DIARY_MAX: u64 = 12;
/// Most subjects of one product whose switch is flipped in a whole examination: flips are half of it.
const FLIPPED_MAX: usize = 2;

/// Every phase of a small examination, with how many tickets it has in the draw: the longer it takes, the fewer.
const TICKETS: [(Phase, u64); 13] = [
    (Phase::FirstUse, 4),
    (Phase::ConsentRefused, 2),
    (Phase::Use, 2),
    (Phase::Restart, 4),
    (Phase::Idle, 3),
    (Phase::Switch, 1),
    (Phase::Account, 2),
    (Phase::Offline, 4),
    (Phase::Crash, 2),
    (Phase::ClearData, 2),
    (Phase::Reinstall, 2),
    (Phase::Scenario, 4),
    (Phase::Update, 4),
];

/// A laboratory for one product of `script`, with a plan that exercises what is `planted` in it.
pub(super) fn examination(dice: &mut Dice, script: &mut Script, planted: &[Planted]) {
    let products: Vec<ProductId> = script.products.iter().map(|product| product.id.clone()).collect();
    let drawn = dice.pick(&products);
    let product = planted.first().map_or(drawn, |planted| planted.product.clone());
    let mut phases = phases(dice, script, &product);
    phases.extend(planted.iter().flat_map(|planted| planted.leak.needs()));
    let lines = diary(dice, script.starts, DIARY_MAX);
    if phases.contains(&Phase::Scenario) {
        script.plan.diary = lines;
    }
    script.plan.skip = TICKETS.iter().map(|(phase, _)| *phase).filter(|phase| !phases.contains(phase)).collect();
    script.plan.samples = 0;
    script.lab = written(serde_json::json!([{
        "id": "lab-1", "model": "Pixel 8", "country": "DE", "locale": "de-DE", "products": [product],
    }]));
}

/// What is done with `product`: one phase or two, or all.
fn phases(dice: &mut Dice, script: &Script, product: &ProductId) -> Vec<Phase> {
    let possible: Vec<(Phase, u64)> =
        TICKETS.into_iter().filter(|(phase, _)| is_possible(script, product, *phase)).collect();
    if dice.within(1, WORLDS_PER_WHOLE) == 1 {
        let subjects = script.subjects().iter().filter(|subject| subject.product == *product).count();
        let whole = possible.into_iter().map(|(phase, _)| phase);
        return whole.filter(|phase| *phase != Phase::Switch || subjects <= FLIPPED_MAX).collect();
    }
    let count = if dice.percent(15) { 2 } else { 1 };
    (0..count).map(|_| draw(dice, &possible)).collect()
}

/// Whether the examiner of `product` would do anything in `phase`.
fn is_possible(script: &Script, product: &ProductId, phase: Phase) -> bool {
    let versions = || script.product(product).into_iter().flat_map(|product| &product.versions);
    let policies = || versions().filter_map(|version| script.policies.get(&version.policy));
    match phase {
        Phase::ConsentRefused => policies().any(|policy| policy.consent),
        Phase::Switch => policies().any(|policy| policy.switch.is_some()),
        Phase::Update => versions().count() > 1,
        _ => true,
    }
}

/// One phase by its tickets.
fn draw(dice: &mut Dice, tickets: &[(Phase, u64)]) -> Phase {
    let all: u64 = tickets.iter().map(|(_, own)| own).sum();
    let mut drawn = dice.within(1, all);
    for (phase, own) in tickets {
        if drawn <= *own {
            return *phase;
        }
        drawn -= own;
    }
    Phase::Use
}
