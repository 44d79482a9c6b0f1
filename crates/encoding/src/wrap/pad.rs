//! Padding to a multiple of a size, ISO/IEC 7816-4: a mark and then zeros, so that it can be taken off again.

use crate::DecodeError;

const MARK: u8 = 0x80;

/// `bytes` with at least the mark, up to a multiple of `multiple` bytes.
pub(super) fn fill(mut bytes: Vec<u8>, multiple: u32) -> Vec<u8> {
    let multiple = usize::try_from(multiple).unwrap_or(usize::MAX).max(1);
    bytes.push(MARK);
    bytes.resize(bytes.len().div_ceil(multiple).saturating_mul(multiple), 0);
    bytes
}

/// What [`fill`] padded.
pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let mark = bytes.iter().rposition(|byte| *byte != 0).filter(|at| bytes[*at] == MARK);
    let end = mark.ok_or_else(|| DecodeError::malformed("pad", "the mark before the zeros is missing"))?;
    Ok(bytes[..end].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_without_the_mark_were_not_padded() {
        assert_eq!(strip(&fill(b"a\0".to_vec(), 8)), Ok(b"a\0".to_vec()));
        for bytes in [&b""[..], b"\0\0", b"a\0\0", b"a"] {
            assert!(strip(bytes).is_err(), "{bytes:?}");
        }
    }
}
