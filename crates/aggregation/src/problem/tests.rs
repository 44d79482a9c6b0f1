//! Tests of what is found wrong with queries.

use model::{Duration, Keys, Measure, Mechanism, NoiseKind, Query};

use super::problems;
use crate::sample::{central, central_with, histogram, mean, quantiles, query, sum};

/// Paths of all problems, as a file would write them.
fn paths(query: &Query) -> Vec<String> {
    problems(query).into_iter().map(|problem| problem.path.join(".")).collect()
}

fn counting(mechanism: Mechanism) -> Query {
    query(Measure::Count, mechanism)
}

#[test]
fn sound_queries_have_no_problem() {
    let mut total = counting(central("1", 1, 1));
    total.group_by.clear();
    total.domain.clear();
    let mut hourly = counting(central("1", 1, 1));
    hourly.window = Duration::from_secs(3_600);
    let mut odd = counting(Mechanism::Exact);
    odd.window = Duration::from_millis(7);
    for sound in [counting(Mechanism::Exact), counting(Mechanism::Threshold { devices_min: 1 }), total, hourly, odd] {
        assert_eq!(problems(&sound), []);
    }
    assert_eq!(problems(&query(sum(-5, -5), central("0.01", 8, 64))), []);
}

#[test]
fn parameters_that_protect_nothing_are_named() {
    assert_eq!(paths(&counting(Mechanism::Threshold { devices_min: 0 })), ["mechanism.threshold.devices-min"]);
    assert_eq!(paths(&counting(central("0", 1, 1))), ["mechanism.central.epsilon"]);
    assert_eq!(paths(&counting(central("1", 0, 1))), ["mechanism.central.groups-per-device-max"]);
    assert_eq!(paths(&counting(central("1", 1, 0))), ["mechanism.central.reports-per-group-max"]);
}

#[test]
fn noise_without_an_exact_scale_is_named() {
    let wide = query(sum(i64::MIN, 0), central("1", u32::MAX, 1));
    assert_eq!(paths(&wide), ["mechanism.central"]);
    let fine = counting(central("1/18446744073709551615", 2, 1));
    assert_eq!(paths(&fine), ["mechanism.central"]);
}

#[test]
fn measures_with_bounds_the_wrong_way_round_are_named() {
    assert_eq!(paths(&query(sum(1, 0), Mechanism::Exact)), ["measure.sum.min"]);
    let nameless = Measure::Sum { field: String::new(), min: 0, max: 1 };
    assert_eq!(paths(&query(nameless, Mechanism::Exact)), ["measure.sum.field"]);
}

#[test]
fn means_that_do_not_fit_into_sixty_four_bits_are_named() {
    let exact = |measure| query(measure, Mechanism::Exact);
    assert_eq!(paths(&exact(mean(1, 0, 0))), ["measure.mean.min"]);
    assert_eq!(problems(&exact(mean(-922_337_203_685, 922_337_203_685, 7))), []);
    for wide in [mean(i64::MIN, 0, 0), mean(-922_337_203_686, 0, 7), mean(0, 1, 20)] {
        assert_eq!(paths(&exact(wide.clone())), ["measure.mean.decimals"], "{wide:?}");
    }
}

#[test]
fn edges_that_are_no_buckets_are_named() {
    let exact = |measure| query(measure, Mechanism::Exact);
    let edges = |count: i64| (0..count).collect::<Vec<_>>();
    for (edges, expected) in [
        (edges(0), 1),
        (edges(1), 1),
        (edges(2), 0),
        (edges(1025), 0),
        (edges(1026), 1),
        (vec![0, 5, 5], 1),
        (vec![0, 5, 4], 1),
    ] {
        assert_eq!(paths(&exact(histogram(&edges))), vec!["measure.histogram.edges"; expected], "{edges:?}");
        assert_eq!(paths(&exact(quantiles(&edges, &["1/2"]))), vec!["measure.quantiles.edges"; expected], "{edges:?}");
    }
}

#[test]
fn quantiles_that_are_none_or_stand_twice_are_named() {
    let found = |at: &[&str]| paths(&query(quantiles(&[0, 1], at), Mechanism::Exact));
    assert_eq!(found(&["1/1000000", "1/2", "1"]), [""; 0]);
    for wrong in [&[][..], &["0"], &["1000001/1000000"], &["1/1000001"], &["1/2", "1/2"], &["1/2", "2/4"]] {
        assert_eq!(found(wrong), ["measure.quantiles.at"], "{wrong:?}");
    }
    let of_100: Vec<String> = (1..=65).map(|nth| format!("{nth}/100")).collect();
    let of_100: Vec<&str> = of_100.iter().map(String::as_str).collect();
    assert_eq!(found(&of_100[..64]), [""; 0]);
    assert_eq!(found(&of_100), ["measure.quantiles.at"]);
}

#[test]
fn deltas_that_protect_nothing_or_that_nothing_spends_are_named() {
    let found = |delta, noise, keys| {
        let mut query = counting(central_with(("1", delta), noise, keys, (1, 1)));
        if keys == Keys::Selected {
            query.domain.clear();
        }
        paths(&query).contains(&"mechanism.central.delta".to_owned())
    };
    for (noise, keys) in [(NoiseKind::Gaussian, Keys::Known), (NoiseKind::Laplace, Keys::Selected)] {
        let named = ["0", "1/1000000", "999999/1000000", "1"].map(|delta| found(delta, noise, keys));
        assert_eq!(named, [true, false, false, true], "{noise:?} {keys:?}");
    }
    let named = ["0", "1/1000000"].map(|delta| found(delta, NoiseKind::Laplace, Keys::Known));
    assert_eq!(named, [false, true], "nothing spends it");
}

#[test]
fn keys_that_are_known_and_to_be_selected_are_named() {
    let mut query = counting(central_with(("1", "1/1000000"), NoiseKind::Laplace, Keys::Selected, (1, 1)));
    assert_eq!(paths(&query), ["domain"]);
    query.domain.clear();
    assert_eq!(paths(&query), [""; 0]);
}

#[test]
fn windows_that_budgets_cannot_be_kept_for_are_named() {
    for (window, mechanism, expected) in [
        (Duration::ZERO, Mechanism::Exact, 1),
        (Duration::ZERO, central("1", 1, 1), 1),
        (Duration::from_secs(5 * 3_600), central("1", 1, 1), 1),
        (Duration::from_secs(36 * 3_600), central("1", 1, 1), 1),
        (Duration::from_secs(36 * 3_600), Mechanism::Exact, 0),
        (Duration::from_days(400), central("1", 1, 1), 0),
        (Duration::from_days(401), central("1", 1, 1), 1),
    ] {
        let query = Query { window, ..counting(mechanism) };
        assert_eq!(paths(&query), vec!["window"; expected], "{window}");
    }
}

#[test]
fn domains_that_do_not_fit_the_fields_are_named() {
    let mut missing = counting(central("1", 1, 1));
    missing.group_by.push("country".to_owned());
    assert_eq!(paths(&missing), ["domain"]);
    assert!(problems(&missing)[0].message.contains("`country`"));
    let mut extra = counting(Mechanism::Exact);
    extra.domain.insert("country".to_owned(), vec!["SG".to_owned()]);
    assert_eq!(paths(&extra), ["domain.country"]);
    let mut none = counting(central("1", 1, 1));
    none.domain.insert("site".to_owned(), vec![]);
    assert_eq!(paths(&none), ["domain.site"]);
    let mut twice = counting(central("1", 1, 1));
    twice.domain.insert("site".to_owned(), vec!["a".to_owned(); 2]);
    assert_eq!(paths(&twice), ["domain.site"]);
}

#[test]
fn domains_with_too_many_keys_are_named() {
    let mut query = counting(central("1", 1, 1));
    let values: Vec<String> = (0..1024).map(|n| n.to_string()).collect();
    query.group_by = vec!["site".to_owned(), "page".to_owned()];
    query.domain = [("site".to_owned(), values.clone()), ("page".to_owned(), values.clone())].into();
    assert_eq!(paths(&query), Vec::<String>::new());
    query.group_by.push("country".to_owned());
    query.domain.insert("country".to_owned(), vec!["RU".to_owned(), "SG".to_owned()]);
    assert_eq!(paths(&query), ["domain"]);
    for field in 0..6 {
        query.group_by.push(field.to_string());
        query.domain.insert(field.to_string(), values.clone());
    }
    assert_eq!(paths(&query), ["domain"], "their product does not fit into 64 bits");
}

#[test]
fn fields_named_twice_or_not_at_all_are_named() {
    let mut query = counting(Mechanism::Exact);
    query.group_by = ["site", "site", ""].map(str::to_owned).to_vec();
    query.events.push(String::new());
    assert_eq!(paths(&query), ["group-by", "group-by", "events"]);
}
