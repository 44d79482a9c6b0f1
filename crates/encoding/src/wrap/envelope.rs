//! Bytes as one field of a form.

use std::{borrow::Cow, collections::BTreeMap};

use percent_encoding::percent_decode;

use crate::DecodeError;

/// A body with the checksum, the constant fields in the order of their names, and last the field that holds `bytes`.
pub(super) fn close(bytes: &[u8], field: &str, with: &BTreeMap<String, String>, crc: Option<&str>) -> Vec<u8> {
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 8 + 64);
    if let Some(name) = crc {
        append(&mut out, name, checksum(bytes).as_bytes());
    }
    for (name, value) in with {
        append(&mut out, name, value.as_bytes());
    }
    append(&mut out, field, bytes);
    out.into_bytes()
}

/// Appends a pair to a form.
pub(crate) fn append(out: &mut String, name: &str, value: &[u8]) {
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('&');
    }
    out.extend(form_urlencoded::byte_serialize(name.as_bytes()));
    out.push('=');
    out.extend(form_urlencoded::byte_serialize(value));
}

/// The bytes that the field `field` of a form holds.
pub(super) fn open(body: &[u8], field: &str, crc: Option<&str>) -> Result<Vec<u8>, DecodeError> {
    let wrong = |reason: String| DecodeError::malformed("form", reason);
    let find = |wanted: &str| pairs(body).find(|(name, _)| plain(name) == wanted.as_bytes());
    let (_, value) = find(field).ok_or_else(|| wrong(format!("expected a field `{field}`")))?;
    let bytes = plain(value);
    if let Some(name) = crc {
        let (_, found) = find(name).ok_or_else(|| wrong(format!("expected a field `{name}`")))?;
        if plain(found) != checksum(&bytes).as_bytes() {
            return Err(wrong(format!("the checksum in `{name}` is not that of `{field}`")));
        }
    }
    Ok(bytes)
}

/// The pairs of a form, as they stand there.
///
/// `form_urlencoded::parse` yields text, and so would lose bytes that are none.
pub(crate) fn pairs(body: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
        let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        (&pair[..middle], pair.get(middle + 1..).unwrap_or_default())
    })
}

/// A name or value of a form, decoded.
pub(crate) fn plain(written: &[u8]) -> Vec<u8> {
    let spaced: Cow<'_, [u8]> = match written.contains(&b'+') {
        true => written.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect::<Vec<_>>().into(),
        false => written.into(),
    };
    percent_decode(&spaced).collect()
}

/// Java's `String.hashCode`, each byte a character, in decimal digits with their sign.
fn checksum(bytes: &[u8]) -> String {
    bytes.iter().fold(0_i32, |hash, byte| hash.wrapping_mul(31).wrapping_add(i32::from(*byte))).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_java() {
        for (text, hash) in [("", "0"), ("hello", "99162322"), ("polygenelubricants", "-2147483648")] {
            assert_eq!(checksum(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn names_and_values_may_hold_any_bytes() {
        let body = b"a%00=1+2&&b&%26=%ff";
        let read: Vec<_> = pairs(body).map(|(name, value)| (plain(name), plain(value))).collect();
        let expected: [(&[u8], &[u8]); 3] = [(b"a\0", b"1 2"), (b"b", b""), (b"&", b"\xff")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_vec(), value.to_vec())));
    }
}
