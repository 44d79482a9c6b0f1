//! Bits of a compressed stream, the lowest of each byte first.

/// Where the next bits are read; behind the last byte there are zeros.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// At least the next 24 bits.
    fn next(&self) -> u32 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut word = [0; 4];
            word[..rest.len()].copy_from_slice(rest);
            word
        });
        u32::from_le_bytes(word) >> (self.at % 8)
    }

    /// The next bits, at most 24.
    pub(super) fn peek(&self, count: u32) -> u32 {
        self.next() & ((1 << count) - 1)
    }

    /// The next bits, at most 24 of them, the first the highest, as Huffman codes are written.
    pub(super) fn first_highest(&self, count: u32) -> u32 {
        self.next().reverse_bits() >> (u32::BITS - count)
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
