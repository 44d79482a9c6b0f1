//! The device's half of Prio3: one measurement, split into a share for each of two servers.
//!
//! Prio3 is a verifiable distributed aggregation function (draft-irtf-cfrg-vdaf-18, section 7; Corrigan-Gibbs and Boneh,
//! *Prio*, 2017). The measurement becomes a vector over a finite field. The helper's share is a seed that is expanded
//! into a random vector, and so says nothing at all; the leader's is the measurement minus that vector, and so is
//! uniform to anybody without the seed. With them goes a share each of a proof that the measurement is valid.
//!
//! Randomness is an argument, so that a world plays the same again: the `prio` crate offers that in its `test-util`
//! client alone. Outside of scenarios it must be secret and never the same twice.

mod circuit;
mod measure;
#[cfg(test)]
mod tests;

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use model::{Party, Window};
use prio::{
    codec::Encode,
    field::{Field64, Field128, FieldElement},
    flp::Type,
    vdaf::{prio3::Prio3, test_utils::TestVectorClient, xof::XofTurboShake128},
};
use rand_core::Rng;

pub use circuit::{BUCKETS_MAX, Circuit, CircuitError, Vdaf, chunk_length};
pub use measure::{Buckets, Measuring, Summand, shared};

/// Field of a report that holds its nonce.
pub const NONCE_FIELD: &str = "nonce";
/// Field of a report that holds the share.
pub const SHARE_FIELD: &str = "share";

/// Bytes of a seed, which is what the helper gets in place of a vector.
const SEED_BYTES: usize = 32;

/// Names one report in both of its halves. Drawn at random, so that it is never the same twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 16]);

impl Nonce {
    /// Reads a nonce as [`Nonce::to_text`] writes it.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        Some(Self(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?))
    }

    /// The nonce in base64url without padding.
    #[must_use]
    pub fn to_text(self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }
}

/// What a device measured, before it is split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measurement {
    /// For [`Circuit::Count`]: whether it happened.
    Flag(bool),
    /// For [`Circuit::Sum`]: at most its maximum.
    Summand(u64),
    /// For [`Circuit::SumVec`]: as many as its length, each at most its maximum.
    Vector(Vec<u64>),
    /// For [`Circuit::Histogram`]: less than its length.
    Bucket(u32),
}

/// One measurement in shares, each in the encoding of the specification.
#[derive(Clone, PartialEq, Eq)]
pub struct Sharded {
    /// Goes to both servers.
    pub public: Vec<u8>,
    /// Goes to the leader.
    pub leader: Vec<u8>,
    /// Goes to the helper.
    pub helper: Vec<u8>,
}

impl Sharded {
    /// What goes to `party`: the public share, then its input share.
    #[must_use]
    pub fn of(&self, party: Party) -> Vec<u8> {
        let own = match party {
            Party::Leader => &self.leader,
            Party::Helper => &self.helper,
        };
        [self.public.as_slice(), own].concat()
    }
}

/// Shows sizes alone: the shares together are the measurement.
impl fmt::Debug for Sharded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { public, leader, helper } = self;
        f.debug_struct("Sharded")
            .field("public_bytes", &public.len())
            .field("leader_bytes", &leader.len())
            .field("helper_bytes", &helper.len())
            .finish()
    }
}

/// Why a measurement is not split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// The circuit cannot be.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
    /// The measurement is of another kind than the circuit's.
    #[error("the measurement is of another kind than {circuit} takes")]
    Kind {
        /// Name of the circuit.
        circuit: &'static str,
    },
    /// The measurement is out of range.
    #[error("the measurement is out of range: {0}")]
    Range(String),
}

/// What binds shares to one query and one window: no share verifies under another. The application context of the
/// specification, section 4.1.
#[must_use]
pub fn context(query: &str, window: Window) -> Vec<u8> {
    format!("glasshouse prio3 {query} {}/{}", window.start.as_millis(), window.end.as_millis()).into_bytes()
}

/// Splits `measurement`. Takes 64 bytes of `random` for a count or sum, 128 for a vector or histogram.
///
/// ```
/// use encoding::prio3::{Circuit, Measurement, Nonce, shard};
/// let mut stream = model::Seed::root(1).stream();
/// let shares = shard(&Circuit::Count, b"visits", &Measurement::Flag(true), Nonce([7; 16]), &mut stream)?;
/// assert_eq!((shares.public.len(), shares.leader.len(), shares.helper.len()), (0, 48, 32));
/// # Ok::<(), encoding::prio3::ShardError>(())
/// ```
///
/// # Errors
/// If the circuit cannot be, or the measurement is none of its.
pub fn shard(
    circuit: &Circuit,
    context: &[u8],
    measurement: &Measurement,
    nonce: Nonce,
    random: &mut impl Rng,
) -> Result<Sharded, ShardError> {
    let mut bytes = [0; 4 * SEED_BYTES];
    let bytes = &mut bytes[..circuit.random_bytes()];
    random.fill_bytes(bytes);
    shard_with(circuit, context, measurement, nonce, bytes)
}

/// Splits `measurement` with exactly the given random bytes, as the specification's test vectors do.
///
/// # Errors
/// As [`shard`]; also if there are not as many random bytes as are needed.
pub fn shard_with(
    circuit: &Circuit,
    context: &[u8],
    measurement: &Measurement,
    nonce: Nonce,
    random: &[u8],
) -> Result<Sharded, ShardError> {
    let wide = |values: &[u64]| values.iter().copied().map(u128::from).collect::<Vec<_>>();
    match (circuit.vdaf()?, measurement) {
        (Vdaf::Count(vdaf), Measurement::Flag(flag)) => split(&vdaf, context, flag, nonce, random),
        (Vdaf::Sum(vdaf), Measurement::Summand(value)) => split(&vdaf, context, value, nonce, random),
        (Vdaf::SumVec(vdaf), Measurement::Vector(values)) => split(&vdaf, context, &wide(values), nonce, random),
        (Vdaf::Histogram(vdaf), Measurement::Bucket(bucket)) => {
            // The crate would panic.
            if *bucket >= circuit.length() {
                return Err(ShardError::Range(format!("bucket {bucket} of {}", circuit.length())));
            }
            let bucket = usize::try_from(*bucket).unwrap_or(usize::MAX);
            split(&vdaf, context, &bucket, nonce, random)
        }
        _ => Err(ShardError::Kind { circuit: circuit.name() }),
    }
}

fn split<T: Type>(
    vdaf: &Prio3<T, XofTurboShake128, SEED_BYTES>,
    context: &[u8],
    measurement: &T::Measurement,
    nonce: Nonce,
    random: &[u8],
) -> Result<Sharded, ShardError> {
    let range = |error: &dyn fmt::Display| ShardError::Range(error.to_string());
    let (public, shares) =
        TestVectorClient::shard_with_random(vdaf, context, measurement, &nonce.0, random).map_err(|e| range(&e))?;
    let encoded = |share: Option<&_>| match share {
        Some(share) => Encode::get_encoded(share).map_err(|e| range(&e)),
        None => Err(range(&"two shares are missing")),
    };
    let public = public.get_encoded().map_err(|e| range(&e))?;
    Ok(Sharded { public, leader: encoded(shares.first())?, helper: encoded(shares.get(1))? })
}

/// What a cheat does to a leader's input share: adds one to the first element of the measurement, behind the back of
/// the proof. A share that is too short stays as it is.
pub fn tamper(circuit: &Circuit, leader: &mut [u8]) {
    match circuit {
        Circuit::Count | Circuit::Sum { .. } => add_one::<Field64>(leader),
        Circuit::SumVec { .. } | Circuit::Histogram { .. } => add_one::<Field128>(leader),
    }
}

fn add_one<F: FieldElement>(share: &mut [u8]) {
    let Some(first) = share.get_mut(..F::ENCODED_SIZE) else { return };
    if let Ok(Ok(more)) = F::get_decoded(first).map(|element| (element + F::one()).get_encoded()) {
        first.copy_from_slice(&more);
    }
}
