//! Makes a world that broke an invariant as small as it goes, and writes it as a scenario file.

use model::Phase;
use scenario::{Expectation, ReleaseExpectation, Script, Weather};

use crate::{
    engine::{self, Player},
    grammar::World,
    invariants::{About, Violation},
};

/// Worlds that are played at most to shrink one.
pub const PLAYS_MAX: u32 = 120;

/// One way to make a script smaller; false where there is nothing left of it.
type Step = Box<dyn Fn(&mut Script) -> bool>;

/// The smallest world found that still breaks the same invariant as `violation`, and how it breaks it.
#[must_use]
pub fn shrink(world: &World, violation: &Violation, player: &Player) -> (World, Violation) {
    let (mut world, mut violation, mut plays) = (world.clone(), violation.clone(), 0);
    loop {
        let mut smaller = None;
        for step in steps(&world) {
            let mut candidate = world.clone();
            if !step(&mut candidate.script) || candidate == world || !is_valid(&candidate.script) {
                continue;
            }
            if plays == PLAYS_MAX {
                return (world, violation);
            }
            plays += 1;
            let found = engine::examine(&candidate, player).violations;
            if let Some(same) = found.into_iter().find(|other| violation.is_like(other)) {
                smaller = Some((candidate, same));
                break;
            }
        }
        let Some(better) = smaller else { return (world, violation) };
        (world, violation) = better;
    }
}

fn is_valid(script: &Script) -> bool {
    scenario::parse("smaller.toml", &scenario::write(script)).is_ok()
}

/// What can be left out, the largest first. A policy with a leak stays whole: its truth hangs on all of it.
fn steps(world: &World) -> Vec<Step> {
    let script = &world.script;
    let mut steps: Vec<Step> = vec![
        Box::new(|script| script.crowd.take().is_some()),
        Box::new(|script| !std::mem::take(&mut script.plan.diary).is_empty()),
        Box::new(|script| std::mem::take(&mut script.weather) != Weather::default()),
        Box::new(|script| script.crowd.as_mut().is_some_and(|crowd| halve(&mut crowd.devices))),
    ];
    for place in (0..script.products.len()).rev() {
        steps.push(Box::new(move |script| script.products.len() > 1 && drop_product(script, place)));
    }
    for place in (0..script.queries.len()).rev() {
        steps.push(Box::new(move |script| {
            drop(script.queries.remove(place));
            true
        }));
    }
    for place in (0..script.claims.len()).rev() {
        steps.push(Box::new(move |script| {
            drop(script.claims.remove(place));
            true
        }));
    }
    for place in (0..script.faults.len()).rev() {
        steps.push(Box::new(move |script| {
            drop(script.faults.remove(place));
            true
        }));
    }
    steps.push(Box::new(|script| std::mem::take(&mut script.weather.lost_permille) > 0));
    steps.push(Box::new(|script| std::mem::take(&mut script.weather.duplicated_permille) > 0));
    steps.push(Box::new(|script| std::mem::take(&mut script.weather.reordered_permille) > 0));
    steps.push(Box::new(|script| std::mem::take(&mut script.weather.corrupted_permille) > 0));
    for phase in PHASES {
        steps.push(Box::new(move |script| {
            let wanted = !script.plan.skip.contains(&phase);
            script.plan.skip.extend(wanted.then_some(phase));
            wanted
        }));
    }
    steps.push(Box::new(|script| {
        script.crowd.as_mut().is_some_and(|crowd| {
            let sessions = &mut crowd.habits.sessions_per_ten_days;
            let more = *sessions > 1;
            *sessions = (*sessions / 2).max(1);
            more
        })
    }));
    if world.planted.is_empty() {
        steps.extend(policy_steps(script));
    }
    steps
}

fn halve(devices: &mut u64) -> bool {
    let more = *devices > 1;
    *devices = (*devices / 2).max(1);
    more
}

fn drop_product(script: &mut Script, place: usize) -> bool {
    let product = script.products.remove(place);
    if let Some(crowd) = &mut script.crowd {
        crowd.products.remove(&product.id);
    }
    for claim in &mut script.claims {
        claim.products.retain(|id| *id != product.id);
    }
    true
}

/// Pipelines and events of each policy.
fn policy_steps(script: &Script) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for (name, policy) in &script.policies {
        for pipeline in (0..policy.pipelines.len()).rev() {
            let named = name.clone();
            steps.push(Box::new(move |script| {
                let of = script.policies.get_mut(&named).map(|policy| &mut policy.pipelines);
                of.filter(|all| all.len() > 1).map(|all| all.remove(pipeline)).is_some()
            }));
            for event in (0..policy.pipelines[pipeline].events.len()).rev() {
                let named = name.clone();
                steps.push(Box::new(move |script| {
                    let of = script.policies.get_mut(&named).map(|policy| &mut policy.pipelines[pipeline].events);
                    of.filter(|all| all.len() > 1).map(|all| all.remove(event)).is_some()
                }));
            }
        }
    }
    steps
}

const PHASES: [Phase; 12] = [
    Phase::FirstUse,
    Phase::ConsentRefused,
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Switch,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
    Phase::Update,
];

/// The scenario of a world that breaks an invariant: `glasshouse run` plays it, and expects what must be.
#[must_use]
pub fn scenario_file(world: &World, violation: &Violation) -> String {
    let mut script = world.script.clone();
    let source = format!("{}, storm seed {}", violation.invariant, world.seed);
    match &violation.about {
        About::Verdict { claim, subject, must } => script.expectations.push(Expectation {
            claims: vec![claim.clone()],
            products: vec![subject.product.clone()],
            versions: vec![subject.version.clone()],
            switch: vec![subject.switch],
            verdict: *must,
            check: None,
            source,
        }),
        About::Releases(query) if script.crowd.is_some() => script.release_expectations.push(ReleaseExpectation {
            query: query.clone(),
            control: None,
            covered_min: None,
            cells_min: 1,
            withheld_max: None,
        }),
        About::Releases(_) | About::World => {}
    }
    let detail = violation.detail.lines().collect::<Vec<_>>().join(" ");
    format!(
        "# Found by the storm, seed {}, shrunk.\n# {}: {detail}\n\n{}",
        world.seed,
        violation.invariant,
        scenario::write(&script)
    )
}
