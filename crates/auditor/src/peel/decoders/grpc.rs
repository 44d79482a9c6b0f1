//! gRPC messages: each a flag (compressed or not), a length of four bytes, and as many bytes.

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Stands, Turn};
use crate::peel::{
    sink::Content,
    tree::{Kind, Step},
};

const WORD: &str = "grpc";

pub(super) static GRPC: Decoder = Decoder {
    word: WORD,
    makes: Makes::Parts(Stands::Unnamed),
    turn: Turn::Beside,
    sign: Sign { first: &[(0, 1)], ..Sign::NONE },
    recognise: |view| matches!(view.bytes, [0 | 1, ..]),
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut start = 0;
    for index in 0.. {
        let Some([0 | 1, length @ ..]) = input.get(start..start + 5) else { return Err(Misfit::Other) };
        let length = <[u8; 4]>::try_from(length).map_err(|_| Misfit::Other)?;
        let length = usize::try_from(u32::from_be_bytes(length)).map_err(|_| Misfit::Other)?;
        let message = start + 5..start + 5 + length;
        if message.end > input.len() {
            return Err(Misfit::Other);
        }
        let whole = start..message.end;
        start = message.end;
        sink.part(None, Step::Nth(WORD, index), whole, Content::Input(message), Kind::Bytes)?;
        if start == input.len() {
            break;
        }
    }
    Ok(())
}
