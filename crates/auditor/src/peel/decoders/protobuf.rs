//! Protocol Buffers without a schema: fields by their numbers.
//!
//! Only one message is read here, with its groups. A field that is a message in turn is a view, and is read when its
//! turn comes.

use std::ops::Range;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    sink::Content,
    tree::{Kind, NodeId, Step},
};

pub(super) static PROTOBUF: Decoder = Decoder {
    word: "protobuf",
    makes: Makes::Parts(Stands::Unnamed),
    turn: Turn::Beside,
    sign: Sign { first: &FIRST, ..Sign::NONE },
    // Most views fail at one of the first fields: that is found out before anything is made of them.
    recognise: |view| {
        let mut fields = 0;
        let outcome = walk(view.bytes, |_| {
            fields += 1;
            if fields < FIELDS_LOOKED_AT { Ok(()) } else { Err(Misfit::Other) }
        });
        outcome.is_ok() || fields == FIELDS_LOOKED_AT
    },
    decode,
};

/// So many fields are looked at before anything is made of them.
const FIELDS_LOOKED_AT: usize = 3;

/// What a tag begins with: a field's number, from 1 on or with more bytes of it to come, and one of the wire types up to the
/// mark that starts a group, or 5.
static FIRST: [(u8, u8); 62] = {
    let mut ranges = [(0, 0); 62];
    let mut number = 1;
    while number < 32 {
        ranges[2 * number as usize - 2] = (number << 3, number << 3 | 3);
        ranges[2 * number as usize - 1] = (number << 3 | 5, number << 3 | 5);
        number += 1;
    }
    ranges
};

/// What comes next in a message.
enum Part {
    /// A group opens: its number, and where its mark begins and ends.
    Opens(u32, Range<usize>),
    /// The group that opened last ends here.
    Closes(usize),
    /// A field: its number, where it stands, and its value.
    Field(u32, Range<usize>, Range<usize>, Kind),
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut groups: Vec<NodeId> = Vec::new(); // that are open, at most as many as levels are followed
    let end = view.bytes.len();
    walk(view.bytes, |part| {
        let under = groups.last().copied();
        match part {
            Part::Opens(number, mark) => {
                let content = Content::Input(mark.end..end);
                groups.push(sink.part(under, Step::Field(number), mark.start..end, content, Kind::Inner)?);
            }
            Part::Closes(at) => groups.pop().into_iter().for_each(|node| sink.close(node, at)),
            Part::Field(number, whole, content, kind) => {
                sink.part(under, Step::Field(number), whole, Content::Input(content), kind)?;
            }
        }
        Ok(())
    })
}

/// Hands out one part of a message after another.
fn walk(input: &[u8], mut each: impl FnMut(Part) -> Result<(), Misfit>) -> Result<(), Misfit> {
    let mut groups: Vec<u32> = Vec::new(); // that are open
    let mut at = 0;
    while at < input.len() {
        let start = at;
        let tag = varint(input, &mut at)?;
        let number =
            u32::try_from(tag >> 3).ok().filter(|number| (1..1 << 29).contains(number)).ok_or(Misfit::Other)?;
        match tag & 7 {
            GROUP_STARTS => {
                groups.push(number);
                each(Part::Opens(number, start..at))?;
            }
            GROUP_ENDS => {
                groups.pop().filter(|open| *open == number).ok_or(Misfit::Other)?;
                each(Part::Closes(at))?;
            }
            wire_type => {
                let (content, kind) = value(input, wire_type, at)?;
                at = content.end;
                each(Part::Field(number, start..at, content, kind))?;
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
    if let Some(&byte @ ..0x80) = input.get(*at) {
        *at += 1;
        return Ok(u64::from(byte)); // nearly all are this short
    }
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
