//! Long words in text or among bytes of no known format: credentials behind their scheme, data URLs, lines of a log,
//! tables, markup, documents that were cut off.

use super::{Decoder, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    glance::{Mark, parts_words},
    sink::Content,
    tree::{Kind, Step},
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

fn decode(input: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let mut start = 0;
    for (index, word) in (0..).zip(input.split(|&byte| parts_words(byte))) {
        let range = start..start + word.len();
        start = range.end + 1;
        if word.len() >= WORD_BYTES_MIN && word.len() < input.len() {
            sink.part(None, Step::Nth(WORD, index), range.clone(), Content::Input(range), Kind::Bytes)?;
        }
    }
    Ok(())
}
