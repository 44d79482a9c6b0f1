//! Hexadecimal digits of either case.

use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Decoder, Makes, Sign, Turn, base64};
use crate::peel::glance::Class;

/// Digits of a token of ten characters.
const BYTES_MIN: u8 = 20;

pub(super) static HEX: Decoder = Decoder {
    word: "hex",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { alphabet: Class::HEX, bytes_min: BYTES_MIN, ..Sign::NONE },
    recognise: |_| true,
    decode: |view, sink| base64::decode_with(&HEXLOWER_PERMISSIVE, view.bytes, sink),
};
