//! Pairs of a name and a value: form fields, and cookies.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn, unescape};
use crate::peel::{
    glance::Mark,
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
    decode: |input, sink| decode(input, b'&', WORD, sink),
};

/// Pairs between semicolons, as cookies are.
pub(super) static PARAMETERS: Decoder = Decoder {
    word: WORD_PARAMETER,
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Beside,
    sign: Sign { marks: Mark::EQUALS.and(Mark::SEMICOLON), ..Sign::NONE },
    recognise: |view| is_list(view) && is_parameters(view),
    decode: |input, sink| decode(input, b';', WORD_PARAMETER, sink),
};

/// Whether the first pair could be one: a name without anything that names rarely hold, and a value that is more than
/// base64's padding.
fn is_list(view: &Glance<'_>) -> bool {
    let Some(equals) = view.bytes.iter().position(|byte| !is_name(*byte)) else { return false };
    let rest = &view.bytes[equals..];
    equals > 0 && rest[0] == b'=' && rest.iter().any(|byte| *byte != b'=' && !byte.is_ascii_whitespace())
}

/// Whether semicolons part the pairs: one with a blank behind it, which a form escapes, or one where nothing else does.
fn is_parameters(view: &Glance<'_>) -> bool {
    view.has_all(Mark::SEMICOLON) && (!view.has(b'&') || view.bytes.windows(2).any(|bytes| bytes == b"; "))
}

const fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%' | b'+' | b'$' | b'~' | b'*')
}

fn decode(input: &[u8], separator: u8, word: &'static str, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut start = 0;
    for pair in input.split(|&byte| byte == separator) {
        let blanks = pair.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let whole = start + blanks..start + pair.len();
        start += pair.len() + 1;
        let Some(equals) = input[whole.clone()].iter().position(|&byte| byte == b'=') else { continue };
        let equals = whole.start + equals;
        let name = unescape(input, whole.start..equals, sink)?;
        let step = Step::Named(word, sink.span(&name));
        let value = unescape(input, equals + 1..whole.end, sink)?;
        sink.part(None, step, whole, value, Kind::Bytes)?;
    }
    Ok(())
}
