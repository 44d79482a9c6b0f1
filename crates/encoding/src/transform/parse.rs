//! Transforms as files write them.

use std::{num::NonZeroU32, str::FromStr};

use super::{Algorithm, Transform};

/// Text that is no transform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// There is no transform of this name.
    #[error("`{found}` is no transform: expected one of {}", Transform::NAMES.join(", "))]
    Unknown {
        /// The name that stood there.
        found: String,
    },
    /// The transform takes another argument, or none.
    #[error("`{found}` is no transform: expected {expected}")]
    Argument {
        /// What stood there.
        found: String,
        /// How the transform is written.
        expected: &'static str,
    },
}

impl TransformError {
    /// The valid name nearest to an unknown one, where one is near.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        let Self::Unknown { found } = self else { return None };
        let distance = |name: &&str| strsim::damerau_levenshtein(found, name);
        let nearest = Transform::NAMES.into_iter().min_by_key(distance)?;
        (distance(&nearest) <= 1 + found.len() / 4).then_some(nearest)
    }
}

/// Most characters of a wrong text that a message repeats.
const FOUND_CHARS_MAX: usize = 64;

impl FromStr for Transform {
    type Err = TransformError;

    fn from_str(text: &str) -> Result<Self, TransformError> {
        let (name, argument) = match text.strip_suffix(')').and_then(|text| text.split_once('(')) {
            Some((name, argument)) => (name, Some(argument)),
            None => (text, None),
        };
        let wrong = |expected| TransformError::Argument { found: shown(text), expected };
        let plain = |transform, expected| argument.is_none().then_some(transform).ok_or_else(|| wrong(expected));
        match name {
            "host" => plain(Self::Host, "`host`"),
            "origin" => plain(Self::Origin, "`origin`"),
            "path" => plain(Self::Path, "`path`"),
            "scheme" => plain(Self::Scheme, "`scheme`"),
            "day" => plain(Self::Day, "`day`"),
            "hour" => plain(Self::Hour, "`hour`"),
            "lower" => plain(Self::Lower, "`lower`"),
            "length" => plain(Self::Length, "`length`"),
            "sha256" => digest(Algorithm::Sha256, argument).ok_or_else(|| wrong("`sha256` or `sha256(SALT)`")),
            "sha1" => digest(Algorithm::Sha1, argument).ok_or_else(|| wrong("`sha1` or `sha1(SALT)`")),
            "md5" => digest(Algorithm::Md5, argument).ok_or_else(|| wrong("`md5` or `md5(SALT)`")),
            "prefix" => {
                let count = count(argument).ok_or_else(|| wrong("a number of characters, as in `prefix(8)`"))?;
                Ok(Self::Prefix(count.get()))
            }
            "bucket" => count(argument).map(Self::Bucket).ok_or_else(|| wrong("a multiple, as in `bucket(10)`")),
            _ => Err(TransformError::Unknown { found: shown(name) }),
        }
    }
}

fn digest(algorithm: Algorithm, salt: Option<&str>) -> Option<Transform> {
    let fits = |salt: &str| !salt.is_empty() && !salt.contains(['(', ')']);
    salt.is_none_or(fits).then(|| Transform::Digest { algorithm, salt: salt.map(str::to_owned) })
}

/// Decimal digits, without a sign or leading zeros, so that every transform is written in one way.
fn count(argument: Option<&str>) -> Option<NonZeroU32> {
    argument.filter(|digits| digits.starts_with(|c: char| c.is_ascii_digit() && c != '0'))?.parse().ok()
}

fn shown(text: &str) -> String {
    text.chars().take(FOUND_CHARS_MAX).collect()
}

impl TryFrom<String> for Transform {
    type Error = TransformError;

    fn try_from(text: String) -> Result<Self, TransformError> {
        text.parse()
    }
}

impl From<Transform> for String {
    fn from(transform: Transform) -> String {
        transform.to_string()
    }
}
