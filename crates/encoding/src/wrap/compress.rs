//! gzip and zlib, with bounded output on the way back.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::{DecodeError, DecodeLimits};

/// 2^15 bytes, the largest window of DEFLATE.
const WINDOW_BITS: u8 = 15;

thread_local! {
    // Setting up a compressor costs more than compressing a body of a few kilobytes.
    static GZIP: RefCell<Compress> = RefCell::new(Compress::new_gzip(Compression::fast(), WINDOW_BITS));
    static ZLIB: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), true));
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    GZIP.with_borrow_mut(|with| deflate(bytes, with))
}

pub(super) fn zlib(bytes: &[u8]) -> Vec<u8> {
    ZLIB.with_borrow_mut(|with| deflate(bytes, with))
}

pub(super) fn gunzip(bytes: &[u8], limits: DecodeLimits) -> Result<Vec<u8>, DecodeError> {
    inflate("gzip", bytes, &mut Decompress::new_gzip(WINDOW_BITS), limits.body_bytes_max)
}

pub(super) fn unzlib(bytes: &[u8], limits: DecodeLimits) -> Result<Vec<u8>, DecodeError> {
    inflate("deflate", bytes, &mut Decompress::new(true), limits.body_bytes_max)
}

fn deflate(bytes: &[u8], with: &mut Compress) -> Vec<u8> {
    with.reset();
    let mut out = Vec::with_capacity(bytes.len() / 2 + 64);
    loop {
        let done = usize::try_from(with.total_in()).map_or(bytes.len(), |done| done.min(bytes.len()));
        match with.compress_vec(&bytes[done..], &mut out, FlushCompress::Finish) {
            Ok(Status::StreamEnd) => return out,
            Ok(Status::Ok | Status::BufError) => out.reserve(bytes.len() / 2 + 64),
            Err(error) => unreachable!("a compressor just reset takes any bytes: {error}"),
        }
    }
}

/// The plain bytes of a stream that fills `bytes`, at most `bytes_max`; a bomb costs no more than that.
fn inflate(step: &'static str, bytes: &[u8], with: &mut Decompress, bytes_max: usize) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).clamp(64, bytes_max.max(64)));
    loop {
        let done = usize::try_from(with.total_in()).map_or(bytes.len(), |done| done.min(bytes.len()));
        let before = (done, out.len());
        let status = with.decompress_vec(&bytes[done..], &mut out, FlushDecompress::Finish);
        let status = status.map_err(|error| DecodeError::malformed(step, error))?;
        if out.len() > bytes_max {
            return Err(DecodeError::TooLong { bytes_max });
        }
        let done = usize::try_from(with.total_in()).unwrap_or(usize::MAX);
        if status == Status::StreamEnd {
            let whole = done == bytes.len();
            return whole.then_some(out).ok_or_else(|| DecodeError::malformed(step, "bytes follow the end"));
        }
        if out.len() == out.capacity() {
            out.reserve_exact(out.len().min(bytes_max + 1 - out.len()).max(64));
        } else if before == (done, out.len()) || done == bytes.len() {
            return Err(DecodeError::malformed(step, "the stream ends too early"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: DecodeLimits = DecodeLimits { body_bytes_max: 1 << 16, reports_max: 1, nesting_max: 1 };

    #[test]
    fn a_bomb_is_refused_before_more_than_the_limit_was_written() {
        let bomb = gzip(&vec![0; 1 << 26]);
        assert!(bomb.len() < 1 << 20, "{} bytes", bomb.len());
        let mut with = Decompress::new_gzip(WINDOW_BITS);
        let refused = inflate("gzip", &bomb, &mut with, LIMITS.body_bytes_max);
        assert_eq!(refused, Err(DecodeError::TooLong { bytes_max: 1 << 16 }));
        assert!(with.total_out() <= (1 << 16) + 64, "{} bytes", with.total_out());
    }

    #[test]
    fn a_stream_that_is_cut_short_or_followed_by_bytes_is_refused() {
        type Undo = fn(&[u8], DecodeLimits) -> Result<Vec<u8>, DecodeError>;
        let cases: [(Vec<u8>, Undo); 2] = [(gzip(b"abcabc"), gunzip), (zlib(b"abcabc"), unzlib)];
        for (whole, undo) in cases {
            assert_eq!(undo(&whole, LIMITS), Ok(b"abcabc".to_vec()));
            assert!(undo(&[&whole[..], b"x"].concat(), LIMITS).is_err());
            for cut in 0..whole.len() {
                assert!(undo(&whole[..cut], LIMITS).is_err(), "{cut} of {} bytes", whole.len());
            }
        }
    }

    #[test]
    fn bodies_that_do_not_shrink_are_undone() {
        let bytes: Vec<u8> = (0..60_000_u32).map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
        assert_eq!(gunzip(&gzip(&bytes), LIMITS), Ok(bytes.clone()));
        assert_eq!(unzlib(&zlib(&bytes), LIMITS), Ok(bytes));
    }
}
