use std::collections::{BTreeMap, BTreeSet};

use model::Seed;
use proptest::prelude::*;

use super::*;

proptest! {
    /// With few slots, so that devices take them over from one another all the time.
    #[test]
    fn every_row_of_a_group_that_its_device_keeps_passes(
        blocks in prop::collection::vec(prop::collection::vec((0..12_u64, 0..40_u32), 0..60), 1..12),
        groups_max in 1..5_usize,
        seed in 0..50_u64,
    ) {
        let sampling = Sampling::new(&Seed::root(seed));
        let mut groups = Groups::new(1, &sampling);
        (0..40).for_each(|site| {
            groups.dictionaries[0].insert(&format!("site {site}"));
        });
        groups.numbering = groups.suited(1_000, 1_000);
        let hashes = Hashes::of(&groups);
        prop_assert!(hashes.is_fast());
        let mut sieve = Sieve::new(groups_max, hashes, 4);
        let device = |name: u64| sampling.device_number(name);

        let mut priorities: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
        for &(name, group) in blocks.iter().flatten() {
            let priority = sampling.group_priority(device(name), groups.hash(group));
            priorities.entry(name).or_default().insert(priority);
        }
        let last = |name: u64| priorities[&name].iter().nth(groups_max - 1).copied().unwrap_or(u64::MAX);
        for block in &blocks {
            let devices: Vec<u64> = block.iter().map(|row| device(row.0)).collect();
            let numbers: Vec<u32> = block.iter().map(|row| row.1).collect();
            let mut passed = vec![7];
            sieve.sift(&sampling, &groups, (&devices, &numbers), &mut passed);
            prop_assert!(passed.is_sorted_by(|a, b| a < b));
            for (place, &(name, group)) in (0..).zip(block) {
                let keeps = sampling.group_priority(device(name), groups.hash(group)) <= last(name);
                prop_assert!(!keeps || passed.contains(&place), "device {name}, group {group}");
            }
        }
    }
}

#[test]
fn most_rows_of_a_device_that_comes_often_are_turned_away() {
    let sampling = Sampling::new(&Seed::root(1));
    let mut groups = Groups::new(1, &sampling);
    (0..1_000).for_each(|site| {
        groups.dictionaries[0].insert(&format!("site {site}"));
    });
    groups.numbering = groups.suited(1_000, 1 << 20);
    let mut sieve = Sieve::new(2, Hashes::of(&groups), 4);
    let numbers: Vec<u32> = (0..1_000).collect();
    let mut passed = Vec::new();
    for turn in 0..10 {
        sieve.sift(&sampling, &groups, (&[sampling.device_number(7); 1_000], &numbers), &mut passed);
        assert!(turn == 0 || passed.len() <= 2, "{} of 1 000 in turn {turn}", passed.len());
    }
}
