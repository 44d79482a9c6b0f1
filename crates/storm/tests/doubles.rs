//! The storm is itself tested: each invariant is broken by a double, which random worlds must catch within some seeds.
//!
//! *Broken parts* are real code that departs from what was agreed: a collector that does not deduplicate, an aggregator
//! of another conduct, a client with a leak or a queue that loses. *Tampered output* stands for the rest: what was played
//! is changed before the storm sees it.

use std::num::NonZeroUsize;

use model::Verdict;
use scenario::{FaultKind, Loses, Party, Script};
use serde_json::Value;
use storm::{
    engine::{self, Player},
    grammar::{self, World},
    invariants::Invariant,
};
use world::{PlayError, Played};

/// How many worlds with the double it takes until `invariant` is found broken.
fn caught(invariant: Invariant, within: u64, prepare: fn(&mut World) -> bool, player: &Player) {
    let mut played = 0;
    for seed in 1.. {
        let mut world = grammar::draw(seed, &[]);
        if !world.planted.is_empty() || !prepare(&mut world) {
            continue;
        }
        played += 1;
        let found = engine::examine(&world, player).violations;
        if found.iter().any(|violation| violation.invariant == invariant) {
            return;
        }
        assert!(
            played < within,
            "{invariant} was not found broken in {within} worlds, the last of seed {seed}: {found:#?}"
        );
    }
}

/// Nothing but the crowd, in a world that counts everything.
fn crowd_alone(world: &mut World) -> bool {
    world.script.lab.clear();
    world.script.claims.clear();
    world.script.queries.iter().any(|query| query.id.as_str().starts_with("reports-of"))
}

/// Nothing but the laboratory, with a promise about incognito mode.
fn laboratory_alone(world: &mut World) -> bool {
    world.script.crowd = None;
    world.script.plan.skip.retain(|phase| *phase != model::Phase::Use);
    let products = world.script.products.len();
    products == 1 && world.script.claims.iter().any(|claim| claim.id.as_str() == "incognito-suppressed")
}

/// Plays what `breaks` makes of the script.
fn broken(breaks: fn(&mut Script)) -> Box<Player> {
    Box::new(move |script: &Script, threads: NonZeroUsize, first: Option<&Played>| {
        let mut script = script.clone();
        breaks(&mut script);
        engine::play(&script, threads, first)
    })
}

/// Changes what was played.
fn tampered(changes: fn(&mut Played)) -> Box<Player> {
    Box::new(move |script: &Script, threads: NonZeroUsize, _: Option<&Played>| {
        let mut played = engine::play(script, threads, None)?;
        changes(&mut played);
        Ok(played)
    })
}

/// Changes the releases of `query`, line by line; a line of which nothing is left is dropped.
fn releases(played: &mut Played, query: &str, change: impl Fn(&mut Value)) {
    let text = String::from_utf8(played.artifacts.releases.clone()).unwrap();
    let lines = text.lines().map(|line| {
        let mut release: Value = serde_json::from_str(line).unwrap();
        if release["query"].as_str().is_some_and(|id| id.starts_with(query)) {
            change(&mut release);
        }
        release
    });
    let kept: Vec<String> = lines.filter(|line| !line.is_null()).map(|line| format!("{line}\n")).collect();
    played.artifacts.releases = kept.concat().into_bytes();
}

#[test]
fn a_report_that_is_lost_after_its_receipt_breaks_s1() {
    let loses = |played: &mut Played| {
        releases(played, "reports-of-", |release| {
            if let Some(value) = release.pointer_mut("/cells/0/value") {
                *value = (value.as_u64().unwrap() - 1).into();
            }
        });
    };
    caught(Invariant::AdmittedIsCounted, 3, crowd_alone, &*tampered(loses));
}

#[test]
fn a_collector_that_does_not_deduplicate_breaks_s2() {
    let counts_again = |script: &mut Script| script.collection.deduplicate = false;
    caught(Invariant::CountedOnce, 40, crowd_alone, &*broken(counts_again));
}

#[test]
fn devices_that_sent_nothing_break_s3() {
    let invents = |played: &mut Played| {
        releases(played, "devices-of-", |release| {
            if let Some(value) = release.pointer_mut("/cells/0/value") {
                *value = (value.as_u64().unwrap() + 30).into();
            }
        });
    };
    caught(Invariant::CountedWasAdmitted, 3, crowd_alone, &*tampered(invents));
}

#[test]
fn a_second_way_abroad_breaks_s4() {
    let goes_abroad = |script: &mut Script| {
        for policy in script.policies.values_mut() {
            let mut second = policy.pipelines[0].clone();
            second.name = "abroad".to_owned();
            second.path += "/abroad";
            second.route.truncate(1);
            for way in &mut second.route {
                way.host = "sg.vendor.example".to_owned();
                way.country.clear();
            }
            policy.pipelines.push(second);
        }
    };
    let promised = |world: &mut World| {
        let claims = world.script.claims.clone();
        let fits = crowd_alone(world);
        world.script.claims = claims; // promises alone: nobody examines anything
        fits
    };
    caught(Invariant::RawStaysHome, 20, promised, &*broken(goes_abroad));
}

/// A crowd alone, in a world that publishes harmless aggregates.
fn publishing(world: &mut World) -> bool {
    world.script.lab.clear();
    world.script.claims.clear();
    world.script.budget.is_some() && world.script.queries.iter().any(|query| query.mechanism.name() == "central")
}

#[test]
fn an_aggregator_that_publishes_again_without_charge_breaks_s5() {
    let publishes_again = |script: &mut Script| {
        let again = aggregation::Conduct { publications: 10.try_into().unwrap(), ..aggregation::Conduct::default() };
        script.conduct = script.queries.iter().map(|query| (query.id.clone(), again)).collect();
    };
    caught(Invariant::Budget, 5, publishing, &*broken(publishes_again));
}

#[test]
fn an_aggregator_whose_threshold_counts_reports_breaks_s6() {
    let counts_reports = |script: &mut Script| {
        let conduct =
            aggregation::Conduct { threshold_over: aggregation::Counted::Reports, ..aggregation::Conduct::default() };
        script.conduct = script.queries.iter().map(|query| (query.id.clone(), conduct)).collect();
    };
    let thresholds = |world: &mut World| {
        crowd_alone(world) && world.script.queries.iter().any(|query| query.mechanism.name() == "threshold")
    };
    caught(Invariant::Threshold, 20, thresholds, &*broken(counts_reports));
}

fn reports_incognito(script: &mut Script) {
    let pipelines = script.policies.values_mut().flat_map(|policy| &mut policy.pipelines);
    for event in pipelines.flat_map(|pipeline| &mut pipeline.events) {
        event.incognito = browser::policy::Collected::Always;
    }
}

#[test]
fn a_client_that_reports_incognito_mode_breaks_s7() {
    caught(Invariant::SuppressedNeverLeaves, 4, laboratory_alone, &*broken(reports_incognito));
}

#[test]
fn a_client_that_leaks_and_is_declared_honest_breaks_s8() {
    caught(Invariant::VerdictsAgreeWithTruth, 4, laboratory_alone, &*broken(reports_incognito));
}

#[test]
fn an_auditor_that_accuses_everybody_breaks_s8() {
    let accuses = |played: &mut Played| {
        played.verdicts.iter_mut().for_each(|judged| judged.ruling.verdict = Verdict::Broken);
    };
    caught(Invariant::VerdictsAgreeWithTruth, 1, laboratory_alone, &*tampered(accuses));
}

#[test]
fn a_window_that_is_never_released_breaks_l1() {
    let forgets = |played: &mut Played| releases(played, "reports-of-", |release| *release = Value::Null);
    caught(Invariant::WindowsReleased, 3, crowd_alone, &*tampered(forgets));
}

#[test]
fn a_release_that_is_put_off_for_no_reason_breaks_l1() {
    let puts_off = |played: &mut Played| {
        let text = String::from_utf8(played.artifacts.log.clone()).unwrap();
        let lines = text.lines().map(|line| match line.contains(r#""event":"released""#) {
            true => line.replace(r#""at":"2026-"#, r#""at":"2027-"#) + "\n",
            false => line.to_owned() + "\n",
        });
        played.artifacts.log = lines.collect::<String>().into_bytes();
    };
    caught(Invariant::WindowsReleased, 1, crowd_alone, &*tampered(puts_off));
}

#[test]
fn a_release_that_does_not_wait_for_a_region_breaks_l1() {
    let does_not_wait = |script: &mut Script| script.collection.release_wait = Some(model::Duration::ZERO);
    let parted = |world: &mut World| {
        let cut = |fault: &scenario::Fault| {
            matches!(
                fault.kind,
                FaultKind::Partition { to: Party::Aggregator, loses: Loses::Both | Loses::Requests, .. }
            )
        };
        let asks_all = world.script.queries.iter().any(|query| query.regions.is_empty());
        world.script.collection.release_wait = None;
        crowd_alone(world) && asks_all && world.script.faults.iter().any(cut)
    };
    caught(Invariant::WindowsReleased, 20, parted, &*broken(does_not_wait));
}

#[test]
fn a_release_that_leaves_out_a_region_unsaid_breaks_l1() {
    let leaves_out = |played: &mut Played| {
        releases(played, "question-", |release| {
            release["regions"].as_array_mut().unwrap().pop();
        });
    };
    let asks_all = |world: &mut World| {
        crowd_alone(world) && world.script.queries.iter().any(|query| query.id.as_str().starts_with("question-"))
    };
    caught(Invariant::WindowsReleased, 3, asks_all, &*tampered(leaves_out));
}

#[test]
fn a_queue_that_holds_one_report_breaks_l2() {
    let loses = |script: &mut Script| {
        let pipelines = script.policies.values_mut().flat_map(|policy| &mut policy.pipelines);
        pipelines.for_each(|pipeline| pipeline.queue.reports_max = 1);
    };
    caught(Invariant::QueuesDrain, 20, crowd_alone, &*broken(loses));
}

#[test]
fn a_world_that_hangs_on_the_number_of_threads_breaks_d1() {
    let player = |script: &Script, threads: NonZeroUsize, first: Option<&Played>| {
        let mut script = script.clone();
        script.seed += u64::from(threads > NonZeroUsize::MIN);
        engine::play(&script, threads, first)
    };
    caught(Invariant::ReplayAgrees, 3, crowd_alone, &player);
}

#[test]
fn a_world_that_cannot_be_played_breaks_d2() {
    let player = |_: &Script, _: NonZeroUsize, _: Option<&Played>| Err(PlayError::Upload("nothing goes".to_owned()));
    caught(Invariant::Plays, 1, crowd_alone, &player);
}
