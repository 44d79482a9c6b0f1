//! JSON Web Tokens in compact form (RFC 7519): three base64url segments joined by dots.

use data_encoding::BASE64URL_NOPAD;

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn, base64};
use crate::peel::{
    glance::{Class, Mark},
    tree::{Kind, Step},
};

pub(super) static JWT: Decoder = Decoder {
    word: "jwt",
    makes: Makes::Parts(Stands::Never),
    turn: Turn::Alone,
    sign: Sign { first: &[(b'e', b'e')], alphabet: Class::HOST, marks: Mark::DOT, ..Sign::NONE },
    // `{"` in base64, with which every header begins.
    recognise: |view| view.starts_with(b"eyJ"),
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut start = 0;
    // The third segment is a signature or encrypted.
    for (word, segment) in ["jwt:header", "jwt:payload"].into_iter().zip(input.split(|&byte| byte == b'.')) {
        let range = start..start + segment.len();
        start = range.end + 1;
        let content = sink.section(|sink| base64::decode_with(&BASE64URL_NOPAD, segment, sink))?;
        sink.part(None, Step::Place(word), range, content, Kind::Bytes)?;
    }
    Ok(())
}
