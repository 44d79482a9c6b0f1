//! Means: a sum with noise over a count with noise.
//!
//! Values are summed from the middle of their range, so that the sum needs half the noise. Where the sum lies within
//! one interval and the count within another, the quotient lies between the least and the greatest quotient of the two:
//! both hold at once at least as often as the product of their coverages, since their noise is independent. The standard
//! error is the interval's width over 3.92, as in R. S. Woodruff, "Confidence intervals for medians and other position
//! measures" (1952).

use model::{Cell, ErrorBar};

use super::{ReleaseError, Row, Spreads};
use crate::{
    measure::middle,
    noise::spread::{Spread, both, width_error},
};

/// The range of a mean's values, and its unit.
pub(super) struct Range {
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) decimals: u8,
}

impl Range {
    pub(super) fn cell(&self, row: Row, spreads: Spreads) -> Result<Cell, ReleaseError> {
        let Row { key: group, number, of } = row;
        match self.bar(number, of, spreads) {
            Some((value, error)) => Ok(Cell { group, value, error: Some(error) }),
            None => Err(ReleaseError::Overflow { group }),
        }
    }

    /// The mean in the published unit with its error bar; `None` where it does not fit.
    fn bar(&self, sum: i128, count: i128, spreads: Spreads) -> Option<(i64, ErrorBar)> {
        let middle = i128::from(middle(self.min, self.max));
        let (least, most) = (i128::from(self.min) - middle, i128::from(self.max) - middle);
        let unit = 10_i128.checked_pow(self.decimals.into())?;
        let published = |from_middle: i128| i64::try_from(middle.checked_mul(unit)?.checked_add(from_middle)?).ok();
        let quotient = |sum: i128, count: i128, round: fn(i128, i128) -> i128| {
            let scaled = sum.checked_mul(unit)?;
            Some(round(scaled, count.max(1)).clamp(least * unit, most * unit))
        };
        // Of a count that noise made nothing, no mean is better than another.
        let value = published(if count < 1 { 0 } else { quotient(sum, count, nearest)? })?;
        if spreads.number == Spread::NONE && spreads.of == Spread::NONE {
            return Some((value, ErrorBar::exact(value)));
        }
        let (sums, counts) = (within(sum, spreads.number)?, within(count, spreads.of)?);
        // A mean is of at least one value.
        let counts = [counts[0].max(1), counts[1].max(1)];
        let low = quotient(sums[0], counts[usize::from(sums[0] >= 0)], i128::div_euclid)?;
        let high = quotient(sums[1], counts[usize::from(sums[1] < 0)], above)?;
        let (low, high) = (published(low)?, published(high)?);
        let (low, high) = (low.min(value), high.max(value));
        let coverage = both(spreads.number.coverage, spreads.of.coverage);
        Some((value, ErrorBar { standard_error: width_error(low, high), low, high, coverage }))
    }
}

/// The ends of the interval around `number`.
fn within(number: i128, spread: Spread) -> Option<[i128; 2]> {
    let reach = i128::try_from(spread.reach).ok()?;
    Some([number.checked_sub(reach)?, number.checked_add(reach)?])
}

fn above(numerator: i128, denominator: i128) -> i128 {
    -(-numerator).div_euclid(denominator)
}

/// Rounded to the nearest, halves up; the denominator is above zero.
fn nearest(numerator: i128, denominator: i128) -> i128 {
    (2 * numerator + denominator).div_euclid(2 * denominator)
}
