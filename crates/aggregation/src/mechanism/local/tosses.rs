//! How often tosses of coins of two kinds succeed, exactly but for rounding: by Fourier's inversion of the characteristic
//! function, which for whole numbers is a finite sum (J. Gil-Pelaez, "Note on the inversion theorem", 1951; R. B. Davies,
//! "Numerical inversion of a characteristic function", 1973).

use std::f64::consts::TAU;

use super::estimate::float;

/// Slightly more than ln(2 · 10^10).
const LOG: f64 = 23.719;
/// Waves as weak as this change no probability that is told.
const WEAK: f64 = 1e-13;

/// Independent tosses, with the probability that each succeeds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tosses {
    pub(super) own: (i64, f64),
    pub(super) others: (i64, f64),
}

impl Tosses {
    fn mean(&self) -> f64 {
        let [own, others] = [self.own, self.others].map(|(tosses, odds)| float(tosses) * odds);
        own + others
    }

    fn variance(&self) -> f64 {
        let [own, others] = [self.own, self.others].map(|(tosses, odds)| float(tosses) * odds * (1.0 - odds));
        own + others
    }

    /// The probability of more than `number` successes, off by less than 10^-6 for up to 2^32 tosses.
    ///
    /// With N a multiple of four and t half a whole number below N / 2, the sign of t is 4 / N times the sum of
    /// sin(u t) / sin(u / 2) over u = 2π k / N with odd k below N / 2. So the probability is one half, and half of the
    /// mean of that sum at t = X − number − 1/2, which the characteristic function of X gives.
    pub(super) fn above(&self, number: i64) -> f64 {
        let from_mean = float(number) + 0.5 - self.mean();
        // By the inequality of Bernstein (1924), X is farther from its mean once in 10^10 times at most.
        let linear = LOG / 3.0;
        let reach = linear + (linear * linear + 2.0 * self.variance() * LOG).sqrt();
        if from_mean.abs() > reach {
            return if from_mean > 0.0 { 0.0 } else { 1.0 };
        }
        let quarter = ((from_mean.abs() + reach) / 2.0).ceil() + 1.0; // N / 4
        let mut sum = 0.0;
        let mut odd = 1.0;
        while odd < 2.0 * quarter {
            let angle = TAU * odd / (4.0 * quarter);
            let (real, imaginary) = self.characteristic(angle);
            let (sine, cosine) = libm::sincos(angle * from_mean);
            sum += (imaginary * cosine - real * sine) / libm::sin(angle / 2.0);
            // It falls from here to the end.
            if real.abs() + imaginary.abs() < WEAK {
                break;
            }
            odd += 2.0;
        }
        (0.5 + sum / (2.0 * quarter)).clamp(0.0, 1.0)
    }

    /// The characteristic function of X less its mean, so that nothing turns fast.
    fn characteristic(&self, angle: f64) -> (f64, f64) {
        let of = |(tosses, odds): (i64, f64)| {
            let (failed, succeeded) = (libm::sincos(angle * odds), libm::sincos(angle * (1.0 - odds)));
            let one = ((1.0 - odds) * failed.1 + odds * succeeded.1, odds * succeeded.0 - (1.0 - odds) * failed.0);
            to_the(one, tosses)
        };
        times(of(self.own), of(self.others))
    }
}

fn times(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

/// A complex number to a whole power, by squares.
fn to_the(mut base: (f64, f64), power: i64) -> (f64, f64) {
    let (mut product, mut power) = ((1.0, 0.0), power.unsigned_abs());
    while power > 0 {
        if power & 1 == 1 {
            product = times(product, base);
        }
        base = times(base, base);
        power >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::Tosses;
    use crate::mechanism::local::estimate::float;

    /// Probability of each number of successes, toss by toss.
    fn walked(Tosses { own, others }: Tosses) -> Vec<f64> {
        let mut found = vec![1.0];
        for (tosses, odds) in [own, others] {
            for _ in 0..tosses {
                let failed = found.iter().map(|before| before * (1.0 - odds)).chain([0.0]);
                let succeeded = [0.0].into_iter().chain(found.iter().map(|before| before * odds));
                found = failed.zip(succeeded).map(|(a, b)| a + b).collect();
            }
        }
        found
    }

    #[test]
    fn successes_have_the_probabilities_of_all_tosses_walked_through() {
        for (own, others) in [(0, 0), (1, 0), (0, 1), (3, 4), (0, 20), (20, 0), (7, 90), (300, 500)] {
            for (set, unset) in [(0.5, 0.25), (0.73, 0.5), (0.999_95, 0.000_05), (0.001, 0.000_9), (1.0, 0.2)] {
                let tosses = Tosses { own: (own, set), others: (others, unset) };
                let walked = walked(tosses);
                let mut above = 1.0;
                assert!((tosses.above(-1) - 1.0).abs() < 1e-9);
                for (number, odds) in (0..).zip(walked) {
                    above -= odds;
                    let found = tosses.above(number);
                    assert!((found - above).abs() < 1e-9, "{tosses:?}: {found} above {number}, expected {above}");
                }
            }
        }
    }

    #[test]
    fn of_very_many_tosses_as_many_lie_above_as_of_the_normal_distribution() {
        for tosses in [100_000_i64, 1 << 32] {
            let deviation = (float(tosses) / 4.0).sqrt();
            let all = Tosses { own: (tosses / 2, 0.5), others: (tosses - tosses / 2, 0.5) };
            for (deviations, expected) in [(0.0, 0.5), (1.959_964, 0.025), (-1.959_964, 0.975)] {
                #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
                let number = tosses / 2 + (deviations * deviation).round() as i64;
                // Half of what lies on the number itself is on neither side.
                let found = f64::midpoint(all.above(number), all.above(number - 1));
                assert!((found - expected).abs() < 1e-4, "{tosses}: {found} above {deviations} deviations");
            }
        }
    }
}
