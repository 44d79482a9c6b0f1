use super::*;

/// Of sixteen groups whose hashes are sums of a few others, as those of keys with two parts are, each device keeps the
/// four with the least priorities. Every group and every pair of groups must be kept as often as chance has it.
#[test]
fn every_pair_of_groups_is_kept_equally_often() {
    const DEVICES: u32 = 40_000;
    for seed in 0..4 {
        let sampling = Sampling::new(&Seed::root(seed));
        let (mut rows, mut columns) = (sampling.dictionary(0), sampling.dictionary(1));
        for text in ["a", "b", "c", "d"] {
            rows.insert(text);
            columns.insert(text);
        }
        let hash = |group: u32| rows.hash(group / 4) ^ columns.hash(group % 4);
        let mut kept = [[0_u32; 16]; 16];
        for device in 0..DEVICES {
            let device = sampling.device_number(device.into());
            let mut groups: Vec<u32> = (0..16).collect();
            groups.sort_by_key(|group| sampling.group_priority(device, hash(*group)));
            for a in &groups[..4] {
                groups[..4].iter().for_each(|b| kept[*a as usize][*b as usize] += 1);
            }
        }
        for (a, row) in kept.iter().enumerate() {
            for (b, kept) in row.iter().enumerate() {
                // 4 of 16; and 4 of 16 times 3 of 15.
                let share = if a == b { 0.25 } else { 0.05 };
                let expected = f64::from(DEVICES) * share;
                let deviation = (f64::from(*kept) - expected) / (expected * (1.0 - share)).sqrt();
                // 4 seeds times 136 figures: once in ten thousand runs one of them is beyond this.
                assert!(deviation.abs() < 5.2, "seed {seed}, groups {a} and {b}: {deviation} standard deviations");
            }
        }
    }
}
