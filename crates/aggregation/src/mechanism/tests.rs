//! Tests of releases.

mod coverage;
mod doubling;
mod measures;
mod selection;
mod shards;
mod stage;

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Cell, Duration, GroupKey, Measure, Mechanism, Partial, Query, QueryId, Release, Report, Seed, Window, Withheld,
};

use super::{ReleaseError, central, release};
use crate::{
    Day, Ledger, LedgerError, merge_partials,
    sample::{accumulated, central as laplace, histogram, mean, quantiles, query, ratio, region, sum, visit, window},
};

const NOISE: u64 = 38;

fn partial(query: &Query, name: &str, reports: &[Report]) -> Partial {
    accumulated(query, reports).seal(&region(name)).unwrap()
}

fn released(query: &Query, partial: &Partial) -> Release {
    release(query, partial, &Seed::root(NOISE), &mut Ledger::new(None)).unwrap()
}

fn values(release: &Release) -> Vec<(&str, i64)> {
    release.cells.iter().map(|Cell { group, value, .. }| (group[0].as_str(), *value)).collect()
}

/// One visit to `site` from each of so many devices.
fn visits(site: &str, devices: usize) -> Vec<Report> {
    (0..devices).map(|n| visit(Some(&format!("{site} {n}")), site, 3)).collect()
}

#[test]
fn exact_publishes_what_is_there() {
    let reports = [visits("a", 2), visits("b", 1), vec![visit(Some("a 0"), "a", 9)]].concat();
    for (measure, expected) in [(Measure::Count, [3, 1]), (Measure::Devices, [2, 1]), (sum(0, 5), [3 + 3 + 5, 3])] {
        let query = query(measure, Mechanism::Exact);
        let release = released(&query, &partial(&query, "sg", &reports));
        assert_eq!(values(&release), [("a", expected[0]), ("b", expected[1])]);
        assert_eq!((release.withheld, release.group_by), (vec![], vec!["site".to_owned()]));
    }
}

#[test]
fn nothing_in_gives_nothing_out_unless_keys_are_known() {
    for mechanism in [Mechanism::Exact, Mechanism::Threshold { devices_min: 5 }] {
        let query = query(Measure::Count, mechanism);
        let release = released(&query, &partial(&query, "sg", &[]));
        assert_eq!((release.cells, release.withheld), (vec![], vec![]));
    }
    let query = query(Measure::Count, laplace("1", 1, 1));
    assert_eq!(released(&query, &partial(&query, "sg", &[])).cells.len(), 4);
}

#[test]
fn threshold_publishes_from_k_devices_on() {
    let reports = [visits("a", 4), visits("b", 5), visits("c", 6), vec![visit(Some("one"), "d", 1); 50]].concat();
    let query = query(Measure::Count, Mechanism::Threshold { devices_min: 5 });
    let release = released(&query, &partial(&query, "sg", &reports));
    assert_eq!(values(&release), [("b", 5), ("c", 6)]);
    assert_eq!(release.withheld, [(Withheld::BelowThreshold, 2)]);
}

#[test]
fn threshold_of_nobody_of_one_device_and_of_devices_all_alike() {
    for (reports, devices_min, expected, below) in [
        (vec![], 1, None, 0),
        (visits("a", 1), 1, Some(1), 0),
        (visits("a", 1), 2, None, 1),
        (vec![visit(Some("one"), "a", 3); 9], 2, None, 1),
        (visits("a", 300), 300, Some(300), 0),
        (visits("a", 300), 301, None, 1),
        (vec![visit(None, "a", 3); 9], 1, Some(9), 0),
        (vec![visit(None, "a", 3); 9], 2, None, 1),
    ] {
        for measure in [Measure::Count, sum(0, 1), histogram(&[0, 9])] {
            let query = query(measure, Mechanism::Threshold { devices_min });
            let release = released(&query, &partial(&query, "sg", &reports));
            let found: Vec<i64> = release.cells.iter().map(|cell| cell.value).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{} reports", reports.len());
            let withheld = if below > 0 { vec![(Withheld::BelowThreshold, below)] } else { vec![] };
            assert_eq!(release.withheld, withheld, "{} reports from {devices_min} on", reports.len());
        }
    }
}

#[test]
fn threshold_counts_devices_of_all_regions() {
    let query = query(Measure::Count, Mechanism::Threshold { devices_min: 5 });
    let mut all = partial(&query, "sg", &visits("a", 3));
    merge_partials(&mut all, &partial(&query, "ru", &visits("a", 2))).unwrap();
    assert_eq!(values(&released(&query, &all)), [("a", 5)]);
}

#[test]
fn values_beyond_64_bits_are_refused() {
    let query = query(Measure::Count, Mechanism::Exact);
    let mut much = partial(&query, "sg", &visits("a", 1));
    much.counts[0] = u64::MAX;
    let refused = release(&query, &much, &Seed::root(NOISE), &mut Ledger::new(None));
    assert_eq!(refused, Err(ReleaseError::Overflow { group: vec!["a".to_owned()] }));
    let query = Query { mechanism: laplace("1", 1, 1), ..query };
    let refused = release(&query, &much, &Seed::root(NOISE), &mut Ledger::new(None));
    assert_eq!(refused, Err(ReleaseError::Overflow { group: vec!["a".to_owned()] }));
}

#[test]
fn central_gives_every_known_key_noise_of_its_own_and_no_other_key() {
    let query = query(Measure::Count, laplace("1/10", 2, 1));
    let mut present = partial(&query, "sg", &[visits("a", 900), visits("c", 500)].concat());
    // A careless region may have kept it.
    present.groups.push(vec!["unknown".to_owned()]);
    present.counts.push(7);
    present.sums.push(0);
    present.devices.push(7);
    let release = released(&query, &present);
    assert_eq!(values(&release).iter().map(|cell| cell.0).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(release.withheld, [], "how many keys are unknown is nobody's business");
    let noise: Vec<i64> = values(&release).iter().zip([900, 0, 500, 0]).map(|(cell, exact)| cell.1 - exact).collect();
    // Scale 20: beyond 400 with probability 2·10^-9.
    assert!(noise.iter().all(|noise| noise.abs() < 400), "{noise:?}");
    assert!(noise.windows(2).all(|pair| pair[0] != pair[1]), "{noise:?}");
}

#[test]
fn known_keys_may_be_listed_in_any_order() {
    let sorted = query(Measure::Count, laplace("1", 1, 1));
    let mut turned = sorted.clone();
    turned.domain.insert("site".to_owned(), ["c", "a", "d", "b"].map(str::to_owned).to_vec());
    let reports = [visits("a", 20), visits("c", 30), visits("d", 40)].concat();
    let [first, second] = [sorted, turned].map(|query| released(&query, &partial(&query, "sg", &reports)));
    assert_eq!(first, second);
}

#[test]
fn noise_depends_on_key_query_window_regions_and_seed_and_on_nothing_else() {
    let base = query(Measure::Count, laplace("1/100", 1, 1));
    let empty = partial(&base, "sg", &[]);
    let first = released(&base, &empty);
    let at = |release: &Release| values(release).into_iter().map(|(site, value)| (site.to_owned(), value)).collect();
    let first: BTreeMap<String, i64> = at(&first);

    let mut fewer = base.clone();
    fewer.domain.insert("site".to_owned(), vec!["d".to_owned(), "b".to_owned()]);
    for (site, noise) in at(&released(&fewer, &empty)) {
        let site: String = site;
        assert_eq!(first[&site], noise, "other keys shift nothing");
    }
    let fuller = released(&base, &partial(&base, "sg", &visits("b", 40)));
    assert_eq!(at(&fuller)["b"] - 40, first["b"], "reports shift nothing");

    let mut others: Vec<BTreeMap<String, i64>> = vec![first];
    others.push(at(&released(&base, &partial(&base, "ru", &[]))));
    let mut both = empty.clone();
    merge_partials(&mut both, &partial(&base, "ru", &[])).unwrap();
    others.push(at(&released(&base, &both)));
    others
        .push(at(&released(&base, &Partial { window: Window::holding(window().end, Duration::DAY), ..empty.clone() })));
    let id = QueryId::new("visits2").unwrap();
    others.push(at(&released(&Query { id: id.clone(), ..base.clone() }, &Partial { query: id, ..empty.clone() })));
    others.push(at(&release(&base, &empty, &Seed::root(39), &mut Ledger::new(None)).unwrap()));
    for (index, other) in others.iter().enumerate() {
        assert!(!others[..index].contains(other), "{index}: {others:?}");
    }
}

#[test]
fn asking_again_gives_the_same_and_costs_nothing() {
    let query = query(Measure::Count, laplace("2/3", 1, 1));
    let reports = partial(&query, "sg", &visits("a", 10));
    let mut ledger = Ledger::new(Some(ratio("1")));
    let first = release(&query, &reports, &Seed::root(NOISE), &mut ledger).unwrap();
    let left = ledger.remaining(&region("sg"), Day::holding(window().start)).unwrap();
    assert_eq!(left.epsilon, Some(ratio("1/3")));
    let spent = ledger.clone();
    assert_eq!(release(&query, &reports, &Seed::root(NOISE), &mut ledger).unwrap(), first);
    assert_eq!(ledger, spent);
}

#[test]
fn the_same_release_from_other_reports_or_another_definition_is_refused() {
    let query = query(Measure::Count, laplace("1/3", 1, 1));
    let reports = partial(&query, "sg", &visits("a", 10));
    let mut ledger = Ledger::new(None);
    release(&query, &reports, &Seed::root(NOISE), &mut ledger).unwrap();
    let late = [
        Partial { groups: vec![vec!["b".to_owned()]], ..reports.clone() },
        Partial { counts: vec![11], ..reports.clone() },
        Partial { sums: vec![1], ..reports.clone() },
        Partial { devices: vec![11], ..reports.clone() },
    ];
    let mut other_domain = query.clone();
    other_domain.domain.insert("site".to_owned(), vec!["a".to_owned()]);
    let other_bound = Query { mechanism: laplace("1/3", 1, 2), ..query.clone() };
    let other_epsilon = Query { mechanism: laplace("1/4", 1, 1), ..query.clone() };
    let other_measure = Query { measure: Measure::Devices, ..query.clone() };
    let late = late.iter().map(|late| (&query, late));
    let redefined = [other_domain, other_bound, other_epsilon, other_measure];
    for (query, partial) in late.chain(redefined.iter().map(|query| (query, &reports))) {
        let refused = release(query, partial, &Seed::root(NOISE), &mut ledger);
        assert!(matches!(refused, Err(ReleaseError::Ledger(LedgerError::Changed { .. }))), "{refused:?}");
    }
}

#[test]
fn an_overspent_budget_withholds_everything() {
    let query = query(Measure::Count, laplace("2/3", 1, 1));
    let other = Query { id: QueryId::new("other").unwrap(), ..query.clone() };
    let mut ledger = Ledger::new(Some(ratio("1")));
    release(&query, &partial(&query, "sg", &visits("a", 10)), &Seed::root(NOISE), &mut ledger).unwrap();
    let spent = ledger.clone();
    for reports in [0, 10] {
        let partial = partial(&other, "sg", &visits("a", reports));
        let release = release(&other, &partial, &Seed::root(NOISE), &mut ledger).unwrap();
        assert_eq!((release.cells, release.withheld), (vec![], vec![(Withheld::Budget, 4)]));
    }
    assert_eq!(ledger, spent, "a refusal costs nothing");
    release(&other, &partial(&other, "ru", &[]), &Seed::root(NOISE), &mut ledger).unwrap();
}

#[test]
fn noise_of_a_measure_that_cannot_differ_is_none() {
    let query = query(sum(0, 0), laplace("1", 1, 1));
    assert_eq!(
        values(&released(&query, &partial(&query, "sg", &visits("a", 3)))),
        [("a", 0), ("b", 0), ("c", 0), ("d", 0)]
    );
}

#[test]
fn partials_that_do_not_belong_to_the_query_are_refused() {
    let mut query = query(Measure::Count, Mechanism::Exact);
    query.regions = vec![region("sg")];
    let good = partial(&query, "sg", &visits("a", 1));
    let refused = |query: &Query, change: fn(&mut Partial)| {
        let mut bad = good.clone();
        change(&mut bad);
        release(query, &bad, &Seed::root(NOISE), &mut Ledger::new(None)).unwrap_err()
    };
    assert!(matches!(refused(&query, |p| p.query = QueryId::new("other").unwrap()), ReleaseError::OtherQuery { .. }));
    assert!(matches!(refused(&query, |p| p.window.end = p.window.start), ReleaseError::Window { .. }));
    assert!(matches!(refused(&query, |p| p.regions = vec![region("ru")]), ReleaseError::Region { .. }));
    assert!(matches!(refused(&query, |p| p.counts.clear()), ReleaseError::Malformed(_)));
    assert!(matches!(refused(&query, |p| p.groups[0].clear()), ReleaseError::Width { found: 0, expected: 1 }));
    let zero = Query { mechanism: Mechanism::Threshold { devices_min: 0 }, ..query };
    let message = refused(&zero, |_| ()).to_string();
    assert_eq!(
        message,
        "query visits cannot be answered: mechanism.threshold.devices-min: threshold is 0, expected at least 1"
    );
}

/// Every multiset of at most `most` visits over sites and numbers.
fn histories(most: usize) -> Vec<Vec<Report>> {
    let kinds: Vec<Report> =
        ["a", "b", "c"].iter().flat_map(|site| [-9, 1, 4].map(|n| visit(Some("one more"), site, n))).collect();
    let mut all = vec![(0, Vec::new())];
    let mut from = 0;
    for _ in 0..most {
        let until = all.len();
        for index in from..until {
            for kind in all[index].0..kinds.len() {
                let history = [all[index].1.as_slice(), &kinds[kind..=kind]].concat();
                all.push((kind, history));
            }
        }
        from = until;
    }
    all.into_iter().map(|(_, history)| history).collect()
}

/// What the query answers for each key, without noise: what is measured, and how many values a mean is of.
fn answer(query: &Query, reports: &[Report]) -> BTreeMap<GroupKey, [i128; 2]> {
    let partial = partial(query, "sg", reports);
    let rows = (0..partial.groups.len()).map(|index| super::answer::row(query, &partial, index));
    rows.map(|row| (row.key, [row.number, row.of])).collect()
}

/// By how much two answers differ for each key.
fn differences(
    before: &BTreeMap<GroupKey, [i128; 2]>,
    after: &BTreeMap<GroupKey, [i128; 2]>,
    part: usize,
) -> Vec<u128> {
    let keys: BTreeSet<&GroupKey> = before.keys().chain(after.keys()).collect();
    let at = |answer: &BTreeMap<GroupKey, [i128; 2]>, key: &GroupKey| answer.get(key).map_or(0, |row| row[part]);
    keys.into_iter().map(|key| at(after, key).abs_diff(at(before, key))).collect()
}

/// The most by which one of `histories` changes what a crowd's answer is without it, as L1 and as squared L2: of what is
/// measured, and of how many values a mean is of.
fn most_changed(query: &Query, crowd: &[Report], histories: &[Vec<Report>]) -> ([u128; 2], [u128; 2]) {
    let before = answer(query, crowd);
    let mut most = [[0; 2]; 2];
    for history in histories {
        let after = answer(query, &[crowd, history].concat());
        for (part, most) in most.iter_mut().enumerate() {
            let changes = differences(&before, &after, part);
            let (sum, squares) = (changes.iter().sum(), changes.iter().map(|change| change * change).sum());
            *most = [most[0].max(sum), most[1].max(squares)];
        }
    }
    (most[0], most[1])
}

#[test]
fn sensitivity_is_what_one_more_device_can_change_and_no_more() {
    let mixed = [visits("a", 2), visits("b", 1), vec![visit(None, "a", 4), visit(Some("a 0"), "b", -2)]].concat();
    // Nobody, one device, devices all alike, reports of nobody knows whom, and some of each.
    let crowds = [vec![], visits("c", 1), visits("a", 5), vec![visit(None, "b", 1); 3], mixed];
    let histories = histories(4);
    let means = [mean(-3, 2, 0), mean(0, 4, 0), mean(-9, -8, 0)];
    let buckets = [histogram(&[-9, 0, 2, 5]), quantiles(&[-9, 0, 5], &["1/2"])];
    let sums = [Measure::Count, Measure::Devices, sum(-3, 2), sum(0, 2)];
    for measure in sums.into_iter().chain(means).chain(buckets) {
        for (groups, reports) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
            let query = query(measure.clone(), laplace("1", groups, reports));
            let bounds = super::bounds(&query.mechanism).unwrap();
            let (most, of) = central::contributions(&measure);
            for crowd in &crowds {
                let (numbers, values) = most_changed(&query, crowd, &histories);
                for (changed, most) in [(Some(numbers), Some(most)), (of.map(|_| values), of)] {
                    let bound = most.map(|most| {
                        [central::l1(&measure, bounds, most), central::l2_squared(&measure, bounds, most)]
                            .map(Option::unwrap)
                    });
                    assert_eq!(changed, bound, "{measure:?} with {bounds:?} beside {} reports", crowd.len());
                }
            }
        }
    }
}
