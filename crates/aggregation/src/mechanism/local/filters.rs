//! Estimates from RAPPOR's Bloom filters, in which known values overlap.
//!
//! Let `B(v)` be the bits that v sets, over all cohorts, and `G` the matrix of how many bits any two known values share.
//! The support of v, less what chance alone sets, is (q* − p*) / m times `G` applied to the true counts, in the mean over
//! cohorts and coins; so `G`⁻¹ gives all counts at once, by least squares, without bias. The paper (section 4) does the
//! same regression after choosing candidates by the lasso, which it needs since its candidates are not known before.
//!
//! The inverse is computed in floats, of which only sums, products, quotients and roots are used: it is the same on every
//! machine, and privacy was settled before.

use std::collections::BTreeSet;

use encoding::local::{LocalRandomizer, positions};
use model::{Rappor, Ratio};

use super::estimate::{Estimate, float, normal_multiple, reach};

/// The least share of its bits by which each value must differ from all mixtures of others.
const DISTINCT_MIN: f64 = 1e-6;

/// Bloom filters of the known values, ready to estimate from.
#[derive(Debug, Clone)]
pub(super) struct Filters {
    rappor: Rappor,
    /// Bits of each value, numbered through all cohorts.
    bits: Vec<BTreeSet<u32>>,
    /// `G`⁻¹, row by row.
    inverse: Vec<Vec<f64>>,
    /// Probabilities that a bit is set in a response where the value sets it (q*) and where not (p*).
    set: f64,
    unset: f64,
}

/// A known value that cannot be told from others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the filter of `{value}` is that of other known values together")]
pub(super) struct Indistinct {
    /// The value.
    pub(super) value: String,
}

/// Means and variances of what one response adds to the estimate of one value.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    /// Variance where the response is caused by each known value, and by none of them last.
    pub(super) variances: Vec<f64>,
    /// The farthest that it can be from its mean.
    largest: f64,
}

impl Filters {
    pub(super) fn of(rappor: &Rappor, randomizer: &LocalRandomizer) -> Result<Self, Indistinct> {
        let values = randomizer.values();
        let all = |value: &String| -> BTreeSet<u32> {
            let numbered = |cohort: u32| positions(rappor, cohort, value).into_iter().map(move |bit| (cohort, bit));
            (0..rappor.cohorts).flat_map(numbered).map(|(cohort, bit)| cohort * rappor.bits + bit).collect()
        };
        let bits: Vec<BTreeSet<u32>> = values.iter().map(all).collect();
        let shared = |a: &BTreeSet<u32>, b: &BTreeSet<u32>| a.iter().filter(|bit| b.contains(bit)).count();
        let gram: Vec<Vec<f64>> = bits.iter().map(|a| bits.iter().map(|b| size(shared(a, b))).collect()).collect();
        let inverse = inverse(gram).map_err(|place| Indistinct { value: values[place].clone() })?;
        let [f, p, q] = [rappor.f, rappor.p, rappor.q].map(Ratio::approximate);
        let coin = f / 2.0 * (p + q);
        Ok(Self { rappor: *rappor, bits, inverse, set: coin + (1.0 - f) * q, unset: coin + (1.0 - f) * p })
    }

    /// An estimate for every known value, from the support of each.
    ///
    /// A device's responses share its permanent ones, so that as many as it may make vary together: variances are
    /// multiplied by that number, as if they were all alike.
    ///
    /// The interval is as wide as the cause of the most variance demands, since causes are not known: its coverage is at
    /// least what is stated. It comes to that where causes vary alike, a device may respond once, and responses are so
    /// many that normal deviations are enough; by Bernstein's bound it stays above.
    pub(super) fn estimates(&self, supports: &[u64], responses: u64, reports_per_device_max: u32) -> Vec<Estimate> {
        let total = wide(responses);
        let by_chance = f64::from(self.rappor.hashes) * self.unset * total;
        let net: Vec<f64> = supports.iter().map(|support| (wide(*support) - by_chance) * self.scale()).collect();
        let plain: Vec<f64> = self.inverse.iter().map(|row| row.iter().zip(&net).map(|(w, c)| w * c).sum()).collect();
        let together = f64::from(reports_per_device_max);
        let estimate = |(place, value): (usize, &f64)| {
            let Spread { variances, largest } = self.spread(place);
            let worst = variances.iter().copied().fold(0.0, f64::max) * total;
            let least = variances.iter().copied().fold(f64::INFINITY, f64::min) * total / (largest * largest);
            let multiple = normal_multiple(least).filter(|_| reports_per_device_max == 1);
            let reach = reach(together * worst, together * largest, multiple);
            let standard_error = (together * plug_in(&variances, &plain, total)).sqrt();
            let interval = (nearest((value - reach).floor()), nearest((value + reach).ceil()));
            Estimate { value: checked(value.round()), standard_error, interval }
        };
        plain.iter().enumerate().map(estimate).collect()
    }

    fn scale(&self) -> f64 {
        f64::from(self.rappor.cohorts) / (self.set - self.unset)
    }

    /// What one response can add to the estimate of the value at `place`.
    pub(super) fn spread(&self, place: usize) -> Spread {
        let (cohorts, per_cohort) = (self.rappor.cohorts as usize, self.rappor.bits as usize);
        let mut weights = vec![0.0; cohorts * per_cohort]; // of each bit of each cohort
        for (weight, bits) in self.inverse[place].iter().zip(&self.bits) {
            bits.iter().for_each(|bit| weights[*bit as usize] += weight * self.scale());
        }
        let none = BTreeSet::new();
        let causes = self.bits.iter().chain(std::iter::once(&none));
        let variances = causes.enumerate().map(|(cause, bits)| self.variance(&weights, bits, cause == place)).collect();
        let in_cohorts = || weights.chunks(per_cohort);
        let offset = |row: &[f64]| -row.iter().sum::<f64>() * self.unset;
        let highest = in_cohorts().map(|row| offset(row) + row.iter().filter(|w| **w > 0.0).sum::<f64>());
        let lowest = in_cohorts().map(|row| offset(row) + row.iter().filter(|w| **w < 0.0).sum::<f64>());
        let (highest, lowest) = (highest.fold(0.0, f64::max), lowest.fold(0.0, f64::min));
        Spread { variances, largest: highest - lowest }
    }

    /// Variance of what a response adds whose cause sets `bits`: over cohorts, and over coins within each.
    fn variance(&self, weights: &[f64], bits: &BTreeSet<u32>, is_own: bool) -> f64 {
        let (cohorts, per_cohort) = (self.rappor.cohorts as usize, self.rappor.bits as usize);
        let [if_set, if_unset] = [self.set, self.unset].map(|odds| odds * (1.0 - odds));
        let mut coins: f64 = weights.iter().map(|weight| weight * weight * if_unset).sum();
        let mut means = vec![0.0; cohorts];
        for bit in bits {
            let weight = weights[*bit as usize];
            coins += weight * weight * (if_set - if_unset);
            means[*bit as usize / per_cohort] += weight * (self.set - self.unset);
        }
        let squares: f64 = means.iter().map(|mean| mean * mean).sum();
        (coins + squares) / f64::from(self.rappor.cohorts) - if is_own { 1.0 } else { 0.0 }
    }
}

/// The variance of an estimate if responses were caused as estimated.
fn plug_in(variances: &[f64], estimates: &[f64], total: f64) -> f64 {
    let caused: f64 = estimates.iter().map(|count| count.max(0.0)).sum();
    let shrunk = if caused > total { total / caused } else { 1.0 };
    let known: f64 = estimates.iter().zip(variances).map(|(count, variance)| count.max(0.0) * shrunk * variance).sum();
    known + (total - caused * shrunk).max(0.0) * variances.last().copied().unwrap_or(0.0)
}

/// The inverse of a symmetric positive matrix by the method of Cholesky, or the first row that depends on those above.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Result<Vec<Vec<f64>>, usize> {
    let order = matrix.len();
    for column in 0..order {
        let own = matrix[column][column];
        let left = own - matrix[column][..column].iter().map(|x| x * x).sum::<f64>();
        if left <= DISTINCT_MIN * own {
            return Err(column);
        }
        let root = left.sqrt();
        matrix[column][column] = root;
        for row in column + 1..order {
            let product: f64 = matrix[row][..column].iter().zip(&matrix[column][..column]).map(|(a, b)| a * b).sum();
            matrix[row][column] = (matrix[row][column] - product) / root;
        }
    }
    Ok((0..order).map(|column| solved(&matrix, column)).collect())
}

/// The column of the inverse, from the triangle below the diagonal.
fn solved(triangle: &[Vec<f64>], column: usize) -> Vec<f64> {
    let order = triangle.len();
    let mut x = vec![0.0; order];
    for row in 0..order {
        let unit = if row == column { 1.0 } else { 0.0 };
        let above: f64 = triangle[row][..row].iter().zip(&x).map(|(a, b)| a * b).sum();
        x[row] = (unit - above) / triangle[row][row];
    }
    for row in (0..order).rev() {
        let below: f64 = (row + 1..order).map(|other| triangle[other][row] * x[other]).sum();
        x[row] = (x[row] - below) / triangle[row][row];
    }
    x
}

fn size(number: usize) -> f64 {
    float(i64::try_from(number).unwrap_or(i64::MAX))
}

fn wide(number: u64) -> f64 {
    float(i64::try_from(number).unwrap_or(i64::MAX))
}

/// The whole number that `value` is; `None` beyond 64 bits.
#[expect(clippy::cast_possible_truncation, reason = "what does not fit was told apart before")]
fn checked(value: f64) -> Option<i64> {
    (value.abs() < 9.2e18).then_some(value as i64)
}

fn nearest(value: f64) -> i64 {
    checked(value).unwrap_or(if value > 0.0 { i64::MAX } else { i64::MIN })
}

#[cfg(test)]
mod tests;
