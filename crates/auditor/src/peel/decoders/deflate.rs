//! gzip (RFC 1952), zlib (RFC 1950) and raw DEFLATE (RFC 1951).
//!
//! Checksums are not verified, and a stream that was cut off or damaged yields what can be read: an examiner wants
//! what is there.

mod fixed;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::{bits::Bits, inflate::End, peeled::Limit};

pub(super) static GZIP: Decoder = Decoder {
    word: "gzip",
    makes: Makes::Output,
    turn: Turn::Alone,
    sign: Sign { first: &[(0x1f, 0x1f)], ..Sign::NONE },
    recognise: |view| view.starts_with(&[0x1f, 0x8b, 8]),
    decode: decode_gzip,
};

pub(super) static ZLIB: Decoder = Decoder {
    word: "zlib",
    makes: Makes::Output,
    turn: Turn::Alone,
    sign: Sign { first: &FIRST_OF_ZLIB, ..Sign::NONE },
    recognise: recognise_zlib,
    decode: decode_zlib,
};

/// Method 8 with windows of each size.
static FIRST_OF_ZLIB: [(u8, u8); 8] =
    [(0x08, 0x08), (0x18, 0x18), (0x28, 0x28), (0x38, 0x38), (0x48, 0x48), (0x58, 0x58), (0x68, 0x68), (0x78, 0x78)];

/// Tried on anything binary; it must fit to the last byte, for nothing else tells it from noise.
pub(super) static DEFLATE: Decoder = Decoder {
    word: "deflate",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { first: &FIRST_OF_DEFLATE, is_binary: true, ..Sign::NONE },
    recognise: |view| begins_block(view.bytes),
    decode: decode_raw,
};

/// Any kind of block but the one that is reserved.
static FIRST_OF_DEFLATE: [(u8, u8); 32] = {
    let mut ranges = [(0, 0); 32];
    let mut high = 0;
    while high < 32 {
        ranges[high as usize] = (high << 3, high << 3 | 0b101);
        high += 1;
    }
    ranges
};

fn recognise_zlib(view: &Glance<'_>) -> bool {
    let [method, flags, ..] = *view.bytes else { return false };
    method & 0x8f == 8 && flags & 0x20 == 0 && u16::from_be_bytes([method, flags]).is_multiple_of(31)
}

/// Whether the bits begin with the header of a block (section 3.2): for a stored one its length twice, the second time
/// inverted; for one with codes of its own, numbers of them that exist and a complete code to read them by.
fn begins_block(bytes: &[u8]) -> bool {
    let mut bits = Bits::of(bytes);
    bits.skip(1);
    match bits.take(2) {
        0 => matches!(*bytes, [_, a, b, c, d, ..] if a == !c && b == !d),
        1 => fixed::may_be_block(bytes),
        2 => {
            let (literals, distances, lengths) = (bits.take(5), bits.take(5), bits.take(4) + 4);
            let widths = (0..lengths).map(|_| bits.take(3)).filter(|&width| width > 0);
            literals < 30 && distances < 30 && widths.map(|width| 1 << (7 - width)).sum::<u32>() == 1 << 7
        }
        _ => false,
    }
}

/// Decompresses members one after another, as the format allows.
fn decode_gzip(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut rest = view.bytes;
    while let Some(body) = gzip_header_bytes(rest).and_then(|header| rest.get(header..)) {
        let End::Whole(read) = inflate(body, sink)? else { break };
        rest = body.get(read + 8..).unwrap_or_default(); // a checksum and a length follow each member
    }
    if sink.made.is_empty() { Err(Misfit::Other) } else { Ok(()) }
}

/// Length of the header of a gzip member.
fn gzip_header_bytes(input: &[u8]) -> Option<usize> {
    let [0x1f, 0x8b, 8, flags, ..] = *input else { return None };
    let (checksum, extra, name, comment) = (flags & 2 != 0, flags & 4 != 0, flags & 8 != 0, flags & 16 != 0);
    let mut at = 10;
    if extra {
        let len = input.get(at..at + 2)?;
        at += 2 + usize::from(u16::from_le_bytes([len[0], len[1]]));
    }
    for _ in 0..u8::from(name) + u8::from(comment) {
        at += 1 + input.get(at..)?.iter().position(|&byte| byte == 0)?;
    }
    Some(if checksum { at + 2 } else { at })
}

fn decode_zlib(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    match inflate(&view.bytes[2..], sink)? {
        End::Whole(_) | End::Cut if !sink.made.is_empty() => Ok(()),
        _ => Err(Misfit::Other),
    }
}

fn decode_raw(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    match inflate(view.bytes, sink)? {
        End::Whole(read) if read == view.bytes.len() && !sink.made.is_empty() => Ok(()),
        _ => Err(Misfit::Other),
    }
}

/// Appends what `input` decompresses to; more than there is room for exceeds the limit.
fn inflate(input: &[u8], sink: &mut Sink<'_>) -> Result<End, Misfit> {
    let room = sink.room();
    match sink.inflate.run(input, sink.made, room) {
        End::Full => Err(Misfit::Exceeds(Limit::Output)),
        end => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, Decompress, FlushDecompress, Status, write::DeflateEncoder};
    use proptest::{collection::vec, prelude::*};

    use super::{DEFLATE, begins_block};

    /// Whether the decompressor reads all of `bytes` and makes something of them.
    fn is_stream(bytes: &[u8]) -> bool {
        let (mut stream, mut made) = (Decompress::new(false), vec![0; 1 << 16]);
        let end = stream.decompress(bytes, &mut made, FlushDecompress::None);
        matches!(end, Ok(Status::StreamEnd)) && stream.total_in() == bytes.len() as u64 && stream.total_out() > 0
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Short texts are written in blocks with the fixed codes, long ones in blocks with codes of their own, and what
        /// is said again as lengths and distances.
        #[test]
        fn any_stream_begins_a_block(word in "[ -~äß]{1,30}", times in 1..40_usize, text in "[ -~äß]{1,400}", noise in vec(any::<u8>(), 1..40), level in 0..=9_u32) {
            for text in [word.repeat(times).as_bytes(), text.as_bytes(), &noise] {
                let mut to = DeflateEncoder::new(Vec::new(), Compression::new(level));
                to.write_all(text).expect("writing to memory");
                let bytes = to.finish().expect("writing to memory");
                prop_assert!(begins_block(&bytes), "{:02x?}", bytes);
                prop_assert!(DEFLATE.sign.may_begin_with(bytes[0]), "{:02x?}", bytes);
            }
        }

        #[test]
        fn what_begins_no_block_is_no_stream(noise in vec(any::<u8>(), 1..24)) {
            prop_assert!(begins_block(&noise) || !is_stream(&noise));
        }
    }
}
