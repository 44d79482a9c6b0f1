//! The ways in which a value can be read as the bytes of a digest: hexadecimal digits, base64, base32, numbers.

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};

/// Shortest digits that are read as bytes, in characters: four bytes.
const HEX_CHARS_MIN: usize = 8;
/// Shortest base64 that is read, in characters: four bytes.
const BASE64_CHARS_MIN: usize = 6;
/// Shortest base32 that is read, in characters: eight bytes.
const BASE32_CHARS_MIN: usize = 13;
/// Smaller numbers than this are counts; a digest of 32 bits is one by chance of 2^-16.
const NUMBER_MIN: u128 = 1 << 16;

/// Hands out every reading of `text`, some twice.
pub(super) fn each(text: &str, take: &mut impl FnMut(&[u8])) {
    let text = text.trim();
    if is_uuid(text) {
        hex(&text.replace('-', ""), take);
    }
    for (word, at) in words(text, |byte| byte.is_ascii_alphanumeric()) {
        hex(word, take);
        base32(word, take);
        number(word, at > 0 && text.as_bytes()[at - 1] == b'-', take);
    }
    for alphabet in [[b'+', b'/'], [b'-', b'_']] {
        for (word, _) in words(text, |byte| byte.is_ascii_alphanumeric() || alphabet.contains(&byte)) {
            base64(word, alphabet == [b'-', b'_'], take);
        }
    }
}

/// The longest runs of bytes that `belong`, with their places.
fn words(text: &str, belong: impl Fn(u8) -> bool) -> impl Iterator<Item = (&str, usize)> {
    let mut at = 0;
    text.split(move |c: char| !c.is_ascii() || !u8::try_from(c).is_ok_and(&belong)).filter_map(move |word| {
        let place = at;
        at = place + word.len() + 1; // what separates words may be wider; only the byte before a number is asked for
        (word.len() >= BASE64_CHARS_MIN).then_some((word, place))
    })
}

/// Eight, four, four, four and twelve hexadecimal digits.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Hexadecimal digits of either case; an odd one at the end is dropped.
fn hex(word: &str, take: &mut impl FnMut(&[u8])) {
    if word.len() < HEX_CHARS_MIN || !word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return;
    }
    if let Ok(bytes) = HEXLOWER_PERMISSIVE.decode(&word.as_bytes()[..word.len() & !1]) {
        either_end_first(&bytes, take);
    }
}

fn base32(word: &str, take: &mut impl FnMut(&[u8])) {
    let upper = word.bytes().all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'));
    let lower = !upper && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'2'..=b'7'));
    if word.len() < BASE32_CHARS_MIN || !(upper || lower) {
        return;
    }
    let word = if lower { word.to_ascii_uppercase() } else { word.to_owned() };
    let whole = word.len() / 8 * 8;
    if let Ok(bytes) = BASE32_NOPAD.decode(word.as_bytes()).or_else(|_| BASE32_NOPAD.decode(&word.as_bytes()[..whole]))
    {
        either_end_first(&bytes, take);
    }
}

fn base64(word: &str, url: bool, take: &mut impl FnMut(&[u8])) {
    let special = word.bytes().any(|byte| matches!(byte, b'-' | b'_'));
    if word.len() < BASE64_CHARS_MIN || (url && !special) {
        return; // the same in both alphabets
    }
    let encoding = if url { BASE64URL_NOPAD } else { BASE64_NOPAD };
    let whole = word.len() / 4 * 4;
    if let Ok(bytes) = encoding.decode(word.as_bytes()).or_else(|_| encoding.decode(&word.as_bytes()[..whole])) {
        either_end_first(&bytes, take);
    }
}

/// A number of 32 or 64 bits: as it is, with the sign of two's complement, in zigzag, and with the highest bit cleared.
fn number(word: &str, negative: bool, take: &mut impl FnMut(&[u8])) {
    if word.len() > 20 || !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return;
    }
    let Ok(size) = word.parse::<u128>() else { return };
    if size < NUMBER_MIN {
        return;
    }
    let signed = if negative { size.wrapping_neg() } else { size };
    let zigzag = size >> 1 ^ (size & 1).wrapping_neg();
    // A negative number of 32 bits stands in a varint as one of 64.
    let narrow = |value: u128| (value < 1 << 32) || value.wrapping_neg() <= 1 << 31;
    let extended = u64::try_from(size).is_ok_and(|size| i32::try_from(size.cast_signed()).is_ok());
    for value in [signed, zigzag] {
        if narrow(value) || extended {
            for value in [low_u32(value), low_u32(value) | 1 << 31] {
                either_end_first(&value.to_be_bytes(), take);
            }
        } else if value < 1 << 64 || value.wrapping_neg() <= 1 << 63 {
            for value in [low_u64(value), low_u64(value) | 1 << 63] {
                either_end_first(&value.to_be_bytes(), take);
            }
        }
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
const fn low_u32(value: u128) -> u32 {
    value as u32
}

#[allow(clippy::cast_possible_truncation, reason = "the low bits are wanted")]
const fn low_u64(value: u128) -> u64 {
    value as u64
}

/// The bytes; those of a number also with the lowest first.
fn either_end_first(bytes: &[u8], take: &mut impl FnMut(&[u8])) {
    take(bytes);
    if matches!(bytes.len(), 4 | 8) {
        let mut reversed = bytes.to_vec();
        reversed.reverse();
        take(&reversed);
    }
}

#[cfg(test)]
mod tests {
    use super::each;

    fn readings(text: &str) -> Vec<Vec<u8>> {
        let mut readings = Vec::new();
        each(text, &mut |bytes| readings.push(bytes.to_vec()));
        readings
    }

    #[test]
    fn eight_bytes_are_read_in_every_way_in_which_they_are_written() {
        let bytes = 0x0123_4567_89ab_cdef_u64.to_be_bytes();
        for text in [
            "0123456789abcdef",
            "0123456789ABCDEF",
            "efcdab8967452301", // the lowest byte first
            "id=0123456789abcdef;",
            "ASNFZ4mrze8",
            "ASNFZ4mrze8=",
            "sha256-ASNFZ4mrze8=",
            "AERUKZ4JVPG66",
            "aerukz4jvpg66",
            "81985529216486895",
            "-18364758544493064721", // no number of 64 bits: read by its digits alone
        ] {
            let found = readings(text).contains(&bytes.to_vec());
            assert_eq!(found, !text.starts_with("-183"), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_signed_unsigned_and_in_zigzag() {
        let bytes = 0xfedc_ba98_u32.to_be_bytes().to_vec();
        for text in ["4275878552", "-19088744", "18446744073690462872", "38177487", "2128394904", "x-19088744"] {
            assert!(readings(text).contains(&bytes), "{text}");
        }
        assert!(readings("60000").is_empty());
        assert!(readings("word").is_empty());
    }

    #[test]
    fn a_uuid_is_sixteen_bytes() {
        assert!(readings("00112233-4455-6677-8899-aabbccddeeff").contains(&(0..16).map(|n| n * 0x11).collect()));
        assert!(!readings("00112233-4455-6677-8899_aabbccddeeff").iter().any(|bytes| bytes.len() == 16));
    }
}
