//! Tests of the samplers: exact probabilities where all throws can be walked through, goodness of fit where not.

mod gaussian;
mod reference;
mod spread;
mod sums;

use std::collections::BTreeMap;

use model::{Ratio, Seed, Stream};

use super::{Bits, Dice, laplace::DiscreteLaplace};

/// Dice that walk through every sequence of throws down to some probability, each once.
struct Walk {
    /// (thrown, weights) of each throw so far; the tail turns like an odometer.
    throws: Vec<(usize, Vec<f64>)>,
    next: usize,
    weight: f64,
    weight_min: f64,
    /// Ends what has become too unlikely to follow.
    rest: Stream,
}

impl Walk {
    fn new(weight_min: f64) -> Self {
        Self { throws: Vec::new(), next: 0, weight: 1.0, weight_min, rest: Seed::root(0).stream() }
    }

    /// Turns to the next sequence; `false` after the last.
    fn turn(&mut self) -> bool {
        (self.next, self.weight) = (0, 1.0);
        while let Some((thrown, weights)) = self.throws.pop() {
            if thrown + 1 < weights.len() {
                self.throws.push((thrown + 1, weights));
                return true;
            }
        }
        false
    }

    /// One of as many outcomes as there are weights; `None` where it is not followed any more.
    fn branch(&mut self, weights: Vec<f64>) -> Option<usize> {
        if self.weight < self.weight_min {
            return None;
        }
        if self.next == self.throws.len() {
            self.throws.push((0, weights));
        }
        let (thrown, weights) = &self.throws[self.next];
        self.next += 1;
        self.weight *= weights[*thrown];
        Some(*thrown)
    }
}

#[allow(clippy::cast_precision_loss)]
impl Dice for Walk {
    fn below(&mut self, bound: u128) -> u128 {
        let even = vec![1.0 / bound as f64; usize::try_from(bound).unwrap()];
        self.branch(even).map_or_else(|| Bits(&mut self.rest).below(bound), |thrown| thrown as u128)
    }

    fn chance(&mut self, numerator: u128, denominator: u128) -> bool {
        let yes = numerator as f64 / denominator as f64;
        match self.branch(vec![1.0 - yes, yes]) {
            Some(thrown) => thrown == 1,
            None => Bits(&mut self.rest).chance(numerator, denominator),
        }
    }
}

/// Probability of each outcome as far as it was followed, and the probability of all that was not.
fn walked<T: Ord>(weight_min: f64, mut throw: impl FnMut(&mut Walk) -> T) -> (BTreeMap<T, f64>, f64) {
    let (mut walk, mut outcomes, mut lost) = (Walk::new(weight_min), BTreeMap::new(), 0.0);
    loop {
        let outcome = throw(&mut walk);
        if walk.weight < weight_min {
            lost += walk.weight;
        } else {
            *outcomes.entry(outcome).or_default() += walk.weight;
        }
        if !walk.turn() {
            return (outcomes, lost);
        }
    }
}

/// Probability of `x` under the discrete Laplace distribution, in floats: the tests' yardstick.
#[allow(clippy::cast_precision_loss)]
fn probability(x: i128, scale: Ratio) -> f64 {
    let decay = (-1.0 / scale.approximate()).exp();
    (1.0 - decay) / (1.0 + decay) * decay.powf(x.unsigned_abs() as f64)
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn bernoulli_succeeds_with_probability_exp_of_minus_gamma() {
    for (numerator, denominator) in [(0, 1), (1, 1), (1, 2), (1, 3), (2, 3), (5, 7)] {
        let (outcomes, lost) = walked(1e-9, |walk| walk.chance_exp(numerator, denominator));
        let expected = (-(numerator as f64) / denominator as f64).exp();
        let found = outcomes[&true];
        assert!(lost < 1e-6, "{lost} was not followed");
        assert!(
            (found - 1e-12..=found + lost + 1e-12).contains(&expected),
            "{numerator}/{denominator}: {found} of {expected}"
        );
    }
}

/// A walk that takes the exponential coin as given, since the test above proves it: far fewer ways to go.
struct Strides<'a>(&'a mut Walk);

#[allow(clippy::cast_precision_loss)]
impl Dice for Strides<'_> {
    fn below(&mut self, bound: u128) -> u128 {
        self.0.below(bound)
    }

    fn chance_exp(&mut self, numerator: u128, denominator: u128) -> bool {
        let yes = (-(numerator as f64) / denominator as f64).exp();
        match self.0.branch(vec![1.0 - yes, yes]) {
            Some(thrown) => thrown == 1,
            None => Bits(&mut self.0.rest).chance_exp(numerator, denominator),
        }
    }
}

#[test]
fn laplace_has_the_exact_probabilities_of_small_cases() {
    for scale in ["1", "2", "1/2", "3/2", "2/3"] {
        let scale: Ratio = scale.parse().unwrap();
        let (outcomes, lost) = walked(1e-6, |walk| DiscreteLaplace::new(scale).throw(&mut Strides(walk)));
        assert!(lost < 3e-2, "scale {scale}: {lost} was not followed");
        for x in -4..=4 {
            let (expected, found) = (probability(x, scale), outcomes.get(&x).copied().unwrap_or(0.0));
            let bracket = found - 1e-12..=found + lost + 1e-12;
            assert!(
                bracket.contains(&expected),
                "scale {scale}: P({x}) is {expected}, walked {found} with {lost} left"
            );
        }
    }
}

/// The value that a chi-squared variable exceeds with probability 10^-6 (Wilson and Hilferty 1931).
fn critical(degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    degrees * (1.0 - spread + 4.7534 * spread.sqrt()).powi(3)
}

/// Pearson's statistic over `observed` counts and their probabilities.
fn statistic(observed: &[(f64, f64)], draws: f64) -> f64 {
    observed.iter().map(|(count, share)| (count - share * draws).powi(2) / (share * draws)).sum()
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn laplace_fits_its_distribution() {
    // Over seeds, this raises a false alarm once in a million for each scale.
    const DRAWS: u32 = 100_000;
    for (index, (text, reach)) in [("1", 6), ("10/3", 20), ("1/3", 1), ("40", 150)].into_iter().enumerate() {
        let scale: Ratio = text.parse().unwrap();
        let mut stream = Seed::root(43).nth(index as u64).stream();
        let mut counts: BTreeMap<i128, f64> = (-reach..=reach).map(|x| (x, 0.0)).collect();
        let (mut beyond, mut signed) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let x = DiscreteLaplace::new(scale).sample(&mut stream);
            *counts.get_mut(&x).unwrap_or(&mut beyond) += 1.0;
            signed += x as f64;
        }
        let draws = f64::from(DRAWS);
        let inside: f64 = counts.keys().map(|x| probability(*x, scale)).sum();
        let mut observed: Vec<(f64, f64)> = counts.iter().map(|(x, n)| (*n, probability(*x, scale))).collect();
        observed.push((beyond, 1.0 - inside));
        let found = statistic(&observed, draws);
        let limit = critical(observed.len() as f64 - 1.0);
        assert!(found < limit, "scale {text}: chi-squared {found:.1}, limit {limit:.1}");
        assert!(signed.abs() / draws < scale.approximate() * 0.05 + 0.01, "scale {text}: mean {}", signed / draws);
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn dice_are_uniform_below_any_bound() {
    const DRAWS: u32 = 70_000;
    let mut stream = Seed::root(44).stream();
    for bound in [2, 3, 7, 10] {
        let mut counts = vec![0.0; bound];
        for _ in 0..DRAWS {
            counts[usize::try_from(Bits(&mut stream).below(bound as u128)).unwrap()] += 1.0;
        }
        let observed: Vec<(f64, f64)> = counts.into_iter().map(|count| (count, 1.0 / bound as f64)).collect();
        assert!(statistic(&observed, DRAWS.into()) < critical(bound as f64 - 1.0), "bound {bound}");
    }
}

#[test]
fn dice_stay_below_large_bounds_and_use_their_whole_width() {
    let mut stream = Seed::root(45).stream();
    for bound in [u128::from(u64::MAX), 1 << 64, (1 << 64) + 1, 3 << 100, u128::MAX] {
        let throws: Vec<u128> = (0..200).map(|_| Bits(&mut stream).below(bound)).collect();
        assert!(throws.iter().all(|throw| *throw < bound));
        assert!(throws.iter().any(|throw| *throw > bound / 10 * 9) && throws.iter().any(|throw| *throw < bound / 10));
    }
    assert_eq!((Bits(&mut stream).below(0), Bits(&mut stream).below(1)), (0, 0));
}

#[test]
fn scale_is_sensitivity_over_epsilon_exactly_or_refused() {
    let scale = |sensitivity, epsilon: &str| {
        DiscreteLaplace::for_sensitivity(sensitivity, epsilon.parse().unwrap()).map(|noise| noise.scale().to_string())
    };
    assert_eq!(scale(8, "1/3").unwrap(), "24");
    assert_eq!(scale(5, "0.3").unwrap(), "50/3");
    assert_eq!(scale(0, "1").unwrap(), "0");
    assert_eq!(scale(u128::from(u64::MAX) * 6, "6").unwrap(), u64::MAX.to_string());
    assert!(scale(1, "0").is_err());
    assert!(scale(u128::from(u64::MAX), "1/2").is_err());
    assert!(scale(u128::MAX, "1/18446744073709551615").is_err());
}

#[test]
fn the_widest_and_the_narrowest_noise_are_drawn_without_overflow() {
    let mut stream = Seed::root(46).stream();
    for (numerator, denominator) in [(u64::MAX, 1), (1, u64::MAX), (u64::MAX, u64::MAX - 1), (0, 1)] {
        let noise = DiscreteLaplace::new(Ratio::new(numerator, denominator).unwrap());
        let largest = (0..100).map(|_| noise.sample(&mut stream).abs()).max().unwrap();
        assert_eq!(largest > 1 << 60, denominator == 1 && numerator > 1, "{numerator}/{denominator}: {largest}");
    }
}
