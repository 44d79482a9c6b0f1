//! The table of decoders. A new one is a file and a line.

mod base32;
mod base64;
mod brotli;
mod cbor;
mod deflate;
mod form;
mod grpc;
mod hex;
mod items;
mod json;
mod jwt;
mod labels;
mod message_pack;
mod multipart;
mod percent;
mod protobuf;
mod url;
mod utf16;
mod words;
mod zstd;

use self::url::unescape;
pub(super) use self::{protobuf::varint_value, url::pairs_of_query};
use super::{
    glance::{Class, Classes, Glance, Mark, Traits},
    sink::{Misfit, Sink},
    tree::Node,
};

/// Every decoder, in the order in which they are tried: the surest first.
pub(super) static DECODERS: [&Decoder; 22] = [
    &deflate::GZIP,
    &zstd::ZSTD,
    &json::JSON,
    &multipart::MULTIPART,
    &jwt::JWT,
    &utf16::UTF16,
    &deflate::ZLIB,
    &grpc::GRPC,
    &form::FORM,
    &form::PARAMETERS,
    &url::URL,
    &labels::LABELS,
    &percent::PERCENT,
    &hex::HEX,
    &base32::BASE32,
    &base64::BASE64,
    &deflate::DEFLATE,
    &brotli::BROTLI,
    &cbor::CBOR,
    &message_pack::MESSAGE_PACK,
    &protobuf::PROTOBUF,
    &words::WORDS,
];

/// Some of the decoders, a bit each.
type Set = u32;

/// What a sign is judged by.
#[derive(Clone, Copy)]
enum By {
    /// The first byte.
    First,
    /// The classes that all bytes belong to, a bit each.
    Classes,
    /// The marks that occur, a bit each.
    Marks,
    /// The length in bytes; 255 stands for any that is no shorter.
    Length,
}

/// In each of 256 cases, the decoders whose sign it does not rule out.
static BY_FIRST: [Set; 256] = sets(By::First);
static BY_CLASSES: [Set; 256] = sets(By::Classes);
static BY_MARKS: [Set; 256] = sets(By::Marks);
static BY_LENGTH: [Set; LONG_BYTES_MIN] = sets(By::Length);
/// The decoders of what is anything but text.
static BINARY: Set = {
    let (mut set, mut nth) = (0, 0);
    while nth < DECODERS.len() {
        if DECODERS[nth].sign.is_binary {
            set |= 1 << nth;
        }
        nth += 1;
    }
    set
};
/// The decoders whose sign is the first byte alone.
static BY_FIRST_ALONE: Set = BY_CLASSES[0] & BY_MARKS[0] & !BINARY;

const fn sets(by: By) -> [Set; 256] {
    let mut sets = [0; 256];
    let mut case = 0;
    while case < 256 {
        let mut nth = 0;
        while nth < DECODERS.len() {
            #[allow(clippy::cast_possible_truncation, reason = "the loop ends before 256")]
            if DECODERS[nth].sign.allows(by, case as u8) {
                sets[case] |= 1 << nth;
            }
            nth += 1;
        }
        case += 1;
    }
    sets
}

/// Views of so many bytes are not looked at whole for a decoder that a look at little could rule out.
const LONG_BYTES_MIN: usize = 256;

/// The decoders whose sign a view shows, in the order in which they are tried.
pub(super) struct Candidates {
    left: Set,
    /// Whether all bytes were looked at.
    is_narrowed: bool,
}

impl Candidates {
    pub(super) fn of(view: &Glance<'_>) -> Self {
        let left = view.bytes.first().map_or(0, |&first| BY_FIRST[usize::from(first)]);
        let left = left & BY_LENGTH[view.bytes.len().min(LONG_BYTES_MIN - 1)];
        let mut candidates = Self { left, is_narrowed: false };
        if left & !BY_FIRST_ALONE != 0 && view.bytes.len() < LONG_BYTES_MIN {
            candidates.narrow_by_all(view);
        }
        candidates
    }

    /// The next one that recognises `view`, the ones that are tried last only with `lasts`. All bytes are looked at only
    /// once that depends on them.
    pub(super) fn next(&mut self, view: &Glance<'_>, lasts: bool) -> Option<&'static Decoder> {
        while self.left != 0 {
            let next = self.left & self.left.wrapping_neg();
            let decoder = DECODERS[next.trailing_zeros() as usize];
            if !self.is_narrowed && next & BY_FIRST_ALONE == 0 && self.narrow(view, next & BINARY != 0, decoder) {
                continue;
            }
            self.left ^= next;
            if (decoder.turn != Turn::Last || lasts) && (decoder.recognise)(view) {
                return Some(decoder);
            }
        }
        None
    }

    /// Drops those that more than the first byte of a long view rules out; false if there is no need yet, for `next` is ruled
    /// out by less.
    fn narrow(&mut self, view: &Glance<'_>, is_binary: bool, next: &Decoder) -> bool {
        if is_binary && view.is_plain() {
            self.left &= !BINARY;
            return true;
        }
        if !is_binary && !(next.recognise)(view) {
            return false;
        }
        self.narrow_by_all(view);
        true
    }

    /// Looks at all bytes.
    fn narrow_by_all(&mut self, view: &Glance<'_>) {
        self.is_narrowed = true;
        let traits = view.traits();
        self.left &= BY_CLASSES[usize::from(traits.classes())] & BY_MARKS[usize::from(traits.marks())];
        if self.left & BINARY != 0 && view.is_text() {
            self.left &= !BINARY;
        }
    }
}

/// Whether any decoder would be tried on `bytes`, which have these traits.
pub(crate) fn may_be_encoded(bytes: &[u8], traits: Traits) -> bool {
    let classes = Classes::from(traits);
    let view = Glance::at(bytes, &classes);
    Candidates::of(&view).next(&view, true).is_some()
}

/// What a view shows at first sight wherever a decoder fits: most views lack most signs, and cost nothing then.
pub(super) struct Sign {
    /// Ranges of bytes that it begins with; none if it begins with any.
    pub(super) first: &'static [(u8, u8)],
    /// What all its bytes are.
    pub(super) alphabet: Class,
    /// Bytes that occur in it.
    pub(super) marks: Mark,
    /// Whether it is anything but text.
    pub(super) is_binary: bool,
    /// So many bytes it has at least.
    pub(super) bytes_min: u8,
}

impl Sign {
    /// No sign.
    pub(super) const NONE: Self =
        Self { first: &[], alphabet: Class::ANY, marks: Mark::NONE, is_binary: false, bytes_min: 0 };

    const fn allows(&self, by: By, case: u8) -> bool {
        match by {
            By::First => self.may_begin_with(case),
            By::Classes => self.alphabet.is_in(case),
            By::Marks => self.marks.is_in(case),
            By::Length => self.bytes_min <= case,
        }
    }

    const fn may_begin_with(&self, byte: u8) -> bool {
        let mut nth = 0;
        while nth < self.first.len() {
            if self.first[nth].0 <= byte && byte <= self.first[nth].1 {
                return true;
            }
            nth += 1;
        }
        self.first.is_empty()
    }
}

/// Undoes one encoding.
pub(super) struct Decoder {
    /// The encoding's word in paths.
    pub(super) word: &'static str,
    /// What comes out.
    pub(super) makes: Makes,
    /// How it goes together with others.
    pub(super) turn: Turn,
    /// What a view must show for a look at all.
    pub(super) sign: Sign,
    /// Whether it is worth trying; looks at little.
    pub(super) recognise: fn(&Glance<'_>) -> bool,
    /// Undoes the encoding, or says that the bytes are something else.
    pub(super) decode: fn(&Glance<'_>, &mut Sink<'_>) -> Result<(), Misfit>,
}

/// How a decoder goes together with others on one view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// If it fits, no later one is tried.
    Alone,
    /// It may fit beside others.
    Beside,
    /// It is tried only where no other found parts.
    Last,
}

/// What a decoder makes of a view.
pub(super) enum Makes {
    /// One view: what it wrote.
    Output,
    /// Parts.
    Parts(Stands),
}

/// Whether the parts of a view say all that the view says, so that evidence points at a part rather than the whole.
pub(super) enum Stands {
    /// Always: the format cannot be mistaken.
    Always,
    /// Where the whole is binary or has no name of its own: a body, or the output of a decoder.
    Unnamed,
    /// Never: the whole is a value that people know, such as a URL.
    Never,
}

impl Stands {
    /// Whether `node`, once it has parts, is no value of its own any more.
    pub(super) fn hold(&self, node: &Node, is_text: impl FnOnce() -> bool) -> bool {
        match self {
            Self::Always => true,
            Self::Unnamed => !node.step.is_named() || !is_text(),
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests;
