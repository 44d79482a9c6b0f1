//! Percent-encoding (RFC 3986, section 2.1).

use super::{Decoder, Makes, Misfit, Sign, Sink, Turn, url};
use crate::peel::glance::Mark;

pub(super) static PERCENT: Decoder = Decoder {
    word: "percent",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { marks: Mark::PERCENT, ..Sign::NONE },
    recognise: |view| has_escape(view.bytes) && !url::is_absolute(view.bytes),
    decode: |input, sink| unescape(input, Plus::Plus, sink),
};

/// What a plus stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    /// Itself.
    Plus,
    /// A blank, as in forms.
    Blank,
}

/// Whether anything is escaped.
pub(super) fn has_escape(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        rest = &rest[at..];
        if byte_of(rest).is_some() {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Writes `text` without its escapes; a percent sign that begins none stays.
pub(super) fn unescape(text: &[u8], plus: Plus, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut written = sink.made.len();
    let slots = sink.write_zeros(text.len())?;
    let mut rest = text;
    let mut len = 0;
    while let Some(&first) = rest.first() {
        let (byte, read) = match byte_of(rest) {
            Some(byte) => (byte, 3),
            None if first == b'+' && plus == Plus::Blank => (b' ', 1),
            None => (first, 1),
        };
        slots[len] = byte;
        len += 1;
        rest = &rest[read..];
    }
    written += len;
    sink.made.truncate(written);
    Ok(())
}

/// The byte of the escape that `text` begins with.
fn byte_of(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}
