//! URLs inside text: long path segments, the pairs of the query and of the fragment.

use std::ops::Range;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn, percent};
use crate::peel::{
    glance::Mark,
    sink::Content,
    tree::{Kind, Step, offset},
};

const WORD_QUERY: &str = "query";
const WORD_SEGMENT: &str = "segment";

/// Shorter segments hold no token in any encoding that a path may hold; they can be read in the path itself.
const SEGMENT_BYTES_MIN: usize = 14;

/// The scheme stands within this many bytes from the beginning.
const SCHEME_BYTES_MAX: usize = 24;

pub(super) static URL: Decoder = Decoder {
    word: WORD_QUERY,
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Beside,
    sign: Sign { marks: Mark::SLASH, ..Sign::NONE },
    recognise: |view| view.starts_with(b"/") || is_absolute(view.bytes),
    decode,
};

/// Whether `text` is a URL with a scheme and more than an authority. All its escapes stand in the parts.
pub(super) fn is_absolute(text: &[u8]) -> bool {
    path_start(text).is_some()
}

/// Where the path begins, behind scheme and authority.
fn path_start(input: &[u8]) -> Option<usize> {
    let authority = if input.starts_with(b"https://") { b"https://".len() } else { authority_start(input)? };
    let len = input[authority..].iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'))?;
    Some(authority + len)
}

/// Where the authority begins, behind any scheme.
fn authority_start(input: &[u8]) -> Option<usize> {
    let head = &input[..input.len().min(SCHEME_BYTES_MAX)];
    let mut colon = head.iter().position(|&byte| byte == b':')?;
    while !head[colon..].starts_with(b"://") {
        colon += 1 + head[colon + 1..].iter().position(|&byte| byte == b':')?;
    }
    Some(colon + 3)
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let start = if input.starts_with(b"/") { 0 } else { path_start(input).ok_or(Misfit::Other)? };
    let query = memchr::memchr2(b'?', b'#', &input[start..]).map_or(input.len(), |len| start + len);
    let fragment = memchr::memchr(b'#', &input[query..]).map_or(input.len(), |len| query + len);
    segments(view, start..query, sink)?;
    pairs_of_query(view, (query + 1).min(fragment)..fragment, sink)?;
    pairs_of_query(view, (fragment + 1).min(input.len())..input.len(), sink)
}

fn segments(view: &Glance<'_>, path: Range<usize>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let is_escaped = view.has_all(Mark::PERCENT);
    let mut start = path.start;
    for (index, segment) in input[path].split(|&byte| byte == b'/').enumerate() {
        let range = start..start + segment.len();
        start = range.end + 1;
        if segment.len() >= SEGMENT_BYTES_MIN || is_escaped && percent::has_escape(segment) {
            let content = unescape(view, range.clone(), sink)?;
            sink.part(None, Step::Nth(WORD_SEGMENT, offset(index)), range, content, Kind::Bytes)?;
        }
    }
    Ok(())
}

/// Adds every `name=value` of the query that stands at `query`.
pub(in crate::peel) fn pairs_of_query(
    view: &Glance<'_>,
    query: Range<usize>,
    sink: &mut Sink<'_>,
) -> Result<(), Misfit> {
    let mut start = query.start;
    for (index, pair) in (0..).zip(view.bytes[query].split(|&byte| byte == b'&')) {
        let whole = start..start + pair.len();
        start = whole.end + 1;
        let (step, value) = match name_len(pair) {
            Some(len) => {
                let name = unescape(view, whole.start..whole.start + len, sink)?;
                (Step::Named(WORD_QUERY, sink.span(&name)), whole.start + len + 1..whole.end)
            }
            None if pair.is_empty() => continue,
            None => (Step::Nth(WORD_QUERY, index), whole.clone()),
        };
        let value = unescape(view, value, sink)?;
        sink.part(None, step, whole, value, Kind::Bytes)?;
    }
    Ok(())
}

/// Length of the name in a pair that has one; base64's padding is no value behind a name.
fn name_len(pair: &[u8]) -> Option<usize> {
    let len = pair.iter().position(|&byte| byte == b'=')?;
    let padding = pair.len() >= SEGMENT_BYTES_MIN && pair[len..].iter().all(|&byte| byte == b'=');
    (!padding).then_some(len)
}

/// A name or a value without its escapes; a plus is a blank only where other escapes show that it was escaped.
pub(in crate::peel) fn unescape(
    view: &Glance<'_>,
    range: Range<usize>,
    sink: &mut Sink<'_>,
) -> Result<Content, Misfit> {
    let escaped = &view.bytes[range.clone()];
    if !view.has_all(Mark::PERCENT) || !percent::has_escape(escaped) {
        return Ok(Content::Input(range));
    }
    sink.section(|sink| percent::unescape(escaped, percent::Plus::Blank, sink))
}
