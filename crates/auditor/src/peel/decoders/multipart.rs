//! Multipart bodies (RFC 2046, RFC 7578).

use std::ops::Range;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    sink::Content,
    tree::{Kind, Step},
};

const WORD: &str = "multipart";

/// Longest boundary, as RFC 2046 has it, with its two hyphens.
const DELIMITER_BYTES_MAX: usize = 72;

pub(super) static MULTIPART: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Always),
    turn: Turn::Alone,
    sign: Sign { first: &[(b'-', b'-')], ..Sign::NONE },
    recognise: |view| view.starts_with(b"--"),
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let delimiter = input.iter().take(DELIMITER_BYTES_MAX + 1).position(|byte| matches!(byte, b'\r' | b'\n'));
    let delimiter = &input[..delimiter.ok_or(Misfit::Other)?];
    if delimiter.len() < 3 {
        return Err(Misfit::Other);
    }
    let mut start = after_line(input, delimiter.len());
    for index in 0.. {
        let Some(end) = find(input, start, delimiter) else {
            return if index == 0 { Err(Misfit::Other) } else { Ok(()) };
        };
        part(input, start..end, index, sink)?;
        start = after_line(input, end + delimiter.len());
    }
    Ok(())
}

/// Adds one part, by its name if it has one.
fn part(input: &[u8], whole: Range<usize>, index: u32, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let body = header_end(input, whole.clone());
    let name = name_in(input, whole.start..body);
    let step = match name {
        Some(name) => Step::Named(WORD, sink.span(&Content::Input(name))),
        None => Step::Nth(WORD, index),
    };
    let line_end = [b"\r\n".as_slice(), b"\n"].into_iter().find(|end| input[body..whole.end].ends_with(end));
    let body_end = whole.end - line_end.map_or(0, |end| end.len());
    sink.part(None, step, whole, Content::Input(body..body_end), Kind::Bytes).map(drop)
}

/// Where the headers of a part end: behind the first empty line.
fn header_end(input: &[u8], whole: Range<usize>) -> usize {
    let mut at = whole.start;
    while at < whole.end {
        let line_end = after_line(input, at).min(whole.end);
        if matches!(&input[at..line_end], b"\r\n" | b"\n") {
            return line_end;
        }
        at = line_end;
    }
    whole.start
}

/// The value of `name="…"` among the headers.
fn name_in(input: &[u8], headers: Range<usize>) -> Option<Range<usize>> {
    const MARK: &[u8] = b" name=\"";
    let start =
        headers.start + input[headers.clone()].windows(MARK.len()).position(|bytes| bytes == MARK)? + MARK.len();
    let len = input[start..headers.end].iter().position(|&byte| byte == b'"')?;
    Some(start..start + len)
}

/// Where the line that `at` stands in ends.
fn after_line(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at.min(input.len()) + rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1)
}

/// Where `delimiter` next begins a line.
fn find(input: &[u8], from: usize, delimiter: &[u8]) -> Option<usize> {
    let mut at = from;
    while at < input.len() {
        if input[at..].starts_with(delimiter) {
            return Some(at);
        }
        at = after_line(input, at);
    }
    None
}
