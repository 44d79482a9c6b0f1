//! Base64 (RFC 4648, sections 4 and 5): standard or URL-safe, padded or not, on one line or wrapped.

use std::{borrow::Cow, sync::LazyLock};

use base64::engine::{DecodePaddingMode, Engine as _, GeneralPurposeConfig, Simd};
use data_encoding::Encoding;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::glance::{Class, Mark};

/// Digits of a token of ten characters.
const BYTES_MIN: u8 = 14;

/// A plus that a form has turned into a blank occurs about once in 64 digits; words have blanks more often.
const BLANKS_PER: usize = 8;

pub(super) static BASE64: Decoder = Decoder {
    word: "base64",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { alphabet: Class::BASE64, bytes_min: BYTES_MIN, ..Sign::NONE },
    recognise,
    decode,
};

/// Anything in the alphabet but decimal numbers, of which telemetry is full.
fn recognise(view: &Glance<'_>) -> bool {
    let is_even = || if view.has_all(Mark::GAP) { !parts_words(view.bytes) } else { ends_evenly(view.bytes) };
    !view.is_all(Class::DIGIT) && is_even()
}

/// Whether the last digits on one line stand for whole bytes, with zeros in the bits that are left over: most words end
/// otherwise.
fn ends_evenly(digits: &[u8]) -> bool {
    let digits = without_padding(digits);
    let Some(&last) = digits.last() else { return false };
    match digits.len() % 4 {
        1 => false,
        2 => b"AQgw".contains(&last),
        3 => b"AEIMQUYcgkosw048".contains(&last),
        _ => true,
    }
}

/// Without padding. Bits that are left over must be zero, as every encoder leaves them: that tells most words from
/// encodings.
const STRICT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone);

static STANDARD: LazyLock<Simd> = LazyLock::new(|| Simd::standard(STRICT));
static URL_SAFE: LazyLock<Simd> = LazyLock::new(|| Simd::url_safe(STRICT));

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    // Of all that is in the alphabet, blanks and line ends alone part words.
    let digits = if view.has_all(Mark::GAP) { Cow::Owned(unwrapped(view.bytes)) } else { Cow::Borrowed(view.bytes) };
    let digits = without_padding(&digits);
    let engine = if view.has_all(Mark::URL_SAFE) { &URL_SAFE } else { &STANDARD };
    let out = sink.write_zeros(digits.len() / 4 * 3 + (digits.len() % 4).saturating_sub(1))?;
    engine.decode_slice(digits, out).map(drop).map_err(|_| Misfit::Other)
}

/// Whether there are more blanks than a form turns pluses into.
fn parts_words(input: &[u8]) -> bool {
    input.iter().filter(|byte| **byte == b' ').count() * BLANKS_PER > input.len()
}

/// The digits without line ends, and with a plus for each blank.
fn unwrapped(input: &[u8]) -> Vec<u8> {
    let digits = input.iter().filter(|byte| !matches!(byte, b'\r' | b'\n' | b'\t' | 0x0c));
    digits.map(|&byte| if byte == b' ' { b'+' } else { byte }).collect()
}

pub(super) fn without_padding(input: &[u8]) -> &[u8] {
    let padding = input.iter().rev().take_while(|byte| **byte == b'=').count();
    &input[..input.len() - padding]
}

/// Writes what `digits` stand for. Bits that are left over must be zero.
pub(super) fn decode_with(encoding: &Encoding, digits: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let len = encoding.decode_len(digits.len()).map_err(|_| Misfit::Other)?;
    let out = sink.write_zeros(len)?;
    encoding.decode_mut(digits, out).map(drop).map_err(|_| Misfit::Other)
}
