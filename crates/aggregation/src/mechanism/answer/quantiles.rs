//! Quantiles: read off a histogram with noise.
//!
//! The quantile q of n values lies in the first bucket up to which at least q n of them lie. For a bucket j let D(j) be
//! (1 − q) times the number of values up to j, less q times the number of those beyond: the first bucket with D(j) ≥ 0.
//! The noise in D(j) is a weighted sum of that in all buckets, of which [`WeightedSum`] gives a one-sided bound t that is
//! passed once in 40 times at most. If b is the true bucket, D(b) ≥ 0 and D(b − 1) < 0, so that the buckets that agree
//! with D(j) + t ≥ 0 and D(j − 1) − t < 0 hold b in at least 38 of 40 cases. The published interval spans them.
//!
//! It holds b in just so many cases where b has next to no values, and its neighbours many: then either noise makes it
//! miss. The more values b has, the more often it is held. How many those are is not known but for the noise, so that the
//! coverage that is stated is that of the worst case: a lower bound of what is observed.
//!
//! What is published is the middle of the estimated bucket. The standard error is the interval's width over 3.92, as in
//! R. S. Woodruff, "Confidence intervals for medians and other position measures" (1952).

use std::collections::BTreeMap;

use model::{Cell, ErrorBar, Ratio};

use super::{ReleaseError, Row};
use crate::{
    measure::Buckets,
    noise::{kind::Noise, spread::width_error, sums::WeightedSum},
};

/// How far noise may move each D(j), times the quantile's denominator. Computed once for all groups, and where it decides.
#[derive(Debug)]
pub(super) struct Bounds {
    noise: Option<Noise>,
    buckets: usize,
    /// By how many buckets lie up to j, and by quantile.
    found: BTreeMap<(usize, Ratio), i128>,
}

/// Every quantile in `at` of one group, whose `rows` are its buckets, sorted by the quantiles' names.
pub(super) fn cells(
    buckets: Buckets<'_>,
    at: &[Ratio],
    rows: &[Row],
    bounds: &mut Bounds,
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
        let Some((value, error)) = bar(buckets, *quantile, &counts, bounds) else {
            return Err(ReleaseError::Overflow { group: key });
        };
        cells.push(Cell { group: key, value, error: Some(error) });
    }
    cells.sort_unstable_by(|a, b| a.group.cmp(&b.group));
    Ok(cells)
}

/// The quantile with its error bar; `None` where numbers do not fit.
fn bar(buckets: Buckets<'_>, quantile: Ratio, counts: &[i128], bounds: &mut Bounds) -> Option<(i64, ErrorBar)> {
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
    if bounds.noise.is_none() {
        return Some((value, ErrorBar::exact(value)));
    }
    let mut agreeing = (0..=last).filter(|&bucket| {
        // D(b) is zero at least, and D(b − 1) below it by one at least.
        let is_before = bucket < last && bounds.are_passed(bucket + 1, quantile, distances[bucket].saturating_neg());
        let is_beyond = bucket > 0 && bounds.are_passed(bucket, quantile, distances[bucket - 1].saturating_add(1));
        !is_before && !is_beyond
    });
    let first = agreeing.next().unwrap_or(estimate).min(estimate);
    let until = agreeing.next_back().unwrap_or(first).max(estimate);
    let (low, high) = (buckets.range(first).0, buckets.range(until).1);
    let coverage = Ratio::new(19, 20)?;
    Some((value, ErrorBar { standard_error: width_error(low, high), low, high, coverage }))
}

impl Bounds {
    pub(super) const fn new(noise: Option<Noise>, buckets: usize) -> Self {
        Self { noise, buckets, found: BTreeMap::new() }
    }

    /// Whether noise in D(j) comes to `excess` so seldom that it is ruled out, where `inside` buckets lie up to j.
    fn are_passed(&mut self, inside: usize, quantile: Ratio, excess: i128) -> bool {
        let Some(noise) = self.noise.as_ref().filter(|_| excess > 0) else { return false };
        let beyond = self.buckets.saturating_sub(inside) as u64;
        let (of, below) = (quantile.denominator(), quantile.numerator());
        let sum = WeightedSum { noise, parts: [(inside as u64, of.saturating_sub(below)), (beyond, below)] };
        excess > whole(sum.rough_bound())
            || excess > *self.found.entry((inside, quantile)).or_insert_with(|| whole(sum.bound()))
    }
}

/// The whole number that is not below.
#[expect(clippy::cast_possible_truncation, reason = "casts of floats saturate")]
fn whole(bound: f64) -> i128 {
    bound.ceil() as i128
}

#[cfg(test)]
mod tests;
