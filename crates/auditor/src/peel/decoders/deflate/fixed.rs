//! Whether bytes can begin a block of DEFLATE with the fixed codes (RFC 1951, section 3.2.6).
//!
//! Any bits are a literal, a length or the end, and any message of protobuf whose first field has a length begins like
//! such a block. But noise soon ends, or copies from before its beginning; a decompressor costs more than a look.

/// So many codes are looked at.
const CODES_MAX: usize = 64;

/// Bits of the header: whether the block is the last, and its kind.
const HEADER_BITS: usize = 3;

/// A code that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Code {
    Literal,
    End,
    /// A length, by its number from 1 on.
    Length(u32),
}

/// Whether the first codes of the block can be read.
pub(super) fn may_be_block(bytes: &[u8]) -> bool {
    let mut bits = Bits { bytes, at: HEADER_BITS };
    let mut made = 0;
    for _ in 0..CODES_MAX {
        if bits.at > 8 * bytes.len() {
            return false; // the block does not end
        }
        match code(&mut bits) {
            Code::Literal => made += 1,
            Code::End => return made > 0,
            Code::Length(number) => match copied(&mut bits, number, made) {
                Some(length) => made += length,
                None => return false,
            },
        }
    }
    true
}

fn code(bits: &mut Bits<'_>) -> Code {
    let code = bits.first_highest(9);
    let (width, code) = match code {
        0..0b0_0110_0000 if code >> 2 == 0 => (7, Code::End),
        0..0b0_0110_0000 => (7, Code::Length(code >> 2)),
        0b0_0110_0000..0b1_1000_0000 => (8, Code::Literal),
        0b1_1000_0000..0b1_1001_0000 => (8, Code::Length((code >> 1) - 0b1100_0000 + 24)),
        _ => (9, Code::Literal),
    };
    bits.at += width;
    code
}

/// The length of a copy, if its distance does not reach beyond what was made.
fn copied(bits: &mut Bits<'_>, number: u32, made: u32) -> Option<u32> {
    // Four lengths each have one more bit than the four before, from the ninth on; the last of all has none.
    let more = if (9..29).contains(&number) { (number - 5) / 4 } else { 0 };
    let length = match number {
        ..9 => number + 2,
        9..29 => ((4 + (number - 1) % 4) << more) + 3 + bits.take(more),
        29 => 258,
        _ => return None,
    };
    let code = bits.first_highest(5);
    bits.at += 5;
    let more = (code / 2).saturating_sub(1);
    let least = if code < 4 { code + 1 } else { ((2 + code % 2) << more) + 1 };
    (code < 30 && least + bits.take(more) <= made).then_some(length)
}

/// Bits from the lowest of each byte; zeros behind the last.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
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

    fn take(&mut self, count: u32) -> u32 {
        let taken = self.next() & ((1 << count) - 1);
        self.at += count as usize;
        taken
    }

    /// The next bits, the first of them the highest, as codes are written.
    fn first_highest(&self, count: u32) -> u32 {
        self.next().reverse_bits() >> (u32::BITS - count)
    }
}
