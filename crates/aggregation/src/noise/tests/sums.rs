//! Tests of how far sums of noise spread, against convolutions term by term.

use model::Ratio;

use super::gaussian;
use crate::{
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
    noise::{kind::Noise, sums::WeightedSum},
};

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn kinds(spread: &str) -> [Noise; 2] {
    [
        Noise::Laplace(DiscreteLaplace::new(ratio(spread))),
        Noise::Gaussian(DiscreteGaussian::new(ratio(spread)).unwrap()),
    ]
}

/// Probabilities of a sum from minus to plus the middle, one number after another.
fn convolved(sum: &WeightedSum<'_>, middle: usize) -> Vec<f64> {
    let mut found = vec![0.0; 2 * middle + 1];
    found[middle] = 1.0;
    for (count, weight) in sum.parts {
        let weight = i128::from(weight);
        for _ in 0..count {
            let one: Vec<(i128, f64)> = (-300..=300)
                .map(|x| (x * weight, probability(sum.noise, x)))
                .filter(|(_, odds)| *odds > 1e-13)
                .collect();
            let mut next = vec![0.0; found.len()];
            for (place, odds) in (0_i128..).zip(&found).filter(|(_, odds)| **odds > 1e-14) {
                for (x, more) in &one {
                    if let Some(at) = usize::try_from(place + x).ok().and_then(|at| next.get_mut(at)) {
                        *at += odds * more;
                    }
                }
            }
            found = next;
        }
    }
    found
}

fn probability(noise: &Noise, x: i128) -> f64 {
    match noise {
        Noise::Laplace(noise) => super::probability(x, noise.scale()),
        Noise::Gaussian(noise) => gaussian::probability(x, noise.variance()),
    }
}

#[test]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn bounds_are_passed_once_in_forty_times_and_are_no_greater_than_need_be() {
    const MIDDLE: usize = 4_000;
    for spread in ["1/5", "1", "9/2", "12"] {
        for noise in &kinds(spread) {
            for parts in [[(1, 1), (1, 1)], [(3, 1), (1, 1)], [(2, 1), (3, 9)], [(1, 19), (4, 1)], [(5, 2), (0, 3)]] {
                let sum = WeightedSum { noise, parts };
                let bound = sum.bound();
                let found = convolved(&sum, MIDDLE);
                let above = |t: f64| found[MIDDLE + 1 + t as usize..].iter().sum::<f64>();
                let deviation = found
                    .iter()
                    .zip(0_u32..)
                    .map(|(odds, x)| odds * (f64::from(x) - MIDDLE as f64).powi(2))
                    .sum::<f64>();
                assert!(above(bound) <= 0.025, "{sum:?}: {} are above {bound}", above(bound));
                // By one less, or by a few hundredths of the deviation, it is passed more often.
                let less = bound - (deviation.sqrt() / 40.0).max(1.0);
                assert!(
                    less < 0.0 || above(less.floor()) > 0.025 - 1e-4,
                    "{sum:?}: {} above {less}",
                    above(less.floor())
                );
                assert!(sum.rough_bound() >= bound, "{sum:?}");
            }
        }
    }
}

#[test]
fn nothing_and_very_much_have_a_bound() {
    for noise in &kinds("0") {
        assert!(WeightedSum { noise, parts: [(3, 1), (2, 1)] }.bound().abs() < 0.5);
    }
    for noise in &kinds("1") {
        assert!(WeightedSum { noise, parts: [(0, 1), (4, 0)] }.bound().abs() < 0.5, "no weight, no noise");
    }
    // Once σ is large, two numbers with the weights 3 and 4 are as one with the weight 5.
    let noise = Noise::Gaussian(DiscreteGaussian::new(Ratio::new(1 << 50, 1).unwrap()).unwrap());
    let bound = WeightedSum { noise: &noise, parts: [(1, 3), (1, 4)] }.bound() / 5.0 / f64::from(1 << 25);
    assert!((1.9599..1.98).contains(&bound), "{bound}");
    let noise = Noise::Laplace(DiscreteLaplace::new(Ratio::new(u64::MAX, 1).unwrap()));
    let bound = WeightedSum { noise: &noise, parts: [(500, 1), (524, 999_999)] }.bound();
    assert!(bound.is_finite() && bound > 1e26, "{bound}");
}
