//! Tests of the accumulator, against an oracle that keeps every report by name.

use std::collections::{BTreeMap, BTreeSet};

use model::{GroupKey, Keys, Measure, Mechanism, NoiseKind, Partial, Query, Report, Seed, Value};
use proptest::prelude::*;

use super::{Accumulator, Limits, PushError, Sampling, SealError, ShardError};
use crate::sample::{
    SEED, accumulated, accumulator, central, central_with, gaussian, histogram, mean, quantiles, query, region, sum,
    visit, window,
};

mod columns;

fn sealed<'a>(query: &Query, reports: impl IntoIterator<Item = &'a Report>) -> Partial {
    accumulated(query, reports).seal(&region("sg")).unwrap()
}

/// The hash of a group, as the accumulator defines it.
fn group_hash(sampling: &Sampling, group: &GroupKey) -> u32 {
    let hash = |(column, text): (usize, &String)| {
        let mut dictionary = sampling.dictionary(column);
        let code = dictionary.insert(text);
        dictionary.hash(code)
    };
    group.iter().enumerate().map(hash).fold(0, |all, hash| all ^ hash)
}

/// The first `most` of `items` by priority.
fn first<T: Ord>(items: impl IntoIterator<Item = T>, most: u32) -> Vec<T> {
    items.into_iter().collect::<BTreeSet<T>>().into_iter().take(most as usize).collect()
}

/// What the accumulator must give, the slow way: for queries by one field.
fn oracle(query: &Query, reports: &[Report]) -> Partial {
    let sampling = Sampling::new(&Seed::root(SEED).derive(&format!("sampling {} {}", query.id, window())));
    let mut totals: BTreeMap<GroupKey, (u64, i128, BTreeSet<String>)> = BTreeMap::new();
    let mut devices: BTreeMap<String, BTreeMap<GroupKey, Vec<i64>>> = BTreeMap::new();
    let is_known = matches!(query.mechanism, Mechanism::Central { keys: Keys::Known, .. });
    let field = &crate::mechanism::partial_fields(query)[0];
    for report in reports {
        let mut group = vec![report.fields[field].to_string()];
        let value = match (&query.measure, &report.fields["n"]) {
            (Measure::Sum { min, max, .. } | Measure::Mean { min, max, .. }, Value::Number(n)) => *n.clamp(min, max),
            (Measure::Histogram { edges, .. } | Measure::Quantiles { edges, .. }, Value::Number(n)) => {
                let inside = edges.windows(2).find(|pair| *n < pair[1]).unwrap_or(&edges[edges.len() - 2..]);
                group.push(format!("{}..{}", inside[0], inside[1]));
                0
            }
            _ => 0,
        };
        match &report.device {
            _ if is_known && !query.domain["site"].contains(&group[0]) => {}
            Some(device) => devices.entry(device.clone()).or_default().entry(group).or_default().push(value),
            None => {
                let total = totals.entry(group).or_default();
                *total = (total.0 + 1, total.1 + i128::from(value), std::mem::take(&mut total.2));
            }
        }
    }
    let (l0, linf) = match query.mechanism {
        Mechanism::Central { groups_per_device_max, reports_per_group_max, .. } => {
            (groups_per_device_max, reports_per_group_max)
        }
        Mechanism::Star { messages_per_device_max, .. } => (messages_per_device_max, 1),
        _ => (u32::MAX, u32::MAX),
    };
    for (device, groups) in devices {
        let id = sampling.device(&device);
        let hash = |group: &GroupKey| group_hash(&sampling, group);
        let ranked =
            groups.into_iter().map(|(group, values)| (sampling.group_priority(id, hash(&group)), group, values));
        for (_, group, mut values) in first(ranked, l0) {
            values.sort_unstable();
            let nth = |index: usize| values[..index].iter().filter(|value| **value == values[index]).count() as u64;
            let rank = |index| sampling.report_priority(id, hash(&group), values[index], nth(index));
            let kept = first((0..values.len()).map(|index| (rank(index), values[index])), linf);
            let total = totals.entry(group.clone()).or_default();
            total.0 += kept.len() as u64;
            total.1 += kept.iter().map(|(_, value)| i128::from(*value)).sum::<i128>();
            total.2.insert(device.clone());
        }
    }
    Partial {
        query: query.id.clone(),
        window: window(),
        regions: vec![region("sg")],
        groups: totals.keys().cloned().collect(),
        counts: totals.values().map(|total| total.0).collect(),
        sums: totals.values().map(|total| i64::try_from(total.1).unwrap()).collect(),
        devices: totals.values().map(|total| (total.2.len() as u64).max(1)).collect(),
        responses: 0,
        shares: vec![],
    }
}

fn any_report() -> impl Strategy<Value = Report> {
    let device = prop_oneof![1 => Just(None), 9 => (0..6_u8).prop_map(|n| Some(format!("device {n}")))];
    (device, prop::sample::select(vec!["a", "b", "c", "d", "e", ""]), -3..9_i64).prop_map(|(device, site, n)| {
        let mut visit = visit(device.as_deref(), site, n);
        // What is counted of a sealed message is its text.
        visit.fields.insert(encoding::star::FIELD.to_owned(), site.into());
        visit
    })
}

fn any_query() -> impl Strategy<Value = Query> {
    let measure = prop_oneof![
        Just(Measure::Count),
        Just(Measure::Devices),
        Just(sum(-2, 5)),
        Just(mean(-2, 5, 1)),
        Just(histogram(&[-2, 0, 3, 9])),
        Just(quantiles(&[-2, 0, 3, 9], &["1/2"])),
    ];
    let mechanism = prop_oneof![
        Just(Mechanism::Exact),
        Just(Mechanism::Threshold { devices_min: 2 }),
        (1..4_u32, 1..4_u32).prop_map(|(groups, reports)| central("1", groups, reports)),
        (1..4_u32, 1..4_u32).prop_map(|(groups, reports)| gaussian("1", groups, reports)),
        (1..4_u32, 1..4_u32).prop_map(|bounds| central_with(
            ("1", "1/1000"),
            NoiseKind::Laplace,
            Keys::Selected,
            bounds
        )),
        (1..4_u32).prop_map(|messages| Mechanism::Star { devices_min: 5, messages_per_device_max: messages }),
    ];
    (measure, mechanism).prop_map(|(measure, mechanism)| {
        let measure = if let Mechanism::Star { .. } = mechanism { Measure::Devices } else { measure };
        query(measure, mechanism)
    })
}

proptest! {
    #[test]
    fn any_split_in_any_order_seals_to_what_the_oracle_says(
        query in any_query(),
        placed in prop::collection::vec((any_report(), 0..4_usize), 0..60).prop_shuffle(),
        order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
        nested in any::<bool>(),
    ) {
        let mut shards = vec![accumulator(&query); 4];
        for (report, shard) in &placed {
            shards[*shard].push(report).unwrap();
        }
        let mut whole = accumulator(&query);
        if nested {
            let (inner, outer) = order.split_at(2);
            let mut pair = shards[inner[0]].clone();
            pair.merge(&shards[inner[1]]).unwrap();
            outer.iter().for_each(|&shard| whole.merge(&shards[shard]).unwrap());
            whole.merge(&pair).unwrap();
        } else {
            order.iter().for_each(|&shard| whole.merge(&shards[shard]).unwrap());
        }
        let mut reports: Vec<Report> = placed.into_iter().map(|(report, _)| report).collect();
        let expected = oracle(&query, &reports);
        prop_assert_eq!(&whole.seal(&region("sg")).unwrap(), &expected);
        reports.reverse();
        prop_assert_eq!(&sealed(&query, &reports), &expected);
    }

    #[test]
    fn nothing_but_the_rows_decides_and_so_sealing_repeats(reports in prop::collection::vec(any_report(), 0..30)) {
        let query = query(sum(-2, 5), central("1", 1, 2));
        let shard = accumulated(&query, &reports);
        prop_assert_eq!(shard.seal(&region("sg")), shard.clone().seal(&region("sg")));
        let mut grown = accumulator(&query);
        grown.merge(&shard).unwrap();
        grown.merge(&accumulator(&query)).unwrap();
        prop_assert_eq!(grown.seal(&region("sg")), shard.seal(&region("sg")));
    }
}

#[test]
fn many_reports_are_partitioned_as_the_oracle_says() {
    let numbered = ["a", "b", "c", "d"].into_iter().cycle().zip(0..40_000_i64);
    let reports: Vec<Report> =
        numbered.map(|(site, n)| visit(Some(&format!("device {}", n * n % 7_919)), site, n % 10)).collect();
    for mechanism in [Mechanism::Exact, central("1", 2, 2)] {
        for measure in [Measure::Count, sum(0, 7)] {
            let query = query(measure, mechanism.clone());
            assert_eq!(sealed(&query, &reports), oracle(&query, &reports));
        }
    }
}

#[test]
fn every_report_of_a_device_is_equally_likely_to_be_kept() {
    // Nine reports of value 0 and one of value 1: over 2 000 devices the one is kept by about a tenth of them. The
    // standard deviation is 13.4; six of them make a false alarm less likely than 1 in 10^8.
    let query = query(sum(0, 1), central("1", 1, 1));
    let reports: Vec<Report> =
        (0..20_000).map(|n| visit(Some(&(n / 10).to_string()), "a", i64::from(n % 10 == 0))).collect();
    let kept = sealed(&query, &reports).sums[0];
    assert!((120..=280).contains(&kept), "{kept} of 2000 kept the report of value 1");
}

#[test]
fn every_group_of_a_device_is_equally_likely_to_be_kept() {
    // Four groups, one kept: 500 devices each on average, standard deviation 19.4.
    let query = query(Measure::Count, central("1", 1, 1));
    let reports: Vec<Report> =
        (0..8_000).map(|n| visit(Some(&(n / 4).to_string()), ["a", "b", "c", "d"][n % 4], 0)).collect();
    let counts = sealed(&query, &reports).counts;
    assert_eq!(counts.iter().sum::<u64>(), 2_000);
    assert!(counts.iter().all(|count| (384..=616).contains(count)), "{counts:?}");
}

#[test]
fn another_seed_keeps_other_contributions() {
    let query = query(Measure::Count, central("1", 1, 1));
    let reports: Vec<Report> =
        (0..200).map(|n| visit(Some(&(n / 4).to_string()), ["a", "b", "c", "d"][n % 4], 0)).collect();
    let mut other = Accumulator::new(&query, window(), &Seed::root(7), Limits::default());
    reports.iter().for_each(|report| assert!(other.push(report).unwrap()));
    assert_ne!(other.seal(&region("sg")).unwrap().counts, sealed(&query, &reports).counts);
}

#[test]
fn reports_that_do_not_answer_are_turned_away() {
    let query = query(sum(0, 9), Mechanism::Exact);
    let good = visit(Some("x"), "a", 1);
    let mut other_event = good.clone();
    other_event.event = "search".to_owned();
    let mut no_site = good.clone();
    no_site.fields.remove("site");
    let mut no_number = good.clone();
    no_number.fields.insert("n".to_owned(), "7".into());
    let mut before = good.clone();
    before.time = window().start.before(model::Duration::from_millis(1));
    let mut after = good.clone();
    after.time = window().end;
    let mut accumulator = accumulator(&query);
    for bad in [other_event, no_site, no_number, before, after] {
        assert_eq!(accumulator.push(&bad), Ok(false), "{bad:?}");
    }
    assert!(accumulator.is_empty());
    assert_eq!(accumulator.push(&good), Ok(true));
    assert_eq!(accumulator.len(), 1);
}

#[test]
fn group_keys_are_made_of_the_event_and_of_any_kind_of_value() {
    let mut query = query(Measure::Count, Mechanism::Exact);
    query.events.clear();
    query.group_by = ["event", "properties.n", "flag"].map(str::to_owned).to_vec();
    let mut report = visit(None, "a", 0);
    report.fields.insert("properties.n".to_owned(), (-5).into());
    report.fields.insert("flag".to_owned(), true.into());
    assert_eq!(sealed(&query, [&report]).groups, [["visit", "-5", "true"]]);
}

#[test]
fn keys_that_read_alike_side_by_side_are_told_apart() {
    let mut query = query(Measure::Count, Mechanism::Exact);
    query.group_by = ["site", "tail"].map(str::to_owned).to_vec();
    let with = |site: &str, tail: &str| {
        let mut report = visit(Some("x"), site, 0);
        report.fields.insert("tail".to_owned(), tail.into());
        report
    };
    let partial = sealed(&query, [&with("ab", "c"), &with("a", "bc"), &with("abc", "")]);
    assert_eq!(partial.groups, [["a", "bc"], ["ab", "c"], ["abc", ""]]);
}

#[test]
fn keys_that_read_alike_have_hashes_of_their_own() {
    let sampling = Sampling::new(&Seed::root(SEED));
    let hash = |parts: [&str; 2]| group_hash(&sampling, &parts.map(str::to_owned).to_vec());
    let hashes = [["ab", "c"], ["a", "bc"], ["bc", "a"], ["c", "ab"]].map(hash);
    assert_eq!(BTreeSet::from(hashes).len(), 4, "or devices would always keep both or neither");
}

#[test]
fn unknown_keys_take_no_room_of_a_device() {
    let query = query(Measure::Count, central("1", 1, 1));
    let strange: Vec<Report> = (0..50).map(|n| visit(Some("x"), &format!("strange {n}"), 0)).collect();
    let mut accumulator = accumulated(&query, &strange);
    assert!(accumulator.is_empty());
    assert_eq!(accumulator.push(&visit(Some("x"), "a", 0)), Ok(true));
    let partial = accumulator.seal(&region("sg")).unwrap();
    assert_eq!((partial.groups, partial.counts), (vec![vec!["a".to_owned()]], vec![1]));
}

#[test]
fn one_group_for_all_when_nothing_is_grouped_by() {
    let mut query = query(Measure::Count, Mechanism::Exact);
    query.group_by.clear();
    assert_eq!(sealed(&query, []).groups, Vec::<GroupKey>::new());
    let partial = sealed(&query, [&visit(Some("x"), "a", 0), &visit(Some("y"), "b", 0)]);
    assert_eq!((partial.groups, partial.counts, partial.devices), (vec![vec![]], vec![2], vec![2]));
}

#[test]
fn one_device_with_all_reports_equal_counts_once_in_each_bound() {
    let reports = vec![visit(Some("x"), "a", 4); 1_000];
    for (mechanism, count, total) in [(Mechanism::Exact, 1_000, 4_000), (central("1", 1, 3), 3, 12)] {
        let partial = sealed(&query(sum(0, 9), mechanism), &reports);
        assert_eq!((partial.counts, partial.sums, partial.devices), (vec![count], vec![total], vec![1]));
    }
}

#[test]
fn reports_without_a_device_never_pass_for_several() {
    let unnamed = vec![visit(None, "a", 1); 100];
    let partial = sealed(&query(Measure::Devices, Mechanism::Threshold { devices_min: 50 }), &unnamed);
    assert_eq!((partial.counts, partial.devices), (vec![100], vec![1]));
    let named = [visit(Some("x"), "a", 1), visit(Some("y"), "a", 1)];
    let partial = sealed(&query(Measure::Devices, Mechanism::Exact), unnamed.iter().chain(&named));
    assert_eq!(partial.devices, [2], "they may have come from these two");
}

#[test]
fn bounds_of_zero_let_nothing_through() {
    for (groups, reports) in [(0, 1), (1, 0)] {
        let query = query(Measure::Count, central("1", groups, reports));
        assert!(sealed(&query, [&visit(Some("x"), "a", 1), &visit(None, "a", 1)]).groups.is_empty());
    }
}

#[test]
fn sums_beyond_64_bits_are_refused_and_order_makes_no_difference() {
    let query = query(sum(i64::MIN, i64::MAX), Mechanism::Exact);
    let (most, least) = (visit(Some("x"), "a", i64::MAX), visit(Some("y"), "a", i64::MIN));
    let sum = SealError::Sum { group: vec!["a".to_owned()] };
    for much in [[&most, &most], [&least, &least]] {
        assert_eq!(accumulated(&query, much).seal(&region("sg")), Err(sum.clone()));
    }
    for balanced in [[&most, &most, &least, &least], [&most, &least, &most, &least]] {
        assert_eq!(sealed(&query, balanced).sums, [-2]);
    }
}

#[test]
fn a_query_with_its_bounds_the_wrong_way_round_does_not_panic() {
    assert_eq!(sealed(&query(sum(9, 0), Mechanism::Exact), [&visit(None, "a", 5)]).sums, [0]);
}

#[test]
fn doubling_by_self_merges_is_exact_up_to_the_limit_of_64_bits() {
    let mut accumulator = accumulated(&query(sum(-9, 9), Mechanism::Exact), [&visit(None, "a", -9)]);
    for _ in 0..59 {
        accumulator.merge(&accumulator.clone()).unwrap();
    }
    assert_eq!(accumulator.seal(&region("sg")).unwrap().sums, [-9 << 59]);
    for _ in 59..63 {
        accumulator.merge(&accumulator.clone()).unwrap();
    }
    assert_eq!(accumulator.merge(&accumulator.clone()), Err(ShardError::Reports));
    assert_eq!(accumulator.seal(&region("sg")), Err(SealError::Sum { group: vec!["a".to_owned()] }));
}

#[test]
fn limits_are_told_and_leave_everything_as_it_was() {
    let query = query(Measure::Count, Mechanism::Exact);
    let limits = Limits { rows_max: 3, groups_max: 2, key_bytes_max: 4 };
    let mut small = Accumulator::new(&query, window(), &Seed::root(SEED), limits);
    assert_eq!(small.push(&visit(Some("x"), "abcde", 0)), Err(PushError::Key { found: 5, key_bytes_max: 4 }));
    assert!(small.has_room_for(2) && !small.has_room_for(3));
    assert_eq!(small.push(&visit(Some("x"), "abcd", 0)), Ok(true));
    assert_eq!(small.push(&visit(Some("x"), "b", 0)), Ok(true));
    assert_eq!(small.push(&visit(Some("x"), "c", 0)), Err(PushError::Groups { groups_max: 2 }));
    assert_eq!(small.push(&visit(Some("y"), "b", 0)), Ok(true));
    assert_eq!(small.push(&visit(Some("z"), "b", 0)), Err(PushError::Rows { rows_max: 3 }));
    assert_eq!(small.push(&visit(None, "b", 0)), Ok(true), "it takes no row");
    let before = small.seal(&region("sg"));
    assert_eq!(before.as_ref().unwrap().counts, [1, 3]);
    for (more, full) in [
        (visit(Some("z"), "b", 0), PushError::Rows { rows_max: 3 }),
        (visit(None, "c", 0), PushError::Groups { groups_max: 2 }),
    ] {
        assert_eq!(small.merge(&accumulated(&query, [&more])), Err(ShardError::Room(full)));
        assert_eq!(small.seal(&region("sg")), before);
    }
    let known = [visit(None, "b", 0), visit(None, "abcd", 0)];
    assert_eq!(small.merge(&accumulated(&query, &known)), Ok(()), "its groups are here, in another order");
    assert_eq!(small.seal(&region("sg")).unwrap().counts, [2, 4]);
}

#[test]
fn shards_of_another_kind_are_refused() {
    let counting = query(Measure::Count, Mechanism::Exact);
    let mut shard = accumulator(&counting);
    assert_eq!(shard.merge(&accumulator(&query(Measure::Count, central("1", 1, 1)))), Err(ShardError::Query));
    let seeded = Accumulator::new(&counting, window(), &Seed::root(7), Limits::default());
    assert_eq!(shard.merge(&seeded), Err(ShardError::Sampling));
    let next = model::Window::holding(window().end, model::Duration::DAY);
    let later = Accumulator::new(&counting, next, &Seed::root(SEED), Limits::default());
    assert_eq!(shard.merge(&later), Err(ShardError::Window { found: next, expected: window() }));
}

#[test]
fn debug_shows_no_device_key() {
    let query = query(Measure::Count, Mechanism::Exact);
    let [a, b] = ["x", "y"].map(|device| format!("{:?}", accumulated(&query, [&visit(Some(device), "a", 0)])));
    assert_eq!(a, b);
}

proptest! {
    #[test]
    fn what_is_taken_back_leaves_nothing_behind(
        query in any_query(),
        stay in prop::collection::vec(any_report(), 0..40),
        go in prop::collection::vec(any_report(), 0..20),
    ) {
        let mut accumulator = accumulated(&query, go.iter().chain(&stay));
        let (mut taken, mut counted) = (0, 0);
        for report in &go {
            taken += u64::from(accumulator.take_back(report));
            counted += accumulated(&query, [report]).len();
        }
        prop_assert_eq!(taken, counted);
        prop_assert_eq!(accumulator.len(), accumulated(&query, &stay).len());
        prop_assert_eq!(accumulator.seal(&region("sg")).unwrap(), sealed(&query, &stay));
    }

    #[test]
    fn what_never_came_cannot_be_taken_back(query in any_query(), report in any_report()) {
        let mut accumulator = accumulated(&query, []);
        prop_assert!(!accumulator.take_back(&report));
        prop_assert!(accumulator.is_empty());
    }
}

/// Blocks of rows are shared after a merge: what is taken back from one must stay in the other.
#[test]
fn what_is_taken_back_after_a_merge_stays_in_the_shard_it_came_from() {
    let query = query(Measure::Count, central("1", 3, 2));
    let visits: Vec<Report> = (0..3_000).map(|n| visit(Some(&format!("device {}", n % 5)), "a", n % 7)).collect();
    let shards = visits.chunks(1_500).map(|visits| accumulated(&query, visits)).collect::<Vec<_>>();
    let mut whole = shards[0].clone();
    whole.merge(&shards[1]).unwrap();
    for visit in &visits {
        assert!(whole.take_back(visit));
    }
    assert!(whole.is_empty() && whole.seal(&region("sg")).unwrap().groups.is_empty());
    for (shard, visits) in shards.iter().zip(visits.chunks(1_500)) {
        assert_eq!(shard.seal(&region("sg")).unwrap(), sealed(&query, visits));
        let mut shard = shard.clone();
        assert!(visits.iter().all(|visit| shard.take_back(visit)) && shard.is_empty());
    }
}
