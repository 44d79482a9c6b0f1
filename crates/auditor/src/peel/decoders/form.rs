//! Pairs of a name and a value: form fields, and cookies.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn, unescape};
use crate::peel::{
    glance::{Class, Mark},
    tree::{Kind, Step},
};

const WORD: &str = "form";
const WORD_PARAMETER: &str = "parameter";

/// `application/x-www-form-urlencoded`, as the URL standard has it.
pub(super) static FORM: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Unnamed),
    turn: Turn::Alone,
    sign: Sign { marks: Mark::EQUALS, ..Sign::NONE },
    recognise: |view| is_list(view) && !is_parameters(view),
    decode: |view, sink| decode(view, b'&', WORD, sink),
};

/// Pairs between semicolons, as cookies are.
pub(super) static PARAMETERS: Decoder = Decoder {
    word: WORD_PARAMETER,
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Beside,
    sign: Sign { marks: Mark::EQUALS.and(Mark::SEMICOLON), ..Sign::NONE },
    recognise: |view| is_list(view) && is_parameters(view),
    decode: |view, sink| decode(view, b';', WORD_PARAMETER, sink),
};

/// Whether the first pair could be one: a name without anything that names rarely hold, and a value that is more than
/// base64's padding.
fn is_list(view: &Glance<'_>) -> bool {
    let Some(end) = view.bytes.iter().position(|&byte| !Class::NAME.holds(byte)) else { return false };
    let (name, rest) = view.bytes.split_at(end);
    let has_value = || rest.iter().any(|byte| *byte != b'=' && !byte.is_ascii_whitespace());
    !name.is_empty() && rest.starts_with(b"=") && has_value()
}

/// Whether semicolons part the pairs: one with a blank behind it, which a form escapes, or one where nothing else does.
fn is_parameters(view: &Glance<'_>) -> bool {
    view.has(b';') && (!view.has(b'&') || view.bytes.windows(2).any(|bytes| bytes == b"; "))
}

fn decode(view: &Glance<'_>, separator: u8, word: &'static str, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut start = 0;
    for end in memchr::memchr_iter(separator, input).chain([input.len()]) {
        let pair = &input[start..end];
        let blanks = pair.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let whole = start + blanks..end;
        start = end + 1;
        let Some(equals) = memchr::memchr(b'=', &input[whole.clone()]) else { continue };
        let equals = whole.start + equals;
        let name = unescape(view, whole.start..equals, sink)?;
        let step = Step::Named(word, sink.span(&name));
        let value = unescape(view, equals + 1..whole.end, sink)?;
        sink.part(None, step, whole, value, Kind::Bytes)?;
    }
    Ok(())
}
