//! Whatever a client under examination does, the examination ends in time, and in a verdict that says why.

#[path = "support/fake.rs"]
mod fake;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use fake::{Fake, Wrong};
use model::{LabDevice, Ruling, Verdict};
use world::{ExamineError, ExamineLimits, ExamineOptions, Played, TapLimits};

fn options(wrong: Wrong) -> ExamineOptions {
    ExamineOptions {
        device: format!("http://{}", Fake::start(wrong)),
        seed: 7,
        claims: None,
        expectations: Vec::new(),
        regions: Vec::new(),
        endpoints: Vec::new(),
        versions: Vec::new(),
        switch: Vec::new(),
        lab: LabDevice {
            id: "lab-1".parse().unwrap(),
            model: "a fake".to_owned(),
            country: "DE".parse().unwrap(),
            locale: "de-DE".to_owned(),
            products: Vec::new(),
        },
        starts: "2026-01-01T09:00:00Z".parse().unwrap(),
        long_days: 0,
        skip: BTreeSet::new(),
        diary: Vec::new(),
        forward: [].into(),
        limits: ExamineLimits {
            time_max: Duration::from_secs(60),
            call_max: Duration::from_secs(2),
            tap: TapLimits { flows_max: 50, body_bytes_max: 4_096, ..TapLimits::default() },
        },
    }
}

fn examine(wrong: Wrong) -> Result<Played, ExamineError> {
    let began = Instant::now();
    let played = world::examine(&options(wrong), &|_| {});
    assert!(began.elapsed() < Duration::from_secs(60), "{wrong:?} took {:?}", began.elapsed());
    played
}

fn incognito(wrong: Wrong) -> Ruling {
    let played = examine(wrong).unwrap();
    let judged = played.verdicts.iter().find(|judged| judged.ruling.claim.as_str() == "incognito-suppressed");
    judged.unwrap().ruling.clone()
}

#[track_caller]
fn unproven(wrong: Wrong, because: &str) {
    let ruling = incognito(wrong);
    assert_eq!(ruling.verdict, Verdict::Unproven, "{wrong:?}: {:?}", ruling.findings);
    let reason = ruling.reason.unwrap_or_default();
    assert!(reason.contains(because), "{wrong:?}: {reason}");
}

#[test]
fn a_client_of_which_nothing_passes_the_tap_shows_nothing() {
    let ruling = incognito(Wrong::Nothing);
    assert!(ruling.coverage.canaries > 100, "{:?}", ruling.coverage);
    unproven(Wrong::Nothing, "visits passed the tap: it was off, or the client went around it");
}

#[test]
fn a_client_that_hangs_is_unproven() {
    for after in [0, 40] {
        unproven(Wrong::Hangs(after), "the device did not answer Perform within 2s");
    }
}

#[test]
fn a_client_that_answers_errors_is_unproven() {
    unproven(Wrong::Fails(0), "answered 8 calls in a row with errors, the last with `out of order`");
    unproven(Wrong::Fails(100), "answered 8 calls in a row with errors");
}

#[test]
fn a_client_that_crashes_is_unproven() {
    unproven(Wrong::Dies(30), "the device is gone: Perform failed with");
}

#[test]
fn a_client_that_floods_the_tap_is_unproven() {
    unproven(Wrong::Floods, "the device flooded the tap: it takes 50 requests");
}

#[test]
fn a_client_whose_uploads_are_cut_is_unproven() {
    unproven(Wrong::Bulky, "bodies were recorded in part: POST v.example/u");
}

#[test]
fn a_client_without_visits_is_unproven() {
    unproven(Wrong::LacksVisits, "was not exercised");
}

#[test]
fn a_client_that_visits_and_nothing_else_is_examined_as_far_as_it_goes() {
    let ruling = incognito(Wrong::HasVisitsAlone);
    let whole = incognito(Wrong::Nothing);
    assert!(ruling.coverage.canaries < whole.coverage.canaries);
    assert!(ruling.coverage.exercised.iter().any(|line| line == "no log in: the client has none"), "{ruling:?}");
}

#[test]
fn a_plan_that_outlasts_the_examination_is_unproven() {
    let mut options = options(Wrong::WallClock);
    options.limits.time_max = Duration::from_secs(3);
    let began = Instant::now();
    let played = world::examine(&options, &|_| {}).unwrap();
    assert!(began.elapsed() < Duration::from_secs(20));
    let ruling = &played.verdicts[0].ruling;
    assert_eq!(ruling.verdict, Verdict::Unproven);
    assert!(ruling.reason.as_deref().unwrap_or_default().contains("time for the examination was over after 3s"));
}

#[test]
fn a_client_that_does_not_say_what_it_is_is_no_verdict_but_an_error() {
    let silent = examine(Wrong::Silent).unwrap_err().to_string();
    assert_eq!(silent, "the device does not describe itself: the device did not answer Describe within 2s");
    let wrong = examine(Wrong::NoVersion).unwrap_err().to_string();
    assert_eq!(wrong, "the device breaks the contract in `versions`: is empty, expected at least one version");
    let mut options = options(Wrong::Nothing);
    "http://127.0.0.1:1".clone_into(&mut options.device);
    assert!(matches!(world::examine(&options, &|_| {}), Err(ExamineError::Unreachable { .. })));
}

#[test]
fn two_examinations_alike_reach_the_same_bytes() {
    let (one, two) = (examine(Wrong::HasVisitsAlone).unwrap(), examine(Wrong::HasVisitsAlone).unwrap());
    assert_eq!(one.digests, two.digests);
}
