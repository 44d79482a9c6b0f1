//! A bounded DEFLATE decompressor (RFC 1951) that is kept from one view to the next.

use flate2::{Decompress, FlushDecompress, Status};

/// How decompression ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The stream ended after this many bytes of input.
    Whole(usize),
    /// The input ended before the stream.
    Cut,
    /// There was more output than room.
    Full,
    /// The stream is broken.
    Broken,
}

/// The decompressor.
#[derive(Debug, Default)]
pub(super) struct Inflate(Option<Decompress>);

impl Inflate {
    /// Appends what `input` decompresses to, at most `room` bytes.
    pub(super) fn run(&mut self, input: &[u8], out: &mut Vec<u8>, room: usize) -> End {
        let stream = self.0.get_or_insert_with(|| Decompress::new(false));
        stream.reset(false);
        let first = out.len();
        let most = first + room;
        let mut grown = input.len().saturating_mul(4).max(1024);
        loop {
            let read = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
            let before = out.len();
            out.resize(most.min(before.saturating_add(grown)), 0);
            let status = stream.decompress(&input[read..], &mut out[before..], FlushDecompress::None);
            let written = usize::try_from(stream.total_out()).unwrap_or(usize::MAX);
            let (full, read_now) = (out.len() == first + written, stream.total_in());
            out.truncate(first + written);
            match status {
                Ok(Status::StreamEnd) => return End::Whole(usize::try_from(read_now).unwrap_or(usize::MAX)),
                Ok(_) if full && out.len() == most => return End::Full,
                Ok(_) if full => grown = grown.saturating_mul(2),
                Ok(_) => return End::Cut,
                Err(_) => return End::Broken,
            }
        }
    }
}
