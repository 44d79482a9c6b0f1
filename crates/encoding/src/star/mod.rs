//! STAR: a measurement that a server can read once k devices have sent it, and not before (Davidson, Snyder, Quirk,
//! Genereux, Livshits and Haddadi, "STAR: Secret Sharing for Private Threshold Aggregation Reporting", CCS 2022).
//!
//! A device asks the *randomness server* for a pseudo-random value of its measurement, without showing it
//! ([`oprf`]), and derives from the answer a key, a *tag* and a polynomial. What it sends is a [`Message`]: the
//! measurement under the key, one *share* of the key (a point of the polynomial) and the tag, which is the same for
//! everybody with that measurement. Whoever holds k shares of one tag finds the key.
//!
//! # Chance
//!
//! `sta-rs` and `ppoprf` draw a share's coordinate and the blinding factor from the operating system, and offer no way
//! to seed that. Both are drawn here from a stream that the caller gives ([`seal`], [`oprf::blind`]); everything else
//! of a message is a function of (measurement, terms, randomness), as in those crates, and tests hold the two against
//! each other. With a coordinate derived from (device, epoch, measurement), a device that says the same thing twice
//! sends the same share, which counts once.
//!
//! # What differs from `sta-rs`
//!
//! The ciphertext's key also depends on the share's coordinate. `sta-rs` encrypts every message of one tag with one
//! key and no nonce, so that the exclusive or of two devices' associated data can be read below k.
//!
//! # What STAR does not give
//!
//! A device that cheats can make k shares of its own (a Sybil attack: see the security considerations of
//! draft-dss-star-02): whoever counts must bound the messages of a device where they know it. And without a randomness
//! server ([`local_randomness`]), whoever can guess a measurement can test the guess.

mod adss;
mod epoch;
mod message;
pub mod oprf;
mod shamir;
#[cfg(test)]
mod tests;

use std::fmt;

use rand_core::Rng;
use sta_rs::{MessageGenerator, SingleMeasurement, derive_ske_key, store_bytes, strobe_digest};

pub use self::{
    epoch::{Epoch, Terms},
    message::{Message, MessageError, Opened, Recovered, Recovery},
};

use self::{adss::Sharing, shamir::Coordinate};

/// Name of the field by which a report carries its message, in base64.
pub const FIELD: &str = "star";
/// Longest measurement in bytes.
pub const MEASUREMENT_BYTES_MAX: usize = 1024;
/// Longest associated data in bytes.
pub const ASSOCIATED_BYTES_MAX: usize = 1024;
/// Least and greatest threshold: with 1 everybody is published alone, and recovery takes time quadratic in k.
pub const DEVICES_MIN: std::ops::RangeInclusive<u32> = 2..=256;

/// What a measurement is hidden with: equal for equal measurements in one epoch, and secret until k devices sent it.
#[derive(Clone, PartialEq, Eq)]
pub struct Randomness([u8; 32]);

impl Randomness {
    /// From 32 bytes of an oblivious pseudo-random function.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Secret that is shared, coins of the sharing, and tag: the paper's r1, r2 and r3.
    fn derive(&self) -> [[u8; 32]; 3] {
        [0, 1, 2].map(|place: u8| {
            let mut derived = [0; 32];
            strobe_digest(&self.0, &[&[place]], "star_derive_randoms", &mut derived);
            derived
        })
    }
}

impl fmt::Debug for Randomness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Randomness(…)")
    }
}

/// Why a measurement cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The measurement is too long.
    #[error("measurement has {found} bytes, expected at most {MEASUREMENT_BYTES_MAX}")]
    Measurement {
        /// Bytes found.
        found: usize,
    },
    /// The associated data is too long.
    #[error("associated data has {found} bytes, expected at most {ASSOCIATED_BYTES_MAX}")]
    Associated {
        /// Bytes found.
        found: usize,
    },
}

/// The randomness of STARLite, from the measurement itself: it protects only what nobody can guess.
#[must_use]
pub fn local_randomness(measurement: &[u8], terms: &Terms) -> Randomness {
    let generator =
        MessageGenerator::new(SingleMeasurement::new(measurement), terms.devices_min(), terms.epoch_bytes());
    let mut bytes = [0; 32];
    generator.sample_local_randomness(&mut bytes);
    Randomness(bytes)
}

/// The message of one device: `measurement` and `associated` under a key of which the message holds one share. The
/// share's coordinate, 16 bytes, is drawn from `chance`: it must be the device's own.
///
/// ```
/// use encoding::star::{Recovery, Terms, local_randomness, seal};
/// use model::{Duration, QueryId, Seed, Timestamp, Window};
///
/// let window = Window::holding(Timestamp::from_millis(0), Duration::DAY);
/// let terms = Terms::new(&QueryId::new("sites")?, window, 2).ok_or("a threshold that is allowed")?;
/// let randomness = local_randomness(b"news.example", &terms);
/// let of = |device| seal(b"news.example", b"", &terms, &randomness, &mut Seed::root(device).stream());
/// let messages = [of(1)?, of(2)?];
/// let recovered = Recovery::new(&terms).recover(&messages).ok_or("two shares are enough")?;
/// assert_eq!(recovered.open(&messages[0]).ok_or("it fits")?.measurement, b"news.example");
/// assert!(Recovery::new(&terms).recover(&messages[..1]).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If `measurement` or `associated` is too long.
pub fn seal(
    measurement: &[u8],
    associated: &[u8],
    terms: &Terms,
    randomness: &Randomness,
    chance: &mut impl Rng,
) -> Result<Message, SealError> {
    if measurement.len() > MEASUREMENT_BYTES_MAX {
        return Err(SealError::Measurement { found: measurement.len() });
    }
    if associated.len() > ASSOCIATED_BYTES_MAX {
        return Err(SealError::Associated { found: associated.len() });
    }
    let [secret, coins, tag] = randomness.derive();
    let share = Sharing::new(terms.devices_min(), secret, coins).share(Coordinate::draw(chance));
    let mut plain = Vec::with_capacity(8 + measurement.len() + associated.len());
    store_bytes(measurement, &mut plain);
    store_bytes(associated, &mut plain);
    let ciphertext = sta_rs::Ciphertext::new(&key(&secret, terms, share.coordinate()), &plain, LABEL).to_bytes();
    Ok(Message { ciphertext, share, tag })
}

/// Domain of the ciphertext, as `sta-rs` names it.
const LABEL: &str = "star_encrypt";

/// Key of the ciphertext that goes with the share at `coordinate`.
fn key(secret: &[u8; 32], terms: &Terms, coordinate: Coordinate) -> [u8; 16] {
    let mut key = [0; 16];
    derive_ske_key(secret, &[terms.epoch_bytes(), coordinate.to_bytes().as_slice()].concat(), &mut key);
    key
}

/// Values of a group as one measurement: each behind its length.
#[must_use]
pub fn measurement<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut bytes = Vec::new();
    values.into_iter().for_each(|value| store_bytes(value.as_bytes(), &mut bytes));
    bytes
}

/// The values in a measurement, if it is one of exactly `width` values in UTF-8.
#[must_use]
pub fn values(mut measurement: &[u8], width: usize) -> Option<Vec<String>> {
    let mut values = Vec::new();
    while !measurement.is_empty() && values.len() < width {
        let (value, rest) = message::split(measurement)?;
        values.push(std::str::from_utf8(value).ok()?.to_owned());
        measurement = rest;
    }
    (measurement.is_empty() && values.len() == width).then_some(values)
}
