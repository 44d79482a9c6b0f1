//! A first look at a view: which alphabets its bytes belong to, and which telling ones are among them.

use std::cell::OnceCell;

/// Classes of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// No alphabet in particular.
    pub(super) const ANY: Self = Self(0);
    /// Base64 of either alphabet, with padding, line ends and blanks.
    pub(crate) const BASE64: Self = Self(1);
    /// Hexadecimal digits of either case.
    pub(super) const HEX: Self = Self(1 << 1);
    /// Base32 in capital letters, with padding.
    pub(super) const BASE32_UPPER: Self = Self(1 << 2);
    /// Base32 in small letters, with padding.
    pub(super) const BASE32_LOWER: Self = Self(1 << 3);
    /// Decimal digits.
    pub(crate) const DIGIT: Self = Self(1 << 4);
    /// What host names are made of.
    pub(super) const HOST: Self = Self(1 << 5);
    /// What names in forms are made of.
    pub(super) const NAME: Self = Self(1 << 7);
    /// Anything that text may hold: no control characters but line ends and tabs.
    pub(crate) const TEXT: Self = Self(1 << 6);

    /// Whether it is no alphabet in particular or among `classes`, a bit each.
    pub(super) const fn is_in(self, classes: u8) -> bool {
        self.0 == 0 || self.0 & classes != 0
    }

    /// Whether `byte` belongs to it.
    #[inline]
    pub(super) const fn holds(self, byte: u8) -> bool {
        self.is_in(Traits(Traits::OF[byte as usize]).classes())
    }

    const fn of(byte: u8) -> u8 {
        let in_base64 = byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
        let digit_of_base32 = matches!(byte, b'2'..=b'7' | b'=');
        (if in_base64 || byte.is_ascii_whitespace() { Self::BASE64.0 } else { 0 })
            | (if byte.is_ascii_hexdigit() { Self::HEX.0 } else { 0 })
            | (if byte.is_ascii_uppercase() || digit_of_base32 { Self::BASE32_UPPER.0 } else { 0 })
            | (if byte.is_ascii_lowercase() || digit_of_base32 { Self::BASE32_LOWER.0 } else { 0 })
            | (if byte.is_ascii_digit() { Self::DIGIT.0 } else { 0 })
            | (if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_') { Self::HOST.0 } else { 0 })
            | (if byte.is_ascii_alphanumeric() || is_sign_in_names(byte) { Self::NAME.0 } else { 0 })
            | (if byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r') { Self::TEXT.0 } else { 0 })
    }
}

const fn is_sign_in_names(byte: u8) -> bool {
    matches!(byte, b'_' | b'-' | b'.' | b'[' | b']' | b'%' | b'+' | b'$' | b'~' | b'*')
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
    /// What base64 for URLs has in place of a plus and a slash.
    pub(super) const URL_SAFE: Self = Self(1 << 7);

    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of these are among `marks`, a bit each.
    pub(super) const fn is_in(self, marks: u8) -> bool {
        self.0 & marks == self.0
    }

    const fn of(byte: u8) -> u8 {
        let own = match byte {
            b'%' => Self::PERCENT,
            b'=' => Self::EQUALS,
            b'.' => Self::DOT,
            b';' => Self::SEMICOLON,
            b'/' => Self::SLASH,
            b'-' | b'_' => Self::URL_SAFE,
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

/// Kinds of bytes by which words are told from digits of an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letters(u8);

impl Letters {
    pub(crate) const DIGIT: Self = Self(1);
    pub(crate) const CAPITAL: Self = Self(1 << 1);
    pub(crate) const SMALL: Self = Self(1 << 2);
    /// Neither a letter nor a digit.
    const OTHER: Self = Self(1 << 3);

    const fn of(byte: u8) -> u8 {
        match byte {
            b'0'..=b'9' => Self::DIGIT.0,
            b'A'..=b'Z' => Self::CAPITAL.0,
            b'a'..=b'z' => Self::SMALL.0,
            _ => Self::OTHER.0,
        }
    }
}

/// What is known of some bytes: the classes that some byte does not belong to, and the marks and letters among them. What
/// is known of two parts together is known of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Traits(u32);

impl Traits {
    /// The traits of no bytes.
    pub(crate) const NONE: Self = Self(0);

    /// The traits of each byte alone.
    const OF: [u32; 256] = {
        let mut traits = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            #[allow(clippy::cast_possible_truncation, reason = "the loop ends before 256")]
            let (classes, marks, letters) = (Class::of(byte as u8), Mark::of(byte as u8), Letters::of(byte as u8));
            traits[byte] = u32::from_le_bytes([!classes, marks, letters, 0]);
            byte += 1;
        }
        traits
    };

    /// The traits of `bytes`, eight at a time; two sums side by side, for neither waits for the other.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let of = |byte: u64| Self::OF[(byte & 0xff) as usize];
        let all = |word: [u8; 8]| {
            let word = u64::from_le_bytes(word);
            let one = of(word) | of(word >> 8) | of(word >> 16) | of(word >> 24);
            one | of(word >> 32) | of(word >> 40) | of(word >> 48) | of(word >> 56)
        };
        let (words, rest) = bytes.as_chunks::<8>();
        let most = words.iter().fold(0, |most, &word| most | all(word));
        match bytes.last_chunk::<8>() {
            Some(last) if !rest.is_empty() => Self(most | all(*last)),
            Some(_) => Self(most),
            None => Self(rest.iter().fold(0, |all, &byte| all | of(u64::from(byte)))),
        }
    }

    /// The traits of one byte.
    pub(crate) const fn of_byte(byte: u8) -> Self {
        Self(Self::OF[byte as usize])
    }

    /// Whether there are letters and digits alone.
    pub(crate) const fn are_letters(self) -> bool {
        !self.have(Letters::OTHER)
    }

    /// The traits of the whole, of which these are the traits of two parts.
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every byte belongs to `class`.
    pub(crate) const fn are_all(self, class: Class) -> bool {
        class.is_in(self.classes())
    }

    /// Whether any of `letters` occurs.
    pub(crate) const fn have(self, letters: Letters) -> bool {
        self.0.to_le_bytes()[2] & letters.0 != 0
    }

    /// Whether `bytes`, which these are the traits of, are text in UTF-8.
    pub(crate) fn are_of_text(self, bytes: &[u8]) -> bool {
        self.are_all(Class::TEXT) && (self.are_ascii() || std::str::from_utf8(bytes).is_ok())
    }

    /// Whether there is nothing beyond ASCII.
    pub(crate) const fn are_ascii(self) -> bool {
        !Mark::HIGH.is_in(self.marks())
    }

    /// The classes that every byte belongs to, a bit each.
    pub(super) const fn classes(self) -> u8 {
        !self.0.to_le_bytes()[0]
    }

    /// The marks that occur, a bit each.
    pub(super) const fn marks(self) -> u8 {
        self.0.to_le_bytes()[1]
    }
}

/// The traits of a view; filled when first asked for.
pub(super) type Classes = OnceCell<Traits>;

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
        self.traits().are_all(class)
    }

    /// Whether all of `marks` occur.
    pub(super) fn has_all(&self, marks: Mark) -> bool {
        marks.is_in(self.traits().marks())
    }

    /// What is known of all bytes.
    pub(super) fn traits(&self) -> Traits {
        *self.classes.get_or_init(|| Traits::of(self.bytes))
    }

    /// Whether it is text in UTF-8.
    pub(super) fn is_text(&self) -> bool {
        self.traits().are_of_text(self.bytes)
    }

    /// Whether it is text in ASCII on one line, found out without a look-up for each byte.
    pub(super) fn is_plain(&self) -> bool {
        self.bytes.iter().fold(true, |plain, byte| plain & (b' '..0x7f).contains(byte))
    }

    pub(super) fn starts_with(&self, prefix: &[u8]) -> bool {
        self.bytes.starts_with(prefix)
    }

    pub(super) fn has(&self, byte: u8) -> bool {
        memchr::memchr(byte, self.bytes).is_some()
    }
}
