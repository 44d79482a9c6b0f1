//! Exact rational numbers for privacy parameters.

use std::{fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A non-negative exact rational in lowest terms, written as `1`, `0.5` or `1/3`. Never a float.
///
/// ```
/// let half: model::Ratio = "0.5".parse()?;
/// assert_eq!(half, "1/2".parse()?);
/// assert_eq!(half.to_string(), "1/2");
/// # Ok::<(), model::RatioError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "String")]
pub struct Ratio(num_rational::Ratio<u64>);

/// Text that is no exact rational.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no exact rational: expected a whole number, a decimal in quotes or a fraction, such as \"1/3\"")]
pub struct RatioError {
    /// What stood there.
    pub found: String,
}

impl Ratio {
    /// Zero.
    pub const ZERO: Self = Self(num_rational::Ratio::new_raw(0, 1));

    /// One.
    pub const ONE: Self = Self(num_rational::Ratio::new_raw(1, 1));

    /// Whether it is zero.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        *self.0.numer() == 0
    }

    /// `numerator / denominator`, or `None` where the denominator is zero.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        (denominator != 0).then(|| Self(num_rational::Ratio::new(numerator, denominator)))
    }

    /// The numerator in lowest terms.
    #[must_use]
    pub const fn numerator(self) -> u64 {
        *self.0.numer()
    }

    /// The denominator in lowest terms; never zero.
    #[must_use]
    pub const fn denominator(self) -> u64 {
        *self.0.denom()
    }

    /// The sum, or `None` where it does not fit.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let (mine, theirs, denominator) = self.over_common_denominator(other);
        // The products fit, but their sum may pass 2^128.
        Self::reduced(mine.checked_add(theirs)?, denominator)
    }

    /// The difference, or `None` where it is negative or does not fit.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let (mine, theirs, denominator) = self.over_common_denominator(other);
        Self::reduced(mine.checked_sub(theirs)?, denominator)
    }

    /// The product, or `None` where it does not fit.
    #[must_use]
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let [a, b, c, d] =
            [self.numerator(), self.denominator(), other.numerator(), other.denominator()].map(u128::from);
        Self::reduced(a * c, b * d)
    }

    /// Both numerators over the least common denominator, with that denominator.
    fn over_common_denominator(self, other: Self) -> (u128, u128, u128) {
        let [a, b, c, d] =
            [self.numerator(), self.denominator(), other.numerator(), other.denominator()].map(u128::from);
        let shared = gcd(b, d);
        (a * (d / shared), c * (b / shared), b / shared * d)
    }

    fn reduced(numerator: u128, denominator: u128) -> Option<Self> {
        let shared = gcd(numerator, denominator);
        Self::new(u64::try_from(numerator / shared).ok()?, u64::try_from(denominator / shared).ok()?)
    }

    /// The nearest float, for display and estimates; never for privacy arithmetic.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn approximate(self) -> f64 {
        self.numerator() as f64 / self.denominator() as f64
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Ratio {
    type Err = RatioError;

    fn from_str(text: &str) -> Result<Self, RatioError> {
        parse(text).ok_or_else(|| RatioError { found: text.chars().take(64).collect() })
    }
}

/// Greatest common divisor; `b` is not zero.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

fn parse(text: &str) -> Option<Ratio> {
    let number = |digits: &str| {
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| digits.parse::<u64>().ok()).flatten()
    };
    if let Some((numerator, denominator)) = text.split_once('/') {
        return Ratio::new(number(numerator.trim())?, number(denominator.trim())?);
    }
    let Some((whole, fraction)) = text.split_once('.') else { return Ratio::new(number(text)?, 1) };
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    Ratio::new(number(whole)?.checked_mul(scale)?.checked_add(number(fraction)?)?, scale)
}

/// A rational as files hold it: whole numbers may stand without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Whole(u64),
    Text(String),
}

impl TryFrom<Written> for Ratio {
    type Error = RatioError;

    fn try_from(written: Written) -> Result<Self, RatioError> {
        match written {
            Written::Whole(number) => Ok(Self(number.into())),
            Written::Text(text) => text.parse(),
        }
    }
}

impl From<Ratio> for String {
    fn from(ratio: Ratio) -> String {
        ratio.to_string()
    }
}

impl JsonSchema for Ratio {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Ratio".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["integer", "string"],
            "description": "An exact rational: a whole number, or in quotes a decimal or a fraction.",
            "minimum": 0,
            "examples": ["1", "0.5", "1/3"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Ratio;

    fn ratio(numerator: u64, denominator: u64) -> Ratio {
        Ratio::new(numerator, denominator).unwrap()
    }

    #[test]
    fn sums_and_differences_are_exact_or_refused() {
        let (third, sixth) = (ratio(1, 3), ratio(1, 6));
        assert_eq!(third.checked_add(sixth), Some(ratio(1, 2)));
        assert_eq!(ratio(1, 2).checked_sub(third), Some(sixth));
        assert_eq!(third.checked_sub(third), Some(Ratio::ZERO));
        assert_eq!(sixth.checked_sub(third), None);
        let most = u64::MAX;
        assert_eq!(ratio(most, 1).checked_add(ratio(1, 1)), None);
        assert_eq!(ratio(most, most - 1).checked_add(ratio(most - 1, most - 2)), None);
        assert_eq!(ratio(most - 1, most).checked_add(ratio(1, most)), Some(ratio(1, 1)));
    }
}
