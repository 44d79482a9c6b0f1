//! Base32 (RFC 4648, section 6) of either case, padded or not.

use data_encoding::BASE32_NOPAD_NOCASE;

use super::{Decoder, Makes, Sign, Turn, base64};
use crate::peel::glance::Class;

/// Digits of a token of ten characters.
const BYTES_MIN: u8 = 16;

pub(super) static BASE32: Decoder = Decoder {
    word: "base32",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { alphabet: Class::BASE64, bytes_min: BYTES_MIN, ..Sign::NONE },
    recognise: |view| view.is_all(Class::BASE32_UPPER) || view.is_all(Class::BASE32_LOWER),
    decode: |view, sink| base64::decode_with(&BASE32_NOPAD_NOCASE, base64::without_padding(view.bytes), sink),
};
