//! Brotli (RFC 7932).
//!
//! The format has neither a mark nor a checksum: a stream must fit to the last byte, as for raw DEFLATE. One that goes
//! on beyond any room is a bomb only if it goes on for much longer than noise does.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};

use super::{Decoder, Makes, Misfit, Sign, Sink, Turn};
use crate::peel::peeled::Limit;

/// Noise that happens to begin like a stream ends with its first metablock, which makes at most 16 MiB.
const SURE_BYTES: usize = 24 << 20;

/// Output is made in pieces of at most this many bytes.
const PIECE_BYTES_MAX: usize = 1 << 16;

/// Encoders store what does not shrink, so a metablock is hardly longer than what it makes, in bytes.
const OVERHEAD_BYTES_MAX: usize = 64;

pub(super) static BROTLI: Decoder = Decoder {
    word: "brotli",
    makes: Makes::Output,
    turn: Turn::Beside,
    sign: Sign { is_binary: true, ..Sign::NONE },
    recognise: |view| begins_metablock(view.bytes),
    decode,
};

/// Whether the bits begin with a window size and the header of a metablock (sections 9.1 and 9.2) that goes together
/// with the length of the stream.
fn begins_metablock(bytes: &[u8]) -> bool {
    let mut head = [0; 8];
    let len = bytes.len().min(8);
    head[..len].copy_from_slice(&bytes[..len]);
    let mut bits = u64::from_le_bytes(head);
    let mut take = |count: u32| {
        let taken = bits & ((1 << count) - 1);
        bits >>= count;
        taken
    };
    if take(1) == 1 && take(3) == 0 && take(3) == 1 {
        return false; // a large window, which no browser sends
    }
    let last = take(1) == 1;
    if last && take(1) == 1 {
        return false; // an empty stream
    }
    let nibbles = 4 + u32::try_from(take(2)).unwrap_or_default();
    if nibbles == 7 {
        return !last && take(1) == 0; // metadata, then a reserved bit
    }
    let makes = take(4 * nibbles);
    let shortest = nibbles == 4 || makes >> (4 * (nibbles - 1)) != 0;
    let shrinks = !last || usize::try_from(makes).is_ok_and(|makes| bytes.len() <= makes + 1 + OVERHEAD_BYTES_MAX);
    shortest && shrinks
}

fn decode(input: &[u8], sink: &mut Sink<'_>) -> Result<(), Misfit> {
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
