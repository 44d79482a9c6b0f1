//! JUnit XML for CI.

use model::Verdict;

use super::{large, small};
use crate::{Demand, Played, junit};

#[test]
fn one_suite_for_each_scenario_and_no_time_in_it() {
    let xml = junit(&[small(), Played { scenario: "large".into(), ..large() }], Demand::NoneBroken).unwrap();
    assert!(xml.contains(r#"<testsuite name="small" tests="5" skipped="1" errors="0" failures="1">"#), "{xml}");
    assert!(xml.contains(r#"<testsuite name="large" tests="54" skipped="0" errors="0" failures="0">"#), "{xml}");
    assert!(!xml.contains("time"), "{xml}");
}

#[test]
fn failure_says_what_was_expected_by_whom_and_how_to_replay_it() {
    let xml = junit(&[small()], Demand::NoneBroken).unwrap();
    let message = "incognito-suppressed is kept, expected broken (palant.info 2020-05-04)";
    assert!(xml.contains(message), "{xml}");
    assert!(xml.contains("replay: glasshouse run small.toml --seed 7"), "{xml}");
}

#[test]
fn unexpected_break_carries_its_evidence() {
    let mut played = small();
    played.verdicts.retain(|judged| judged.ruling.verdict == Verdict::Broken);
    for judged in &mut played.verdicts {
        judged.expected = None;
    }
    let xml = junit(&[played], Demand::NoneBroken).unwrap();
    assert!(xml.contains(r#"failures="2""#), "{xml}");
    assert!(xml.contains("plaintext: https://canary.example/mint-browser/3.4.0"), "{xml}");
    assert!(xml.contains("path: path › percent"), "{xml}");
}

#[test]
fn unproven_claim_is_a_test_case_only_where_it_is_demanded_or_expected() {
    let mut played = small();
    played.verdicts.retain(|judged| judged.ruling.verdict == Verdict::Unproven);
    for judged in &mut played.verdicts {
        judged.expected = None;
    }
    assert!(junit(std::slice::from_ref(&played), Demand::NoneBroken).unwrap().contains(r#"tests="0""#));
    assert!(junit(&[played], Demand::AllKept).unwrap().contains(r#"failures="2""#));
}
