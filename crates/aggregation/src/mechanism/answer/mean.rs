//! Means: a sum with noise over a count with noise.
//!
//! Values are summed from the middle of their range, so that the sum needs half the noise. If m is the true mean, the sum
//! with noise less m times the count with noise is noise alone: X − m Y, with X in the sum and Y in the count. The
//! interval is of all m for which that is at most t(m), a bound that |X − m Y| passes once in 20 times at most (E. C.
//! Fieller, "Some problems in interval estimation", 1954). t is computed from both distributions, for m in as many steps
//! of its range as [`GRID`] says.
//!
//! The standard error is the interval's width over 3.92, as in R. S. Woodruff, "Confidence intervals for medians and
//! other position measures" (1952).

use model::{Cell, ErrorBar, Ratio};

use super::{ReleaseError, Row};
use crate::{
    measure::middle,
    noise::{
        fixed::ONE,
        kind::Noise,
        spread::{Tail, covered, first, is_rare, width_error},
    },
};

/// Steps from the middle of a mean's range to its end.
const GRID: u128 = 24;
/// Steps of one scale in which the noise of the sum and of the count is looked at.
const STEPS: (u128, u128) = (128, 32);

/// The range of a mean's values, and its unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) decimals: u8,
}

/// How far X − m Y spreads.
#[derive(Debug, Clone)]
pub(in crate::mechanism) struct Means {
    /// The furthest that a mean lies from the middle.
    furthest: u128,
    /// t for means up to i + 1 steps from the middle.
    bounds: Vec<u128>,
    coverage: Ratio,
}

impl Means {
    /// That of `number` in the sum and `of` in the count, for values up to `furthest` from the middle.
    pub(in crate::mechanism) fn new(number: &Noise, of: &Noise, furthest: u128) -> Self {
        let (sum, count) = (number.tail(STEPS.0), of.tail(STEPS.1));
        let missed = |t: u128, step: u128| count.expected(|c| beyond(&sum, t, shift(furthest, step, c)));
        let (mut bounds, mut most): (Vec<u128>, u128) = (Vec::new(), 0);
        for step in 1..=GRID {
            let far = sum.end().saturating_add(shift(furthest, step, count.end()));
            let t = first(far / sum.step(), |steps| is_rare(missed(steps * sum.step(), step), 20)) * sum.step();
            most = most.max(missed(t, step));
            bounds.push(t);
        }
        Self { furthest, bounds, coverage: covered(most) }
    }
}

/// How far a mean so many steps from the middle moves what a count that is off by `count` is multiplied with.
const fn shift(furthest: u128, step: u128, count: u128) -> u128 {
    furthest.saturating_mul(step).saturating_mul(count).div_ceil(GRID)
}

/// An upper bound of the probability that |X − y| > t for every y up to `shift` from zero.
///
/// X is symmetric and has one peak, so that what the window loses on one side by moving away from zero is at least what
/// it gains on the other. Between whole numbers it has lost already and not gained yet.
fn beyond(x: &Tail, t: u128, shift: u128) -> u128 {
    if shift == 0 {
        return 2 * x.above(t);
    }
    let near = t.checked_sub(shift).map_or(ONE, |t| x.above(t));
    (near + x.above(t.saturating_add(shift - 1))).min(ONE)
}

impl Range {
    pub(super) fn cell(&self, row: Row, means: Option<&Means>) -> Result<Cell, ReleaseError> {
        let Row { key: group, number, of } = row;
        match self.bar(number, of, means) {
            Some((value, error)) => Ok(Cell { group, value, error: Some(error) }),
            None => Err(ReleaseError::Overflow { group }),
        }
    }

    /// The mean in the published unit with its error bar; `None` where it does not fit.
    fn bar(&self, sum: i128, count: i128, means: Option<&Means>) -> Option<(i64, ErrorBar)> {
        let middle = i128::from(middle(self.min, self.max));
        let unit = 10_i128.checked_pow(self.decimals.into())?;
        let ends = [i128::from(self.min) - middle, i128::from(self.max) - middle].map(|end| end * unit);
        let published = |from_middle: i128| i64::try_from(middle.checked_mul(unit)?.checked_add(from_middle)?).ok();
        let sum = sum.checked_mul(unit)?;
        // Of a count that noise made nothing, no mean is better than another.
        let estimate = if count < 1 { 0 } else { nearest(sum, count)?.clamp(ends[0], ends[1]) };
        let value = published(estimate)?;
        let Some(means) = means else { return Some((value, ErrorBar::exact(value))) };
        let [low, high] = means.agreeing(sum, count, unit)?.unwrap_or(ends);
        let low = published(low.clamp(ends[0], ends[1]).min(estimate))?;
        let high = published(high.clamp(ends[0], ends[1]).max(estimate))?;
        Some((value, ErrorBar { standard_error: width_error(low, high), low, high, coverage: means.coverage }))
    }
}

impl Means {
    /// Least and greatest mean, from the middle and times `unit`, with which a sum times `unit` and a count agree; none
    /// where there is none. `None` outside where numbers do not fit.
    fn agreeing(&self, sum: i128, count: i128, unit: i128) -> Option<Option<[i128; 2]>> {
        let furthest = i128::try_from(self.furthest).ok()?.checked_mul(unit)?;
        let grid = i128::try_from(GRID).ok()?;
        let mut hull: Option<[i128; 2]> = None;
        for (step, t) in (0_i128..).zip(&self.bounds) {
            let t = i128::try_from(*t).ok()?.checked_mul(unit)?;
            let (near, far) = ((furthest * step).div_euclid(grid), above(furthest * (step + 1), grid));
            for cell in [[near, far], [-far, -near]] {
                let (low, high) = (sum.checked_sub(t)?, sum.checked_add(t)?);
                let [from, until] = match count {
                    1.. => [low.div_euclid(count).max(cell[0]), above(high, count).min(cell[1])],
                    0 if low <= 0 && high >= 0 => cell,
                    0 => continue,
                    _ => [(-high).div_euclid(-count).max(cell[0]), above(-low, -count).min(cell[1])],
                };
                if from <= until {
                    hull = Some(hull.map_or([from, until], |[low, high]| [low.min(from), high.max(until)]));
                }
            }
        }
        Some(hull)
    }
}

/// Rounded up; the denominator is above zero.
fn above(numerator: i128, denominator: i128) -> i128 {
    -(-numerator).div_euclid(denominator)
}

/// Rounded to the nearest, halves up; the denominator is above zero.
fn nearest(numerator: i128, denominator: i128) -> Option<i128> {
    Some(numerator.checked_mul(2)?.checked_add(denominator)?.div_euclid(denominator.checked_mul(2)?))
}
