//! Transforms of single field values: what of a value leaves the device.
//!
//! A transform that does not apply to a value yields nothing, so that a field is left out rather than sent whole.

mod address;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;

use data_encoding::HEXLOWER;
use model::{Timestamp, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::Digest;

pub use parse::TransformError;

/// A pure function on the value of one field, written as `host`, `prefix(8)` or `sha256(install)`.
///
/// ```
/// let host: encoding::Transform = "host".parse()?;
/// assert_eq!(host.apply(&"https://Example.org:8443/a?b".into(), ""), Some("example.org".into()));
/// assert_eq!(host.apply(&"no address".into(), ""), None);
///
/// let error = "hots".parse::<encoding::Transform>().unwrap_err();
/// assert_eq!(error.nearest(), Some("host"));
/// # Ok::<(), encoding::TransformError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Transform {
    /// Host of a URL, lower case, without port.
    Host,
    /// Origin of a URL: scheme, host, and the port where one is written.
    Origin,
    /// Path of a URL, without query.
    Path,
    /// Scheme of a URL, lower case.
    Scheme,
    /// A digest in lower-case hexadecimal digits, written as `md5` or, with a salt, as `md5(NAME)`.
    Digest {
        /// The hash function.
        algorithm: Algorithm,
        /// Name of the salt. Its value stands before the text that is digested.
        salt: Option<String>,
    },
    /// The first so many characters of a text.
    Prefix(u32),
    /// A number, rounded down to a multiple of this one, which is not zero.
    Bucket(std::num::NonZeroU32),
    /// The day of a time, in UTC, such as `2020-05-01`.
    Day,
    /// The hour of a time, in UTC, such as `2020-05-01T10`.
    Hour,
    /// A text in lower case.
    Lower,
    /// The number of characters in a text.
    Length,
}

/// Hash functions of [`Transform::Digest`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// SHA-256, FIPS 180-4.
    Sha256,
    /// SHA-1, FIPS 180-4.
    Sha1,
    /// MD5, RFC 1321.
    Md5,
}

impl Transform {
    /// Every name that a transform can have, in the order in which messages list them.
    pub const NAMES: [&str; 13] = [
        "host", "origin", "path", "scheme", "sha256", "sha1", "md5", "prefix", "bucket", "day", "hour", "lower",
        "length",
    ];

    /// The name of the salt that [`Transform::apply`] needs, where the transform has one.
    #[must_use]
    pub fn salt(&self) -> Option<&str> {
        match self {
            Self::Digest { salt, .. } => salt.as_deref(),
            _ => None,
        }
    }

    /// What becomes of `value`; nothing where the transform does not apply to it: an address that is none, say.
    ///
    /// `salt` is the value of [`Transform::salt`], and plays no part in a transform without one. Times are
    /// numbers of milliseconds since the Unix epoch, or text in RFC 3339. Numbers and flags are digested as
    /// they are displayed.
    #[must_use]
    pub fn apply(&self, value: &Value, salt: &str) -> Option<Value> {
        match self {
            Self::Host => address::host(text(value)?).map(Value::Text),
            Self::Origin => address::origin(text(value)?).map(Value::Text),
            Self::Path => address::path(text(value)?).map(Value::Text),
            Self::Scheme => address::scheme(text(value)?).map(Value::Text),
            Self::Digest { algorithm, salt: named } => {
                let salt = if named.is_some() { salt } else { "" };
                Some(Value::Text(algorithm.digest(salt, &value.to_string())))
            }
            Self::Prefix(count) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                Some(Value::Text(text(value)?.chars().take(count).collect()))
            }
            Self::Bucket(multiple) => {
                let number = number(value)?;
                number.checked_sub(number.rem_euclid(multiple.get().into())).map(Value::Number)
            }
            Self::Day => written_until(value, 'T'),
            Self::Hour => written_until(value, ':'),
            Self::Lower => Some(Value::Text(text(value)?.to_lowercase())),
            Self::Length => i64::try_from(text(value)?.chars().count()).ok().map(Value::Number),
        }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Origin => "origin",
            Self::Path => "path",
            Self::Scheme => "scheme",
            Self::Digest { algorithm, .. } => algorithm.name(),
            Self::Prefix(_) => "prefix",
            Self::Bucket(_) => "bucket",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Lower => "lower",
            Self::Length => "length",
        }
    }
}

impl Algorithm {
    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha1 => "sha1",
            Self::Md5 => "md5",
        }
    }

    /// The digest of `salt` and then `text`, in lower-case hexadecimal digits.
    #[must_use]
    pub fn digest(self, salt: &str, text: &str) -> String {
        fn hex<D: Digest>(salt: &str, text: &str) -> String {
            HEXLOWER.encode(&D::new().chain_update(salt).chain_update(text).finalize())
        }
        match self {
            Self::Sha256 => hex::<sha2::Sha256>(salt, text),
            Self::Sha1 => hex::<sha1::Sha1>(salt, text),
            Self::Md5 => hex::<md5::Md5>(salt, text),
        }
    }
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Digest { salt: Some(salt), .. } => write!(f, "{name}({salt})"),
            Self::Prefix(count) => write!(f, "{name}({count})"),
            Self::Bucket(multiple) => write!(f, "{name}({multiple})"),
            _ => f.pad(name),
        }
    }
}

impl JsonSchema for Transform {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Transform".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "What is done to a value before it is reported.",
            "pattern": "^(host|origin|path|scheme|day|hour|lower|length|(sha256|sha1|md5)(\\([^()]+\\))?|(prefix|bucket)\\([1-9][0-9]*\\))$",
            "examples": ["host", "origin", "path", "scheme", "sha256", "sha1", "md5", "sha256(install)", "prefix(8)",
                         "bucket(10)", "day", "hour", "lower", "length"]
        })
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Number(_) | Value::Flag(_) => None,
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(_) | Value::Flag(_) => None,
    }
}

/// RFC 3339 of a time, up to the first `end`.
fn written_until(value: &Value, end: char) -> Option<Value> {
    let time = match value {
        Value::Number(ms) => Timestamp::from_millis(*ms),
        Value::Text(text) => text.parse().ok()?,
        Value::Flag(_) => return None,
    };
    time.to_string().split(end).next().map(Value::from)
}
