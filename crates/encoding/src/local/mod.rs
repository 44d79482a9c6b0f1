//! The device's half of local differential privacy: values are randomized before they are reported.
//!
//! A [`LocalRandomizer`] answers for a value with text, and reads such text into a row of bytes of one width for the
//! servers' half, which is in `aggregation`. Probabilities like e^epsilon / (e^epsilon + k − 1) are irrational: they are
//! never computed, but drawn exactly ([`Dice::chance_exp`]).
//!
//! A value that is none of the known ones is answered for too, such that the answer supports no known value more than
//! another. So its estimates need no assumption about what else occurs, and that it is none of them stays private.
//! What is not hidden is that there was something to report, and when.

mod bits;
mod error;
mod exponential;
mod hadamard;
mod hashing;
mod k_ary;
mod rappor;
#[cfg(test)]
mod tests;
mod unary;

use std::collections::BTreeSet;

use model::{Randomizer, Rappor, Seed};

use crate::chance::Dice;
use bits::BitRow;

pub use bits::has;
pub use error::{LocalError, ResponseError};
pub use exponential::{EXP_BITS, exp_bounds};
pub use hadamard::{order, sign};
pub use hashing::{bucket, bucket_count};
pub use rappor::positions;

/// Greatest epsilon of one answer. Beyond it, nothing is hidden that deserves the name.
pub const EPSILON_MAX: u32 = 10;
/// Least epsilon of one answer. Below it, no crowd is large enough.
pub const EPSILON_MIN: &str = "1/100";
/// Most known values.
pub const VALUES_MAX: usize = 4_096;
/// Most known values for RAPPOR, whose estimates tell all of them apart at once.
pub const RAPPOR_VALUES_MAX: usize = 512;
const BITS_MAX: u32 = 1_024;
const HASHES_MAX: u32 = 16;
const COHORTS_MAX: u32 = 256;

/// A randomizer over the values that are known.
///
/// ```
/// use encoding::{chance::Bits, local::LocalRandomizer};
/// let by = model::Randomizer::KAry { epsilon: "1".parse()? };
/// let sites = LocalRandomizer::new(&by, ["a.example", "b.example"])?;
/// let seed = model::Seed::root(1);
/// let response = sites.respond("b.example", &seed, &mut Bits(&mut seed.derive("answer").stream()));
/// assert!(["a.example", "b.example", ""].contains(&response.as_str())); // empty: none of them
/// assert!(sites.read(&response, &mut Vec::new()).is_ok());
/// assert!(sites.read("c.example", &mut Vec::new()).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalRandomizer {
    by: Randomizer,
    values: Vec<String>, // sorted, without repeats
}

impl LocalRandomizer {
    /// A randomizer over `values`, whose order and repeats mean nothing.
    ///
    /// # Errors
    /// If a parameter is out of range, or there are no values or too many.
    pub fn new<'a>(by: &Randomizer, values: impl IntoIterator<Item = &'a str>) -> Result<Self, LocalError> {
        check(by)?;
        let max = if let Randomizer::Rappor(_) = by { RAPPOR_VALUES_MAX } else { VALUES_MAX };
        let values: BTreeSet<&str> = values.into_iter().collect();
        if values.is_empty() || values.len() > max {
            return Err(LocalError::Values { found: values.len(), max });
        }
        if values.contains("") {
            return Err(LocalError::EmptyValue);
        }
        Ok(Self { by: by.clone(), values: values.into_iter().map(str::to_owned).collect() })
    }

    /// How it randomizes.
    #[must_use]
    pub const fn by(&self) -> &Randomizer {
        &self.by
    }

    /// The values that are known, sorted.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// A response to `value`, which may be none of the known ones. `permanent` is the device's own for this randomizer,
    /// the same each time; `dice` are thrown anew for each response.
    pub fn respond(&self, value: &str, permanent: &Seed, dice: &mut impl Dice) -> String {
        let truth = self.place(value);
        let known = truth.map(|_| value);
        match &self.by {
            Randomizer::KAry { epsilon } => {
                // One more than there are known values: none of them.
                let response = k_ary::respond(self.count() + 1, truth.or(Some(self.count())), *epsilon, dice);
                self.values.get(response as usize).cloned().unwrap_or_default()
            }
            Randomizer::Oue { epsilon } => unary::respond(self.count(), truth, *epsilon, dice).text(),
            Randomizer::Olh { epsilon } => {
                let (key, bucket) = hashing::respond(known, *epsilon, dice);
                format!("{key:016x}-{bucket}")
            }
            Randomizer::Rappor(rappor) => {
                let (cohort, row) = rappor::respond(rappor, known, permanent, dice);
                format!("{cohort}-{}", row.text())
            }
            Randomizer::Hadamard { epsilon } => {
                let (row, sign) = hadamard::respond(self.count(), truth, *epsilon, dice);
                format!("{row}{}", if sign { '+' } else { '-' })
            }
        }
    }

    /// Bytes of every response in the form of [`LocalRandomizer::read`].
    #[must_use]
    pub const fn width(&self) -> usize {
        match &self.by {
            Randomizer::KAry { .. } | Randomizer::Hadamard { .. } => 4,
            Randomizer::Oue { .. } => bits::bytes(self.count()),
            Randomizer::Olh { .. } => 12,
            Randomizer::Rappor(rappor) => 4 + bits::bytes(rappor.bits),
        }
    }

    /// Adds the response that `text` stands for to `out`, in [`LocalRandomizer::width`] bytes:
    ///
    /// - k-ary: the place of the value among the known ones, or their number for none of them;
    /// - OUE: the bits of all known values;
    /// - OLH: the key, then the bucket;
    /// - RAPPOR: the cohort, then the bits of its filter;
    /// - Hadamard: twice the row, and one more for the sign +.
    ///
    /// Numbers are little-endian, 32 bits but for the key of 64.
    ///
    /// # Errors
    /// If it is no response of this randomizer. Nothing was added then.
    pub fn read(&self, text: &str, out: &mut Vec<u8>) -> Result<(), ResponseError> {
        self.read_into(text, out).ok_or(ResponseError { expected: self.written() })
    }

    fn read_into(&self, text: &str, out: &mut Vec<u8>) -> Option<()> {
        match &self.by {
            Randomizer::KAry { .. } => {
                let place = if text.is_empty() { self.count() } else { self.place(text)? };
                out.extend(place.to_le_bytes());
            }
            Randomizer::Oue { .. } => BitRow::read(text, self.count(), out).then_some(())?,
            Randomizer::Olh { epsilon } => {
                let (key, bucket) = text.split_once('-')?;
                let (key, bucket) = (key_of(key)?, number(bucket)?);
                (bucket < bucket_count(*epsilon)).then_some(())?;
                out.extend(key.to_le_bytes());
                out.extend(bucket.to_le_bytes());
            }
            Randomizer::Rappor(rappor) => {
                let (cohort, row) = text.split_once('-')?;
                let cohort = number(cohort).filter(|cohort| *cohort < rappor.cohorts)?;
                let start = out.len();
                out.extend(cohort.to_le_bytes());
                if !BitRow::read(row, rappor.bits, out) {
                    out.truncate(start);
                    return None;
                }
            }
            Randomizer::Hadamard { .. } => {
                let (row, sign) = text.split_at_checked(text.len().checked_sub(1)?)?;
                let row = number(row).filter(|row| *row < order(self.count()))?;
                let sign = match sign {
                    "+" => 1,
                    "-" => 0,
                    _ => return None,
                };
                out.extend((2 * row + sign).to_le_bytes());
            }
        }
        Some(())
    }

    const fn written(&self) -> &'static str {
        match &self.by {
            Randomizer::KAry { .. } => "a known value, or nothing for none of them",
            Randomizer::Oue { .. } => "a bit for each known value in base64, as `Ag`",
            Randomizer::Olh { .. } => "a key in 16 hexadecimal digits and a bucket, as `0123456789abcdef-2`",
            Randomizer::Rappor(_) => "a cohort and the bits of its filter in base64, as `3-AbCd`",
            Randomizer::Hadamard { .. } => "a row and a sign, as `5+`",
        }
    }

    const fn count(&self) -> u32 {
        // Never more than `VALUES_MAX`.
        #[expect(clippy::cast_possible_truncation, reason = "there are at most 4096")]
        let count = self.values.len() as u32;
        count
    }

    fn place(&self, value: &str) -> Option<u32> {
        let place = self.values.binary_search_by(|known| known.as_str().cmp(value)).ok()?;
        u32::try_from(place).ok()
    }
}

/// A decimal number as `respond` writes it, so that no response is written in two ways.
fn number(digits: &str) -> Option<u32> {
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'));
    digits.parse().ok().filter(|_| is_plain)
}

fn key_of(digits: &str) -> Option<u64> {
    let is_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let is_plain = digits.len() == 16 && digits.bytes().all(is_hex);
    u64::from_str_radix(digits, 16).ok().filter(|_| is_plain)
}

fn check(by: &Randomizer) -> Result<(), LocalError> {
    if let Some(found) = by.epsilon() {
        let too_small = u128::from(found.numerator()) * 100 < u128::from(found.denominator());
        let too_large = u128::from(found.numerator()) > u128::from(found.denominator()) * u128::from(EPSILON_MAX);
        return if too_small || too_large { Err(LocalError::Epsilon { found }) } else { Ok(()) };
    }
    let Randomizer::Rappor(rappor) = by else { return Ok(()) };
    let hashes_max = HASHES_MAX.min(rappor.bits);
    let sizes = [
        ("bits", rappor.bits, BITS_MAX),
        ("hashes", rappor.hashes, hashes_max),
        ("cohorts", rappor.cohorts, COHORTS_MAX),
    ];
    for (parameter, found, max) in sizes {
        if !(1..=max).contains(&found) {
            return Err(LocalError::Size { parameter, found, max });
        }
    }
    probabilities(rappor)
}

fn probabilities(rappor: &Rappor) -> Result<(), LocalError> {
    let is_one = |ratio: model::Ratio| ratio.numerator() == ratio.denominator();
    let is_above_one = |ratio: model::Ratio| ratio.numerator() > ratio.denominator();
    if is_one(rappor.f) || is_above_one(rappor.f) {
        let expected = "0 or more, and less than 1, which leaves nothing of the value";
        return Err(LocalError::Probability { parameter: "f", found: rappor.f, expected });
    }
    if is_above_one(rappor.q) {
        return Err(LocalError::Probability { parameter: "q", found: rappor.q, expected: "at most 1" });
    }
    if rappor.q <= rappor.p {
        return Err(LocalError::Probability { parameter: "q", found: rappor.q, expected: "more than p" });
    }
    let none = model::Ratio::ZERO;
    if rappor.f == none && rappor.p == none {
        return Err(LocalError::Bare { parameter: "p", found: rappor.p });
    }
    if rappor.f == none && is_one(rappor.q) {
        return Err(LocalError::Bare { parameter: "q", found: rappor.q });
    }
    Ok(())
}
