//! The rank-sum test, exactly: how many ways of dealing values to two groups are at least as extreme as the one observed.

/// Most values in one group; with more, the counts below would not fit.
pub(super) const GROUP_MAX: usize = 32;

/// Among all ways to deal the values of both groups to groups of these sizes, how many have a rank sum at least as far
/// from its mean as the observed one has, in either direction; `None` if there are more than `limit`.
///
/// The count divided by [`dealings`] is the exact two-sided p-value of the rank-sum test (H. B. Mann and D. R. Whitney,
/// "On a Test of Whether one of Two Random Variables is Stochastically Larger than the Other", 1947), given the ties that
/// there are. It holds for any distribution, however discrete, as long as the groups are exchangeable. The observed
/// dealing counts as well, so that no p-value is ever zero (B. Phipson and G. K. Smyth, "Permutation P-values Should
/// Never Be Zero", 2010).
pub(super) fn as_extreme(a: &[i64], b: &[i64], limit: u64) -> Option<u64> {
    let ranks = doubled_ranks(a, b);
    let all = a.len() + b.len();
    let observed: u64 = a.iter().map(|value| rank_of(*value, &ranks)).sum();
    let mean = (a.len() * (all + 1)) as u64;
    let extreme = mean.checked_sub(observed.abs_diff(mean))?;
    if extreme == mean {
        return None; // every dealing is as extreme
    }
    let low: Vec<u64> = ranks.iter().map(|(_, rank)| *rank).collect();
    let high: Vec<u64> = low.iter().rev().map(|rank| 2 * (all as u64 + 1) - rank).collect();
    let mut counted = Count { found: 0, limit };
    for ranks in [low, high] {
        counted.deal(&ranks, a.len(), extreme);
    }
    (counted.found <= limit).then_some(counted.found)
}

/// In how many ways the values can be dealt.
pub(super) fn dealings(a: usize, b: usize) -> u128 {
    // C(k, i + 1) = C(k, i) (k - i) / (i + 1), whole at each step.
    let (all, few) = ((a + b) as u128, a.min(b) as u128);
    (0..few).fold(1, |ways, i| ways * (all - i) / (i + 1))
}

/// Every value with twice its rank, in order of rank; equal values share the mean of their ranks.
fn doubled_ranks(a: &[i64], b: &[i64]) -> Vec<(i64, u64)> {
    let mut values: Vec<i64> = a.iter().chain(b).copied().collect();
    values.sort_unstable();
    let rank = |value: &i64| {
        let (before, upto) = (values.partition_point(|v| v < value), values.partition_point(|v| v <= value));
        (*value, (before + 1 + upto) as u64)
    };
    values.iter().map(rank).collect()
}

fn rank_of(value: i64, ranks: &[(i64, u64)]) -> u64 {
    let place = ranks.partition_point(|(other, _)| *other < value);
    ranks.get(place).map_or(0, |(_, rank)| *rank)
}

/// Counts until there are more than the limit.
struct Count {
    found: u64,
    limit: u64,
}

impl Count {
    /// Counts the choices of `left` of `ranks`, which ascend, whose sum is at most `room`. Whatever is walked into holds
    /// at least one such choice, so the work is bounded by the limit.
    fn deal(&mut self, ranks: &[u64], left: usize, room: u64) {
        if left == 0 {
            self.found += 1;
            return;
        }
        for first in 0..=ranks.len().saturating_sub(left) {
            let Some(least) = ranks.get(first..first + left) else { return };
            if least.iter().sum::<u64>() > room || self.found > self.limit {
                return;
            }
            self.deal(&ranks[first + 1..], left - 1, room - ranks[first]);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{as_extreme, dealings, doubled_ranks, rank_of};

    /// Walks through every dealing.
    fn by_hand(a: &[i64], b: &[i64]) -> u64 {
        let all: Vec<i64> = a.iter().chain(b).copied().collect();
        let ranks = doubled_ranks(a, b);
        let distance = |sum: u64| sum.abs_diff((a.len() * (all.len() + 1)) as u64);
        let observed = distance(a.iter().map(|value| rank_of(*value, &ranks)).sum());
        let chosen = |mask: &u32| mask.count_ones() as usize == a.len();
        let sum = |mask: u32| (0..all.len()).filter(|i| mask >> i & 1 == 1).map(|i| rank_of(all[i], &ranks)).sum();
        (0..1_u32 << all.len()).filter(chosen).filter(|mask| distance(sum(*mask)) >= observed).count() as u64
    }

    proptest! {
        #[test]
        fn counts_what_walking_through_all_dealings_counts(
            a in prop::collection::vec(0_i64..6, 1..6),
            b in prop::collection::vec(0_i64..6, 1..6),
        ) {
            let expected = by_hand(&a, &b);
            let found = as_extreme(&a, &b, u64::MAX).unwrap_or(u64::try_from(dealings(a.len(), b.len())).unwrap());
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn full_separation_is_two_dealings_of_all() {
        let (low, high): (Vec<i64>, Vec<i64>) = ((0..24).collect(), (24..48).collect());
        assert_eq!(as_extreme(&low, &high, 100), Some(2));
        assert_eq!(as_extreme(&high, &low, 100), Some(2));
        assert_eq!(dealings(20, 20), 137_846_528_820);
        assert_eq!(dealings(24, 24), 32_247_603_683_100);
        assert_eq!(dealings(32, 32), 1_832_624_140_942_590_534);
    }

    #[test]
    fn published_tail_of_the_table_is_met() {
        // Mann and Whitney 1947, table for n = m = 4: P(U <= 1) = 0.029, one-sided.
        let found = as_extreme(&[1, 2, 3, 5], &[4, 6, 7, 8], 70).expect("a small tail");
        assert_eq!((found, dealings(4, 4)), (4, 70)); // 2 of 70 on each side
    }

    #[test]
    fn chance_alone_is_as_extreme_as_its_p_value_says() {
        // Of C(12, 6) = 924 dealings at most 46 may be as extreme: a rate of at most 46 / 924 = 0.0498.
        let seed = model::Seed::root(1947);
        let noise =
            |trial: u64, of: u64| (0..6).map(|i| i64::from(seed.nth(trial).nth(of + i).as_bytes()[0] / 16)).collect();
        let alarms = (0..4_000).filter(|&trial| {
            let (a, b): (Vec<i64>, Vec<i64>) = (noise(trial, 0), noise(trial, 6));
            as_extreme(&a, &b, 46).is_some()
        });
        // Binomial with 4 000 trials at 0.0498: below 120 or above 250 less than once in a million seeds, and ties among
        // the 16 values make the test a little more careful.
        let alarms = alarms.count();
        assert!((110..250).contains(&alarms), "{alarms} of 4000");
    }

    #[test]
    fn work_ends_at_the_limit() {
        let mixed: Vec<i64> = (0..32).map(|i| 2 * i).collect();
        let other: Vec<i64> = (0..32).map(|i| 2 * i + 1).collect();
        assert_eq!(as_extreme(&mixed, &other, 50), None);
        assert_eq!(as_extreme(&[3; 32], &[3; 32], 50), None);
    }
}
