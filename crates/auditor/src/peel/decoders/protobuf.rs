//! Protocol Buffers without a schema: fields by their numbers.
//!
//! Only one message is read here, with its groups. A field that is a message in turn is a view, and is read when its
//! turn comes.

use std::ops::Range;

use super::{Decoder, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    sink::Content,
    tree::{Kind, NodeId, Step},
};

pub(super) static PROTOBUF: Decoder = Decoder {
    word: "protobuf",
    makes: Makes::Parts(Stands::Unnamed),
    turn: Turn::Beside,
    sign: Sign::NONE,
    recognise: |view| view.bytes.first().is_some_and(|first| !matches!(first & 7, 4 | 6 | 7) && first & 0xf8 != 0),
    decode,
};

fn decode(input: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut groups: Vec<(u32, NodeId)> = Vec::new(); // that are open, at most as many as levels are followed
    let mut at = 0;
    while at < input.len() {
        let start = at;
        let tag = varint(input, &mut at)?;
        let number =
            u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number)).ok_or(Misfit::Other)?;
        let (under, step) = (groups.last().map(|group| group.1), Step::Field(number));
        match tag & 7 {
            GROUP_STARTS => {
                let whole = start..input.len();
                let node = sink.part(under, step, whole, Content::Input(at..input.len()), Kind::Inner)?;
                groups.push((number, node));
            }
            GROUP_ENDS => {
                let (_, node) = groups.pop().filter(|group| group.0 == number).ok_or(Misfit::Other)?;
                sink.close(node, at);
            }
            wire_type => {
                let (content, kind) = value(input, wire_type, at)?;
                at = content.end;
                sink.part(under, step, start..at, Content::Input(content), kind)?;
            }
        }
    }
    if groups.is_empty() { Ok(()) } else { Err(Misfit::Other) }
}

/// Wire types of the marks around a group, which old encoders write in place of a message with a length.
const GROUP_STARTS: u64 = 3;
const GROUP_ENDS: u64 = 4;

/// Where the value at `at` stands, by its wire type.
fn value(input: &[u8], wire_type: u64, mut at: usize) -> Result<(Range<usize>, Kind), Misfit> {
    let start = at;
    let (content, kind) = match wire_type {
        0 => {
            varint(input, &mut at)?;
            (start..at, Kind::Varint)
        }
        1 => (start..start + 8, Kind::Fixed),
        2 => {
            let len = usize::try_from(varint(input, &mut at)?).map_err(|_| Misfit::Other)?;
            (at..at.checked_add(len).ok_or(Misfit::Other)?, Kind::Bytes)
        }
        5 => (start..start + 4, Kind::Fixed),
        _ => return Err(Misfit::Other),
    };
    if content.end <= input.len() { Ok((content, kind)) } else { Err(Misfit::Other) }
}

/// Reads a varint of at most ten bytes at `at`.
fn varint(input: &[u8], at: &mut usize) -> Result<u64, Misfit> {
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let byte = *input.get(*at).ok_or(Misfit::Other)?;
        *at += 1;
        if shift < 64 {
            number |= u64::from(byte & 0x7f) << shift;
        }
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Misfit::Other)
}

/// The number that a varint stands for, as far as it can be read.
pub(in crate::peel) fn varint_value(bytes: &[u8]) -> u64 {
    varint(bytes, &mut 0).unwrap_or_default()
}
