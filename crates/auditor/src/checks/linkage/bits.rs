//! How much a value can tell apart, in bits.

/// Values tell in tenths of a bit for each character of an alphabet: log2 of its size, rounded up.
const DIGITS: u64 = 34;
const HEX: u64 = 40;
const LETTERS: u64 = 48;
const LETTERS_AND_DIGITS: u64 = 52;
const BASE64: u64 = 61;
const PRINTABLE: u64 = 66;

/// Days of a century: a date says no more than one of them.
const DATE: u64 = 152;
/// What RFC 9562 leaves to chance in a UUID of version 4.
const UUID: u64 = 1_220;

/// Most bits that a value of this form can carry: how far it could narrow a crowd down, if values were spread evenly.
/// A true distribution tells less; only the vendor knows it.
pub(super) fn bits_max(value: &str) -> u64 {
    tenths(value).div_ceil(10)
}

fn tenths(value: &str) -> u64 {
    if is_date(value) {
        return DATE;
    }
    if is_uuid(value) {
        return UUID;
    }
    let chars = value.chars().filter(|c| !matches!(c, '-' | ':' | '.' | '{' | '}' | ' ')); // what stands between
    let all = |fits: fn(char) -> bool| value.chars().all(|c| fits(c) || matches!(c, '-' | ':' | '.' | '{' | '}' | ' '));
    let each = if all(|c| c.is_ascii_digit()) {
        DIGITS
    } else if all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c))
        || all(|c| c.is_ascii_digit() || ('A'..='F').contains(&c))
    {
        HEX
    } else if all(|c| c.is_ascii_lowercase()) || all(|c| c.is_ascii_uppercase()) {
        LETTERS
    } else if all(|c| c.is_ascii_digit() || c.is_ascii_lowercase())
        || all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
    {
        LETTERS_AND_DIGITS
    } else if all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '_' | '=')) {
        BASE64
    } else {
        PRINTABLE
    };
    each * u64::try_from(chars.count()).unwrap_or(u64::MAX / PRINTABLE)
}

/// Whether it is written like a day: `2020-05-01`.
fn is_date(value: &str) -> bool {
    has_form(value, "dddd-dd-dd")
}

/// Whether it is written like a UUID.
fn is_uuid(value: &str) -> bool {
    has_form(value, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

/// `d` stands for a digit, `x` for a hexadecimal one, anything else for itself.
fn has_form(value: &str, form: &str) -> bool {
    let fits = |(byte, form): (u8, u8)| match form {
        b'd' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        other => byte == other,
    };
    value.len() == form.len() && value.bytes().zip(form.bytes()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::bits_max;

    #[test]
    fn bits_are_those_of_the_form() {
        for (value, bits) in [
            ("0123456789abcdef", 64),
            ("0B1C22D3", 32),
            ("123456789012345", 51),
            ("f47ac10b-58cc-4372-a567-0e02b2c3d479", 122),
            ("2020-05-01", 16),
            ("abcdefgh", 39),
            ("Zm9vYmFyYmF6", 74),
            ("", 0),
        ] {
            assert_eq!(bits_max(value), bits, "{value}");
        }
    }
}
