//! Whether bytes can begin a brotli stream: its first header is read as far as the first prefix code (RFC 7932, sections
//! 3.4, 3.5, 7.3, 9.1 and 9.2). Noise rarely gets that far, and a decompressor costs more than a look.

/// Encoders store what does not shrink, so a metablock is hardly longer than what it makes, in bytes.
const OVERHEAD_BYTES_MAX: usize = 64;

/// Whether the header goes together with the length of the stream.
pub(super) fn may_begin(bytes: &[u8]) -> bool {
    let mut bits = Bits::of(bytes);
    if bits.take(1) == 1 && bits.take(3) == 0 && bits.take(3) == 1 {
        return false; // a large window, which no browser sends
    }
    let last = bits.take(1) == 1;
    if last && bits.take(1) == 1 {
        return false; // an empty stream
    }
    let nibbles = 4 + bits.take(2);
    if nibbles == 7 {
        // Metadata, behind a reserved bit and its own length.
        let is_reserved = bits.take(1) == 1;
        let width = 8 * bits.take(2);
        let skipped = bits.take(width) + u32::from(width > 0);
        return !last && !is_reserved && bits.are_followed_by(skipped, bytes);
    }
    let makes = bits.take(4 * nibbles) + 1;
    let shortest = nibbles == 4 || (makes - 1) >> (4 * (nibbles - 1)) != 0;
    if !last && bits.take(1) == 1 {
        return shortest && bits.are_followed_by(makes, bytes); // not compressed
    }
    let shrinks = !last || bytes.len() <= makes as usize + OVERHEAD_BYTES_MAX;
    shortest && shrinks && begins_codes(&mut bits) && bits.are_there()
}

/// Reads on to the first prefix code, and says whether it is one.
fn begins_codes(bits: &mut Bits) -> bool {
    // Block types of literals, commands and distances.
    for _ in 0..3 {
        let types = count(bits);
        if types > 1 {
            return is_prefix_code(bits, types + 2);
        }
    }
    bits.take(2 + 4 + 2); // how distances are coded, and the context mode of the only type of literals
    // Trees of literals and distances.
    for _ in 0..2 {
        let trees = count(bits);
        if trees > 1 {
            let runs = if bits.take(1) == 1 { bits.take(4) + 1 } else { 0 };
            return is_prefix_code(bits, trees + runs);
        }
    }
    is_prefix_code(bits, 256)
}

/// A number from 1 to 256.
const fn count(bits: &mut Bits) -> u32 {
    if bits.take(1) == 0 {
        return 1;
    }
    let width = bits.take(3);
    1 + (1 << width) + bits.take(width)
}

/// Whether a prefix code over so many symbols comes next.
fn is_prefix_code(bits: &mut Bits, symbols: u32) -> bool {
    match bits.take(2) {
        1 => is_simple_code(bits, symbols),
        skipped => is_complete_code_of_lengths(bits, skipped),
    }
}

/// Up to four symbols, no two alike.
fn is_simple_code(bits: &mut Bits, symbols: u32) -> bool {
    let mut seen = [u32::MAX; 4];
    let width = u32::BITS - (symbols - 1).leading_zeros();
    for at in 0..=bits.take(2) as usize {
        let symbol = bits.take(width);
        if symbol >= symbols || seen.contains(&symbol) {
            return false;
        }
        seen[at] = symbol;
    }
    true
}

/// The code in which the lengths of a code are written: one length alone, or all that it has room for.
fn is_complete_code_of_lengths(bits: &mut Bits, skipped: u32) -> bool {
    const LENGTHS: u32 = 18;
    /// By the next four bits: how many of them are read, and the length that they say.
    const CODE: [(u32, u32); 16] = {
        let [zero, four, three, two] = [(2, 0), (2, 4), (2, 3), (3, 2)];
        let ([one, five], twice) = ([(4, 1), (4, 5)], [zero, four, three, two]);
        let [a, b, c, d] = twice;
        [a, b, c, d, a, b, c, one, a, b, c, d, a, b, c, five]
    };
    let (mut room, mut count) = (32_u32, 0);
    for _ in skipped..LENGTHS {
        let (width, length) = CODE[bits.peek(4) as usize];
        bits.take(width);
        if length > 0 {
            count += 1;
            let Some(left) = room.checked_sub(32 >> length) else { return false };
            room = left;
            if room == 0 {
                return true;
            }
        }
    }
    count == 1
}

/// The first bits of a stream, the lowest of each byte first; zeros where it ends.
struct Bits {
    left: u128,
    taken: u32,
    /// Bits of the stream, as far as they are looked at.
    whole: u32,
}

impl Bits {
    fn of(bytes: &[u8]) -> Self {
        let mut head = [0; 16];
        let len = bytes.len().min(head.len());
        head[..len].copy_from_slice(&bytes[..len]);
        let whole = if len < head.len() { 8 * u32::try_from(len).unwrap_or_default() } else { u32::MAX };
        Self { left: u128::from_le_bytes(head), taken: 0, whole }
    }

    /// The next bits, at most 24.
    const fn peek(&self, count: u32) -> u32 {
        #[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
        let low = self.left as u32;
        low & ((1 << count) - 1)
    }

    const fn take(&mut self, count: u32) -> u32 {
        let taken = self.peek(count);
        self.left >>= count;
        self.taken += count;
        taken
    }

    /// Whether the stream did not end before what was taken.
    const fn are_there(&self) -> bool {
        self.taken <= self.whole
    }

    /// Whether what is left of the byte is zero, and so many bytes and one more, for the last metablock, follow it.
    fn are_followed_by(&mut self, count: u32, bytes: &[u8]) -> bool {
        let is_padded = self.take(self.taken.wrapping_neg() % 8) == 0;
        let behind = bytes.len().checked_sub(self.taken as usize / 8);
        is_padded && behind.is_some_and(|behind| (count as usize) < behind)
    }
}
