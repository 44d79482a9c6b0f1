//! CBOR (RFC 8949), one data item or a sequence of them (RFC 8742).
//!
//! Strings of indefinite length are joined; tags are looked through. Maps whose keys are maps or arrays are not read.

use super::{
    Decoder, Glance, Makes, Misfit, Sign, Stands, Turn,
    items::{self, Input, Item, Literal},
};
use crate::peel::tree::Step;

pub(super) static CBOR: Decoder = Decoder {
    word: "cbor",
    makes: Makes::Parts(Stands::Always),
    turn: Turn::Beside,
    sign: Sign { first: &[(0x58, 0x5a), (0x5f, 0x5f), (0x78, 0x7a), (0x7f, 0xdb)], ..Sign::NONE },
    recognise,
    decode: |view, sink| {
        let steps: (Step, fn(u32) -> Step) = (Step::Document("cbor"), |index| Step::Line("cbor-sequence", index));
        items::decode(view.bytes, steps, head, sink)
    },
};

/// A map, an array or a tag, none of which text begins with; or one long string, as far as it goes.
fn recognise(view: &Glance<'_>) -> bool {
    let Some((&first, rest)) = view.bytes.split_first() else { return false };
    match first {
        0x80..=0x9b | 0x9f | 0xa0..=0xbb | 0xbf | 0xc0..=0xdb => items::may_be_document(view.bytes, head),
        0x58 | 0x78 => items::is_one_string(rest, 1),
        0x59 | 0x79 => items::is_one_string(rest, 2),
        0x5a | 0x7a => items::is_one_string(rest, 4),
        0x5f | 0x7f => view.bytes.last() == Some(&0xff),
        _ => false,
    }
}

pub(super) fn head(input: &mut Input<'_>) -> Result<Item, Misfit> {
    let first = input.byte()?;
    let (major, short) = (first >> 5, first & 0x1f);
    let argument = match short {
        0..=23 => Some(u64::from(short)),
        24..=27 => Some(input.number(1 << (short - 24))?),
        31 => None,
        _ => return Err(Misfit::Other),
    };
    match (major, argument) {
        (0, Some(number)) => Ok(Item::integer(number)),
        (1, Some(number)) => Ok(Item::integer(-1 - i128::from(number))),
        (2 | 3, Some(len)) => Ok(Item::String(input.range(len)?)),
        (2 | 3, None) => Ok(Item::Pieces),
        (4, count) => Ok(Item::Array(count)),
        (5, count) => Ok(Item::Map(count)),
        (6, Some(_)) => Ok(Item::Tag),
        (7, None) => Ok(Item::Break),
        (7, Some(bits)) => simple(short, bits),
        _ => Err(Misfit::Other),
    }
}

/// A simple value or a floating-point number.
fn simple(short: u8, bits: u64) -> Result<Item, Misfit> {
    match (short, bits) {
        (20, _) => Ok(Item::Literal(Literal::Boolean(false))),
        (21, _) => Ok(Item::Literal(Literal::Boolean(true))),
        (22 | 23, _) => Ok(Item::Null),
        (25, _) => Ok(Item::Literal(Literal::Double(half(u16::try_from(bits).map_err(|_| Misfit::Other)?)))),
        (26, _) => Ok(Item::Literal(Literal::Single(f32::from_bits(u32::try_from(bits).map_err(|_| Misfit::Other)?)))),
        (27, _) => Ok(Item::Literal(Literal::Double(f64::from_bits(bits)))),
        (0..=19, _) | (24, 32..) => Ok(Item::Literal(Literal::Simple(bits))),
        _ => Err(Misfit::Other),
    }
}

/// A floating-point number of half precision, as RFC 8949 reads it in appendix D.
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => mantissa * 2_f64.powi(-24),
        31 if mantissa > 0.0 => f64::NAN,
        31 => f64::INFINITY,
        _ => (mantissa + 1024.0) * 2_f64.powi(exponent - 25),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn halves_read_as_in_the_examples_of_the_rfc() {
        let vectors =
            [(0x0000, 0.0), (0x3c00, 1.0), (0x3e00, 1.5), (0x7bff, 65504.0), (0x0001, 5.960_464_477_539_063e-8)];
        for (bits, number) in vectors.into_iter().chain([(0x0400, 0.000_061_035_156_25), (0xc400, -4.0)]) {
            assert!((half(bits) - number).abs() <= f64::EPSILON * number.abs(), "{bits:04x}");
        }
        assert!(half(0x7e00).is_nan() && half(0xfc00) == f64::NEG_INFINITY);
    }
}
