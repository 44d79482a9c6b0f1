//! Encoders that know nothing of the decoders under test.

use std::fmt::Write as _;

use data_encoding::{BASE32, BASE32_NOPAD, BASE64, BASE64_MIME, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use flate2::{Compression, write};

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
    Base64Wrapped,
    Base32,
    Base32Lower,
    Hex,
    HexUpper,
    Gzip,
    Zlib,
    Deflate,
    Utf16Le,
    Utf16Be,
}

impl Wrap {
    /// Every encoding.
    pub const ALL: [Self; 24] = [
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
        Self::Base64Wrapped,
        Self::Base32,
        Self::Base32Lower,
        Self::Hex,
        Self::HexUpper,
        Self::Gzip,
        Self::Zlib,
        Self::Deflate,
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
            Self::Base64Unpadded => BASE64URL_NOPAD.encode(inner).into_bytes(),
            Self::Base64Wrapped => BASE64_MIME.encode(inner).into_bytes(),
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
