//! Whether bytes can begin a block of DEFLATE with the fixed codes (RFC 1951, section 3.2.6).
//!
//! Any bits are a literal, a length or the end, and any message of protobuf whose first field has a length begins like
//! such a block. But noise soon ends, or copies from before its beginning; a decompressor costs more than a look.

use crate::peel::bits::Bits;

/// So many codes are looked at.
const CODES_MAX: usize = 64;

/// Bits of the header: whether the block is the last, and its kind.
const HEADER_BITS: u32 = 3;

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
    let mut bits = Bits::of(bytes);
    bits.skip(HEADER_BITS);
    let mut made = 0;
    for _ in 0..CODES_MAX {
        if !bits.are_there() {
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
    let (width, code) = CODES[bits.peek(9) as usize];
    bits.skip(width);
    code
}

/// By the next nine bits: how many of them a code has, and what it stands for.
static CODES: [(u32, Code); 1 << 9] = {
    let mut codes = [(0, Code::End); 1 << 9];
    let mut bits = 0;
    while bits < 1 << 9 {
        codes[bits as usize] = code_of(first_highest(bits, 9));
        bits += 1;
    }
    codes
};

/// The first of nine bits is the highest, as Huffman codes are written.
const fn code_of(code: u32) -> (u32, Code) {
    match code {
        0..0b0_0110_0000 if code >> 2 == 0 => (7, Code::End),
        0..0b0_0110_0000 => (7, Code::Length(code >> 2)),
        0b0_0110_0000..0b1_1000_0000 => (8, Code::Literal),
        0b1_1000_0000..0b1_1001_0000 => (8, Code::Length((code >> 1) - 0b1100_0000 + 24)),
        _ => (9, Code::Literal),
    }
}

const fn first_highest(bits: u32, count: u32) -> u32 {
    bits.reverse_bits() >> (u32::BITS - count)
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
    let code = first_highest(bits.take(5), 5);
    let more = (code / 2).saturating_sub(1);
    let least = if code < 4 { code + 1 } else { ((2 + code % 2) << more) + 1 };
    (code < 30 && least + bits.take(more) <= made).then_some(length)
}
