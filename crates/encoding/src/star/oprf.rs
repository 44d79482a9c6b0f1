//! The device's half of asking the randomness server (`ppoprf` 0.5: a puncturable, partially oblivious pseudo-random
//! function after Tyagi et al., "A Fast and Simple Partially Oblivious PRF", EUROCRYPT 2022, with the metadata tag
//! under a puncturable GGM tree).
//!
//! The device sends its measurement as a point, multiplied by a factor that it alone knows. The server multiplies by
//! its secret for the epoch, and proves that it did so with the key that it published. The device checks that, takes
//! its factor out, and hashes.

use std::fmt;

use curve25519_dalek::{
    ristretto::{CompressedRistretto, RistrettoPoint},
    scalar::Scalar,
    traits::IsIdentity,
};
use ppoprf::ppoprf::{Client, CurveScalar, Evaluation as PpoprfEvaluation, Point, ProofDLEQ, ServerPublicKey};
use rand_core::Rng;
use serde_json::json;
use strobe_rs::{SecParam, Strobe};

use super::Randomness;

/// Bytes of a point.
pub const POINT_BYTES: usize = 32;
/// Bytes of a proof.
pub const PROOF_BYTES: usize = 64;

/// A measurement on its way to the randomness server, with what takes the blinding out again.
#[derive(Clone)]
pub struct Blinded {
    /// What is sent.
    pub point: [u8; POINT_BYTES],
    factor: Scalar,
    measurement: Vec<u8>,
}

impl fmt::Debug for Blinded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blinded(…)")
    }
}

/// What the randomness server published about its key for one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey {
    /// The part that all epochs of the key share.
    pub base: [u8; POINT_BYTES],
    /// The part of the epoch.
    pub epoch: [u8; POINT_BYTES],
}

/// What the randomness server answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The blinded point, multiplied.
    pub point: [u8; POINT_BYTES],
    /// Proof that it was multiplied with the secret that belongs to the public key (Chaum and Pedersen; RFC 9497,
    /// section 2.2): challenge and response.
    pub proof: [u8; PROOF_BYTES],
}

/// Why an answer of the randomness server is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OprfError {
    /// Something is no point of the group, or the one that multiplication does not change.
    #[error("{what} is no point of ristretto255 but the identity")]
    Point {
        /// What it is.
        what: &'static str,
    },
    /// The proof is none, or proves something else.
    #[error("proof does not show that the answer comes from the published key")]
    Proof,
}

/// Blinds `measurement` with a factor drawn from `chance`, 64 bytes.
#[must_use]
pub fn blind(measurement: &[u8], chance: &mut impl Rng) -> Blinded {
    let mut wide = [0; 64];
    chance.fill_bytes(&mut wide);
    let drawn = Scalar::from_bytes_mod_order_wide(&wide);
    // One draw in 2^252 is moved.
    let factor = if drawn == Scalar::ZERO { Scalar::ONE } else { drawn };
    let point = (factor * point_of(measurement)).compress().to_bytes();
    Blinded { point, factor, measurement: measurement.to_vec() }
}

impl Blinded {
    /// The randomness of the measurement in the epoch with the metadata tag `tag` of `key`.
    ///
    /// # Errors
    /// If the answer is none, or its proof does not hold for `key`.
    pub fn finalize(&self, tag: u8, key: &PublicKey, evaluation: &Evaluation) -> Result<Randomness, OprfError> {
        // The crate unwraps these.
        for (what, bytes) in
            [("the answer", evaluation.point), ("the base key", key.base), ("the key of the epoch", key.epoch)]
        {
            decompress(bytes).ok_or(OprfError::Point { what })?;
        }
        let output = Point::from(evaluation.point.as_slice());
        let evaluated = PpoprfEvaluation { output: output.clone(), proof: Some(proof_of(evaluation.proof)?) };
        let public = server_key(tag, key)?;
        if !Client::verify(&public, &Point::from(self.point.as_slice()), &evaluated, tag) {
            return Err(OprfError::Proof);
        }
        let unblinded = Client::unblind(&output, &CurveScalar::from(self.factor));
        let mut bytes = [0; 32];
        Client::finalize(&self.measurement, tag, &unblinded, &mut bytes);
        Ok(Randomness::new(bytes))
    }
}

/// The point that `bytes` write, unless it is the identity.
fn decompress(bytes: [u8; POINT_BYTES]) -> Option<RistrettoPoint> {
    CompressedRistretto(bytes).decompress().filter(|point| !point.is_identity())
}

/// Whether `bytes` write a point other than the identity: what a randomness server may multiply.
#[must_use]
pub fn is_point(bytes: [u8; POINT_BYTES]) -> bool {
    decompress(bytes).is_some()
}

/// A measurement as a point, as `ppoprf` hashes it.
fn point_of(measurement: &[u8]) -> RistrettoPoint {
    let mut hash = Strobe::new(b"ppoprf_derive_client_input", SecParam::B128);
    hash.key(measurement, false);
    let mut wide = [0; 64];
    hash.meta_ad(&64_u32.to_le_bytes(), false);
    hash.prf(&mut wide, false);
    RistrettoPoint::from_uniform_bytes(&wide)
}

/// The crate's types for keys and proofs can be made by deserializing alone.
fn server_key(tag: u8, key: &PublicKey) -> Result<ServerPublicKey, OprfError> {
    let text = json!({ "base_pk": key.base, "md_pks": { tag.to_string(): key.epoch } });
    serde_json::from_value(text).map_err(|_| OprfError::Point { what: "the key of the epoch" })
}

fn proof_of(proof: [u8; PROOF_BYTES]) -> Result<ProofDLEQ, OprfError> {
    let (challenge, response) = proof.split_at(PROOF_BYTES / 2);
    serde_json::from_value(json!({ "c": challenge, "s": response })).map_err(|_| OprfError::Proof)
}
