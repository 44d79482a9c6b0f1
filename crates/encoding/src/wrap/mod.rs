//! Later steps of chains: bytes to bytes, and back.

mod compress;
mod envelope;
mod text;

use rand_core::Rng;

use crate::{DecodeError, DecodeLimits, EncodeError, Step};

/// `bytes` after `step`.
pub(crate) fn apply(step: &Step, bytes: Vec<u8>, _chance: &mut impl Rng) -> Result<Vec<u8>, EncodeError> {
    Ok(match step {
        Step::Form { field, with, crc } => envelope::close(&bytes, field, with, crc.as_deref()),
        Step::Gzip => compress::gzip(&bytes),
        Step::Base64 => text::base64(&bytes),
        _ => bytes,
    })
}

/// What `bytes` was before `step`.
pub(crate) fn undo(step: &Step, bytes: &[u8], limits: DecodeLimits) -> Result<Vec<u8>, DecodeError> {
    match step {
        Step::Form { field, crc, .. } => envelope::open(bytes, field, crc.as_deref()),
        Step::Gzip => compress::gunzip(bytes, limits),
        Step::Base64 => text::base64_undo(bytes),
        _ => Ok(bytes.to_vec()),
    }
}
