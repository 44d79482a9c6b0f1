//! Adept secret sharing (Bellare, Dai and Rogaway, "Reimagining Secret Sharing", PoPETs 2020), exactly as `adss` 0.2.3
//! does it, but for the coordinate: a share of a secret, with the secret and its coins encrypted under what is shared,
//! and a code that authenticates them all.

use std::fmt;

use ff::PrimeField;
use rand_core_06::{CryptoRng, RngCore};
use star_sharks::{Fp, random_polynomial};
use strobe_rs::{SecParam, Strobe};

use super::shamir::{self, Coordinate, ELEMENT_BYTES, Point, Polynomial};

/// Bytes of the code.
const MAC_BYTES: usize = 64;
/// Bytes of the shared key.
const KEY_BYTES: usize = 16;
/// Bytes of a share: threshold, point, encrypted secret and coins each behind its length, and code.
pub(super) const SHARE_BYTES: usize = 4 + (4 + 2 * ELEMENT_BYTES) + (4 + 32) + (4 + 32) + MAC_BYTES;

/// What all shares of one secret have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Common {
    threshold: u32,
    secret: [u8; 32], // encrypted
    coins: [u8; 32],  // encrypted
    mac: [u8; MAC_BYTES],
}

/// One share.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) common: Common,
    pub(super) point: Point,
}

/// A secret that is being shared, or was recovered.
pub(super) struct Sharing {
    pub(super) secret: [u8; 32],
    common: Common,
    polynomial: Polynomial,
}

impl Sharing {
    /// Shares `secret` so that `threshold` shares yield it. `coins` must be secret and the same for all who share it.
    pub(super) fn new(threshold: u32, secret: [u8; 32], coins: [u8; 32]) -> Self {
        let mut transcript = Strobe::new(b"adss", SecParam::B128);
        transcript.ad(&threshold.to_le_bytes(), false);
        transcript.ad(&secret, false);
        transcript.key(&coins, false);
        let mut mac = [0; MAC_BYTES];
        transcript.send_mac(&mut mac, false);
        let mut key = [0; KEY_BYTES];
        transcript.prf(&mut key, false);
        let shared = element_of(key);
        let polynomial = Polynomial(random_polynomial(shared, threshold, &mut Transcript(transcript)));
        let (mut sealed_secret, mut sealed_coins) = (secret, coins);
        let mut cipher = cipher(key);
        cipher.send_enc(&mut sealed_secret, false);
        cipher.send_enc(&mut sealed_coins, false);
        let common = Common { threshold, secret: sealed_secret, coins: sealed_coins, mac };
        Self { secret, common, polynomial }
    }

    /// The sharing of which `points`, as many as the threshold and at different coordinates, are the shares; `None` if
    /// they do not belong to one that has `common`.
    pub(super) fn recover(common: &Common, points: &[Point]) -> Option<Self> {
        let key = key_of(shamir::at_zero(points)?)?;
        let (mut secret, mut coins) = (common.secret, common.coins);
        let mut cipher = cipher(key);
        cipher.recv_enc(&mut secret, false);
        cipher.recv_enc(&mut coins, false);
        // Sharing again checks the code, the key and the encryption at once.
        let sharing = Self::new(common.threshold, secret, coins);
        (sharing.common == *common).then_some(sharing)
    }

    /// The share at `x`.
    pub(super) fn share(&self, x: Coordinate) -> Share {
        Share { common: self.common, point: self.polynomial.at(x) }
    }
}

impl Common {
    pub(super) const fn threshold(&self) -> u32 {
        self.threshold
    }
}

impl Share {
    pub(super) const fn coordinate(&self) -> Coordinate {
        self.point.x
    }

    /// The share as `adss` writes it.
    pub(super) fn to_bytes(self) -> [u8; SHARE_BYTES] {
        let Common { threshold, secret, coins, mac } = self.common;
        let parts: [&[u8]; 9] = [
            &threshold.to_le_bytes(),
            &length(2 * ELEMENT_BYTES),
            &self.point.x.to_bytes(),
            &shamir::to_bytes(self.point.y),
            &length(32),
            &secret,
            &length(32),
            &coins,
            &mac,
        ];
        let mut bytes = [0; SHARE_BYTES];
        let mut at = 0;
        for part in parts {
            bytes[at..at + part.len()].copy_from_slice(part);
            at += part.len();
        }
        bytes
    }

    /// The share that is written so; `None` if a length is another, or a coordinate is none.
    pub(super) fn from_bytes(bytes: &[u8; SHARE_BYTES]) -> Option<Self> {
        let mut rest = bytes.as_slice();
        let threshold = u32::from_le_bytes(take(&mut rest)?);
        expect(&mut rest, 2 * ELEMENT_BYTES)?;
        let x = Coordinate::from_bytes(take(&mut rest)?)?;
        let y = shamir::from_bytes(take(&mut rest)?)?;
        expect(&mut rest, 32)?;
        let secret = take(&mut rest)?;
        expect(&mut rest, 32)?;
        let coins = take(&mut rest)?;
        let mac = take(&mut rest)?;
        Some(Self { common: Common { threshold, secret, coins, mac }, point: Point { x, y } })
    }
}

/// Shares are secrets of a kind: they stay out of logs.
impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Share(…)")
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn expect(rest: &mut &[u8], bytes: usize) -> Option<()> {
    (take::<4>(rest)? == length(bytes)).then_some(())
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

fn cipher(key: [u8; KEY_BYTES]) -> Strobe {
    let mut cipher = Strobe::new(b"adss encrypt", SecParam::B128);
    cipher.key(&key, false);
    cipher
}

/// A key as an element of the field, which has a little more than 2^128 of them.
fn element_of(key: [u8; KEY_BYTES]) -> Fp {
    Fp::from_u128(u128::from_le_bytes(key))
}

fn key_of(element: Fp) -> Option<[u8; KEY_BYTES]> {
    let bytes = shamir::to_bytes(element);
    let (key, above) = bytes.split_first_chunk()?;
    above.iter().all(|byte| *byte == 0).then_some(*key)
}

/// The transcript as the source of coefficients, as `adss` draws them.
struct Transcript(Strobe);

impl RngCore for Transcript {
    fn next_u32(&mut self) -> u32 {
        rand_core_06::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core_06::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        let length = length(to.len());
        self.0.meta_ad(&length, false);
        self.0.prf(to, false);
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand_core_06::Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl CryptoRng for Transcript {}
