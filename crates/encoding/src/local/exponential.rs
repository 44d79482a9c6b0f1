//! Bounds of e^x in fixed point, for a rational x: whole numbers alone, each step rounded outward.

use model::Ratio;

/// Fractional bits of [`exp_bounds`].
pub const EXP_BITS: u32 = 52;

const ONE: u128 = 1 << EXP_BITS;

/// Terms of the series: 1/30! is below 2^-107.
const TERMS: u128 = 30;

/// Numbers below and above e^`x`, times 2^[`EXP_BITS`], less than one part in 2^44 apart. `x` is at most
/// [`EPSILON_MAX`](super::EPSILON_MAX).
///
/// ```
/// let (below, above) = encoding::local::exp_bounds("0.5".parse()?);
/// let scale = 2_f64.powi(52);
/// assert!(below as f64 / scale <= 0.5_f64.exp() && 0.5_f64.exp() <= above as f64 / scale);
/// # Ok::<(), model::RatioError>(())
/// ```
#[must_use]
pub fn exp_bounds(x: Ratio) -> (u128, u128) {
    let (numerator, denominator) = (u128::from(x.numerator()), u128::from(x.denominator()));
    let (mut below, mut above) = series(numerator % denominator, denominator);
    let e = series(1, 1);
    for _ in 0..(numerator / denominator).min(super::EPSILON_MAX.into()) {
        below = (below * e.0) >> EXP_BITS;
        above = ((above * e.1) >> EXP_BITS) + 1;
    }
    (below, above)
}

/// Bounds of the exponential of a fraction of at most 1, of 64-bit numbers.
fn series(numerator: u128, denominator: u128) -> (u128, u128) {
    let (mut below, mut above) = (ONE, ONE);
    let (mut low, mut high) = (ONE, ONE);
    for i in 1..=TERMS {
        low = low * numerator / (denominator * i);
        high = (high * numerator).div_ceil(denominator * i);
        below += low;
        above += high;
    }
    // All terms that are left out come to less than one unit.
    (below, above + 1)
}
