//! Quantiles: read off a histogram with noise.
//!
//! The quantile q of n values lies in the first bucket up to which at least q n of them lie. For a bucket j let D(j) be
//! (1 − q) times the number of values up to j, less q times the number of those beyond: the first bucket with D(j) ≥ 0.
//! The noise in D(j) is a weighted sum of that in all buckets, of which [`SumBound`] gives a one-sided bound t that is
//! passed once in 40 times at most. If b is the true bucket, D(b) ≥ 0 and D(b − 1) < 0, so that the buckets that agree
//! with D(j) + t ≥ 0 and D(j − 1) − t < 0 hold b in at least 38 of 40 cases. The published interval spans them.
//!
//! What is published is the middle of the estimated bucket. The standard error is the interval's width over 3.92, as in
//! R. S. Woodruff, "Confidence intervals for medians and other position measures" (1952).

use model::{Cell, ErrorBar, Ratio};

use super::{ReleaseError, Row, SumBound};
use crate::{
    measure::Buckets,
    noise::spread::{root_above, width_error},
};

/// Every quantile in `at` of one group, whose `rows` are its buckets, sorted by the quantiles' names.
pub(super) fn cells(
    buckets: Buckets<'_>,
    at: &[Ratio],
    rows: &[Row],
    noise: SumBound,
) -> Result<Vec<Cell>, ReleaseError> {
    let Some((_, group)) = rows.first().and_then(|row| row.key.split_last()) else { return Ok(Vec::new()) };
    let mut counts = vec![0; buckets.len()];
    for (label, bucket) in buckets.sorted() {
        // Rows of one group are sorted by the last part of their keys.
        let found = rows.binary_search_by(|row| row.key.last().cmp(&Some(&label)));
        counts[bucket] = found.map_or(0, |row| rows[row].number);
    }
    let mut cells = Vec::new();
    for quantile in at {
        let key = [group, &[quantile.to_string()]].concat();
        let Some((value, error)) = bar(buckets, *quantile, &counts, noise) else {
            return Err(ReleaseError::Overflow { group: key });
        };
        cells.push(Cell { group: key, value, error: Some(error) });
    }
    cells.sort_unstable_by(|a, b| a.group.cmp(&b.group));
    Ok(cells)
}

/// The quantile with its error bar; `None` where numbers do not fit.
fn bar(buckets: Buckets<'_>, quantile: Ratio, counts: &[i128], noise: SumBound) -> Option<(i64, ErrorBar)> {
    let (of, below) = (i128::from(quantile.denominator()), i128::from(quantile.numerator()));
    // D(j), all multiplied by the quantile's denominator.
    let total = counts.iter().try_fold(0_i128, |sum, count| sum.checked_add(*count))?;
    let wanted = total.checked_mul(below)?;
    let mut reached = 0_i128;
    let mut distances = Vec::with_capacity(counts.len());
    for count in counts {
        reached = reached.checked_add(*count)?;
        distances.push(reached.checked_mul(of)?.checked_sub(wanted)?);
    }
    let last = counts.len().checked_sub(1)?;
    let estimate = distances.iter().position(|distance| *distance >= 0).unwrap_or(last);
    let value = buckets.middle(estimate);
    if noise == SumBound::None {
        return Some((value, ErrorBar::exact(value)));
    }
    let mut agreeing = (0..=last).filter(|bucket| {
        let bound = |bucket: usize| noise.bound(bucket + 1, counts.len(), quantile);
        let not_before = *bucket == last || bound(*bucket).is_none_or(|t| distances[*bucket].saturating_add(t) >= 0);
        let not_beyond = *bucket == 0 || bound(bucket - 1).is_none_or(|t| distances[bucket - 1].saturating_sub(t) < 0);
        not_before && not_beyond
    });
    let first = agreeing.next().unwrap_or(estimate).min(estimate);
    let until = agreeing.next_back().unwrap_or(first).max(estimate);
    let (low, high) = (buckets.range(first).0, buckets.range(until).1);
    let coverage = Ratio::new(19, 20)?;
    Some((value, ErrorBar { standard_error: width_error(low, high), low, high, coverage }))
}

impl SumBound {
    /// What the noise in D(j), times the quantile's denominator, passes once in 40 times at most, where `inside` of
    /// `all` buckets lie up to j; `None` where it is too large to matter.
    ///
    /// With weights a of square sum A: discrete Gaussian noise is sub-Gaussian with σ² (Canonne, Kamath and Steinke
    /// 2020, corollary 17), so that t = σ √(2 A ln 40) does. For discrete Laplace noise of scale s, the moment
    /// generating function at λ is at most 1 / (1 − s² λ²), which for s λ a ≤ 1/2 is at most exp(1.151 s² λ² a²); then
    /// t = 1.151 s² λ A + ln(40) / λ does, with the best such λ.
    fn bound(self, inside: usize, all: usize, quantile: Ratio) -> Option<i128> {
        let (inside, beyond) = (inside as u128, (all - inside) as u128);
        let (of, below) = (u128::from(quantile.denominator()), u128::from(quantile.numerator()));
        let above = of.checked_sub(below)?;
        let squares = above.checked_mul(above)?.checked_mul(inside)?;
        let squares = squares.checked_add(below.checked_mul(below)?.checked_mul(beyond)?)?;
        let largest = if beyond == 0 { above } else { above.max(below) };
        let t = match self {
            Self::None => 0,
            // 2 ln 40 is below 7378 / 1000.
            Self::Gaussian(n, d) => {
                root_above(squares.checked_mul(7_378)?.checked_mul(n.into())?.div_ceil(1_000 * u128::from(d)))
            }
            Self::Laplace(t, s) => scaled(laplace_bound(squares, largest)?, t, s)?,
        };
        i128::try_from(t).ok()
    }
}

/// The bound for a scale of one, in thousandths.
fn laplace_bound(squares: u128, largest: u128) -> Option<u128> {
    // The best λ is √(ln 40 / 1.151 A), at most 1 / 2a: where A is at least 12.9 a².
    if squares.checked_mul(10)? >= largest.checked_mul(largest)?.checked_mul(129)? {
        // 2 √(1.151 ln 40 A), with 4 · 1.151 ln 40 below 16.984.
        return Some(root_above(squares.checked_mul(16_984_000)?));
    }
    // λ = 1 / 2a gives 1.151 A / 2a + 2a ln 40.
    let first = squares.checked_mul(1_151)?.div_ceil(2 * largest.max(1));
    first.checked_add(largest.checked_mul(7_378)?)
}

/// `thousandths` times `t / s`, rounded up to a whole number.
fn scaled(thousandths: u128, t: u64, s: u64) -> Option<u128> {
    Some(thousandths.checked_mul(t.into())?.div_ceil(1_000 * u128::from(s)))
}
