//! Text as JSON writes it, half surrogates too.
//!
//! Tools that keep bytes in JSON text smuggle what is no UTF-8 as lone surrogates (Python's `surrogateescape`: byte
//! `0xNN` becomes `U+DCNN`). Such text is no Rust string; as bytes it comes through.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// The bytes that a text stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_bytes(Text)
    }
}

struct Text;

impl de::Visitor<'_> for Text {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E: de::Error>(self, text: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes(unescaped(text)))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Bytes, E> {
        Ok(Bytes(text.as_bytes().to_vec()))
    }
}

/// Undoes `surrogateescape`: `U+DC80..=U+DCFF`, which stand as `ED B2 80..=ED B3 BF`, become the bytes that they hide.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        match rest {
            [0xed, high @ 0xb2..=0xb3, low @ 0x80..=0xbf, after @ ..] => {
                bytes.push(((high - 0xb2) << 6) | low.wrapping_sub(0x80) | 0x80);
                rest = after;
            }
            _ => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_that_was_smuggled_comes_back() {
        let all: Vec<u8> = (0x80..=0xff).collect();
        let text: String = all.iter().map(|byte| format!("\\udc{byte:02x}")).collect();
        let Bytes(back) = serde_json::from_str(&format!("\"a{text}é\"")).unwrap();
        assert_eq!(back, [b"a", &*all, "é".as_bytes()].concat());
    }
}
