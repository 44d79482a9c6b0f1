//! Keyed hashes that decide whose contributions are kept.
//!
//! SipHash-1-3 is a keyed pseudo-random function on short inputs (Aumasson and Bernstein 2012, with fewer rounds): who
//! does not know the seed cannot steer which reports are kept, nor bring devices or groups to collide. Which groups of a
//! device come first is decided by a product of two such hashes, which nobody sees: there is nothing left to steer, and
//! mixing them well is enough.

use std::hash::Hasher as _;

use model::Seed;
use siphasher::sip::SipHasher13;

use super::dictionary::Dictionary;

#[derive(Clone)]
pub(super) struct Sampling {
    seed: Seed,
    device: SipHasher13,
    choice: SipHasher13,
    /// Keys of the two factors of a group's priority.
    factors: [u64; 2],
}

impl PartialEq for Sampling {
    fn eq(&self, other: &Self) -> bool {
        self.seed == other.seed
    }
}

impl Sampling {
    pub(super) fn new(seed: &Seed) -> Self {
        let choice = keyed(seed, "choice");
        let factors = [choice.hash(b"device"), choice.hash(b"group")];
        Self { seed: *seed, device: keyed(seed, "device"), choice, factors }
    }

    /// The key that stands for a device in this window, if it is named by a number: the same as for its eight bytes,
    /// the lowest first.
    #[inline]
    pub(super) fn device_number(&self, device: u64) -> u64 {
        hash_words(self.device, &[device])
    }

    /// An empty dictionary for a column of group keys.
    pub(super) fn dictionary(&self, column: usize) -> Dictionary {
        Dictionary::new(keyed(&self.seed, &format!("texts {column}")))
    }

    /// The key that stands for a device in this window.
    pub(super) fn device(&self, device: &str) -> u64 {
        self.device.hash(device.as_bytes())
    }

    /// Which of a device's groups come first.
    #[inline]
    pub(super) fn group_priority(&self, device: u64, group_hash: u32) -> u64 {
        let [of_device, of_group] = self.factors;
        folded_product(device ^ of_device, u64::from(group_hash) ^ of_group)
    }

    /// Which of a device's reports in a group come first; `occurrence` tells reports of equal value apart.
    pub(super) fn report_priority(&self, device: u64, group_hash: u32, value: i64, occurrence: u64) -> u64 {
        hash_words(self.choice, &[device, group_hash.into(), value.cast_unsigned(), occurrence])
    }
}

#[inline]
fn hash_words(mut hasher: SipHasher13, words: &[u64]) -> u64 {
    for word in words {
        hasher.write_u64(word.to_le()); // takes a word at once, and yields the same as its bytes
    }
    hasher.finish()
}

/// The two halves of a product, added without carry: every bit depends on every bit of both factors.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the two halves of a product")]
pub(super) const fn folded_product(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

fn keyed(seed: &Seed, purpose: &str) -> SipHasher13 {
    let mut key = [0; 16];
    key.copy_from_slice(&seed.derive(purpose).as_bytes()[..16]);
    SipHasher13::new_with_key(&key)
}

#[cfg(test)]
mod tests;
