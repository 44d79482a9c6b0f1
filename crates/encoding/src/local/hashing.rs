//! Optimized local hashing: T. Wang, J. Blocki, N. Li, S. Jha, "Locally Differentially Private Protocols for Frequency
//! Estimation" (2017), section 4.4.
//!
//! The family of hash functions is SipHash-1-3 under a key of 64 bits, scaled to the buckets. Privacy holds for any
//! family: the key is drawn without looking at the value. That two values share a bucket with probability 1/g, as
//! estimates need, holds as far as SipHash is a pseudo-random function.

use std::hash::Hasher as _;

use model::Ratio;
use siphasher::sip::SipHasher13;

use super::{EXP_BITS, exp_bounds, k_ary};
use crate::chance::Dice;

/// The number of buckets with the least variance: e^epsilon + 1, to the nearest whole number (g in the paper).
#[must_use]
pub fn bucket_count(epsilon: Ratio) -> u32 {
    let half = 1_u128 << (EXP_BITS - 1);
    u32::try_from((exp_bounds(epsilon).0 + half) >> EXP_BITS).unwrap_or(u32::MAX - 1) + 1
}

/// The bucket of `value` out of `buckets`, under the hash function that `key` chooses.
#[must_use]
pub fn bucket(key: u64, value: &str, buckets: u32) -> u32 {
    let mut hasher = SipHasher13::new_with_keys(key, 0);
    hasher.write(value.as_bytes());
    let scaled = (u128::from(hasher.finish()) * u128::from(buckets)) >> 64;
    u32::try_from(scaled).unwrap_or(0)
}

/// A key, and the randomized bucket of the truth under it.
pub(super) fn respond(truth: Option<&str>, epsilon: Ratio, dice: &mut impl Dice) -> (u64, u32) {
    let key = u64::try_from(dice.below(1 << 64)).unwrap_or(0);
    (key, respond_under(key, truth, epsilon, dice))
}

pub(super) fn respond_under(key: u64, truth: Option<&str>, epsilon: Ratio, dice: &mut impl Dice) -> u32 {
    let buckets = bucket_count(epsilon);
    k_ary::respond(buckets, truth.map(|value| bucket(key, value, buckets)), epsilon, dice)
}
