//! Whether bytes can begin a brotli stream: its first header is read as far as the first prefix code that is not simple,
//! or the second one (RFC 7932, sections 3.4, 3.5, 7.3, 9.1 and 9.2). Noise rarely gets that far, and a decompressor
//! costs more than a look.

use crate::peel::bits::Bits;

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
        return !last && !is_reserved && are_followed_by(&mut bits, skipped);
    }
    let makes = bits.take(4 * nibbles) + 1;
    let shortest = nibbles == 4 || (makes - 1) >> (4 * (nibbles - 1)) != 0;
    if !last && bits.take(1) == 1 {
        return shortest && are_followed_by(&mut bits, makes); // not compressed
    }
    let shrinks = !last || bytes.len() <= makes as usize + OVERHEAD_BYTES_MAX;
    shortest && shrinks && begins_codes(&mut bits) && bits.are_there()
}

/// Reads on to the first prefix code, and says whether it is one, and if it is simple whether the next one is.
fn begins_codes(bits: &mut Bits<'_>) -> bool {
    // Block types of literals, commands and distances.
    for _ in 0..3 {
        let types = count(bits);
        if types > 1 {
            return are_prefix_codes(bits, [types + 2, BLOCK_LENGTHS]);
        }
    }
    bits.take(2 + 4 + 2); // how distances are coded, and the context mode of the only type of literals
    // Trees of literals and distances.
    for _ in 0..2 {
        let trees = count(bits);
        if trees > 1 {
            let runs = if bits.take(1) == 1 { bits.take(4) + 1 } else { 0 };
            return is_prefix_code(bits, trees + runs).is_some();
        }
    }
    are_prefix_codes(bits, [LITERALS, COMMANDS])
}

/// Symbols of the codes for literals, for what is inserted and copied, and for lengths of blocks.
const LITERALS: u32 = 256;
const COMMANDS: u32 = 704;
const BLOCK_LENGTHS: u32 = 26;

/// A number from 1 to 256.
fn count(bits: &mut Bits<'_>) -> u32 {
    if bits.take(1) == 0 {
        return 1;
    }
    let width = bits.take(3);
    1 + (1 << width) + bits.take(width)
}

/// How a prefix code is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    /// Read to its end.
    Simply,
    /// Read as far as the code for its lengths.
    ByLengths,
}

/// Whether two prefix codes come next; what comes behind lengths is not looked at.
fn are_prefix_codes(bits: &mut Bits<'_>, symbols: [u32; 2]) -> bool {
    match is_prefix_code(bits, symbols[0]) {
        Some(Written::Simply) => is_prefix_code(bits, symbols[1]).is_some(),
        Some(Written::ByLengths) => true,
        None => false,
    }
}

/// How the prefix code over so many symbols that comes next is written, if one does.
fn is_prefix_code(bits: &mut Bits<'_>, symbols: u32) -> Option<Written> {
    match bits.take(2) {
        1 => is_simple_code(bits, symbols).then_some(Written::Simply),
        skipped => is_complete_code_of_lengths(bits, skipped).then_some(Written::ByLengths),
    }
}

/// Up to four symbols, no two alike.
fn is_simple_code(bits: &mut Bits<'_>, symbols: u32) -> bool {
    let mut seen = [u32::MAX; 4];
    let width = u32::BITS - (symbols - 1).leading_zeros();
    let last = bits.take(2) as usize;
    for at in 0..=last {
        let symbol = bits.take(width);
        if symbol >= symbols || seen.contains(&symbol) {
            return false;
        }
        seen[at] = symbol;
    }
    bits.take(u32::from(last == 3)); // which of two trees four symbols have
    true
}

/// The code in which the lengths of a code are written: one length alone, or all that it has room for.
fn is_complete_code_of_lengths(bits: &mut Bits<'_>, skipped: u32) -> bool {
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

/// Whether what is left of the byte is zero, and so many bytes and one more, for the last metablock, follow it.
fn are_followed_by(bits: &mut Bits<'_>, count: u32) -> bool {
    bits.take_rest_of_byte() == 0 && bits.bytes_left() > count as usize
}
