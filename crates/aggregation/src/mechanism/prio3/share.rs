//! Shares of an aggregate: sums of output shares in the field, noise, and the aggregate that two of them make.

use encoding::prio3::Circuit;
use model::Seed;
use prio::{
    codec::{Encode, ParameterizedDecode},
    field::{Field64, Field128, FieldElement, FieldElementWithInteger},
    vdaf::{Aggregatable, AggregateShare, VdafError},
};

use crate::laplace::DiscreteLaplace;

/// A share of an aggregate, one element for each group. Sums in the field: a commutative group, so that any split of
/// the reports and any order gives the same share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Elements {
    Small(AggregateShare<Field64>),
    Large(AggregateShare<Field128>),
}

impl Elements {
    /// The share of nothing: zeros.
    pub(crate) fn zero(circuit: &Circuit) -> Self {
        let length = usize::try_from(circuit.length()).unwrap_or(usize::MAX);
        match circuit {
            Circuit::Count | Circuit::Sum { .. } => Self::Small(vec![Field64::zero(); length].into()),
            Circuit::SumVec { .. } | Circuit::Histogram { .. } => Self::Large(vec![Field128::zero(); length].into()),
        }
    }

    /// Reads a share of `circuit`'s aggregate; `None` if it is none.
    pub(crate) fn decode(circuit: &Circuit, bytes: &[u8]) -> Option<Self> {
        match Self::zero(circuit) {
            Self::Small(zero) => Some(Self::Small(elements(zero.as_ref().len(), bytes)?.into())),
            Self::Large(zero) => Some(Self::Large(elements(zero.as_ref().len(), bytes)?.into())),
        }
    }

    /// The share in the encoding of the specification.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let written = match self {
            Self::Small(share) => share.get_encoded(),
            Self::Large(share) => share.get_encoded(),
        };
        written.unwrap_or_else(|error| unreachable!("elements are written into memory: {error}"))
    }

    /// Adds `other`; `false` if it is of another aggregate.
    #[must_use]
    pub(crate) fn merge(&mut self, other: &Self) -> bool {
        let merged: Result<(), VdafError> = match (self, other) {
            (Self::Small(sum), Self::Small(other)) => sum.merge(other),
            (Self::Large(sum), Self::Large(other)) => sum.merge(other),
            _ => return false,
        };
        merged.is_ok()
    }

    /// The same with fresh noise on every element, each from a stream of its own.
    pub(crate) fn with_noise(&self, distribution: DiscreteLaplace, seed: &Seed) -> Self {
        let noise = |place: u64| distribution.sample(&mut seed.nth(place).stream());
        match self {
            Self::Small(share) => Self::Small(noisy(share.as_ref(), noise).into()),
            Self::Large(share) => Self::Large(noisy(share.as_ref(), noise).into()),
        }
    }

    /// What the elements stand for once all shares are added: numbers around zero, since noise can make them negative.
    /// `None` in place of one beyond 128 bits.
    pub(crate) fn values(&self) -> Vec<Option<i128>> {
        match self {
            Self::Small(share) => share.as_ref().iter().map(|element| lifted(*element)).collect(),
            Self::Large(share) => share.as_ref().iter().map(|element| lifted(*element)).collect(),
        }
    }
}

fn elements<F: FieldElement>(length: usize, bytes: &[u8]) -> Option<Vec<F>> {
    if bytes.len() != length * F::ENCODED_SIZE {
        return None;
    }
    bytes.chunks_exact(F::ENCODED_SIZE).map(|chunk| F::get_decoded_with_param(&(), chunk).ok()).collect()
}

fn noisy<F: Whole>(elements: &[F], noise: impl Fn(u64) -> i128) -> Vec<F> {
    (0_u64..).zip(elements).map(|(place, element)| *element + F::of(noise(place))).collect()
}

/// The whole number nearest to zero that `element` stands for.
fn lifted<F: Whole>(element: F) -> Option<i128> {
    let (up, down) = (element.residue(), (-element).residue());
    if up <= down { i128::try_from(up).ok() } else { i128::try_from(down).ok().map(|down| -down) }
}

/// A field whose elements are whole numbers up to a modulus.
trait Whole: FieldElement {
    /// The element that `number` stands for.
    fn of(number: i128) -> Self;
    /// The least number that stands for it.
    fn residue(self) -> u128;
}

impl Whole for Field64 {
    fn of(number: i128) -> Self {
        // Below the modulus, which is below 2^64.
        let rest = number.unsigned_abs() % u128::from(Self::modulus());
        let element = Self::from(u64::try_from(rest).unwrap_or(0));
        if number < 0 { -element } else { element }
    }

    fn residue(self) -> u128 {
        u64::from(self).into()
    }
}

impl Whole for Field128 {
    fn of(number: i128) -> Self {
        let element = Self::from(number.unsigned_abs() % Self::modulus());
        if number < 0 { -element } else { element }
    }

    fn residue(self) -> u128 {
        self.into()
    }
}
