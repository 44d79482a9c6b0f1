//! Later steps of chains: bytes to bytes, and back.

mod cipher;
mod compress;
pub(crate) mod envelope;
mod pad;
mod text;

use rand_core::Rng;

use crate::{DecodeError, DecodeLimits, EncodeError, Step};

/// `bytes` after `step`; a source leaves them as they are.
pub(crate) fn apply(step: &Step, bytes: Vec<u8>, chance: &mut impl Rng) -> Result<Vec<u8>, EncodeError> {
    Ok(match step {
        Step::Json | Step::JsonLines | Step::FormFields | Step::Protobuf | Step::Native => bytes,
        Step::Form { field, with, crc } => envelope::close(&bytes, field, with, crc.as_deref()),
        Step::Gzip => compress::gzip(&bytes),
        Step::Deflate => compress::zlib(&bytes),
        Step::Base64 => text::base64(&bytes),
        Step::Base64Url => text::base64_url(&bytes),
        Step::Hex => text::hex(&bytes),
        Step::Percent => text::percent(&bytes),
        Step::Encrypt { key } => return cipher::seal(bytes, key, chance),
        Step::Pad { multiple } => pad::fill(bytes, *multiple),
    })
}

/// What `bytes` was before `step`. The result may exceed the limit only where it is no longer than `bytes`.
pub(crate) fn undo(step: &Step, bytes: &[u8], limits: DecodeLimits) -> Result<Vec<u8>, DecodeError> {
    match step {
        Step::Json | Step::JsonLines | Step::FormFields | Step::Protobuf | Step::Native => Ok(bytes.to_vec()),
        Step::Form { field, crc, .. } => envelope::open(bytes, field, crc.as_deref()),
        Step::Gzip => compress::gunzip(bytes, limits),
        Step::Deflate => compress::unzlib(bytes, limits),
        Step::Base64 => text::base64_undo(bytes),
        Step::Base64Url => text::base64_url_undo(bytes),
        Step::Hex => text::hex_undo(bytes),
        Step::Percent => Ok(text::percent_undo(bytes)),
        Step::Encrypt { key } => cipher::open(bytes, key),
        Step::Pad { .. } => pad::strip(bytes),
    }
}
