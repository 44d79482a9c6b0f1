use std::collections::BTreeSet;

use model::{ActivityKind, Arm, CaseFile, Outcome, Phase, SwitchState, Verdict};

use crate::{
    case::{Setting, arm, case, case_of, case_without, expect, ruling},
    client::{Client, Incognito},
};

fn honest() -> CaseFile {
    case(Client::HONEST, &Setting::at(SwitchState::Suppress))
}

#[test]
fn a_phase_that_was_cut_out_leaves_incognito_unproven() {
    let phases = [
        (Phase::Use, "download was not exercised; no address was typed"),
        (Phase::Restart, "a restart"),
        (Phase::Idle, "standing idle"),
        (Phase::Account, "an account"),
        (Phase::Offline, "offline"),
        (Phase::Crash, "crashes"),
        (Phase::ClearData, "clearing the data"),
        (Phase::Reinstall, "a new installation"),
    ];
    for (phase, named) in phases {
        let case = case_without(Client::HONEST, &Setting::PLAIN, phase);
        let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
        assert!(reason.contains(named), "{phase:?}: {reason}");
    }
}

#[test]
fn other_claims_need_their_own_phases() {
    for (phase, claim) in [
        (Phase::Switch, "switch"),
        (Phase::Offline, "switch"),
        (Phase::Update, "switch"),
        (Phase::Update, "incognito"),
        (Phase::FirstUse, "consent"),
        (Phase::ConsentRefused, "consent"),
        (Phase::ClearData, "aggregated"),
        (Phase::Reinstall, "unlinkable"),
        (Phase::Account, "unlinkable"),
    ] {
        let cut = case_without(Client::HONEST, &Setting::at(SwitchState::Suppress), phase);
        let ruling = ruling(&cut, claim);
        assert_eq!(ruling.verdict, Verdict::Unproven, "{phase:?} {claim}: {:#?}", ruling.findings);
    }
}

/// What cannot be missed: the examiner opens sessions before anything else is done in them, and a scenario's own diary
/// and long use are asked for by nobody but the scenario and a claim about a long lifetime.
#[test]
fn whatever_part_of_the_plan_is_cut_some_promise_is_no_longer_kept() {
    let whole = honest();
    let notebook = &whole.examinations[0].records[0].notebook;
    let phases: BTreeSet<Phase> = notebook.entries.iter().map(|entry| entry.phase).collect();
    let kinds: BTreeSet<ActivityKind> = notebook.entries.iter().map(|entry| entry.activity.kind()).collect();
    assert_eq!((phases.len(), kinds.len()), (13, 20));
    let kept = |case: &CaseFile| -> Vec<String> {
        let rulings = auditor::audit(case).expect("a case file without contradictions");
        let kept = rulings.into_iter().filter(|ruling| ruling.verdict == Verdict::Kept);
        kept.map(|ruling| ruling.claim.to_string()).collect()
    };
    let before = kept(&whole);
    let setting = Setting::at(SwitchState::Suppress);
    for phase in phases.into_iter().filter(|phase| *phase != Phase::Long) {
        let after = kept(&case_of(Client::HONEST, &setting, |notebook| {
            notebook.entries.retain(|entry| entry.phase != phase);
        }));
        assert!(after.len() < before.len(), "without {phase:?}, kept as before: {after:?}");
    }
    for kind in kinds {
        let after = kept(&case_of(Client::HONEST, &setting, |notebook| {
            notebook.entries.retain(|entry| entry.activity.kind() != kind);
        }));
        assert!(after.len() < before.len(), "without {kind:?}, kept as before: {after:?}");
    }
}

#[test]
fn every_way_of_flipping_the_switch_is_needed_and_named() {
    let setting = Setting::at(SwitchState::Suppress);
    let words = [
        (ActivityKind::Restart, "and a restart at once"),
        (ActivityKind::CrashApp, "a crash, then back"),
        (ActivityKind::Update, "then an update"),
    ];
    for (turn, named) in words {
        let case = case_of(Client::HONEST, &setting, |notebook| {
            let flips: Vec<_> =
                notebook.entries.iter().filter(|e| e.activity.kind() == ActivityKind::FlipSwitch).collect();
            let flipped: Vec<_> = flips.iter().map(|entry| entry.at).collect();
            let after_flip = |at: model::Timestamp| flipped.iter().any(|flip| *flip < at && at.since(*flip) < WAITS);
            notebook.entries.retain(|entry| entry.activity.kind() != turn || !after_flip(entry.at));
        });
        let ruling = expect(&case, "switch", Verdict::Unproven);
        let reason = ruling.reason.unwrap_or_default();
        assert!(reason.contains(named), "{turn:?}: {reason}");
    }
}

/// Longer than reports wait after a flip in the plan.
const WAITS: model::Duration = model::Duration::from_secs(120);

#[test]
fn a_missing_arm_leaves_unproven_what_needs_it() {
    let needs = |arm: Arm| match arm {
        Arm::Main => ["incognito", "switch", "aggregated", "local", "consent"].as_slice(),
        Arm::Sibling => &["aggregated", "unlinkable"],
        Arm::Quiet => &["switch"],
        _ => &["incognito", "switch"],
    };
    for arm in Arm::ALL {
        let mut case = honest();
        case.examinations[0].records.retain(|record| record.arm != arm);
        for claim in needs(arm) {
            let reason = expect(&case, claim, Verdict::Unproven).reason.unwrap_or_default();
            assert!(reason.contains(arm.name()), "{reason}");
        }
    }
}

#[test]
fn nothing_examined_nothing_proven() {
    let mut case = honest();
    case.examinations.clear();
    for claim in ["incognito", "switch", "aggregated", "unlinkable", "local", "consent", "lawful"] {
        expect(&case, claim, Verdict::Unproven);
    }
}

#[test]
fn a_capture_that_ends_at_once_proves_nothing() {
    let mut case = honest();
    for record in &mut case.examinations[0].records {
        record.notebook.ends = record.notebook.entries.last().expect("lines").at;
        let ends = record.notebook.ends;
        record.capture.flows.retain(|flow| flow.at <= ends);
    }
    for claim in ["incognito", "switch", "consent", "local"] {
        let reason = expect(&case, claim, Verdict::Unproven).reason.unwrap_or_default();
        assert!(reason.contains("capture ends"), "{claim}: {reason}");
    }
}

#[test]
fn what_was_not_done_covers_nothing() {
    let mut case = honest();
    for record in &mut case.examinations[0].records {
        let downloads =
            record.notebook.entries.iter_mut().filter(|e| e.activity.kind() == model::ActivityKind::Download);
        downloads.for_each(|entry| entry.outcome = Outcome::Failed("no space".to_owned()));
    }
    let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("no space"), "{reason}");
    for record in &mut case.examinations[0].records {
        let downloads =
            record.notebook.entries.iter_mut().filter(|e| e.activity.kind() == model::ActivityKind::Download);
        downloads.for_each(|entry| entry.outcome = Outcome::Unsupported);
    }
    expect(&case, "incognito", Verdict::Kept);
}

#[test]
fn a_client_whose_runs_differ_unannounced_cannot_be_cleared() {
    let noisy = case(Client { noisy: true, ..Client::HONEST }, &Setting::PLAIN);
    let reason = expect(&noisy, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("two runs alike differ"), "{reason}");
}

#[test]
fn twins_that_differ_in_more_than_incognito_are_not_compared() {
    let mut case = honest();
    let presence = arm(&mut case, Arm::Presence);
    presence.notebook.entries.remove(1);
    let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("presence arm differs in more"), "{reason}");
}

#[test]
fn several_devices_are_one_ruling() {
    let mut case = honest();
    let mut second = case.examinations[0].clone();
    second.device.id = crate::case::name("lab-2");
    let one = expect(&case, "incognito", Verdict::Kept);
    case.examinations.push(second);
    let two = expect(&case, "incognito", Verdict::Kept);
    assert_eq!(two.coverage.canaries, 2 * one.coverage.canaries);
    case.examinations[1].records.remove(0);
    let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("lab-2"), "{reason}");
}

#[test]
fn ledgers_that_are_not_whole_prove_nothing_and_say_so_first() {
    for (arm, claim) in [(0, "incognito"), (2, "incognito"), (4, "unlinkable"), (0, "consent")] {
        let mut case = honest();
        let record = &mut case.examinations[0].records[arm];
        record.faults = vec!["the device did not answer within 20s".to_owned()];
        let expected = format!("in the {} arm on lab-1, the device did not answer", record.arm.name());
        let reason = expect(&case, claim, Verdict::Unproven).reason.unwrap_or_default();
        assert!(reason.starts_with(&expected), "{reason}");
    }
    let mut leaky = case(Client { incognito: Incognito::Sealed, ..Client::HONEST }, &Setting::PLAIN);
    leaky.examinations[0].records[0].faults = vec!["a flow was cut".to_owned()];
    expect(&leaky, "incognito", Verdict::Broken);
}

#[test]
fn a_client_without_an_activity_lacks_no_phase_that_needs_it() {
    for (kind, phase) in [(ActivityKind::LogIn, "log in"), (ActivityKind::CrashApp, "app crash")] {
        let mut case = honest();
        for record in &mut case.examinations[0].records {
            let lacking = record.notebook.entries.iter_mut().filter(|entry| entry.activity.kind() == kind);
            lacking.for_each(|entry| entry.outcome = Outcome::Unsupported);
        }
        let coverage = expect(&case, "incognito", Verdict::Kept).coverage;
        assert!(coverage.exercised.iter().any(|line| line.contains(&format!("no {phase}:"))), "{coverage:?}");
        let first = &mut case.examinations[0].records[0].notebook.entries;
        let turn = first.iter_mut().find(|entry| entry.activity.kind() == kind).expect("a turn");
        turn.outcome = Outcome::Failed("out of memory".to_owned());
        expect(&case, "incognito", Verdict::Unproven);
    }
}
