//! Between zero-concentrated differential privacy (rho) and (epsilon, delta), rounded against the publisher.
//!
//! rho-zCDP implies (rho + 2 √(rho ln(1/delta)), delta)-differential privacy, and pure epsilon implies epsilon²/2-zCDP
//! (Bun and Steinke, *Concentrated differential privacy: simplifications, extensions, and lower bounds*, 2016,
//! propositions 1.3 and 1.4).

use model::Ratio;

use super::{fixed, spread::root_above};

/// What is irrational is rounded to a multiple of 2^−40.
const BITS: u32 = 40;
const UNIT: u128 = 1 << BITS;
/// Nobody is protected by more: numbers from here on are not converted.
const MOST: u64 = 1 << 20;

/// The epsilon that `rho` costs at `delta`, rounded up; `None` where it is 2^20 or more, or delta is not between 0 and 1.
pub(crate) fn epsilon_of(rho: Ratio, delta: Ratio) -> Option<Ratio> {
    let logarithm = logarithm_of_inverse(delta)?;
    let rho = units_above(rho)?;
    let root = root_above(rho.checked_mul(logarithm)?); // both in units of 2^-40, and so is the root of the product
    in_units(rho + 2 * root)
}

/// The largest rho whose epsilon at `delta` is at most `epsilon`, rounded down; `None` as for [`epsilon_of`].
pub(crate) fn rho_within(epsilon: Ratio, delta: Ratio) -> Option<Ratio> {
    let logarithm = logarithm_of_inverse(delta)?;
    let epsilon = (epsilon < Ratio::new(MOST, 1)?).then(|| units(epsilon).0)?;
    // √rho = √(L + ε) − √L = ε / (√(L + ε) + √L) with L = ln(1/δ).
    let roots = root_above((logarithm + epsilon) << BITS) + root_above(logarithm << BITS);
    let root = (epsilon << BITS) / roots;
    in_units((root * root) >> BITS)
}

/// epsilon² / 2, rounded up; `None` where it is 2^20 or more.
pub(crate) fn rho_of_pure(epsilon: Ratio) -> Option<Ratio> {
    let half = Ratio::new(1, 2)?;
    let exact = epsilon.checked_mul(epsilon).and_then(|square| square.checked_mul(half));
    let rounded = || {
        let epsilon = units_above(epsilon)?;
        in_units((epsilon.checked_mul(epsilon)?).div_ceil(2 * UNIT))
    };
    exact.or_else(rounded).filter(|rho| rho.numerator() / rho.denominator() < MOST)
}

/// The sum of both, each rounded up to a multiple of 2^−40, so that the order of many makes no difference; `None` where
/// it is 2^20 or more.
pub(crate) fn sum_above(a: Ratio, b: Ratio) -> Option<Ratio> {
    in_units(units_above(a)?.checked_add(units_above(b)?)?)
}

/// What is left of `most`, rounded down to a multiple of 2^−40 where its exact form is too long.
pub(crate) fn difference_below(most: Ratio, spent: Ratio) -> Ratio {
    let rounded = || in_units(units(most).0.checked_sub(units(spent).1)?);
    most.checked_sub(spent).or_else(rounded).unwrap_or(Ratio::ZERO)
}

/// ln(1/δ) in units, rounded up: that is against the publisher in both directions.
fn logarithm_of_inverse(delta: Ratio) -> Option<u128> {
    let inside = !delta.is_zero() && delta < Ratio::ONE;
    inside.then(|| fixed::ln(delta.denominator(), delta.numerator()).high.div_ceil(fixed::ONE / UNIT))
}

/// In units, rounded down and up.
fn units(ratio: Ratio) -> (u128, u128) {
    let (scaled, denominator) = (u128::from(ratio.numerator()) << BITS, u128::from(ratio.denominator()));
    (scaled / denominator, scaled.div_ceil(denominator))
}

fn units_above(ratio: Ratio) -> Option<u128> {
    (ratio < Ratio::new(MOST, 1)?).then(|| units(ratio).1)
}

/// So many units, where they stay below 2^20.
fn in_units(units: u128) -> Option<Ratio> {
    let units = u64::try_from(units).ok().filter(|units| units >> BITS < MOST)?;
    Ratio::new(units, 1 << BITS)
}
