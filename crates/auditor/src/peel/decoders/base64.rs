//! Base64 (RFC 4648, sections 4 and 5): standard or URL-safe, padded or not, on one line or wrapped.

use std::borrow::Cow;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, Encoding};

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::glance::Class;

/// Digits of a token of ten characters.
const BYTES_MIN: usize = 14;

/// A plus that a form has turned into a blank occurs about once in 64 digits; words have blanks more often.
const BLANKS_PER: usize = 8;

pub(super) static BASE64: Decoder = Decoder {
    word: "base64",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { alphabet: Class::BASE64, ..Sign::NONE },
    recognise,
    decode,
};

/// Anything in the alphabet but decimal numbers, of which telemetry is full.
fn recognise(view: &Glance<'_>) -> bool {
    view.bytes.len() >= BYTES_MIN && !view.is_all(Class::DIGIT)
}

fn decode(input: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let digits = unwrapped(input)?;
    let digits = without_padding(&digits);
    let url_safe = digits.iter().any(|digit| matches!(digit, b'-' | b'_'));
    let encoding = if url_safe { BASE64URL_NOPAD } else { BASE64_NOPAD };
    decode_with(&encoding, digits, sink)
}

/// The digits without line ends, and with a plus for each blank.
fn unwrapped(input: &[u8]) -> Result<Cow<'_, [u8]>, Misfit> {
    if !input.iter().any(u8::is_ascii_whitespace) {
        return Ok(Cow::Borrowed(input));
    }
    let blanks = input.iter().filter(|byte| **byte == b' ').count();
    if blanks * BLANKS_PER > input.len() {
        return Err(Misfit::Other);
    }
    let digits = input.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t' | 0x0c));
    Ok(digits.map(|&byte| if byte == b' ' { b'+' } else { byte }).collect())
}

pub(super) fn without_padding(input: &[u8]) -> &[u8] {
    let padding = input.iter().rev().take_while(|byte| **byte == b'=').count();
    &input[..input.len() - padding]
}

/// Writes what `digits` stand for. Bits that are left over must be zero, as every encoder leaves them: that tells
/// most words from encodings.
pub(super) fn decode_with(encoding: &Encoding, digits: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let len = encoding.decode_len(digits.len()).map_err(|_| Misfit::Other)?;
    let out = sink.write_zeros(len)?;
    encoding.decode_mut(digits, out).map(drop).map_err(|_| Misfit::Other)
}
