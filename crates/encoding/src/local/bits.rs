//! Rows of bits, and how they are written: base64 with the URL alphabet and without padding (RFC 4648, section 5), the
//! first bit being the lowest of the first byte.

use data_encoding::BASE64URL_NOPAD;

/// So many bits; those beyond them in the last byte are zero.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct BitRow(Vec<u8>);

/// Bytes of a row of `bits` bits.
pub(super) const fn bytes(bits: u32) -> usize {
    bits.div_ceil(8) as usize
}

impl BitRow {
    pub(super) fn collect(bits: u32, is_set: impl FnMut(u32) -> bool) -> Self {
        let mut row = vec![0; bytes(bits)];
        (0..bits)
            .zip((0..bits).map(is_set))
            .filter(|(_, set)| *set)
            .for_each(|(bit, _)| row[bit as usize / 8] |= 1 << (bit % 8));
        Self(row)
    }

    pub(super) fn has(&self, bit: u32) -> bool {
        has(&self.0, bit)
    }

    pub(super) fn text(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// Adds the row of `bits` bits that `text` stands for to `out`; `false`, and nothing added, if it stands for none.
    pub(super) fn read(text: &str, bits: u32, out: &mut Vec<u8>) -> bool {
        let length = bytes(bits);
        // Looked at before it is decoded: the text may be of any length.
        if BASE64URL_NOPAD.encode_len(length) != text.len() {
            return false;
        }
        let Ok(row) = BASE64URL_NOPAD.decode(text.as_bytes()) else { return false };
        let used = bits % 8;
        let is_clean = used == 0 || row.last().is_some_and(|last| last >> used == 0);
        if is_clean {
            out.extend_from_slice(&row);
        }
        is_clean
    }
}

/// Whether the bit number `bit` of a row is set.
#[must_use]
pub fn has(row: &[u8], bit: u32) -> bool {
    row.get(bit as usize / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1)
}
