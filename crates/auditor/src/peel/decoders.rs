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
    glance::{Class, Glance, Mark},
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

/// For each byte, the decoders that are worth a look where a view begins with it; a bit each.
static BY_FIRST: [u32; 256] = {
    let mut table = [0; 256];
    let mut nth = 0;
    while nth < DECODERS.len() {
        let mut byte = 0;
        while byte < 256 {
            if DECODERS[nth].sign.may_begin_with(byte) {
                table[byte] |= 1 << nth;
            }
            byte += 1;
        }
        nth += 1;
    }
    table
};

/// The decoders that are worth a look where a view begins with `first`, in the order in which they are tried.
pub(super) fn that_begin_with(first: u8) -> impl Iterator<Item = &'static Decoder> {
    let left = std::iter::successors(Some(BY_FIRST[usize::from(first)]), |left| Some(left & left.wrapping_sub(1)));
    left.take_while(|left| *left != 0).map(|left| DECODERS[left.trailing_zeros() as usize])
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
}

impl Sign {
    /// No sign.
    pub(super) const NONE: Self = Self { first: &[], alphabet: Class::ANY, marks: Mark::NONE, is_binary: false };

    const fn may_begin_with(&self, byte: usize) -> bool {
        let mut nth = 0;
        while nth < self.first.len() {
            if self.first[nth].0 as usize <= byte && byte <= self.first[nth].1 as usize {
                return true;
            }
            nth += 1;
        }
        self.first.is_empty()
    }

    /// Whether `view`, which begins with a fitting byte, shows it.
    pub(super) fn is_shown(&self, view: &Glance<'_>) -> bool {
        view.bears(self.alphabet, self.marks) && !(self.is_binary && view.is_text())
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
    pub(super) decode: fn(&[u8], &mut Sink<'_>) -> Result<(), Misfit>,
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
