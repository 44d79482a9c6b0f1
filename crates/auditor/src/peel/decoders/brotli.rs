//! Brotli (RFC 7932).
//!
//! The format has neither a mark nor a checksum: a stream must fit to the last byte, as for raw DEFLATE. One that goes
//! on beyond any room is a bomb only if it goes on for much longer than noise does.

mod header;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Decoder, Glance, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::peeled::Limit;

/// Noise that happens to begin like a stream ends with its first metablock, which makes at most 16 MiB.
const SURE_BYTES: usize = 24 << 20;

/// Output is made in pieces of at most this many bytes.
const PIECE_BYTES_MAX: usize = 1 << 16;

pub(super) static BROTLI: Decoder = Decoder {
    word: "brotli",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { is_binary: true, ..Sign::NONE },
    recognise: |view| header::may_begin(view.bytes),
    decode,
};

fn decode(view: &Glance<'_>, sink: &mut Sink<'_>) -> Result<(), Misfit> {
    let input = view.bytes;
    let mut stream = Stream::of(input);
    let piece_bytes = input.len().saturating_mul(4).clamp(1 << 10, PIECE_BYTES_MAX);
    let room = sink.room();
    let mut surplus = Vec::new();
    loop {
        let len = piece_bytes.min(room - stream.made.min(room));
        let before = stream.made;
        let result = if len > 0 {
            let result = stream.fill(sink.write_zeros(len)?);
            sink.made.truncate(sink.made.len() - len + (stream.made - before));
            result
        } else {
            surplus.resize(PIECE_BYTES_MAX, 0);
            sink.charge(PIECE_BYTES_MAX);
            stream.fill(&mut surplus)
        };
        let full = stream.made > room;
        match result {
            BrotliResult::NeedsMoreOutput if stream.made < SURE_BYTES.max(room) => {}
            BrotliResult::NeedsMoreOutput => return Err(Misfit::Exceeds(Limit::Output)),
            BrotliResult::ResultSuccess if stream.unread > 0 || stream.made == 0 => return Err(Misfit::Other),
            BrotliResult::ResultSuccess if full => return Err(Misfit::Exceeds(Limit::Output)),
            BrotliResult::ResultSuccess => return Ok(()),
            BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => return Err(Misfit::Other),
        }
    }
}

/// A stream that is being read.
struct Stream<'a> {
    input: &'a [u8],
    unread: usize,
    made: usize,
    state: BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>,
}

impl<'a> Stream<'a> {
    fn of(input: &'a [u8]) -> Self {
        let alloc = StandardAlloc::default;
        Self { input, unread: input.len(), made: 0, state: BrotliState::new_strict(alloc(), alloc(), alloc()) }
    }

    /// Reads on until `piece` is full or the stream ends.
    fn fill(&mut self, piece: &mut [u8]) -> BrotliResult {
        let mut read = self.input.len() - self.unread;
        let (mut left, mut written) = (piece.len(), 0);
        BrotliDecompressStream(
            &mut self.unread,
            &mut read,
            self.input,
            &mut left,
            &mut written,
            piece,
            &mut self.made,
            &mut self.state,
        )
    }
}
