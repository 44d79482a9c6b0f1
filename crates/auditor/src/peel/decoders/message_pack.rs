//! MessagePack, one object or several one after another (specification of 2013-04-21, with extension types).
//!
//! Extension types are read as bytes. Maps whose keys are maps or arrays are not read.

use super::{
    Decoder, Glance, Makes, Misfit, Sign, Stands, Turn,
    items::{self, Input, Item, Literal},
};
use crate::peel::tree::Step;

pub(super) static MESSAGE_PACK: Decoder = Decoder {
    word: "msgpack",
    makes: Makes::Parts(Stands::Always),
    turn: Turn::Beside,
    sign: Sign { first: &[(0x80, 0x9f), (0xc4, 0xc6), (0xd9, 0xdf)], ..Sign::NONE },
    recognise,
    decode: |view, sink| {
        let steps: (Step, fn(u32) -> Step) = (Step::Document("msgpack"), |index| Step::Line("msgpack-stream", index));
        items::decode(view.bytes, steps, head, sink)
    },
};

/// A map or an array, neither of which text begins with; or one long string, as far as it goes.
fn recognise(view: &Glance<'_>) -> bool {
    let Some((&first, rest)) = view.bytes.split_first() else { return false };
    match first {
        0x80..=0x9f | 0xdc..=0xdf => items::may_be_document(view.bytes, head),
        0xc4 | 0xd9 => items::is_one_string(rest, 1),
        0xc5 | 0xda => items::is_one_string(rest, 2),
        0xc6 | 0xdb => items::is_one_string(rest, 4),
        _ => false,
    }
}

pub(super) fn head(input: &mut Input<'_>) -> Result<Item, Misfit> {
    let first = input.byte()?;
    match first {
        0x00..=0x7f => Ok(Item::integer(first)),
        0x80..=0x8f => Ok(Item::Map(Some(u64::from(first & 0xf)))),
        0x90..=0x9f => Ok(Item::Array(Some(u64::from(first & 0xf)))),
        0xa0..=0xbf => Ok(Item::String(input.range(u64::from(first & 0x1f))?)),
        0xc0 => Ok(Item::Null),
        0xc2 | 0xc3 => Ok(Item::Literal(Literal::Boolean(first == 0xc3))),
        0xc4..=0xc6 => string(input, first - 0xc4, 0),
        0xc7..=0xc9 => string(input, first - 0xc7, 1),
        0xca => Ok(Item::Literal(Literal::Single(f32::from_bits(
            u32::try_from(input.number(4)?).map_err(|_| Misfit::Other)?,
        )))),
        0xcb => Ok(Item::Literal(Literal::Double(f64::from_bits(input.number(8)?)))),
        0xcc..=0xcf => Ok(Item::integer(input.number(1 << (first - 0xcc))?)),
        0xd0..=0xd3 => signed(input, first - 0xd0),
        0xd4..=0xd8 => Ok(Item::String(input.range(1 + (1 << (first - 0xd4)))?)),
        0xd9..=0xdb => string(input, first - 0xd9, 0),
        0xdc | 0xdd => Ok(Item::Array(Some(input.number(2 << (first - 0xdc))?))),
        0xde | 0xdf => Ok(Item::Map(Some(input.number(2 << (first - 0xde))?))),
        0xe0..=0xff => Ok(Item::integer(first.cast_signed())),
        0xc1 => Err(Misfit::Other),
    }
}

/// A string whose length has 2^`width` bytes, with `more` bytes for its type.
fn string(input: &mut Input<'_>, width: u8, more: u64) -> Result<Item, Misfit> {
    let len = input.number(1 << width)?;
    Ok(Item::String(input.range(len + more)?))
}

/// An integer of 2^`width` bytes in two's complement.
fn signed(input: &mut Input<'_>, width: u8) -> Result<Item, Misfit> {
    let unused = 64 - (8 << width);
    Ok(Item::integer((input.number(1 << width)? << unused).cast_signed() >> unused))
}
