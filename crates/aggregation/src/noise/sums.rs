//! How far weighted sums of independent noise spread, by Fourier's inversion of their characteristic functions (J.
//! Gil-Pelaez, "Note on the inversion theorem", 1951; R. B. Davies, "Numerical inversion of a characteristic function",
//! 1973). What that is off by is bounded, and taken against whoever states the coverage. Sines, exponentials and powers are
//! those of `libm`, which are the same on every machine.

use std::f64::consts::{PI, TAU};

use model::Ratio;

use super::kind::Noise;

/// A bound is passed once in 40 times at most: a little less, by more than is lost in computing.
const PASSED: f64 = 0.025 - 2e-5;
/// Slightly more than ln 40 and ln 10^6.
const LOG: f64 = 3.688_880;
const LOG_NEGLIGIBLE: f64 = 13.815_52;
/// The sum is smoothed over such a part of its deviation, which widens its bound by as much, or over so little that it
/// tells nothing of a whole number ...
const SMOOTH: f64 = 1.0 / 128.0;
const SMOOTH_MIN: f64 = 0.4;
/// ... by so many uniform numbers.
const FOLDS: u64 = 6;
/// Waves, in units of one over smoothing and step: what is left out is below (6/25)^6 / 6π, which is 1.1 in 10^5.
const WAVES: f64 = 25.0;

/// Numbers of independent noise, each taken so many times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WeightedSum<'a> {
    pub(crate) noise: &'a Noise,
    /// How many numbers have which weight.
    pub(crate) parts: [(u64, u64); 2],
}

impl WeightedSum<'_> {
    /// A number that the sum is above once in 40 times at most, and no greater than need be by more than a few
    /// thousandths of the sum's deviation, or by one.
    pub(crate) fn bound(&self) -> f64 {
        let deviation = (self.squares() * self.variance()).sqrt();
        if deviation <= 0.0 {
            return 0.0;
        }
        let (mut low, mut high) = (-1.0, self.far_bound(LOG));
        let smooth = (SMOOTH * deviation).max(SMOOTH_MIN);
        let waves = Waves::of(self, smooth, self.far_bound(LOG_NEGLIGIBLE) + high + 1.0);
        // In steps of one, or where those are too fine to matter, in others.
        let step = (smooth / 8.0).max(1.0);
        while high - low > step {
            let middle = ((low + high) / 2.0).ceil();
            // A sum above a whole number is above it by one at least, less what smoothes it.
            if waves.above(middle + 1.0 - smooth) <= PASSED { high = middle } else { low = middle }
        }
        high
    }

    /// The same from its moment generating function alone, for any probability: quickly, and larger by a third or more.
    ///
    /// Discrete Gaussian noise is sub-Gaussian with σ² (Canonne, Kamath and Steinke 2020, corollary 17), so that with
    /// weights of square sum A, σ √(2 A ln(1/β)) is passed with a probability of β. For discrete Laplace noise of scale
    /// s, the moment generating function at λ is at most 1 / (1 − s² λ²), which for s λ a ≤ 1/2 is at most
    /// exp(1.151 s² λ² a²); then 1.151 s² λ A + ln(1/β) / λ does, with the best such λ.
    fn far_bound(&self, log: f64) -> f64 {
        let squares = self.squares();
        let bound = match self.noise {
            Noise::Gaussian(noise) => (2.0 * squares * log * noise.variance().approximate()).sqrt(),
            Noise::Laplace(noise) => {
                let largest = self.parts.iter().filter(|(count, _)| *count > 0).map(|(_, weight)| float(*weight));
                let most = 0.5 / largest.fold(0.0, f64::max);
                let best = (log / (1.151 * squares)).sqrt().min(most);
                noise.scale().approximate() * (1.151 * best * squares + log / best)
            }
        };
        (bound * (1.0 + 1e-9)).ceil()
    }

    /// A quick bound of the sum: [`bound`](Self::bound) is not larger.
    pub(crate) fn rough_bound(&self) -> f64 {
        if self.squares() > 0.0 { self.far_bound(LOG) } else { 0.0 }
    }

    /// Sum of the squares of all weights.
    fn squares(&self) -> f64 {
        self.parts.iter().map(|(count, weight)| float(*count) * float(*weight) * float(*weight)).sum()
    }

    /// About the variance of one number.
    fn variance(&self) -> f64 {
        match self.noise {
            Noise::Gaussian(noise) => noise.variance().approximate(),
            Noise::Laplace(noise) => {
                let sinh = half_sinh(noise.scale());
                if sinh.is_finite() { 0.5 / (sinh * sinh) } else { 0.0 }
            }
        }
    }
}

/// The characteristic function of one noise. It is real, since noise is as often above zero as below.
#[derive(Debug, Clone, Copy)]
enum Characteristic {
    /// (1 − p)² / (1 − 2 p cos u + p²) with p = exp(−1 / scale), which is 1 / (1 + (sin(u/2) / sinh(1 / 2 scale))²).
    Laplace { half_sinh: f64 },
    /// By Poisson's summation formula, bell curves around each multiple of 2π.
    Bells { variance: f64, around_zero: f64 },
    /// Where those are wide, waves of the few numbers that are drawn; the weights of zero to six, which come to one.
    Waves { weights: [f64; 7] },
}

impl Characteristic {
    fn of(noise: &Noise) -> Self {
        match noise {
            Noise::Laplace(noise) => Self::Laplace { half_sinh: half_sinh(noise.scale()) },
            Noise::Gaussian(noise) if noise.variance().approximate() >= 0.25 => {
                let variance = noise.variance().approximate();
                Self::Bells { variance, around_zero: bells(0.0, variance) }
            }
            Noise::Gaussian(noise) => {
                let variance = noise.variance().approximate();
                let weight = |x: f64| libm::exp(-x * x / (2.0 * variance)) * if x > 0.0 { 2.0 } else { 1.0 };
                let weights = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(weight);
                let whole: f64 = weights.iter().sum();
                Self::Waves { weights: weights.map(|weight| weight / whole) }
            }
        }
    }

    /// Its value at an angle, of half of which the sine is given too.
    fn at(&self, angle: f64, half_sine: f64) -> f64 {
        match self {
            Self::Laplace { half_sinh } => {
                let ratio = half_sine / half_sinh;
                1.0 / (1.0 + ratio * ratio)
            }
            Self::Bells { variance, around_zero } => bells(turned(angle), *variance) / around_zero,
            Self::Waves { weights } => {
                weights.iter().zip(0..7).map(|(weight, x)| weight * libm::cos(angle * f64::from(x))).sum()
            }
        }
    }
}

/// The angle without whole turns, from −π to π.
fn turned(angle: f64) -> f64 {
    (angle - TAU * (angle / TAU).round()).clamp(-PI, PI)
}

fn bells(angle: f64, variance: f64) -> f64 {
    let around = |turns: i32| angle + 2.0 * PI * f64::from(turns);
    let exponents = (-3..=3).map(|turns| around(turns) * around(turns) * variance / 2.0);
    exponents.map(|exponent| libm::exp(-exponent)).sum()
}

/// sinh(1 / 2s) for the scale s.
fn half_sinh(scale: Ratio) -> f64 {
    let scale = scale.approximate();
    if scale > 1e-3 { libm::sinh(0.5 / scale) } else { f64::INFINITY }
}

/// An angle that turns by the same each time: sine and cosine, now and of each turn.
#[derive(Debug, Clone, Copy)]
struct Turning {
    now: (f64, f64),
    turn: (f64, f64),
}

impl Turning {
    /// Begins at half a turn.
    fn by(turn: f64) -> Self {
        Self { now: libm::sincos(turn / 2.0), turn: libm::sincos(turn) }
    }

    /// The sine, before it turns.
    fn next_sine(&mut self) -> f64 {
        let ((sine, cosine), (by_sine, by_cosine)) = (self.now, self.turn);
        self.now = (sine * by_cosine + cosine * by_sine, cosine * by_cosine - sine * by_sine);
        sine
    }
}

/// What the inversion of a smoothed sum adds up: for each angle its coefficient.
#[derive(Debug, Clone)]
struct Waves {
    /// From one angle to the next; the first is half of it.
    step: f64,
    coefficients: Vec<f64>,
}

impl Waves {
    /// Those of `sum` smoothed by `smooth`, where it hardly ever is `range` away from the numbers that are asked for.
    fn of(sum: &WeightedSum<'_>, smooth: f64, range: f64) -> Self {
        let step = 2.0 * PI / (range + 2.0 * smooth);
        let one = Characteristic::of(sum.noise);
        let mut parts =
            sum.parts.map(|(count, weight)| (count, float(weight), Turning::by(step * float(weight) / 2.0)));
        let mut fold = Turning::by(step * smooth / float(FOLDS));
        let mut coefficients = Vec::new();
        let mut place = 0.5;
        while place * step * smooth < WAVES {
            let angle = place * step;
            let uniform = fold.next_sine() / (angle * smooth / float(FOLDS));
            let mut coefficient = libm::pow(uniform, float(FOLDS)) / (PI * place);
            for (count, weight, half) in &mut parts {
                coefficient *= libm::pow(one.at(angle * *weight, half.next_sine()), float(*count));
            }
            coefficients.push(coefficient);
            place += 1.0;
        }
        Self { step, coefficients }
    }

    /// The probability that the smoothed sum is above `number`.
    fn above(&self, number: f64) -> f64 {
        let mut turning = Turning::by(self.step * number);
        0.5 - self.coefficients.iter().map(|coefficient| coefficient * turning.next_sine()).sum::<f64>()
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts and weights are small")]
const fn float(number: u64) -> f64 {
    number as f64
}
