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
    glance::Glance,
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

/// Undoes one encoding.
pub(super) struct Decoder {
    /// The encoding's word in paths.
    pub(super) word: &'static str,
    /// What comes out.
    pub(super) makes: Makes,
    /// How it goes together with others.
    pub(super) turn: Turn,
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
