//! Pairs of a name and a value: form fields, and the parameters of headers and cookies.

use super::{Decoder, Glance, Makes, Misfit, Sink, Stands, unescape};
use crate::peel::tree::{Kind, Step};

const WORD: &str = "form";
const WORD_PARAMETER: &str = "parameter";

/// `application/x-www-form-urlencoded`, as the URL standard has it.
pub(super) static FORM: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Unnamed),
    exclusive: true,
    recognise: is_list,
    decode: |input, sink| decode(input, b'&', WORD, sink),
};

/// Pairs between semicolons: cookies, and what stands behind a header's first word.
pub(super) static PARAMETERS: Decoder = Decoder {
    word: WORD_PARAMETER,
    makes: Makes::Parts(Stands::Never),
    exclusive: false,
    recognise: |view| view.has(b';') && is_list(view),
    decode: |input, sink| decode(input, b';', WORD_PARAMETER, sink),
};

/// Whether the first pair could be one: a name without anything that names rarely hold, and a value that is more than
/// base64's padding.
fn is_list(view: &Glance<'_>) -> bool {
    let Some(equals) = view.bytes.iter().position(|byte| !is_name(*byte)) else { return false };
    let rest = &view.bytes[equals..];
    equals > 0 && rest[0] == b'=' && rest.iter().any(|byte| *byte != b'=')
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
