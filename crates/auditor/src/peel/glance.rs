//! A first look at a view: which alphabets its bytes belong to.

use std::cell::OnceCell;

/// Classes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// Base64 of either alphabet, with padding, line ends and blanks.
    pub(super) const BASE64: Self = Self(1);
    /// Hexadecimal digits of either case.
    pub(super) const HEX: Self = Self(1 << 1);
    /// Base32 in capital letters, with padding.
    pub(super) const BASE32_UPPER: Self = Self(1 << 2);
    /// Base32 in small letters, with padding.
    pub(super) const BASE32_LOWER: Self = Self(1 << 3);
    /// Decimal digits.
    pub(super) const DIGIT: Self = Self(1 << 4);
    /// What host names are made of.
    pub(super) const HOST: Self = Self(1 << 5);
    /// Anything that text may hold: no control characters but line ends and tabs.
    pub(super) const TEXT: Self = Self(1 << 6);

    const fn of(byte: u8) -> u8 {
        let in_base64 = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
        let digit_of_base32 = matches!(byte, b'2'..=b'7' | b'=');
        (if in_base64 || byte.is_ascii_whitespace() { Self::BASE64.0 } else { 0 })
            | (if byte.is_ascii_hexdigit() { Self::HEX.0 } else { 0 })
            | (if byte.is_ascii_uppercase() || digit_of_base32 { Self::BASE32_UPPER.0 } else { 0 })
            | (if byte.is_ascii_lowercase() || digit_of_base32 { Self::BASE32_LOWER.0 } else { 0 })
            | (if byte.is_ascii_digit() { Self::DIGIT.0 } else { 0 })
            | (if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') { Self::HOST.0 } else { 0 })
            | (if byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r') { Self::TEXT.0 } else { 0 })
    }
}

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "the loop ends before 256")]
        let class = Class::of(byte as u8);
        classes[byte] = class;
        byte += 1;
    }
    classes
};

/// What is known of the alphabets of one view; filled when first asked for.
pub(super) type Classes = OnceCell<u8>;

/// The bytes of a view, with the classes that all of them belong to.
pub(super) struct Glance<'a> {
    /// The view's content.
    pub(super) bytes: &'a [u8],
    classes: &'a Classes,
}

impl<'a> Glance<'a> {
    pub(super) const fn at(bytes: &'a [u8], classes: &'a Classes) -> Self {
        Self { bytes, classes }
    }

    /// Whether every byte belongs to `class`.
    pub(super) fn is_all(&self, class: Class) -> bool {
        self.classes.get_or_init(|| classes_of(self.bytes)) & class.0 != 0
    }

    /// Whether it is text in UTF-8.
    pub(super) fn is_text(&self) -> bool {
        self.is_all(Class::TEXT) && std::str::from_utf8(self.bytes).is_ok()
    }

    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes.starts_with(prefix)
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.bytes.contains(&byte)
    }
}

/// Stops at the first stretch after which nothing is left in common.
fn classes_of(bytes: &[u8]) -> u8 {
    let mut common = u8::MAX;
    for stretch in bytes.chunks(64) {
        common &= stretch.iter().fold(u8::MAX, |common, &byte| common & CLASSES[usize::from(byte)]);
        if common == 0 {
            break;
        }
    }
    common
}
