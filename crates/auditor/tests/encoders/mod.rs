//! Encoders that know nothing of the decoders under test.

use std::fmt::Write as _;

use data_encoding::{
    BASE32, BASE32_NOPAD, BASE64, BASE64_MIME, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER,
};
use flate2::{Compression, write};

use crate::bombs::Bits;

/// An encoding that wraps bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Wrap {
    Form,
    Cookie,
    Json,
    JsonEscaped,
    JsonLines,
    Multipart,
    Protobuf,
    Grpc,
    Jwt,
    Url,
    Percent,
    Base64,
    Base64Url,
    Base64Unpadded,
    Base64UrlUnpadded,
    Base64Wrapped,
    Base64UrlWrappedUnpadded,
    Base32,
    Base32Lower,
    Hex,
    HexUpper,
    Gzip,
    Zlib,
    Deflate,
    Brotli,
    Zstd,
    Cbor,
    CborPieces,
    MessagePack,
    ProtobufGroup,
    Utf16Le,
    Utf16Be,
}

impl Wrap {
    /// Every encoding.
    pub const ALL: [Self; 32] = [
        Self::Form,
        Self::Cookie,
        Self::Json,
        Self::JsonEscaped,
        Self::JsonLines,
        Self::Multipart,
        Self::Protobuf,
        Self::Grpc,
        Self::Jwt,
        Self::Url,
        Self::Percent,
        Self::Base64,
        Self::Base64Url,
        Self::Base64Unpadded,
        Self::Base64UrlUnpadded,
        Self::Base64Wrapped,
        Self::Base64UrlWrappedUnpadded,
        Self::Base32,
        Self::Base32Lower,
        Self::Hex,
        Self::HexUpper,
        Self::Gzip,
        Self::Zlib,
        Self::Deflate,
        Self::Brotli,
        Self::Zstd,
        Self::Cbor,
        Self::CborPieces,
        Self::MessagePack,
        Self::ProtobufGroup,
        Self::Utf16Le,
        Self::Utf16Be,
    ];

    /// Wraps `inner`; what an encoding cannot hold as it is goes into base64 first.
    pub fn encode(self, inner: &[u8]) -> Vec<u8> {
        match self {
            Self::Form => format!("v=1&data={}&crc=77", percent(inner)).into_bytes(),
            Self::Cookie => format!("v=1; data={}; crc=77", percent(inner)).into_bytes(),
            Self::Json => format!(r#"{{"a":[1,null,{{"b c":{:?}}}],"n":-1.5e3}}"#, plain(inner)).into_bytes(),
            Self::JsonEscaped => format!(r#"["{}"]"#, units(&plain(inner))).into_bytes(),
            Self::JsonLines => format!("{{\"a\":1}}\n{{\"a\":{:?}}}\n", plain(inner)).into_bytes(),
            Self::Multipart => multipart(inner),
            Self::Protobuf => protobuf(3, &protobuf(1, inner)),
            Self::Grpc => [&[0], length(inner).as_slice(), inner].concat(),
            Self::Jwt => {
                let part = |text: &[u8]| BASE64URL_NOPAD.encode(text);
                format!("{}.{}.c2ln", part(br#"{"alg":"none"}"#), part(inner)).into_bytes()
            }
            Self::Url => format!("https://x.example/p?v=1&u={}#top", percent(inner)).into_bytes(),
            Self::Percent => percent(inner).into_bytes(),
            Self::Base64 => BASE64.encode(inner).into_bytes(),
            Self::Base64Url => BASE64URL.encode(inner).into_bytes(),
            Self::Base64Unpadded => BASE64_NOPAD.encode(inner).into_bytes(),
            Self::Base64UrlUnpadded => BASE64URL_NOPAD.encode(inner).into_bytes(),
            Self::Base64Wrapped => BASE64_MIME.encode(inner).into_bytes(),
            Self::Base64UrlWrappedUnpadded => {
                let digits = BASE64URL_NOPAD.encode(inner);
                digits.as_bytes().chunks(20).collect::<Vec<_>>().join(b"\n".as_slice())
            }
            Self::Base32 => BASE32.encode(inner).into_bytes(),
            Self::Base32Lower => BASE32_NOPAD.encode(inner).to_ascii_lowercase().into_bytes(),
            Self::Hex => HEXLOWER.encode(inner).into_bytes(),
            Self::HexUpper => HEXUPPER.encode(inner).into_bytes(),
            Self::Gzip => gzip(inner),
            Self::Zlib => {
                finish(write::ZlibEncoder::new(Vec::new(), Compression::fast()), inner, write::ZlibEncoder::finish)
            }
            Self::Deflate => finish(
                write::DeflateEncoder::new(Vec::new(), Compression::best()),
                inner,
                write::DeflateEncoder::finish,
            ),
            Self::Brotli => brotli(inner),
            Self::Zstd => zstd(inner),
            Self::Cbor => cbor(inner),
            Self::CborPieces => cbor_pieces(inner),
            Self::MessagePack => message_pack(inner),
            Self::ProtobufGroup => [&[3 << 3 | 3], protobuf(1, inner).as_slice(), &[3 << 3 | 4]].concat(),
            Self::Utf16Le => utf16(inner, u16::to_le_bytes, false),
            Self::Utf16Be => utf16(inner, u16::to_be_bytes, true),
        }
    }
}

/// Wraps `inner` in each of `wraps`, the first innermost.
pub fn wrap(inner: &[u8], wraps: &[Wrap]) -> Vec<u8> {
    wraps.iter().fold(inner.to_vec(), |bytes, wrap| wrap.encode(&bytes))
}

pub fn gzip(inner: &[u8]) -> Vec<u8> {
    finish(write::GzEncoder::new(Vec::new(), Compression::default()), inner, write::GzEncoder::finish)
}

/// One protobuf field with a length.
pub fn protobuf(number: u8, inner: &[u8]) -> Vec<u8> {
    let mut message = vec![number << 3 | 2];
    let mut rest = inner.len();
    while rest >= 0x80 {
        message.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    message.push(rest as u8);
    message.extend_from_slice(inner);
    message
}

/// Metablocks of literals alone, in a code in which each has eight bits (RFC 7932, sections 3.5, 5 and 9.2).
pub fn brotli(inner: &[u8]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.write(&[(0b1011, 4)]); // a window of 22 bits
    for block in inner.chunks(60_000) {
        let len = block.len() as u64;
        bits.write(&[(0, 1), (0, 2), (len - 1, 16), (0, 1)]); // not the last, four nibbles, compressed
        bits.write(&[(0, 3), (0, 6), (0, 2), (0, 2)]); // one block type of each, no postfix, one tree of each
        bits.write(&[(0, 2)]); // literals: of all lengths of codes, only eight occurs, and so costs no bits itself
        bits.write(&[(0, 2); 10]);
        bits.write(&[(1, 2)]);
        bits.write(&[(0, 2); 7]);
        let shorter = |insert: &(usize, &(u64, u32))| insert.1.0 <= len;
        let (code, &(base, width)) = INSERTS.iter().enumerate().rfind(shorter).expect("at least one byte");
        let symbol = [128, 256, 448][code / 8] + (code as u64 % 8) * 8;
        bits.write(&[(1, 2), (0, 2), (symbol, 10), (1, 2), (0, 2), (0, 6), (len - base, width)]);
        bits.write(&block.iter().map(|byte| (u64::from(byte.reverse_bits()), 8)).collect::<Vec<_>>());
    }
    bits.write(&[(3, 2)]); // the last, and empty
    bits.bytes
}

/// The least length of each insertion, and the bits for what it is longer.
const INSERTS: [(u64, u32); 24] = [
    (0, 0),
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 1),
    (8, 1),
    (10, 2),
    (14, 2),
    (18, 3),
    (26, 3),
    (34, 4),
    (50, 4),
    (66, 5),
    (98, 5),
    (130, 6),
    (194, 7),
    (322, 8),
    (578, 9),
    (1090, 10),
    (2114, 12),
    (6210, 14),
    (22594, 24),
];

pub fn zstd(inner: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(inner, ruzstd::encoding::CompressionLevel::Fastest)
}

/// `{_ "v": 1(-7), 2: [h'…', 1.5, true, null]}`
fn cbor(inner: &[u8]) -> Vec<u8> {
    let head = [0xbf, 0x61, b'v', 0xc1, 0x26, 0x02, 0x84, 0x5a];
    let tail = [0xf9, 0x3e, 0x00, 0xf5, 0xf6, 0xff];
    [head.as_slice(), &length(inner), inner, &tail].concat()
}

/// `[_ (_ h'…', h'…')]`
fn cbor_pieces(inner: &[u8]) -> Vec<u8> {
    let pieces = inner.chunks(7).flat_map(|piece| [&[0x40 | piece.len() as u8], piece].concat());
    [0x9f, 0x5f].into_iter().chain(pieces).chain([0xff, 0xff]).collect()
}

/// `{"v": -300, "a": [bytes, 1.5, true, nil]}`
fn message_pack(inner: &[u8]) -> Vec<u8> {
    let head = [0x82, 0xa1, b'v', 0xd1, 0xfe, 0xd4, 0xa1, b'a', 0x94, 0xc6];
    let tail = [0xca, 0x3f, 0xc0, 0x00, 0x00, 0xc3, 0xc0];
    [head.as_slice(), &length(inner), inner, &tail].concat()
}

fn finish<W: std::io::Write>(mut to: W, inner: &[u8], finish: fn(W) -> std::io::Result<Vec<u8>>) -> Vec<u8> {
    to.write_all(inner).expect("writing to memory");
    finish(to).expect("writing to memory")
}

fn multipart(inner: &[u8]) -> Vec<u8> {
    let head = "--b42\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\n1\r\n\
                --b42\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\n";
    [head.as_bytes(), inner, b"\r\n--b42--\r\n"].concat()
}

fn length(inner: &[u8]) -> [u8; 4] {
    u32::try_from(inner.len()).expect("small").to_be_bytes()
}

/// Text as it is, anything else in base64; so that Rust's own quoting is also JSON's.
fn plain(inner: &[u8]) -> String {
    let text = std::str::from_utf8(inner).ok().filter(|text| text.bytes().all(|byte| (b' '..0x7f).contains(&byte)));
    text.map_or_else(|| BASE64.encode(inner), str::to_owned)
}

fn units(text: &str) -> String {
    text.encode_utf16().fold(String::new(), |mut units, unit| {
        let _ = write!(units, "\\u{unit:04X}");
        units
    })
}

fn utf16(inner: &[u8], write: fn(u16) -> [u8; 2], marked: bool) -> Vec<u8> {
    let text = plain(inner);
    let mark = marked.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(write).collect()
}

fn percent(inner: &[u8]) -> String {
    inner.iter().enumerate().fold(String::new(), |mut text, (index, &byte)| {
        if byte.is_ascii_alphanumeric() && index > 0 {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
