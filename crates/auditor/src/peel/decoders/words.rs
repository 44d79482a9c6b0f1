//! Long words in text or among bytes of no known format: credentials behind their scheme, data URLs, lines of a log,
//! tables, markup, documents that were cut off.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    glance::{Mark, parts_words},
    sink::Content,
    tree::{Kind, Step, offset},
};

const WORD: &str = "word";

/// Shorter words hold no token in any encoding but plain text, which can be read in the whole.
const WORD_BYTES_MIN: usize = 14;

pub(super) static WORDS: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Last,
    sign: Sign { marks: Mark::GAP, bytes_min: 15, ..Sign::NONE },
    recognise: |view| word_from(view.bytes, 0).is_some(),
    decode,
};

/// Where the next word that is long enough begins, from `start` on.
fn word_from(input: &[u8], mut start: usize) -> Option<usize> {
    while let Some(window) = input.get(start..start + WORD_BYTES_MIN) {
        // No word of any length worth a look begins before the last gap in a window of the least length.
        match window.iter().rposition(|&byte| parts_words(byte)) {
            Some(gap) => start += gap + 1,
            None => return Some(start),
        }
    }
    None
}

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    // The words that end before `counted` were counted.
    let (mut start, mut counted, mut index) = (0, 0, 0);
    while let Some(word) = word_from(input, start) {
        start = word;
        let more = input[start + WORD_BYTES_MIN..].iter().position(|&byte| parts_words(byte));
        let end = more.map_or(input.len(), |more| start + WORD_BYTES_MIN + more);
        index += input[counted..start].iter().filter(|&&byte| parts_words(byte)).count();
        counted = start;
        if end - start < input.len() {
            sink.part(None, Step::Nth(WORD, offset(index)), start..end, Content::Input(start..end), Kind::Bytes)?;
        }
        start = end;
    }
    Ok(())
}
