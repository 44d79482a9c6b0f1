//! Tests of the ledger.

use model::{Duration, QueryId, Ratio, Timestamp, Window};

use super::{Charge, Covers, Day, Ledger, LedgerError};
use crate::sample::{noon, ratio, region};

fn charge(query: &str, window: Window, regions: &[&str], epsilon: &str) -> Charge {
    Charge {
        query: QueryId::new(query).unwrap(),
        window,
        regions: regions.iter().map(|name| region(name)).collect(),
        epsilon: ratio(epsilon),
        digest: "00".repeat(32),
    }
}

fn hours(hour: u64, length: u64) -> Window {
    let start = Timestamp::from_millis(0).after(Duration::from_secs(hour * 3_600));
    Window { start, end: start.after(Duration::from_secs(length * 3_600)) }
}

fn remaining(ledger: &Ledger, name: &str, day: i64) -> String {
    ledger.remaining(&region(name), Day(day)).unwrap().to_string()
}

#[test]
fn windows_of_one_day_add_up_and_days_do_not() {
    let mut ledger = Ledger::new(Some(ratio("1")));
    for hour in [0, 6, 12] {
        ledger.charge(charge("q", hours(hour, 6), &["sg"], "1/3")).unwrap();
    }
    assert_eq!(remaining(&ledger, "sg", 0), "0");
    let fourth = ledger.charge(charge("q", hours(18, 6), &["sg"], "1/3"));
    let (region, day, epsilon) = (region("sg"), Day(0), ratio("1/3"));
    assert_eq!(fourth, Err(LedgerError::Overspent { region, day, epsilon, remaining: Ratio::ZERO }));
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
    let mut ledger = Ledger::covering(Some(ratio("2")), Covers::Lifetime);
    ledger.charge(charge("q", hours(0, 7 * 24), &["sg"], "1/2")).unwrap(); // one release, however many days it touches
    ledger.charge(charge("q", hours(7 * 24, 24), &["ru", "sg"], "1/2")).unwrap();
    assert_eq!(["sg", "in"].map(|name| remaining(&ledger, name, 400)), ["1/2", "1/2"]);
    let over = ledger.charge(charge("q", hours(800, 24), &["in", "sg"], "1/2"));
    assert!(matches!(over, Err(LedgerError::Overspent { .. })), "{over:?}");
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
    assert_eq!(ledger.spent(&region("sg"), Day(0)), ratio("1000"));
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
