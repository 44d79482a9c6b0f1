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
    sign: Sign { marks: Mark::GAP, ..Sign::NONE },
    recognise: |view| view.bytes.len() > WORD_BYTES_MIN,
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    // The words that end before `counted` were counted.
    let (mut start, mut counted, mut index) = (0, 0, 0);
    while let Some(window) = input.get(start..start + WORD_BYTES_MIN) {
        // No word of any length worth a look begins before the last gap in a window of the least length.
        if let Some(gap) = window.iter().rposition(|&byte| parts_words(byte)) {
            start += gap + 1;
            continue;
        }
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
