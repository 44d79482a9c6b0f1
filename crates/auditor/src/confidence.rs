//! Bounds on a probability from how often something happened: Clopper and Pearson, *The use of confidence or fiducial
//! limits illustrated in the case of the binomial*, Biometrika 26 (1934).
//!
//! They are exact: the chance that the truth lies beyond is at most `alpha`, for every number of trials. Logarithms and
//! exponentials are those of `libm`, which give the same bits on every machine.

use libm::{exp, lgamma, log, log1p};

/// Steps by which an interval is halved: beyond the precision of a float.
const HALVINGS: u32 = 60;
/// Most terms of the continued fraction: it takes about the square root of the number of trials.
const TERMS_MAX: u32 = 20_000;
const TINY: f64 = 1e-300;

/// The greatest probability that is too small to explain `successes` or more out of `trials` by chance: the truth is
/// less with probability `alpha` at most.
pub(crate) fn at_least(successes: u64, trials: u64, alpha: f64) -> f64 {
    if successes == 0 || successes > trials {
        return 0.0;
    }
    let (a, b) = (float(successes), float(trials - successes) + 1.0);
    let (mut low, mut high) = (0.0, a / float(trials));
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        // The chance of so many successes grows with their probability.
        if incomplete_beta(a, b, middle) <= alpha { low = middle } else { high = middle }
    }
    low
}

/// The least probability that is too large to explain `successes` or fewer: the truth is more with probability `alpha`
/// at most.
pub(crate) fn at_most(successes: u64, trials: u64, alpha: f64) -> f64 {
    1.0 - at_least(trials.saturating_sub(successes), trials, alpha)
}

/// The regularised incomplete beta function I_x(a, b): the chance of `a` or more successes in `a + b - 1` trials of
/// probability `x` each.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    // The fraction converges fast on this side of the mean alone.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by Lentz's method.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let off_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut whole = d;
    for term in 1..=TERMS_MAX {
        let m = f64::from(term);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for numerator in [even, odd] {
            d = 1.0 / off_zero(1.0 + numerator * d);
            c = off_zero(1.0 + numerator / c);
            whole *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    whole
}

#[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^53")]
fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::{at_least, at_most, incomplete_beta};

    /// The chance of `successes` or more, added up term by term.
    fn tail(successes: u64, trials: u64, p: f64) -> f64 {
        let term = |k: u64| {
            let choose = (1..=k).fold(1.0, |c, i| c * (trials - k + i) as f64 / i as f64);
            choose * p.powf(k as f64) * (1.0 - p).powf((trials - k) as f64)
        };
        (successes..=trials).map(term).sum()
    }

    #[test]
    fn the_incomplete_beta_is_the_binomial_tail() {
        for (successes, trials) in [(1, 1), (1, 10), (3, 10), (10, 10), (20, 60), (59, 60)] {
            for p in [1e-6, 0.01, 0.3, 0.5, 0.77, 0.999] {
                let (a, b) = (successes as f64, (trials - successes + 1) as f64);
                let (found, expected) = (incomplete_beta(a, b, p), tail(successes, trials, p));
                assert!(
                    (found - expected).abs() < 1e-11 + 1e-9 * expected,
                    "{successes}/{trials} {p}: {found} {expected}"
                );
            }
        }
    }

    #[test]
    fn bounds_are_those_of_the_published_tables() {
        // 95 % two-sided limits of 8 out of 20 and of 0 out of 10, as tables of Clopper–Pearson limits have them.
        for (found, expected) in [
            (at_least(8, 20, 0.025), 0.191_19),
            (at_most(8, 20, 0.025), 0.639_46),
            (at_least(0, 10, 0.025), 0.0),
            (at_most(0, 10, 0.025), 0.308_50),
            (at_most(10, 10, 0.025), 1.0),
        ] {
            assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        }
        // The rule of three, at a million trials.
        assert!((at_most(0, 1_000_000, 0.05) * 1e6 - 2.9957).abs() < 1e-3);
        let (low, high) = (at_least(500_000, 1_000_000, 1e-6), at_most(500_000, 1_000_000, 1e-6));
        assert!((0.4976..0.4977).contains(&low) && (0.5023..0.5024).contains(&high), "{low} {high}");
    }
}
