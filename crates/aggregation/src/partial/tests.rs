//! Tests of merging over regions.

use model::{Duration, Partial, QueryId, Window};
use proptest::prelude::*;

use super::{MergeError, PartialError, merge_partials, validate_partial};
use crate::sample::{region, window};

/// A partial of `name` with (group, count, sum, devices) rows.
fn partial(name: &str, rows: &[(&str, u64, i64, u64)]) -> Partial {
    Partial {
        query: QueryId::new("visits").unwrap(),
        window: window(),
        regions: vec![region(name)],
        groups: rows.iter().map(|row| vec![row.0.to_owned()]).collect(),
        counts: rows.iter().map(|row| row.1).collect(),
        sums: rows.iter().map(|row| row.2).collect(),
        devices: rows.iter().map(|row| row.3).collect(),
        responses: 0,
        shares: vec![],
    }
}

fn merged(left: &Partial, right: &Partial) -> Partial {
    let mut left = left.clone();
    merge_partials(&mut left, right).unwrap();
    left
}

fn any_partial(name: &'static str) -> impl Strategy<Value = Partial> {
    prop::collection::btree_map("[a-d]{0,2}", (1..100_u64, -100..100_i64, 1..9_u64), 0..8).prop_map(move |rows| {
        partial(name, &rows.iter().map(|(group, row)| (group.as_str(), row.0, row.1, row.2)).collect::<Vec<_>>())
    })
}

proptest! {
    #[test]
    fn regions_merge_in_any_order_and_any_grouping(
        a in any_partial("a"), b in any_partial("b"), c in any_partial("c"),
    ) {
        let all = merged(&merged(&a, &b), &c);
        prop_assert_eq!(&merged(&a, &merged(&b, &c)), &all);
        prop_assert_eq!(&merged(&c, &merged(&b, &a)), &all);
        prop_assert_eq!(validate_partial(&all), Ok(()));
        prop_assert_eq!(all.counts.iter().sum::<u64>(), [&a, &b, &c].iter().flat_map(|p| &p.counts).sum::<u64>());
    }
}

#[test]
fn groups_of_both_are_kept_and_shared_ones_added() {
    let all =
        merged(&partial("sg", &[("a", 1, -1, 1), ("c", 3, 5, 2)]), &partial("ru", &[("b", 2, 0, 1), ("c", 4, 1, 4)]));
    let mut expected = partial("ru", &[("a", 1, -1, 1), ("b", 2, 0, 1), ("c", 7, 6, 6)]);
    expected.regions.push(region("sg"));
    assert_eq!(all, expected);
}

/// Merges that must fail leave the left side alone.
fn refused(left: &Partial, right: &Partial) -> MergeError {
    let mut into = left.clone();
    let error = merge_partials(&mut into, right).unwrap_err();
    assert_eq!(&into, left);
    error
}

#[test]
fn a_region_is_merged_once() {
    let (sg, ru) = (partial("sg", &[("a", 1, 0, 1)]), partial("ru", &[]));
    let twice = MergeError::RegionTwice { region: region("sg") };
    assert_eq!(refused(&merged(&ru, &sg), &sg), twice);
    assert_eq!(refused(&sg, &merged(&ru, &sg)), twice);
}

#[test]
fn other_queries_and_windows_are_refused() {
    let sg = partial("sg", &[]);
    let mut other = partial("ru", &[]);
    other.query = QueryId::new("searches").unwrap();
    assert!(matches!(refused(&sg, &other), MergeError::Query { .. }));
    let mut other = partial("ru", &[]);
    other.window = Window::holding(window().end, Duration::DAY);
    assert!(matches!(refused(&sg, &other), MergeError::Window { .. }));
}

#[test]
fn totals_beyond_64_bits_are_refused() {
    let one = partial("sg", &[("a", 1, 1, 1)]);
    for row in [("a", u64::MAX, 0, 1), ("a", 1, i64::MAX, 1), ("a", 1, 0, u64::MAX)] {
        assert_eq!(refused(&one, &partial("ru", &[row])), MergeError::Overflow { group: vec!["a".to_owned()] });
    }
    assert_eq!(
        refused(&partial("sg", &[("a", 1, -1, 1)]), &partial("ru", &[("a", 1, i64::MIN, 1)])).to_string(),
        "a total of group [\"a\"] does not fit into 64 bits"
    );
}

#[test]
fn malformed_partials_are_told_from_well_formed_ones() {
    let good = partial("sg", &[("a", 1, 0, 1), ("b", 1, 0, 1)]);
    assert_eq!(validate_partial(&good), Ok(()));
    let bad = |change: fn(&mut Partial)| {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(matches!(refused(&partial("ru", &[]), &bad), MergeError::Malformed { .. }));
        validate_partial(&bad).unwrap_err()
    };
    assert!(matches!(bad(|p| p.sums.truncate(1)), PartialError::Columns { sums: 1, .. }));
    assert!(matches!(bad(|p| p.devices.clear()), PartialError::Columns { devices: 0, .. }));
    assert_eq!(bad(|p| p.groups.reverse()), PartialError::GroupOrder { index: 1 });
    assert_eq!(bad(|p| p.groups[1] = p.groups[0].clone()), PartialError::GroupOrder { index: 1 });
    assert_eq!(bad(|p| p.groups[1].clear()), PartialError::GroupWidth { index: 1, found: 0, expected: 1 });
    assert_eq!(bad(|p| p.regions.clear()), PartialError::Regions { found: vec![] });
    assert!(matches!(bad(|p| p.regions.push(p.regions[0].clone())), PartialError::Regions { .. }));
}
