//! Percent-encoding (RFC 3986, section 2.1).

use super::{Decoder, Makes, Misfit, Sign, Sink, Turn, url};
use crate::peel::glance::Mark;

pub(super) static PERCENT: Decoder = Decoder {
    word: "percent",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { marks: Mark::PERCENT, ..Sign::NONE },
    recognise: |view| has_escape(view.bytes) && !url::is_absolute(view.bytes),
    decode: |view, sink| unescape(view.bytes, Plus::Plus, sink),
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
    memchr::memchr_iter(b'%', text).any(|at| byte_of(&text[at..]).is_some())
}

/// Writes `text` without its escapes; a percent sign that begins none stays.
pub(super) fn unescape(text: &[u8], plus: Plus, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    sink.reserve(text.len())?;
    let mut rest = text;
    loop {
        let special = match plus {
            Plus::Plus => memchr::memchr(b'%', rest),
            Plus::Blank => memchr::memchr2(b'%', b'+', rest),
        };
        let Some(at) = special else { return sink.write(rest) };
        let (byte, read) = match byte_of(&rest[at..]) {
            Some(byte) => (byte, 3),
            None if rest[at] == b'+' => (b' ', 1),
            None => (rest[at], 1),
        };
        sink.write(&rest[..at])?;
        sink.write(&[byte])?;
        rest = &rest[at + read..];
    }
}

/// The byte of the escape that `text` begins with.
fn byte_of(text: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = *text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? << 4 | digit(low)?)
}
