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

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use proptest::{collection::vec, prelude::*, sample::Index};

    use super::*;

    /// Events as brotli 1.1.0 compresses them at quality 11.
    const STREAM: &str = "GzwKQIzDdOMrr0Ip471m0dnqqon/N+3Nzl1733HGCxIhBP/PczKQ/2zqF2c66njYFGacQMqBhyw9NAHJuns/mD8IgW+A1/OKcMz0x+Whz9HvL2/5nNMA/sL5boAD2V/DnPhIOBEtSCxJrkitSW/IbMnebuAh3+CLZ7wjGiajwkRpsjJVm27MtGQP2jm03Hg0TEaFidJkZao23ZhpyR6yc2S58WiYjAoTpcnKVG26MbO91Pt/";

    /// Whether the decompressor reads all of `bytes`, and makes something of them.
    fn is_stream(bytes: &[u8]) -> bool {
        let mut stream = Stream::of(bytes);
        let mut piece = vec![0; 1 << 16];
        while stream.made < 1 << 20 {
            match stream.fill(&mut piece) {
                BrotliResult::NeedsMoreOutput => {}
                BrotliResult::ResultSuccess => return stream.unread == 0 && stream.made > 0,
                BrotliResult::NeedsMoreInput | BrotliResult::ResultFailure => return false,
            }
        }
        true
    }

    #[test]
    fn header_of_a_stream_may_begin_one() {
        let stream = BASE64.decode(STREAM.as_bytes()).expect("digits");
        assert!(is_stream(&stream) && header::may_begin(&stream));
        // A window of 16 bits, a metablock of three bytes that are not compressed, and the last, which is empty.
        let stored = [0x20, 0x00, 0x10, b'a', b'b', b'c', 0x03];
        assert!(is_stream(&stored) && header::may_begin(&stored));
        assert!(!header::may_begin(&stored[..6]), "it has no last metablock");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_cannot_begin_a_stream_is_none(
            noise in vec(any::<u8>(), 1..24), at in any::<Index>(), flipped in any::<u8>(), is_noise in any::<bool>(),
        ) {
            let mut stream = BASE64.decode(STREAM.as_bytes()).expect("digits");
            stream[at.index(20)] ^= flipped;
            let bytes = if is_noise { noise } else { stream };
            prop_assert!(header::may_begin(&bytes) || !is_stream(&bytes));
        }
    }
}
