//! JSON (RFC 8259), one document or several one after another.
//!
//! A reader of its own rather than a library's: leaves must be ranges of the text, numbers must stay as written, and
//! everything about the text's place must be known.

use std::ops::Range;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    sink::Content,
    tree::{Kind, NodeId, Step},
};

const WORD: &str = "json";
const WORD_LINES: &str = "json-lines";

pub(super) static JSON: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Always),
    turn: Turn::Alone,
    sign: Sign {
        first: &[(b'\t', b'\n'), (b'\r', b'\r'), (b' ', b' '), (b'"', b'"'), (b'[', b'['), (b'{', b'{')],
        ..Sign::NONE
    },
    recognise: |view| {
        let first = view.bytes.iter().find(|byte| !is_blank(**byte));
        matches!(first, Some(b'{' | b'[' | b'"'))
    },
    decode,
};

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let first = sink.nodes.len();
    let mut scan = Scan { input, at: 0, sink };
    let mut documents = 0;
    scan.skip_blanks();
    while scan.at < input.len() {
        scan.value(None, Step::Line(WORD_LINES, documents))?;
        documents += 1;
        scan.skip_blanks();
    }
    if documents == 1 {
        scan.sink.nodes[first].step = Step::Document(WORD);
    }
    Ok(())
}

/// Reads values from `at` on.
struct Scan<'i, 's, 'a> {
    input: &'i [u8],
    at: usize,
    sink: &'s mut Sink<'a>,
}

impl Scan<'_, '_, '_> {
    fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    /// Skips `byte` if it is what comes next, with the blanks behind it.
    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at += 1;
            self.skip_blanks();
        }
        found
    }

    fn value(&mut self, under: Option<NodeId>, step: Step) -> Result<(), Misfit> {
        let start = self.at;
        match self.peek().ok_or(Misfit::Other)? {
            b'{' => self.within(under, step, Self::members),
            b'[' => self.within(under, step, Self::elements),
            b'"' => {
                let content = self.string()?;
                self.sink.part(under, step, start..self.at, content, Kind::Bytes).map(drop)
            }
            _ => {
                let kind = self.literal()?;
                self.sink.part(under, step, start..self.at, Content::Input(start..self.at), kind).map(drop)
            }
        }
    }

    /// Reads an object or an array: its node first, then what it holds.
    fn within(
        &mut self,
        under: Option<NodeId>,
        step: Step,
        read: fn(&mut Self, NodeId) -> Result<(), Misfit>,
    ) -> Result<(), Misfit> {
        let start = self.at;
        let whole = start..self.input.len();
        let node = self.sink.part(under, step, whole.clone(), Content::Input(whole), Kind::Inner)?;
        self.at += 1;
        self.skip_blanks();
        read(self, node)?;
        self.sink.close(node, self.at);
        Ok(())
    }

    fn members(&mut self, node: NodeId) -> Result<(), Misfit> {
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.string()?;
            let key = self.sink.span(&key);
            self.skip_blanks();
            if !self.skip(b':') {
                return Err(Misfit::Other);
            }
            self.value(Some(node), Step::Key(key))?;
            self.skip_blanks();
            if self.skip(b',') {
                continue;
            }
            return self.end(b'}');
        }
    }

    fn elements(&mut self, node: NodeId) -> Result<(), Misfit> {
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        for index in 0.. {
            self.value(Some(node), Step::At(index))?;
            self.skip_blanks();
            if !self.skip(b',') {
                break;
            }
        }
        self.end(b']')
    }

    fn end(&mut self, byte: u8) -> Result<(), Misfit> {
        if self.peek() != Some(byte) {
            return Err(Misfit::Other);
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a number, a boolean or null.
    fn literal(&mut self) -> Result<Kind, Misfit> {
        let rest = &self.input[self.at..];
        let is_in_literal = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let len = rest.iter().take_while(is_in_literal).count();
        let (word, kind) = match &rest[..len] {
            word @ (b"true" | b"false") => (word, Kind::Literal),
            word @ b"null" => (word, Kind::Null),
            word @ [b'-' | b'0'..=b'9', ..] => (word, Kind::Literal),
            _ => return Err(Misfit::Other),
        };
        self.at += word.len();
        Ok(kind)
    }

    /// Reads a string: a range of the input if nothing in it is escaped.
    fn string(&mut self) -> Result<Content, Misfit> {
        if self.peek() != Some(b'"') {
            return Err(Misfit::Other);
        }
        let start = self.at + 1;
        let mut escaped = false;
        let mut at = start;
        loop {
            let rest = self.input.get(at..).ok_or(Misfit::Other)?;
            at += quote_or_escape(rest).ok_or(Misfit::Other)?;
            if self.input[at] == b'"' {
                break;
            }
            escaped = true;
            at += 2;
        }
        self.at = at + 1;
        if escaped { self.unescape(start..at) } else { Ok(Content::Input(start..at)) }
    }

    fn unescape(&mut self, range: Range<usize>) -> Result<Content, Misfit> {
        let mut rest = &self.input[range];
        self.sink.section(|sink| {
            while let Some(plain) = memchr::memchr(b'\\', rest) {
                sink.write(&rest[..plain])?;
                let (character, len) = escape(&rest[plain..])?;
                sink.write(character.encode_utf8(&mut [0; 4]).as_bytes())?;
                rest = &rest[plain + len..];
            }
            sink.write(rest)
        })
    }
}

/// Where the next quotation mark or backslash stands. Most strings are so short that eight bytes at a time are faster
/// than a call.
fn quote_or_escape(text: &[u8]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    for (at, word) in words.iter().take(2).enumerate() {
        let word = u64::from_le_bytes(*word);
        let found = zeros(word ^ (ONES * u64::from(b'"'))) | zeros(word ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(8 * at + found.trailing_zeros() as usize / 8);
        }
    }
    let rest = 8 * words.len().min(2);
    memchr::memchr2(b'"', b'\\', &text[rest..]).map(|at| rest + at)
}

/// One in each byte.
const ONES: u64 = u64::MAX / 0xff;

/// Sets the highest bit of the lowest byte that is zero, if any is; those of higher bytes say nothing.
const fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

/// The character that `text` begins with, escaped, and the length of the escape in bytes.
fn escape(text: &[u8]) -> Result<(char, usize), Misfit> {
    let character = match text.get(1) {
        Some(b'n') => '\n',
        Some(b't') => '\t',
        Some(b'r') => '\r',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(&same @ (b'"' | b'\\' | b'/')) => char::from(same),
        Some(b'u') => return Ok(escaped_unit(text)),
        _ => return Err(Misfit::Other),
    };
    Ok((character, 2))
}

/// The character of `\uXXXX`, or of two that form a pair; half a pair reads as the replacement character.
fn escaped_unit(text: &[u8]) -> (char, usize) {
    let unit = |text: &[u8]| -> Option<u16> {
        let digits = std::str::from_utf8(text.strip_prefix(b"\\u")?.get(..4)?).ok()?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(text) else { return (char::REPLACEMENT_CHARACTER, 2) };
    let low = text.get(6..).and_then(unit);
    let read = |units: &[u16]| char::decode_utf16(units.iter().copied()).next().and_then(Result::ok);
    match (read(&[high]), low.and_then(|low| read(&[high, low]))) {
        (Some(single), _) => (single, 6),
        (None, Some(pair)) => (pair, 12),
        (None, None) => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pair_of_escapes_is_one_character() {
        assert_eq!(escape(br"\ud83d\ude00!"), Ok(('😀', 12)));
    }

    #[test]
    fn half_a_pair_reads_as_replacement() {
        assert_eq!(escape(br"\ud83d..."), Ok(('\u{fffd}', 6)));
    }

    #[test]
    fn nesting_beyond_what_is_followed_is_a_limit_and_no_crash() {
        let peeled = crate::peel::Peeler::default().peel_body(&[b'['; 100_000]);
        assert_eq!(peeled.exhausted().map(|exhausted| exhausted.limit), Some(crate::peel::Limit::Depth));
    }
}
