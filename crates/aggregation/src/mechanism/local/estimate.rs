//! From support to an estimate with its error: for every randomizer that supports a value with one probability where
//! it is true and with another where it is not ("pure" in Wang, Blocki, Li and Jha 2017, section 3).
//!
//! Of n responses, n_v of them caused by v, the support of v has the mean n_v p + (n − n_v) q. So
//! (support − n q) / (p − q) is an unbiased estimate of n_v (theorem 1 there), with the variance
//! (n_v p (1 − p) + (n − n_v) q (1 − q)) / (p − q)². Both are about the responses that were counted, given their values:
//! all chance is that of the devices. What is here comes after privacy was settled, and costs none.
//!
//! The interval is of all counts under which support as large, and support as small, are each found more often than once
//! in 40 times (C. Clopper and E. Pearson, "The use of confidence or fiducial limits", 1934). It holds the truth in 38 of
//! 40 cases at least; in just so many where support varies by much more than one, and in more where it does not, since
//! whole numbers of responses cannot split the rest any finer. Of a value that nobody has it holds the truth in 39 of 40,
//! since it cannot miss it on the lower side.

use encoding::local::{EXP_BITS, bucket_count, exp_bounds};
use model::{ErrorBar, Randomizer, Ratio};

use super::tosses::Tosses;

/// An estimate of how many responses a value caused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Estimate {
    /// Unbiased, to the nearest whole number; `None` beyond 64 bits.
    pub(crate) value: Option<i64>,
    /// Standard deviation at the estimate.
    pub(crate) standard_error: f64,
    /// Holds the true number with a probability of at least [`COVERAGE_PERCENT`], both ends included.
    pub(crate) interval: (i64, i64),
}

/// The least coverage of an interval, in percent.
const COVERAGE_PERCENT: u64 = 95;

impl Estimate {
    /// The error bar that is published with it.
    pub(crate) fn error_bar(&self) -> ErrorBar {
        let (low, high) = self.interval;
        let coverage = Ratio::new(COVERAGE_PERCENT, 100).unwrap_or(Ratio::ZERO);
        ErrorBar { standard_error: thousandths(self.standard_error), low, high, coverage }
    }
}

const ONE: i128 = 1 << EXP_BITS;

/// Probabilities that a response supports a value, times 2^[`EXP_BITS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Odds {
    /// Where the value is the true one (p).
    set: i128,
    /// Where another is, or none of those known (q).
    unset: i128,
}

impl Odds {
    /// The probabilities for a randomizer over `values` known values; `None` where it is not pure.
    pub(crate) fn of(by: &Randomizer, values: usize) -> Option<Self> {
        let others = i128::try_from(values).unwrap_or(i128::MAX); // k − 1: there is one response for none of them
        Some(match by {
            Randomizer::KAry { epsilon } => {
                let (e, all) = (exp(*epsilon), exp(*epsilon) + others * ONE);
                Self { set: e * ONE / all, unset: ONE * ONE / all }
            }
            Randomizer::Oue { epsilon } => Self { set: ONE / 2, unset: ONE * ONE / (exp(*epsilon) + ONE) },
            Randomizer::Olh { epsilon } => {
                let (e, buckets) = (exp(*epsilon), i128::from(bucket_count(*epsilon)));
                Self { set: e * ONE / (e + (buckets - 1) * ONE), unset: ONE / buckets }
            }
            Randomizer::Hadamard { epsilon } => {
                Self { set: exp(*epsilon) * ONE / (exp(*epsilon) + ONE), unset: ONE / 2 }
            }
            Randomizer::Rappor(_) => return None,
        })
    }

    /// The estimate for a value that `support` out of `responses` support.
    pub(crate) fn estimate(self, support: u64, responses: u64) -> Estimate {
        // A product of 64 and 53 bits; the denominator is positive, since epsilon is.
        let numerator = i128::from(support) * ONE - i128::from(responses) * self.unset;
        let value = i64::try_from(rounded(numerator, self.set - self.unset)).ok();
        let nearest = value.unwrap_or(i64::MAX).clamp(0, whole(responses));
        let slope = fraction(self.set) - fraction(self.unset);
        let standard_error = self.variance(nearest, responses).sqrt() / slope;
        let (low, high) = self.interval(support, responses, nearest);
        let value_or = value.unwrap_or(nearest);
        Estimate { value, standard_error, interval: (low.min(value_or), high.max(value_or)) }
    }

    /// Variance of the support where `true_count` of the responses are caused by the value.
    fn variance(self, true_count: i64, responses: u64) -> f64 {
        let [set, unset] = [self.set, self.unset].map(|odds| fraction(odds) * (1.0 - fraction(odds)));
        float(true_count) * set + (float(whole(responses)) - float(true_count)) * unset
    }

    /// Every count that is not ruled out. Of crowds so large that normal deviations are as good, by those.
    fn interval(self, support: u64, responses: u64, start: i64) -> (i64, i64) {
        let most = whole(responses);
        let least_variance = self.variance(0, responses).min(self.variance(most, responses));
        if responses > TOSSES_MAX || least_variance >= NORMAL_FROM {
            return self.interval_by_deviations(support, responses, start, normal_multiple(least_variance));
        }
        let support = whole(support);
        let above = |count: i64, number: i64| {
            let (own, others) = ((count, fraction(self.set)), (most - count, fraction(self.unset)));
            Tosses { own, others }.above(number)
        };
        // Both grow, or fall, with the count: what supports a value supports it more often where it is true.
        let is_found_above = |count: i64| above(count, support - 1) > MISSED;
        let is_found_below = |count: i64| 1.0 - above(count, support) > MISSED;
        (last_possible(start, 0, is_found_above), last_possible(start, most, is_found_below))
    }

    /// Every count under which the support is no further from its mean than [`reach`] allows.
    ///
    /// How far it is grows no slower than in proportion on both sides, while the reach is concave: the counts that are
    /// not ruled out have no gap, and their ends are found by halving.
    fn interval_by_deviations(self, support: u64, responses: u64, start: i64, multiple: Option<f64>) -> (i64, i64) {
        let [set, unset] = [self.set, self.unset].map(fraction);
        let most = whole(responses);
        let is_possible = |count: i64| {
            let mean = float(count) * set + float(most - count) * unset;
            (float(whole(support)) - mean).abs() <= reach(self.variance(count, responses), 1.0, multiple)
        };
        (last_possible(start, 0, is_possible), last_possible(start, most, is_possible))
    }
}

/// The count nearest to `end` that is possible, where those from `start` on are until one is not. Where not even
/// `start` is, `start`.
fn last_possible(start: i64, end: i64, is_possible: impl Fn(i64) -> bool) -> i64 {
    if is_possible(end) {
        return end;
    }
    let (mut inside, mut outside) = (start, end);
    while inside.abs_diff(outside) > 1 {
        let middle = i64::midpoint(inside, outside);
        if is_possible(middle) { inside = middle } else { outside = middle }
    }
    inside
}

/// Each end of an interval is missed once in 40 times at most: a little less, by more than is lost in computing.
const MISSED: f64 = 0.025 - 2e-6;
/// Most responses whose support is not too much for floats.
const TOSSES_MAX: u64 = 1 << 32;
/// The least variance from which normal deviations are taken: they cover half a point more than is stated.
const NORMAL_FROM: f64 = 50_176.0;

/// Slightly more than ln(2 / 0.05): each side of an interval may be missed with half of what coverage leaves.
const LOG: f64 = 3.688_880;

/// For how large a variance, in units of the square of the largest term, so many standard deviations are enough for
/// [`COVERAGE_PERCENT`]. By the theorem of Berry and Esseen with the constant of Shevtsova (2010), 0.56, the distribution
/// function of a sum of independent terms is within 0.56 / √variance of the normal one; twice that is taken off, and the
/// quantile is that of what is left of 5 %.
const NORMAL: [(f64, f64); 6] = [
    (1_254_400.0, 1.968_60),
    (50_176.0, 2.004_66),
    (12_544.0, 2.053_75),
    (3_136.0, 2.170_10),
    (1_394.0, 2.326_35),
    (784.0, 2.575_84),
];

/// Standard deviations that are enough at this variance or above, where any number is.
pub(super) fn normal_multiple(variance: f64) -> Option<f64> {
    NORMAL.iter().find(|(least, _)| variance >= *least).map(|(_, multiple)| *multiple)
}

/// How far a sum of independent terms, each no further than `largest` from its mean, may be from its own: further with
/// a probability of at most 5 %. By the inequality of Bernstein (1924), and where that is less, by normal deviations.
///
/// Bernstein's bound holds for any number of terms, and so is wider than it need be: 2.72 deviations and more where the
/// normal distribution has 1.96. Coverage by it is above what is stated, the more so the fewer terms there are.
pub(super) fn reach(variance: f64, largest: f64, multiple: Option<f64>) -> f64 {
    let linear = largest * LOG / 3.0;
    let bernstein = linear + (linear * linear + 2.0 * variance * LOG).sqrt();
    // Outward, by more than these few operations can be off.
    let outward = |reach: f64| reach * (1.0 + 1e-9) + 1e-9;
    outward(multiple.map_or(bernstein, |multiple| bernstein.min(multiple * variance.sqrt())))
}

/// The number, rounded up to a thousandth. It is not negative; one beyond 2^53 thousandths is no longer exact.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts of floats saturate")]
fn thousandths(number: f64) -> Ratio {
    Ratio::new((number * 1_000.0).ceil() as u64, 1_000).unwrap_or(Ratio::ZERO)
}

/// e^epsilon in fixed point, with an error of less than one part in 2^44.
fn exp(epsilon: Ratio) -> i128 {
    let (below, above) = exp_bounds(epsilon);
    i128::try_from(u128::midpoint(below, above)).unwrap_or(i128::MAX)
}

/// The quotient to the nearest whole number; halves go up.
fn rounded(numerator: i128, denominator: i128) -> i128 {
    (numerator + denominator / 2).div_euclid(denominator)
}

#[expect(clippy::cast_precision_loss, reason = "for errors, which need no more than a few digits")]
fn fraction(odds: i128) -> f64 {
    odds as f64 / ONE as f64
}

#[expect(clippy::cast_precision_loss, reason = "for errors, which need no more than a few digits")]
pub(super) const fn float(number: i64) -> f64 {
    number as f64
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
pub(super) mod tests;
