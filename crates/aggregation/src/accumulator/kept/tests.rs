use std::collections::BTreeMap;

use model::Seed;
use proptest::prelude::*;

use super::{super::sampling::Sampling, *};

/// Two-letter keys in an order that is not the one of their numbers.
fn groups() -> Groups {
    let mut groups = Groups::new(1, &Sampling::new(&Seed::root(1)));
    for number in 0..200_u32 {
        let code = groups.dictionaries[0].insert(&format!("{:03}", number * 77 % 200));
        groups.number(&[code]);
    }
    groups
}

proptest! {
    /// Priorities that collide often, more groups than a list holds, and bounds on both sides of that.
    #[test]
    fn the_first_groups_by_priority_and_key_are_kept_with_all_their_reports(
        offers in prop::collection::vec(0..200_u32, 0..400),
        spread in 1..400_u64,
        groups_max in prop::sample::select(vec![1, 2, 8, 15, 16, 17, 64, 100, 300_usize]),
    ) {
        let groups = groups();
        let offers: Vec<(u32, u64)> = offers.iter().map(|&group| (group, u64::from(group) * 31 % spread)).collect();
        let (mut kept, mut last) = (Kept::new(groups_max), u64::MAX);
        kept.add_device();
        kept.add_device();
        let mut expected: BTreeMap<(u64, Vec<String>), u32> = BTreeMap::new();
        for &(group, priority) in &offers {
            if priority <= last
                && let Some(new) = kept.offer(1, Choice { priority, group, count: 1 }, &groups)
            {
                last = new;
            }
            *expected.entry((priority, groups.key(group))).or_default() += 1;
        }
        let expected: BTreeMap<_, _> = expected.into_iter().take(groups_max).collect();
        let mut found = BTreeMap::new();
        kept.each(|choice| found.extend([((choice.priority, groups.key(choice.group)), choice.count)]));
        prop_assert_eq!(found, expected);
        for &(group, priority) in &offers {
            let mut holds = false;
            kept.each(|choice| holds |= choice.group == group);
            prop_assert_eq!(kept.holds(1, priority, group), holds);
        }
    }
}
