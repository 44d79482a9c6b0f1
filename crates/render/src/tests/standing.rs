//! What counts as success.

use model::{CheckName, SwitchState, Verdict};

use super::{judged, small, subject};
use crate::{Demand, Played, Standing};

fn only(verdict: Verdict, expected: Option<Verdict>) -> Played {
    let subject = subject("one", "1.0", SwitchState::Absent);
    Played { verdicts: vec![judged("lawful", &subject, verdict, expected)], ..small() }
}

#[test]
fn expectation_is_the_only_measure_where_there_is_one() {
    for demand in [Demand::NoneBroken, Demand::AllKept] {
        assert!(only(Verdict::Broken, Some(Verdict::Broken)).holds(demand));
        assert!(!only(Verdict::Kept, Some(Verdict::Broken)).holds(demand));
        assert!(only(Verdict::Unproven, Some(Verdict::Unproven)).holds(demand));
    }
}

#[test]
fn expectation_holds_only_if_the_check_that_it_names_found_something() {
    let mut played = only(Verdict::Broken, Some(Verdict::Broken));
    for (check, holds) in [(CheckName::Canary, true), (CheckName::Linkage, false)] {
        played.verdicts[0].check = Some(check); // the canary check found what there is
        assert_eq!(played.holds(Demand::NoneBroken), holds);
        assert_eq!(played.expectations(), if holds { (1, 0) } else { (0, 1) });
    }
}

#[test]
fn without_expectations_a_broken_claim_fails_and_an_unproven_one_only_on_demand() {
    assert!(!only(Verdict::Broken, None).holds(Demand::NoneBroken));
    assert!(only(Verdict::Unproven, None).holds(Demand::NoneBroken));
    assert!(!only(Verdict::Unproven, None).holds(Demand::AllKept));
    assert!(only(Verdict::Kept, None).holds(Demand::AllKept));
}

#[test]
fn verdict_about_which_nothing_is_expected_stays_open_where_others_are_expected() {
    let played = small();
    let standings: Vec<_> = played.verdicts.iter().map(|j| played.standing(j, Demand::AllKept)).collect();
    use Standing::{Failed, Held, Open};
    assert_eq!(standings, [Held, Failed, Open, Held, Held]);
    assert_eq!(played.expectations(), (3, 1));
}
