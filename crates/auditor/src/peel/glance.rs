//! A first look at a view: which alphabets its bytes belong to, and which telling ones are among them.

use std::cell::OnceCell;

/// Classes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// No alphabet in particular.
    pub(super) const ANY: Self = Self(0);
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

/// Bytes that tell encodings apart where they occur at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark(u8);

impl Mark {
    /// No byte in particular.
    pub(super) const NONE: Self = Self(0);
    pub(super) const PERCENT: Self = Self(1);
    pub(super) const EQUALS: Self = Self(1 << 1);
    pub(super) const DOT: Self = Self(1 << 2);
    pub(super) const SEMICOLON: Self = Self(1 << 3);
    pub(super) const SLASH: Self = Self(1 << 4);
    /// Whatever stands between words.
    pub(super) const GAP: Self = Self(1 << 5);
    /// Anything beyond ASCII.
    const HIGH: Self = Self(1 << 6);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn of(byte: u8) -> u8 {
        let own = match byte {
            b'%' => Self::PERCENT,
            b'=' => Self::EQUALS,
            b'.' => Self::DOT,
            b';' => Self::SEMICOLON,
            b'/' => Self::SLASH,
            0x80.. => Self::HIGH,
            _ => Self::NONE,
        };
        if parts_words(byte) { own.and(Self::GAP).0 } else { own.0 }
    }
}

/// Whether words end before `byte`.
pub(super) const fn parts_words(byte: u8) -> bool {
    !byte.is_ascii_graphic() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'(' | b')' | b',' | b';' | b'|')
}

/// Of each byte, the classes that it belongs to and the marks that it is.
static TRAITS: [(u8, u8); 256] = {
    let mut traits = [(0, 0); 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation, reason = "the loop ends before 256")]
        let own = (Class::of(byte as u8), Mark::of(byte as u8));
        traits[byte] = own;
        byte += 1;
    }
    traits
};

/// The classes that all bytes of a view belong to, and the marks among them; filled when first asked for.
pub(super) type Classes = OnceCell<(u8, u8)>;

/// The bytes of a view, with what is known of them.
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
        self.traits().0 & class.0 != 0
    }

    /// Whether all of `marks` occur.
    pub(super) fn has_all(&self, marks: Mark) -> bool {
        self.traits().1 & marks.0 == marks.0
    }

    /// Whether all bytes are of `alphabet` and all of `marks` occur.
    pub(super) fn bears(&self, alphabet: Class, marks: Mark) -> bool {
        (alphabet == Class::ANY || self.is_all(alphabet)) && (marks == Mark::NONE || self.has_all(marks))
    }

    fn traits(&self) -> (u8, u8) {
        *self.classes.get_or_init(|| traits_of(self.bytes))
    }

    /// Whether it is text in UTF-8.
    pub(super) fn is_text(&self) -> bool {
        self.is_all(Class::TEXT) && (!self.has_all(Mark::HIGH) || std::str::from_utf8(self.bytes).is_ok())
    }

    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes.starts_with(prefix)
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        self.bytes.contains(&byte)
    }
}

fn traits_of(bytes: &[u8]) -> (u8, u8) {
    bytes.iter().fold((u8::MAX, 0), |(common, marks), &byte| {
        let (classes, own) = TRAITS[usize::from(byte)];
        (common & classes, marks | own)
    })
}
