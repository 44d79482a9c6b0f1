//! Bits of a compressed stream, the lowest of each byte first.

/// Where the next bits are read; behind the last byte there are zeros.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The last eight bytes, as a number; zeros stand before fewer.
    last: u64,
}

impl<'a> Bits<'a> {
    pub(super) fn of(bytes: &'a [u8]) -> Self {
        let last = bytes.last_chunk().map_or_else(
            || bytes.iter().rev().fold(0, |last, &byte| last << 8 | u64::from(byte)) << (64 - 8 * bytes.len()).min(63),
            |last| u64::from_le_bytes(*last),
        );
        Self { bytes, at: 0, last }
    }

    /// At least the next 24 bits.
    #[allow(clippy::cast_possible_truncation, reason = "the lower half is taken")]
    fn next(&self) -> u32 {
        let at = self.at / 8;
        let word = match self.bytes.get(at..at + 8).and_then(<[u8]>::first_chunk) {
            Some(word) => u64::from_le_bytes(*word),
            // Fewer are left: the others of the last eight were read.
            None => u32::try_from(8 * (at + 8 - self.bytes.len()))
                .ok()
                .and_then(|read| self.last.checked_shr(read))
                .unwrap_or(0),
        };
        (word >> (self.at % 8)) as u32
    }

    /// The next bits, at most 24.
    pub(super) fn peek(&self, count: u32) -> u32 {
        self.next() & ((1 << count) - 1)
    }

    pub(super) const fn skip(&mut self, count: u32) {
        self.at += count as usize;
    }

    pub(super) fn take(&mut self, count: u32) -> u32 {
        let taken = self.peek(count);
        self.skip(count);
        taken
    }

    /// The bits before the next byte begins.
    pub(super) fn take_rest_of_byte(&mut self) -> u32 {
        let count = u32::from(self.at.to_le_bytes()[0]).wrapping_neg() % 8;
        self.take(count)
    }

    /// Whether the stream did not end before what was read.
    pub(super) const fn are_there(&self) -> bool {
        self.at <= 8 * self.bytes.len()
    }

    /// Whole bytes that were not read.
    pub(super) const fn bytes_left(&self) -> usize {
        self.bytes.len().saturating_sub(self.at.div_ceil(8))
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*};

    use super::Bits;

    /// The bits at `at`, one by one.
    fn oracle(bytes: &[u8], at: usize, count: u32) -> u32 {
        let bit = |at: usize| u32::from(bytes.get(at / 8).is_some_and(|byte| byte >> (at % 8) & 1 == 1));
        (at..at + count as usize).rev().fold(0, |bits, at| bits << 1 | bit(at))
    }

    proptest! {
        #[test]
        fn bits_come_lowest_first_and_are_zeros_behind_the_last_byte(
            bytes in vec(any::<u8>(), 0..20), counts in vec(0..=24_u32, 0..20),
        ) {
            let mut bits = Bits::of(&bytes);
            let mut at = 0;
            for count in counts {
                prop_assert_eq!(bits.take(count), oracle(&bytes, at, count), "{} bits at {}", count, at);
                at += count as usize;
                prop_assert_eq!(bits.are_there(), at <= 8 * bytes.len());
            }
        }
    }
}
