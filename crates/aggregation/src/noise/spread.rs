//! How far noise spreads: the interval that holds it, with its probability, and its standard deviation.
//!
//! Probabilities are computed from the distribution itself, and rounded against whoever states them.

use model::{ErrorBar, Ratio};

use super::{
    fixed::{Enclosed, ONE, exp_of_minus},
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
};

/// Decimals of a coverage and of a standard error, as units in one.
const COVERAGE_UNITS: u128 = 1_000_000;
const ERROR_UNITS: u128 = 1_000;
/// The square root of two times 10^9, rounded up.
const ROOT_OF_TWO: u128 = 1_414_213_563;
/// The square root of 2π times 10^9, rounded down.
const ROOT_OF_TWO_PI: u128 = 2_506_628_274;
/// Steps of one standard deviation when the bell curve is added up: what is between is bounded by straight lines.
const STEPS: u128 = 256;

/// How far one noise spreads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spread {
    /// The noise lies within plus and minus this ...
    pub(crate) reach: u128,
    /// ... with at least this probability.
    pub(crate) coverage: Ratio,
    /// Standard deviation, rounded up.
    pub(crate) deviation: Ratio,
}

impl Spread {
    /// That of no noise at all.
    pub(crate) const NONE: Self = Self { reach: 0, coverage: Ratio::ONE, deviation: Ratio::ZERO };

    /// The error bar of `value`, to which the noise was added.
    pub(crate) fn around(&self, value: i64) -> ErrorBar {
        let reach = i64::try_from(self.reach).unwrap_or(i64::MAX);
        ErrorBar {
            standard_error: self.deviation,
            low: value.saturating_sub(reach),
            high: value.saturating_add(reach),
            coverage: self.coverage,
        }
    }
}

/// The smallest interval around zero outside of which discrete Laplace noise lies once in `one_in` times at most.
pub(crate) fn of_laplace(noise: &DiscreteLaplace, one_in: u32) -> Spread {
    let (t, s) = (u128::from(noise.scale().numerator()), u128::from(noise.scale().denominator()));
    if t == 0 {
        return Spread::NONE;
    }
    // With p = exp(−1 / scale), P(|X| > k) = 2 p^(k+1) / (1 + p).
    let p = exp_of_minus(s, t);
    let missed = |k: u128| (2 * exp_of_minus((k + 1) * s, t).high * ONE).div_ceil(ONE + p.low);
    // Beyond 11 scales lies less than one in 10,000.
    let reach = first(11 * (t / s + 1), |k| is_rare(missed(k), one_in));
    Spread { reach, coverage: covered(missed(reach)), deviation: laplace_deviation(t, s) }
}

/// The smallest interval around zero outside of which discrete Gaussian noise lies once in `one_in` times at most; where
/// the standard deviation is large, the smallest in whole steps.
pub(crate) fn of_gaussian(noise: &DiscreteGaussian, one_in: u32) -> Spread {
    let (n, d) = (u128::from(noise.variance().numerator()), u128::from(noise.variance().denominator()));
    if n == 0 {
        return Spread::NONE;
    }
    let deviation = (n / d).isqrt();
    let step = deviation / STEPS + 1;
    let curve = Bell { n, d, step }.tails();
    let whole = if step == 1 { ONE + 2 * curve[0] } else { deviation * ROOT_OF_TWO_PI / 1_000_000_000 * ONE };
    // Twice the tail divided by the whole, in fixed point, without leaving 128 bits.
    let missed = |at: usize| ((2 * curve[at]) << 23).div_ceil(whole >> 40);
    let at = first(curve.len() as u128 - 1, |at| is_rare(missed(index(at)), one_in));
    let thousandths = root_above((n * ERROR_UNITS * ERROR_UNITS).div_ceil(d));
    let deviation = ratio(thousandths, ERROR_UNITS);
    Spread { reach: at * step, coverage: covered(missed(index(at))), deviation }
}

/// The unnormalized curve exp(−x² / 2σ²) at multiples of `step`, with σ² = n / d.
struct Bell {
    n: u128,
    d: u128,
    step: u128,
}

impl Bell {
    /// Upper bounds of the curve's sum over all whole numbers above `j · step`, for each j, down to nearly nothing.
    ///
    /// From σ on the curve is convex, so that between two steps it lies below the straight line. With steps of one
    /// there is nothing between.
    fn tails(&self) -> Vec<u128> {
        let Self { n, d, step } = *self;
        let (mut height, mut ratio) = (Enclosed::exact(ONE), exp_of_minus(step * step * d, 2 * n));
        let shrink = exp_of_minus(step * step * d, n);
        let mut blocks = Vec::new();
        while height.high > 4 {
            let next = height.times(ratio);
            blocks.push((height.high * (step - 1) + next.high * (step + 1)).div_ceil(2));
            (height, ratio) = (next, ratio.times(shrink));
        }
        // What is beyond shrinks from step to step at least as fast as there.
        let mut tail = (height.high * step * ONE).div_ceil(ONE - ratio.high);
        let mut tails = vec![tail];
        for block in blocks.into_iter().rev() {
            tail += block;
            tails.push(tail);
        }
        tails.reverse();
        tails
    }
}

/// The least number up to `most` of which `holds`, which then holds of all above, and of `most`.
fn first(most: u128, holds: impl Fn(u128) -> bool) -> u128 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    high
}

fn index(at: u128) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// Whether a probability in fixed point is at most one in `one_in`.
const fn is_rare(probability: u128, one_in: u32) -> bool {
    probability.saturating_mul(one_in as u128) <= ONE
}

/// What a probability in fixed point leaves to one, in millionths, rounded down.
fn covered(missed: u128) -> Ratio {
    ratio(ONE.saturating_sub(missed) * COVERAGE_UNITS / ONE, COVERAGE_UNITS)
}

/// The least whole number whose square is not less.
pub(crate) const fn root_above(square: u128) -> u128 {
    let root = square.isqrt();
    if root * root < square { root + 1 } else { root }
}

/// `numerator / denominator`, rounded up to a whole number where it does not fit, and no further than 64 bits go.
fn ratio(numerator: u128, denominator: u128) -> Ratio {
    let fits = |n: u128, d: u128| Ratio::new(u64::try_from(n).ok()?, u64::try_from(d).ok()?);
    let whole = || u64::try_from(numerator.div_ceil(denominator)).unwrap_or(u64::MAX);
    fits(numerator, denominator).or_else(|| Ratio::new(whole(), 1)).unwrap_or(Ratio::ZERO)
}

/// The standard deviation for the scale `t / s`: 1 / (√2 sinh y) with y = s / 2t, where sinh y is at least the first
/// three terms of its series, y (1 + y² / 6 + y⁴ / 120).
fn laplace_deviation(t: u128, s: u128) -> Ratio {
    let scale = (t * ROOT_OF_TWO).div_ceil(s); // √2 scale, in 10^-9
    // y² in fixed point, no more than 2^10: what is cut off there makes the bound larger alone.
    let square = if s / t >= 64 { ONE << 10 } else { square_of_half(s, t) };
    let series = ONE + square / 6 + (square >> 32) * (square >> 32) / 60;
    let thousandths = match scale.checked_mul(ONE) {
        Some(scaled) => scaled.div_ceil(series).div_ceil(1_000_000),
        None => scale.div_ceil(1_000_000),
    };
    ratio(thousandths, ERROR_UNITS)
}

/// (s / 2t)² in fixed point, rounded down; s / t is below 64.
const fn square_of_half(s: u128, t: u128) -> u128 {
    let half = (s << 32) / (2 * t); // in units of 2^-32, below 2^37
    (half * half) >> 1
}

/// The standard error that the width of a 95 % interval gives away, rounded up.
pub(crate) fn width_error(low: i64, high: i64) -> Ratio {
    ratio((u128::from(high.abs_diff(low)) * ERROR_UNITS * 100).div_ceil(392), ERROR_UNITS)
}

/// The probability that two independent intervals both hold what they should, rounded down to millionths.
pub(crate) fn both(a: Ratio, b: Ratio) -> Ratio {
    let millionths = |ratio: Ratio| u128::from(ratio.numerator()) * COVERAGE_UNITS / u128::from(ratio.denominator());
    ratio(millionths(a) * millionths(b) / COVERAGE_UNITS, COVERAGE_UNITS)
}
