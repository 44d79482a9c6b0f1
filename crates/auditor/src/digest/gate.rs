//! Keeps most of what is on no list from being looked up at all.

/// Bits of the gate, as a power of two: 32 KiB, which stay in the nearest cache.
const BITS_LOG2: u32 = 18;

/// A bitmap of four-byte keys: what it does not hold was never added (Bloom 1970, with one hash).
#[derive(Debug)]
pub(super) struct Gate {
    words: Box<[u64]>,
}

impl Default for Gate {
    fn default() -> Self {
        Self { words: vec![0; 1 << (BITS_LOG2 - 6)].into() }
    }
}

impl Gate {
    /// Adds `key`.
    pub(super) fn add(&mut self, key: [u8; 4]) {
        let (word, bit) = place(key);
        self.words[word] |= bit;
    }

    /// Whether `key` may have been added.
    pub(super) fn may_hold(&self, key: [u8; 4]) -> bool {
        let (word, bit) = place(key);
        self.words[word] & bit != 0
    }
}

fn place(key: [u8; 4]) -> (usize, u64) {
    let hash = u32::from_le_bytes(key).wrapping_mul(0x9e37_79b1) >> (32 - BITS_LOG2); // Knuth, volume 3, section 6.4
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_passes_and_little_else_does() {
        let mut gate = Gate::default();
        let key = |n: u32| twox_hash::XxHash32::oneshot(0, &n.to_le_bytes()).to_le_bytes(); // as digests begin
        (0..5_000).for_each(|n| gate.add(key(n)));
        assert!((0..5_000).all(|n| gate.may_hold(key(n))));
        let passed = (5_000..105_000).filter(|&n| gate.may_hold(key(n))).count();
        assert!(passed < 4_000, "{passed} of 100 000"); // 5 000 of 262 144 bits
    }
}
