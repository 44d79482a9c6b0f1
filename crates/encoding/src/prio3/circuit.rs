//! Which function of the measurements is computed, and the parameters that both servers and all devices share.

use model::Party;
use prio::{
    field::{Field64, Field128, FieldElement},
    flp::{
        Flp,
        gadgets::{Mul, ParallelSum},
        types,
    },
    vdaf::{
        VdafError,
        prio3::{Prio3Count, Prio3Histogram, Prio3Sum, Prio3SumVec},
    },
};

use super::SEED_BYTES;

/// Most elements of a vector or buckets of a histogram.
pub const BUCKETS_MAX: u32 = 1 << 16;
/// Most elements of the field that a measurement is written with, so that no share passes about 2 MiB.
const ELEMENTS_MAX: usize = 1 << 16;
/// The servers: a leader and a helper.
const SERVERS: u8 = 2;

/// What is computed over the measurements, each with the parameters of the specification, section 7.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Circuit {
    /// How often something happened (Prio3Count).
    Count,
    /// The sum of whole numbers (Prio3Sum).
    Sum {
        /// Greatest number, not zero.
        max: u64,
    },
    /// Sums of whole numbers, element by element (Prio3SumVec).
    SumVec {
        /// Numbers in each vector.
        length: u32,
        /// Greatest number, not zero.
        max: u64,
        /// Elements that are checked at once.
        chunk_length: u32,
    },
    /// How many measurements fell into each bucket (Prio3Histogram).
    Histogram {
        /// Number of buckets.
        length: u32,
        /// Buckets that are checked at once.
        chunk_length: u32,
    },
}

/// A circuit as the `prio` crate has it, for two servers.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub enum Vdaf {
    Count(Prio3Count),
    Sum(Prio3Sum),
    SumVec(Prio3SumVec),
    Histogram(Prio3Histogram),
}

/// A circuit that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CircuitError {
    /// A parameter is refused.
    #[error("no such circuit: {0}")]
    Parameter(String),
    /// Measurements would be too long.
    #[error("a measurement takes {found} elements, expected at most {ELEMENTS_MAX}")]
    TooLong {
        /// Elements of the field.
        found: u128,
    },
}

impl From<VdafError> for CircuitError {
    fn from(error: VdafError) -> Self {
        Self::Parameter(error.to_string())
    }
}

impl Circuit {
    /// A vector of sums with the chunk length that is fastest for the servers.
    #[must_use]
    pub fn sum_vec(length: u32, max: u64) -> Self {
        let bits = max.checked_ilog2().unwrap_or(0) + 1;
        Self::SumVec { length, max, chunk_length: chunk_length(length.saturating_mul(bits)) }
    }

    /// A histogram with the chunk length that is fastest for the servers.
    #[must_use]
    pub fn histogram(length: u32) -> Self {
        Self::Histogram { length, chunk_length: chunk_length(length) }
    }

    /// The circuit's name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Count => "Prio3Count",
            Self::Sum { .. } => "Prio3Sum",
            Self::SumVec { .. } => "Prio3SumVec",
            Self::Histogram { .. } => "Prio3Histogram",
        }
    }

    /// Groups that the aggregate has.
    #[must_use]
    pub const fn length(&self) -> u32 {
        match self {
            Self::Count | Self::Sum { .. } => 1,
            Self::SumVec { length, .. } | Self::Histogram { length, .. } => *length,
        }
    }

    /// Elements of the field that a measurement is written with.
    fn elements(&self) -> u128 {
        let bits = |max: u64| u128::from(max.checked_ilog2().unwrap_or(0)) + 1;
        match *self {
            Self::Count => 1,
            Self::Sum { max } => bits(max),
            Self::SumVec { length, max, .. } => u128::from(length) * bits(max),
            Self::Histogram { length, .. } => u128::from(length),
        }
    }

    /// Random bytes that splitting one measurement takes: seeds for the helper's share and for the proof, and where the
    /// circuit has joint randomness a blind for each server besides.
    #[must_use]
    pub const fn random_bytes(&self) -> usize {
        match self {
            Self::Count | Self::Sum { .. } => 2 * SEED_BYTES,
            Self::SumVec { .. } | Self::Histogram { .. } => 4 * SEED_BYTES,
        }
    }

    /// Bytes of the public share.
    #[must_use]
    pub const fn public_bytes(&self) -> usize {
        match self {
            Self::Count | Self::Sum { .. } => 0,
            Self::SumVec { .. } | Self::Histogram { .. } => 2 * SEED_BYTES,
        }
    }

    /// Bytes of the input share of `party`.
    ///
    /// # Errors
    /// If the circuit cannot be.
    pub fn share_bytes(&self, party: Party) -> Result<usize, CircuitError> {
        type Chunks = ParallelSum<Field128, Mul>;
        let blind = self.random_bytes() / 2 - SEED_BYTES;
        if party == Party::Helper {
            return Ok(SEED_BYTES + blind);
        }
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let refused = |error: prio::flp::FlpError| CircuitError::Parameter(error.to_string());
        self.vdaf()?; // within bounds
        Ok(blind
            + match *self {
                Self::Count => written(&types::Count::<Field64>::new()),
                Self::Sum { max } => written(&types::Sum::<Field64>::new(max).map_err(refused)?),
                Self::SumVec { length, max, chunk_length } => {
                    let sums = types::SumVec::<Field128, Chunks>::new(max.into(), size(length), size(chunk_length));
                    written(&sums.map_err(refused)?)
                }
                Self::Histogram { length, chunk_length } => {
                    let buckets = types::Histogram::<Field128, Chunks>::new(size(length), size(chunk_length));
                    written(&buckets.map_err(refused)?)
                }
            })
    }

    /// The circuit as the `prio` crate has it.
    ///
    /// # Errors
    /// If a parameter is zero or too large.
    pub fn vdaf(&self) -> Result<Vdaf, CircuitError> {
        let found = self.elements();
        if found > ELEMENTS_MAX as u128 || self.length() > BUCKETS_MAX {
            return Err(CircuitError::TooLong { found });
        }
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        Ok(match *self {
            Self::Count => Vdaf::Count(Prio3Count::new_count(SERVERS)?),
            Self::Sum { max } => Vdaf::Sum(Prio3Sum::new_sum(SERVERS, max)?),
            Self::SumVec { length, max, chunk_length } => {
                Vdaf::SumVec(Prio3SumVec::new_sum_vec(SERVERS, max.into(), size(length), size(chunk_length))?)
            }
            Self::Histogram { length, chunk_length } => {
                Vdaf::Histogram(Prio3Histogram::new_histogram(SERVERS, size(length), size(chunk_length))?)
            }
        })
    }
}

/// Bytes of a measurement and its proof.
fn written<T: Flp>(circuit: &T) -> usize {
    (circuit.input_len() + circuit.proof_len()) * T::Field::ENCODED_SIZE
}

/// The chunk length that is fastest for the servers, for measurements of that many elements; `cargo bench -p benches
/// --bench prio3` shows it.
///
/// The gadget's polynomial passes through 2^k points, one of them random (draft-irtf-cfrg-vdaf-18, section 7.3.4), so
/// 2^k - 1 chunks leave none of them idle. A server evaluates a wire for each element of a chunk at 2^k points, and the
/// polynomial itself in steps that grow with 4^k: a ninth of a wire's, measured for 16 to 4096 elements.
#[must_use]
pub const fn chunk_length(elements: u32) -> u32 {
    let (mut best, mut least, mut points) = (1, u64::MAX, 2_u64);
    while points <= 1 << 16 {
        let chunk = (elements as u64).div_ceil(points - 1);
        let cost = 9 * chunk * points + points * points;
        if cost < least {
            (best, least) = (chunk, cost);
        }
        points *= 2;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most the number of elements")]
    let best = best as u32;
    if best == 0 { 1 } else { best }
}
