use proptest::prelude::*;

use super::*;

/// What can be done to a tally of three groups.
#[derive(Debug, Clone)]
enum Step {
    One(u32, i64),
    /// So many reports with that value.
    Many(u32, u64, i64),
    /// Takes one back that was added, if there is any.
    Take(prop::sample::Index),
    /// Takes in a tally of its own with these.
    Extend(Vec<(u32, i64)>),
    Double,
}

fn steps(range: (i64, i64)) -> impl Strategy<Value = Vec<Step>> {
    let clamped = move |value: i64| value.max(range.0).min(range.1);
    let value = move || prop_oneof![any::<i64>(), -1_000..1_000_i64].prop_map(clamped);
    let step = prop_oneof![
        4 => (0..3_u32, value()).prop_map(|(group, value)| Step::One(group, value)),
        2 => (0..3_u32, 0..100_000_u64, value()).prop_map(|(group, count, value)| Step::Many(group, count, value)),
        2 => any::<prop::sample::Index>().prop_map(Step::Take),
        1 => prop::collection::vec((0..3_u32, value()), 0..4).prop_map(Step::Extend),
        1 => Just(Step::Double),
    ];
    prop::collection::vec(step, 0..40)
}

fn ranges() -> impl Strategy<Value = (i64, i64)> {
    prop::sample::select(vec![
        (0, 0),
        (0, 1),
        (0, 999),
        (-5, (1 << 16) - 6),
        (0, 1 << 16),
        (-7, 5),
        (3, 3 + (1 << 32) - 1),
        (0, 1 << 32),
        (-9_000_000_000, -4_000_000_000),
        (i64::MIN, i64::MAX),
        (10, 3),
    ])
}

proptest! {
    /// Narrow values, wide ones that go elsewhere, counts that fill a cell, bounds the wrong way round.
    #[test]
    fn nothing_is_lost((range, steps) in ranges().prop_flat_map(|range| (Just(range), steps(range)))) {
        let mut tally = Tally::new(Some(range));
        tally.cover(3);
        let mut expected = [(0_u64, 0_i128); 3];
        let mut added: Vec<(u32, i64)> = Vec::new();
        for step in steps {
            match step {
                Step::One(group, value) => {
                    tally.add_reports([(group, value)].into_iter());
                    added.push((group, value));
                    let of = &mut expected[group as usize];
                    *of = (of.0 + 1, of.1 + i128::from(value));
                }
                Step::Many(group, count, value) => {
                    let sum = i128::from(count) * i128::from(value);
                    tally.add(group, count, sum);
                    let of = &mut expected[group as usize];
                    *of = (of.0 + count, of.1 + sum);
                }
                Step::Take(index) if !added.is_empty() => {
                    let (group, value) = added.swap_remove(index.index(added.len()));
                    tally.take(group, 1, value.into());
                    let of = &mut expected[group as usize];
                    *of = (of.0 - 1, of.1 - i128::from(value));
                }
                Step::Take(_) => {}
                Step::Extend(more) => {
                    let mut other = tally.emptied(3);
                    for (group, value) in more {
                        other.add_reports([(group, value)].into_iter());
                        // Numbers here are those there, turned round.
                        let of = &mut expected[2 - group as usize];
                        *of = (of.0 + 1, of.1 + i128::from(value));
                    }
                    tally.extend(&other, |group| 2 - group);
                }
                Step::Double => {
                    let copy = tally.clone();
                    tally.unite(&copy);
                    expected.iter_mut().for_each(|of| *of = (of.0 * 2, of.1 * 2));
                }
            }
        }
        let found: Vec<(u64, i128)> = (0..3).map(|group| tally.of(group)).collect();
        prop_assert_eq!(&found, &expected);
        for first in 0..4 {
            let mut tally = tally.from(first);
            let found: Vec<(u64, i128)> = (first..3).map(|group| tally.of(group)).collect();
            prop_assert_eq!(&found, &expected[first as usize..]);
        }
        for group in 0..3 {
            let (count, _) = expected[group as usize];
            prop_assert_eq!(tally.groups().any(|found| found == group), count > 0);
        }
    }
}

#[test]
fn a_cell_that_is_full_is_emptied() {
    for max in [0, 1, 999, i64::from(u16::MAX), i64::from(u16::MAX) + 1, u32::MAX.into()] {
        let mut tally = Tally::new(Some((0, max)));
        tally.cover(1);
        let reports = (1 << 17) + 5;
        tally.add_reports((0..reports).map(|_| (0, max)));
        assert_eq!(tally.of(0), (reports, i128::from(reports) * i128::from(max)));
        tally.add(0, 3, 2 * i128::from(max));
        assert_eq!(tally.of(0), (reports + 3, i128::from(reports + 2) * i128::from(max)));
    }
}

/// In more groups than are added at a time, of which some get full.
#[test]
fn tallies_with_the_same_numbers_unite_to_both_together() {
    let groups: u32 = 1_000;
    let mut tally = Tally::new(Some((-3, 900)));
    tally.cover(groups as usize);
    tally.add_reports((0..400_000_u32).map(|n| (n * (n % 7) % groups, i64::from(n % 904) - 3)));
    let mut united = tally.emptied(10);
    united.unite(&tally);
    united.unite(&tally);
    for group in 0..groups {
        let (count, sum) = tally.of(group);
        assert_eq!(united.of(group), (2 * count, 2 * sum), "group {group}");
    }
}
