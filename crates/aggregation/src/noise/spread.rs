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
/// One in 2^40, in fixed point: nothing that matters lies beyond.
const NEGLIGIBLE: u128 = ONE >> 40;
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

/// The smallest interval around zero outside of which the sum of two independent discrete Laplace noises of one scale lies
/// once in `one_in` times at most.
pub(crate) fn of_two_laplace(noise: &DiscreteLaplace, one_in: u32) -> Spread {
    let (t, s) = (u128::from(noise.scale().numerator()), u128::from(noise.scale().denominator()));
    if t == 0 {
        return Spread::NONE;
    }
    // The probabilities of both, convolved and added up, with p as above:
    // P(S > k) = p^(k+1) ((k + 1) (1 − p) (1 + p) + 1 + p + 2 p²) / (1 + p)³.
    let p = exp_of_minus(s, t);
    let cube = Enclosed { low: (ONE + p.low) >> 1, high: ONE }; // (1 + p) / 2, so that its powers stay below one
    let cube = cube.times(cube).times(cube).low;
    let missed = |k: u128| {
        let linear = times_above((k + 1) * (ONE - p.low), ONE + p.high);
        let factor = linear + ONE + p.high + 2 * times_above(p.high, p.high);
        (times_above(exp_of_minus((k + 1) * s, t).high, factor) << 60).div_ceil(cube) // the cube lacks a factor of 2^3
    };
    let reach = first(16 * (t / s + 1), |k| is_rare(2 * missed(k), one_in));
    let one = laplace_deviation(t, s);
    let deviation = (u128::from(one.numerator()) * ROOT_OF_TWO).div_ceil(u128::from(one.denominator()) * 1_000_000);
    Spread { reach, coverage: covered(2 * missed(reach)), deviation: ratio(deviation, ERROR_UNITS) }
}

/// The product of two numbers in fixed point, neither above 2^40, rounded up beyond its 46th binary digit.
const fn times_above(a: u128, b: u128) -> u128 {
    ((((a >> 16) + 1) * ((b >> 16) + 1)) >> 31) + 1
}

/// The smallest interval around zero outside of which discrete Gaussian noise lies once in `one_in` times at most; where
/// the standard deviation is large, the smallest in whole steps.
pub(crate) fn of_gaussian(noise: &DiscreteGaussian, one_in: u32) -> Spread {
    let (n, d) = (u128::from(noise.variance().numerator()), u128::from(noise.variance().denominator()));
    if n == 0 {
        return Spread::NONE;
    }
    let tail = gaussian_tail(noise, STEPS);
    let missed = |at: u128| 2 * tail.above(at * tail.step);
    let at = first(tail.above.len() as u128 - 1, |at| is_rare(missed(at), one_in));
    let thousandths = root_above((n * ERROR_UNITS * ERROR_UNITS).div_ceil(d));
    Spread { reach: at * tail.step, coverage: covered(missed(at)), deviation: ratio(thousandths, ERROR_UNITS) }
}

/// Upper bounds of the probability that noise is above some number, in fixed point.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    step: u128,
    /// P(X > j · step), for each j; the last bounds all that is beyond.
    above: Vec<u128>,
}

impl Tail {
    /// A bound of P(X > `number`).
    pub(crate) fn above(&self, number: u128) -> u128 {
        let at = usize::try_from(number / self.step).unwrap_or(usize::MAX);
        self.above[at.min(self.above.len() - 1)]
    }

    /// A bound of the mean of `of`(|X|), for an `of` with values from 0 to 1 that never falls, in fixed point.
    pub(crate) fn expected(&self, of: impl Fn(u128) -> u128) -> u128 {
        let mut before = of(0);
        let mut sum = before;
        for (j, above) in (1_u128..).zip(&self.above) {
            let now = if j == self.above.len() as u128 { ONE } else { of(j * self.step).max(before) };
            sum += ((now - before) * (2 * above).min(ONE)).div_ceil(ONE);
            before = now;
        }
        sum
    }

    pub(crate) const fn step(&self) -> u128 {
        self.step
    }

    /// Where it is below all that matters.
    pub(crate) const fn end(&self) -> u128 {
        self.step * self.above.len() as u128
    }
}

/// The tail of discrete Laplace noise, in so many steps of its scale.
pub(crate) fn laplace_tail(noise: &DiscreteLaplace, steps: u128) -> Tail {
    let (t, s) = (u128::from(noise.scale().numerator()), u128::from(noise.scale().denominator()));
    if t == 0 {
        return Tail { step: 1, above: vec![0] };
    }
    let step = t / s / steps + 1;
    let (p, shrink) = (exp_of_minus(s, t), exp_of_minus(step * s, t));
    let mut above = vec![(p.high * ONE).div_ceil(ONE + p.low)]; // P(X > 0) = p / (1 + p)
    while let Some(last) = above.last().copied().filter(|last| *last > NEGLIGIBLE) {
        above.push((last * shrink.high).div_ceil(ONE));
    }
    Tail { step, above }
}

/// The tail of discrete Gaussian noise, in so many steps of its deviation.
pub(crate) fn gaussian_tail(noise: &DiscreteGaussian, steps: u128) -> Tail {
    let (n, d) = (u128::from(noise.variance().numerator()), u128::from(noise.variance().denominator()));
    if n == 0 {
        return Tail { step: 1, above: vec![0] };
    }
    let deviation = (n / d).isqrt();
    let step = deviation / steps + 1;
    let (curve, least) = Bell { n, d, step }.tails();
    // By Poisson's summation formula, the whole is never less than the integral, σ √2π.
    let whole = if step == 1 { ONE + 2 * least } else { deviation * ROOT_OF_TWO_PI / 1_000_000_000 * ONE };
    // The tail divided by the whole, in fixed point, without leaving 128 bits.
    let share = |tail: u128| (tail << 23).div_ceil(whole >> 40);
    Tail { step, above: curve.into_iter().map(share).collect() }
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
    ///
    /// Also a lower bound of the curve's sum over all multiples above zero.
    fn tails(&self) -> (Vec<u128>, u128) {
        let Self { n, d, step } = *self;
        let (mut height, mut ratio) = (Enclosed::exact(ONE), exp_of_minus(step * step * d, 2 * n));
        let shrink = exp_of_minus(step * step * d, n);
        let (mut blocks, mut least) = (Vec::new(), 0);
        while height.high > 4 {
            let next = height.times(ratio);
            least += next.low;
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
        (tails, least)
    }
}

/// The least number up to `most` of which `holds`, which then holds of all above, and of `most`.
pub(crate) fn first(most: u128, holds: impl Fn(u128) -> bool) -> u128 {
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    high
}

/// Whether a probability in fixed point is at most one in `one_in`.
pub(crate) const fn is_rare(probability: u128, one_in: u32) -> bool {
    probability.saturating_mul(one_in as u128) <= ONE
}

/// What a probability in fixed point leaves to one, in millionths, rounded down.
pub(crate) fn covered(missed: u128) -> Ratio {
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
