//! Tests of the ledger.

use model::{Duration, QueryId, Ratio, Timestamp, Window};

use super::{Budget, Charge, Cost, Covers, Day, Ledger, LedgerError, Overspent, Remaining};
use crate::sample::{noon, ratio, region};

fn charge(query: &str, window: Window, regions: &[&str], epsilon: &str) -> Charge {
    Charge {
        query: QueryId::new(query).unwrap(),
        window,
        regions: regions.iter().map(|name| region(name)).collect(),
        epsilon: ratio(epsilon),
        delta: Ratio::ZERO,
        rho: Ratio::ZERO,
        digest: "00".repeat(32),
    }
}

fn hours(hour: u64, length: u64) -> Window {
    let start = Timestamp::from_millis(0).after(Duration::from_secs(hour * 3_600));
    Window { start, end: start.after(Duration::from_secs(length * 3_600)) }
}

fn remaining(ledger: &Ledger, name: &str, day: i64) -> String {
    ledger.remaining(&region(name), Day(day)).unwrap().epsilon.unwrap().to_string()
}

#[test]
fn windows_of_one_day_add_up_and_days_do_not() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    for hour in [0, 6, 12] {
        ledger.charge(charge("q", hours(hour, 6), &["sg"], "1/3")).unwrap();
    }
    assert_eq!(remaining(&ledger, "sg", 0), "0");
    let fourth = ledger.charge(charge("q", hours(18, 6), &["sg"], "1/3"));
    let (region, day) = (region("sg"), Day(0));
    let cost = Cost { epsilon: ratio("1/3"), ..Cost::default() };
    let nothing = Remaining { epsilon: Some(Ratio::ZERO), ..Remaining::default() };
    assert_eq!(fourth, Err(LedgerError::Overspent(Box::new(Overspent { region, day, cost, remaining: nothing }))));
    ledger.charge(charge("q", hours(24, 6), &["sg"], "1/3")).unwrap();
    assert_eq!(remaining(&ledger, "sg", 1), "2/3");
}

#[test]
fn a_window_of_a_week_is_charged_to_each_of_its_days() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    ledger.charge(charge("weekly", hours(0, 7 * 24), &["sg"], "3/4")).unwrap();
    assert_eq!([-1, 0, 6, 7].map(|day| remaining(&ledger, "sg", day)), ["1", "1/4", "1/4", "1"]);
    assert!(ledger.charge(charge("daily", hours(6 * 24, 24), &["sg"], "1/2")).is_err());
    ledger.charge(charge("daily", hours(7 * 24, 24), &["sg"], "1/2")).unwrap();
}

#[test]
fn a_budget_for_a_lifetime_adds_up_over_days_and_regions() {
    let mut ledger = Ledger::covering(Some(ratio("2").into()), Covers::Lifetime);
    ledger.charge(charge("q", hours(0, 7 * 24), &["sg"], "1/2")).unwrap(); // one release, however many days it touches
    ledger.charge(charge("q", hours(7 * 24, 24), &["ru", "sg"], "1/2")).unwrap();
    assert_eq!(["sg", "in"].map(|name| remaining(&ledger, name, 400)), ["1/2", "1/2"]);
    let over = ledger.charge(charge("q", hours(800, 24), &["in", "sg"], "1/2"));
    assert!(matches!(over, Err(LedgerError::Overspent(_))), "{over:?}");
    let stored = serde_json::to_string(&ledger).unwrap();
    let mut again: Ledger = serde_json::from_str(&stored).unwrap();
    assert_eq!(again, ledger);
    again.charge(charge("q", hours(800, 24), &["in"], "1/2")).unwrap();
    assert!(again.charge(charge("q", hours(900, 24), &["in"], "1/1000")).is_err());
}

#[test]
fn regions_are_charged_each_for_themselves_and_all_or_none() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    ledger.charge(charge("first", hours(0, 24), &["sg"], "1")).unwrap();
    assert!(ledger.charge(charge("second", hours(0, 24), &["ru", "sg"], "1/2")).is_err());
    assert_eq!((remaining(&ledger, "ru", 0), remaining(&ledger, "sg", 0)), ("1".to_owned(), "0".to_owned()));
    assert_eq!(ledger.charges().count(), 1);
    ledger.charge(charge("second", hours(0, 24), &["ru"], "1/2")).unwrap();
    assert_eq!(remaining(&ledger, "ru", 0), "1/2");
}

#[test]
fn the_same_charge_again_is_free_and_a_changed_one_is_refused() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    let first = charge("q", hours(0, 24), &["sg", "ru"], "3/4");
    ledger.charge(first.clone()).unwrap();
    ledger.charge(Charge { regions: vec![region("ru"), region("sg"), region("ru")], ..first.clone() }).unwrap();
    assert_eq!(remaining(&ledger, "sg", 0), "1/4");
    let changed = Err(LedgerError::Changed { query: first.query.clone(), window: first.window });
    assert_eq!(ledger.charge(Charge { digest: "11".repeat(32), ..first.clone() }), changed);
    assert_eq!(ledger.charge(Charge { epsilon: ratio("1/8"), ..first }), changed);
}

#[test]
fn without_a_budget_charges_are_written_down_and_never_too_large() {
    let mut ledger = Ledger::new(None);
    ledger.charge(charge("q", hours(0, 24), &["sg"], "1000")).unwrap();
    assert_eq!(ledger.remaining(&region("sg"), Day(0)), None);
    assert_eq!(ledger.spent(&region("sg"), Day(0)).epsilon, ratio("1000"));
}

#[test]
fn what_has_no_exact_form_is_refused() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    ledger.charge(charge("a", hours(0, 24), &["sg"], "1/18446744073709551615")).unwrap();
    let refused = ledger.charge(charge("b", hours(0, 24), &["sg"], "1/18446744073709551614"));
    assert!(matches!(refused, Err(LedgerError::Inexact { .. })), "{refused:?}");
    let large = Ledger::new(None).charge(charge("c", hours(0, 24), &["sg"], "18446744073709551615"));
    assert_eq!(large, Ok(()));
}

#[test]
fn windows_that_touch_no_day_or_too_many_are_refused() {
    let mut ledger = Ledger::new(None);
    assert!(ledger.charge(charge("q", hours(24, 400 * 24), &["sg"], "1")).is_ok());
    for window in [hours(5, 0), hours(1, 400 * 24), Window { start: noon(), end: Timestamp::from_millis(0) }] {
        let refused = ledger.charge(charge("q", window, &["sg"], "1"));
        assert!(matches!(refused, Err(LedgerError::Days { .. })), "{window}: {refused:?}");
    }
}

#[test]
fn days_before_the_epoch_are_counted_downwards() {
    let before = Window { start: Timestamp::from_millis(-1), end: Timestamp::from_millis(1) };
    assert_eq!(Day::covered_by(before).collect::<Vec<_>>(), [Day(-1), Day(0)]);
    assert_eq!(Day(18_383).to_string(), "day of 2020-05-01T00:00:00Z");
}

#[test]
fn a_ledger_survives_being_stored_and_a_forged_one_is_refused() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    ledger.charge(charge("q", hours(0, 48), &["ru", "sg"], "2/3")).unwrap();
    ledger.charge(charge("r", hours(0, 6), &["sg"], "1/4")).unwrap();
    let text = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger);
    let forged = text.replace("\"1/4\"", "\"1/2\"");
    assert!(serde_json::from_str::<Ledger>(&forged).unwrap_err().to_string().contains("1/3 is left"));
    assert!(serde_json::from_str::<Ledger>(&text.replace("budget", "budgets")).is_err());
}

/// A charge of epsilon, delta and rho for one day in one region.
fn cost(query: &str, (epsilon, delta, rho): (&str, &str, &str)) -> Charge {
    let (delta, rho) = (ratio(delta), ratio(rho));
    Charge { delta, rho, ..charge(query, hours(0, 24), &["sg"], epsilon) }
}

fn approximate(epsilon: &str, delta: &str) -> Ledger {
    let (epsilon, delta) = (ratio(epsilon), ratio(delta));
    Ledger::covering(Some(Budget::Approximate { epsilon, delta }), Covers::Day)
}

fn concentrated(rho: &str, delta: &str) -> Ledger {
    let (rho, delta) = (ratio(rho), ratio(delta));
    Ledger::covering(Some(Budget::Concentrated { rho, delta }), Covers::Day)
}

fn left(ledger: &Ledger) -> Remaining {
    ledger.remaining(&region("sg"), Day(0)).unwrap()
}

#[test]
fn a_budget_of_pure_epsilon_takes_nothing_with_a_delta_or_a_rho() {
    let mut ledger = approximate("1", "0");
    for (name, cost_of) in [("a", ("1/2", "1/1000", "0")), ("b", ("0", "0", "1/1000"))] {
        let refused = ledger.charge(cost(name, cost_of)).unwrap_err();
        assert!(matches!(refused, LedgerError::Overspent(_)), "{refused}");
        assert!(refused.to_string().ends_with("where epsilon 1 is left"), "{refused}");
    }
    ledger.charge(cost("c", ("1", "0", "0"))).unwrap();
}

#[test]
fn deltas_add_up_beside_epsilon() {
    let mut ledger = approximate("3", "1/100");
    ledger.charge(cost("a", ("1", "1/200", "0"))).unwrap();
    ledger.charge(cost("b", ("1", "1/200", "0"))).unwrap();
    assert_eq!(left(&ledger), Remaining { epsilon: Some(ratio("1")), rho: None, delta: Ratio::ZERO });
    let refused = ledger.charge(cost("c", ("1/2", "1/1000000", "0"))).unwrap_err().to_string();
    assert!(refused.starts_with("epsilon 1/2 and delta 1/1000000 is asked of region sg"), "{refused}");
    ledger.charge(cost("d", ("1", "0", "0"))).unwrap();
}

#[test]
fn rhos_add_up_before_they_are_converted() {
    // ρ = 1/8 costs 1/8 + 2 √(ln(10^6) / 8) = 2.7533… at δ = 10^-6, and twice that 1/4 + 2 √(ln(10^6) / 4) = 3.9669….
    let mut ledger = approximate("4", "1/1000000");
    ledger.charge(cost("a", ("0", "0", "1/8"))).unwrap();
    assert!((left(&ledger).epsilon.unwrap().approximate() - (4.0 - 2.753_26)).abs() < 1e-4);
    ledger.charge(cost("b", ("0", "0", "1/8"))).unwrap();
    assert!((left(&ledger).epsilon.unwrap().approximate() - (4.0 - 3.966_92)).abs() < 1e-4);
    let refused = ledger.charge(cost("c", ("1/20", "0", "0")));
    assert!(matches!(refused, Err(LedgerError::Overspent(_))), "{refused:?}");
    // Spending delta makes what is left of it convert for more.
    let refused = ledger.charge(cost("d", ("0", "1/2000000", "0")));
    assert!(matches!(refused, Err(LedgerError::Overspent(_))), "{refused:?}");
    ledger.charge(cost("e", ("1/40", "0", "0"))).unwrap();
}

#[test]
fn a_budget_of_rho_takes_pure_epsilon_by_half_its_square() {
    let mut ledger = concentrated("1", "1/1000");
    ledger.charge(cost("a", ("1", "0", "0"))).unwrap();
    assert_eq!(left(&ledger), Remaining { epsilon: None, rho: Some(ratio("1/2")), delta: ratio("1/1000") });
    ledger.charge(cost("b", ("1/2", "1/1000", "1/4"))).unwrap();
    assert_eq!(left(&ledger), Remaining { epsilon: None, rho: Some(ratio("1/8")), delta: Ratio::ZERO });
    for over in [("0", "0", "1/4"), ("1", "0", "0"), ("0", "1/1000000", "0")] {
        let refused = ledger.charge(cost("c", over)).unwrap_err();
        assert!(matches!(refused, LedgerError::Overspent(_)), "{refused}");
    }
    ledger.charge(cost("d", ("0", "0", "1/8"))).unwrap();
    assert!(ledger.charge(cost("e", ("0", "0", "1/1000000"))).is_err());
}

#[test]
fn what_is_beyond_all_budgets_is_refused_with_one_and_written_down_without() {
    let huge = ("18446744073709551615", "0", "0");
    assert!(matches!(concentrated("1000", "0").charge(cost("a", huge)), Err(LedgerError::Overspent(_))));
    let mut open = Ledger::new(None);
    open.charge(cost("a", huge)).unwrap();
    assert_eq!(left_of_none(&open), None);
    let refused = open.charge(cost("b", ("0", "0", "18446744073709551615")));
    assert!(matches!(refused, Err(LedgerError::Inexact { .. })), "{refused:?}");
}

fn left_of_none(ledger: &Ledger) -> Option<Remaining> {
    ledger.remaining(&region("sg"), Day(0))
}

#[test]
fn a_ledger_that_was_stored_before_there_was_a_delta_is_read() {
    let old = r#"{"budget":"2","charges":[{"query":"q","window":{"start":"1970-01-01T00:00:00Z","end":"1970-01-02T00:00:00Z"},
        "regions":["sg"],"epsilon":"2/3","digest":"00"}]}"#;
    let ledger: Ledger = serde_json::from_str(old).unwrap();
    assert_eq!(left(&ledger).epsilon, Some(ratio("4/3")));
    let written = serde_json::to_value(&ledger).unwrap();
    assert_eq!(written["budget"], "2", "and written as it was");
    assert_eq!(written["charges"][0].as_object().unwrap().len(), 5);
}

#[test]
fn a_restart_forgets_nothing_of_any_budget() {
    for mut ledger in [approximate("9", "1/1000"), concentrated("9", "1/1000"), Ledger::new(None)] {
        ledger.charge(cost("a", ("1/3", "1/3000", "1/7"))).unwrap();
        ledger.charge(cost("b", ("1/7", "0", "1/11"))).unwrap();
        let stored = serde_json::to_string(&ledger).unwrap();
        let mut again: Ledger = serde_json::from_str(&stored).unwrap();
        assert_eq!(again, ledger);
        // What was released is free, and what would overspend is refused, as before.
        again.charge(cost("a", ("1/3", "1/3000", "1/7"))).unwrap();
        assert_eq!(again.charge(cost("c", ("9", "1/10", "0"))), ledger.charge(cost("c", ("9", "1/10", "0"))));
        assert_eq!(again, ledger);
    }
}

proptest::proptest! {
    #[test]
    fn charges_add_up_to_the_same_in_any_order(
        charges in proptest::collection::vec((0_u64..4, 1_u64..9, 0_u64..2, 0_u64..4, 1_u64..9), 1..8),
    ) {
        let costs = charges.iter().enumerate().map(|(nth, (n, d, delta, rho, of))| {
            let parts = (format!("{n}/{d}"), format!("{delta}/1000"), format!("{rho}/{of}"));
            cost(&format!("q{nth}"), (&parts.0, &parts.1, &parts.2))
        });
        let costs: Vec<Charge> = costs.collect();
        let (mut forward, mut backward) = (concentrated("1000", "1"), concentrated("1000", "1"));
        costs.iter().for_each(|cost| forward.charge(cost.clone()).unwrap());
        costs.iter().rev().for_each(|cost| backward.charge(cost.clone()).unwrap());
        proptest::prop_assert_eq!(left(&forward), left(&backward));
    }
}
