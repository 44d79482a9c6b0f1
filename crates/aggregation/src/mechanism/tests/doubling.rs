//! Tests of 2^32 reports, and more: shards that are merged with a copy of themselves.

use model::{Keys, Measure, Mechanism, NoiseKind, Partial, Query, Release, Report, Withheld};

use super::{partial, released, visits};
use crate::sample::{
    accumulated, central, central_with, gaussian, histogram, mean, quantiles, query, region, sum, visit,
};

const TIMES: i64 = 1 << 32;

/// What a shard of these reports comes to once, and after so many merges with itself; each together with `others`.
fn doubled(query: &Query, reports: &[Report], merges: u32, others: &[Report]) -> [Partial; 2] {
    let mut shard = accumulated(query, reports);
    for _ in 0..merges {
        let copy = shard.clone();
        shard.merge(&copy).unwrap();
    }
    assert_eq!(shard.len(), (reports.len() as u64) << merges);
    shard.merge(&accumulated(query, others)).unwrap();
    [partial(query, "sg", &[reports, others].concat()), shard.seal(&region("sg")).unwrap()]
}

/// What is released of each, where there are 2^32 of each of `reports`.
fn releases(query: &Query, reports: &[Report], others: &[Report]) -> [Release; 2] {
    doubled(query, reports, 32, others).map(|partial| released(query, &partial))
}

/// Without a device, so that each is bounded as if of its own.
fn unnamed() -> Vec<Report> {
    [("a", 3), ("a", -2), ("a", 30), ("b", 7)].map(|(site, n)| visit(None, site, n)).into()
}

/// Enough devices for a key to be selected.
fn crowd() -> Vec<Report> {
    [visits("a", 20), visits("b", 20)].concat()
}

fn with_any_noise() -> [Mechanism; 4] {
    let selected = |noise| central_with(("2", "1/10"), noise, Keys::Selected, (2, 2));
    [central("1", 2, 2), gaussian("1", 2, 2), selected(NoiseKind::Laplace), selected(NoiseKind::Gaussian)]
}

fn of(measure: Measure, mechanism: Mechanism) -> Query {
    let is_selected = matches!(mechanism, Mechanism::Central { keys: Keys::Selected, .. });
    let query = query(measure, mechanism);
    if is_selected { Query { domain: [].into(), ..query } } else { query }
}

#[test]
fn counts_and_sums_grow_by_exactly_as_much_whatever_the_mechanism() {
    for measure in [Measure::Count, sum(-20, 20), histogram(&[-9, 0, 5, 40])] {
        let bare = query(measure.clone(), Mechanism::Exact);
        let truth = released(&bare, &partial(&bare, "sg", &unnamed())).cells;
        let at = |group: &[String]| truth.iter().find(|cell| cell.group == group).map_or(0, |cell| cell.value);
        for mechanism in [Mechanism::Exact, Mechanism::Threshold { devices_min: 1 }].into_iter().chain(with_any_noise())
        {
            let [once, doubled] = releases(&of(measure.clone(), mechanism.clone()), &unnamed(), &crowd());
            assert!(doubled.cells.len() >= 2 && doubled.cells.len() == once.cells.len(), "{mechanism}: {doubled:?}");
            for (once, doubled) in once.cells.iter().zip(&doubled.cells) {
                // The noise of a key is the same, whatever was reported.
                let grown = (TIMES - 1) * at(&once.group);
                assert_eq!((&doubled.group, doubled.value), (&once.group, once.value + grown), "{mechanism}");
            }
        }
    }
}

#[test]
fn means_and_quantiles_become_those_without_noise() {
    for measure in [mean(-20, 20, 2), quantiles(&[-9, 0, 5, 40], &["1/2", "9/10"])] {
        let bare = query(measure.clone(), Mechanism::Exact);
        let [_, truth] = releases(&bare, &unnamed(), &crowd());
        for mechanism in with_any_noise() {
            let [_, doubled] = releases(&of(measure.clone(), mechanism.clone()), &unnamed(), &crowd());
            for truth in &truth.cells {
                let cell = doubled.cells.iter().find(|cell| cell.group == truth.group).unwrap();
                assert_eq!(cell.value, truth.value, "{mechanism}");
                assert!(cell.error.unwrap().covers(truth.value), "{mechanism}: {cell:?}");
            }
        }
    }
}

#[test]
fn reports_without_a_device_pass_for_one_however_many_they_are() {
    let threshold = query(Measure::Count, Mechanism::Threshold { devices_min: 2 });
    let [_, doubled] = releases(&threshold, &unnamed(), &[]);
    assert_eq!((doubled.cells, doubled.withheld), (vec![], vec![(Withheld::BelowThreshold, 2)]));
    for mechanism in with_any_noise().into_iter().chain([Mechanism::Exact]) {
        let [once, doubled] = releases(&of(Measure::Devices, mechanism.clone()), &unnamed(), &crowd());
        assert_eq!(once.cells, doubled.cells, "{mechanism}");
    }
}

#[test]
fn a_device_counts_no_more_than_its_bounds_however_often_its_reports_are_merged() {
    let named: Vec<Report> = (0..3).map(|device| visit(Some(&device.to_string()), "a", 4)).collect();
    for mechanism in [central("1", 1, 3), gaussian("1", 1, 3)] {
        let [_, doubled] = doubled(&query(sum(0, 9), mechanism), &named, 12, &[]);
        assert_eq!((doubled.counts, doubled.sums, doubled.devices), (vec![3 * 3], vec![3 * 3 * 4], vec![3]));
    }
    let [_, doubled] = doubled(&query(sum(0, 9), Mechanism::Threshold { devices_min: 3 }), &named, 12, &[]);
    assert_eq!((doubled.counts, doubled.devices), (vec![3 << 12], vec![3]), "and no more than one device");
}
