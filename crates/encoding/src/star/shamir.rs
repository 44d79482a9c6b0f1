//! Shamir's secret sharing over the field of `star-sharks`: coordinates, points, and interpolation at zero.

use ff::{Field, PrimeField};
use rand_core::Rng;
use star_sharks::{FIELD_ELEMENT_LEN, Fp, FpRepr};

/// Bytes of a field element.
pub(super) const ELEMENT_BYTES: usize = FIELD_ELEMENT_LEN;

/// Where a share lies on the polynomial: never at zero, where the secret is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Coordinate(Fp);

impl Coordinate {
    /// Draws 16 bytes. The field is a little larger, so that every draw is one of its elements.
    pub(super) fn draw(chance: &mut impl Rng) -> Self {
        let mut bytes = [0; 16];
        chance.fill_bytes(&mut bytes);
        let drawn = Fp::from_u128(u128::from_le_bytes(bytes));
        // One draw in 2^128 is moved.
        Self(if bool::from(drawn.is_zero()) { Fp::ONE } else { drawn })
    }

    pub(super) fn to_bytes(self) -> [u8; ELEMENT_BYTES] {
        to_bytes(self.0)
    }

    /// The coordinate that is written so; `None` for zero, and for what is no element of the field.
    pub(super) fn from_bytes(bytes: [u8; ELEMENT_BYTES]) -> Option<Self> {
        let element = from_bytes(bytes)?;
        (!bool::from(element.is_zero())).then_some(Self(element))
    }
}

/// A point of a polynomial.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) x: Coordinate,
    pub(super) y: Fp,
}

/// Coefficients, that of the highest degree first; the last is the secret.
pub(super) struct Polynomial(pub(super) Vec<Fp>);

impl Polynomial {
    /// The value at `x`, by Horner's rule.
    pub(super) fn at(&self, x: Coordinate) -> Point {
        Point { x, y: self.0.iter().fold(Fp::ZERO, |value, coefficient| value * x.0 + coefficient) }
    }
}

/// The value at zero of the polynomial of least degree through `points`, whose coordinates differ (Lagrange). One
/// inversion in all, where `star-sharks` takes one for each pair of points.
pub(super) fn at_zero(points: &[Point]) -> Option<Fp> {
    let product = points.iter().fold(Fp::ONE, |product, point| product * point.x.0);
    let denominator = |i: usize, point: &Point| {
        let others = points.iter().enumerate().filter(|(j, _)| *j != i);
        others.fold(point.x.0, |product, (_, other)| product * (other.x.0 - point.x.0))
    };
    let mut inverses: Vec<Fp> = points.iter().enumerate().map(|(i, point)| denominator(i, point)).collect();
    invert_all(&mut inverses)?;
    let terms = points.iter().zip(inverses).map(|(point, inverse)| point.y * inverse);
    Some(product * terms.fold(Fp::ZERO, |sum, term| sum + term))
}

/// Inverts all (Montgomery's trick); `None` if one of them is zero.
fn invert_all(elements: &mut [Fp]) -> Option<()> {
    let mut before = Vec::with_capacity(elements.len());
    let mut product = Fp::ONE;
    for element in &*elements {
        before.push(product);
        product *= element;
    }
    let mut inverse: Fp = Option::from(product.invert())?;
    for (element, before) in elements.iter_mut().zip(before).rev() {
        let next = inverse * *element;
        *element = inverse * before;
        inverse = next;
    }
    Some(())
}

pub(super) fn to_bytes(element: Fp) -> [u8; ELEMENT_BYTES] {
    let mut bytes = [0; ELEMENT_BYTES];
    bytes.copy_from_slice(element.to_repr().as_ref());
    bytes
}

pub(super) fn from_bytes(bytes: [u8; ELEMENT_BYTES]) -> Option<Fp> {
    Option::from(Fp::from_repr(FpRepr(bytes)))
}
