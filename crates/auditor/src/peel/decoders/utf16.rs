//! UTF-16 in either byte order, with or without a mark.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};

pub(super) static UTF16: Decoder = Decoder {
    word: "utf-16",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { is_binary: true, ..Sign::NONE },
    recognise,
    decode,
};

/// A mark, or Latin letters whose other byte is zero.
fn recognise(view: &Glance<'_>) -> bool {
    let [first, second, third, fourth, ..] = *view.bytes else { return false };
    let marked = matches!((first, second), (0xff, 0xfe) | (0xfe, 0xff));
    let big = (first, third) == (0, 0) && second > 0 && fourth > 0;
    let little = (second, fourth) == (0, 0) && first > 0 && third > 0;
    marked || big || little
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let (big, text) = match input {
        [0xfe, 0xff, text @ ..] => (true, text),
        [0xff, 0xfe, text @ ..] => (false, text),
        [0, ..] => (true, input),
        _ => (false, input),
    };
    let (pairs, rest) = text.as_chunks();
    if !rest.is_empty() {
        return Err(Misfit::Other);
    }
    let units = pairs.iter().map(|&pair| if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) });
    for character in char::decode_utf16(units) {
        let character = character.map_err(|_| Misfit::Other)?;
        sink.write(character.encode_utf8(&mut [0; 4]).as_bytes())?;
    }
    Ok(())
}
