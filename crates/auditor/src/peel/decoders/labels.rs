//! Labels of host names, in which DNS look-ups carry encoded values.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    glance::{Class, Mark},
    sink::Content,
    tree::{Kind, Step},
};

const WORD: &str = "label";

/// Shorter labels hold no token in any encoding that a label may hold.
const LABEL_BYTES_MIN: usize = 14;

/// Longest host name (RFC 1035).
const NAME_BYTES_MAX: usize = 255;

pub(super) static LABELS: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Beside,
    sign: Sign { alphabet: Class::HOST, marks: Mark::DOT, bytes_min: 15, ..Sign::NONE },
    recognise: |view| view.bytes.len() <= NAME_BYTES_MAX,
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut start = 0;
    for (index, label) in (0..).zip(input.split(|&byte| byte == b'.')) {
        let range = start..start + label.len();
        start = range.end + 1;
        if label.len() >= LABEL_BYTES_MIN {
            sink.part(None, Step::Nth(WORD, index), range.clone(), Content::Input(range), Kind::Bytes)?;
        }
    }
    Ok(())
}
