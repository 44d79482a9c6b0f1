//! Tests of discrete Gaussian noise.

use std::collections::BTreeMap;

use model::{Ratio, Seed};

use super::{Strides, critical, statistic, walked};
use crate::gaussian::{DiscreteGaussian, VarianceError};

fn gaussian(variance: &str) -> DiscreteGaussian {
    DiscreteGaussian::new(variance.parse().unwrap()).unwrap()
}

/// Probability of `x` in floats: the tests' yardstick.
#[allow(clippy::cast_precision_loss)]
pub(super) fn probability(x: i128, variance: Ratio) -> f64 {
    let weight = |x: f64| (-x * x / (2.0 * variance.approximate())).exp();
    let reach = 12.0 * variance.approximate().sqrt() + 2.0;
    let whole: f64 = 1.0 + 2.0 * (1..).map(f64::from).take_while(|x: &f64| *x < reach).map(weight).sum::<f64>();
    weight(x as f64) / whole
}

#[test]
fn the_yardstick_agrees_with_reference_values() {
    // exp(−x² / 2σ²) over its sum over the integers, to 15 digits, computed with 60.
    let reference = [
        ("1/2", [0.564_131_226_218_842, 0.207_532_280_248_748, 0.010_332_423_825_283, 0.000_069_619_324_107]),
        ("1", [0.398_942_278_266_862, 0.241_970_723_224_461, 0.053_990_966_224_305, 0.004_431_848_388_225]),
        ("9/2", [0.188_063_194_515_919, 0.168_286_340_498_553, 0.120_582_432_109_095, 0.069_184_582_903_432]),
    ];
    for (variance, expected) in reference {
        for (x, expected) in (0..).zip(expected) {
            let found = probability(x, variance.parse().unwrap());
            assert!((found - expected).abs() < 1e-14, "P({x}) for {variance}: {found}");
        }
    }
}

#[test]
fn gaussian_has_the_exact_probabilities_of_small_cases() {
    // With a wider envelope there are too many ways to walk: that is left to the test of fit.
    for variance in ["1/2"] {
        let noise = gaussian(variance);
        let (outcomes, lost) = walked(1e-5, |walk| noise.throw(&mut Strides(walk)));
        assert!(lost < 1e-1, "variance {variance}: {lost} was not followed");
        for x in -3..=3 {
            let expected = probability(x, noise.variance());
            let found = outcomes.get(&x).copied().unwrap_or(0.0);
            let bracket = found - 1e-9..=found + lost + 1e-9;
            assert!(
                bracket.contains(&expected),
                "variance {variance}: P({x}) is {expected}, walked {found}, {lost} left"
            );
        }
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn gaussian_fits_its_distribution() {
    // Over seeds, this raises a false alarm once in a million for each variance.
    const DRAWS: u32 = 100_000;
    for (index, (text, reach)) in [("1", 3), ("25/3", 10), ("1/3", 1), ("10000", 350)].into_iter().enumerate() {
        let noise = gaussian(text);
        let mut stream = Seed::root(53).nth(index as u64).stream();
        let mut counts: BTreeMap<i128, f64> = (-reach..=reach).map(|x| (x, 0.0)).collect();
        let (mut beyond, mut signed) = (0.0, 0.0);
        for _ in 0..DRAWS {
            let x = noise.sample(&mut stream);
            *counts.get_mut(&x).unwrap_or(&mut beyond) += 1.0;
            signed += x as f64;
        }
        let weights: BTreeMap<i128, f64> = counts.keys().map(|x| (*x, probability(*x, noise.variance()))).collect();
        let mut observed: Vec<(f64, f64)> = counts.iter().map(|(x, n)| (*n, weights[x])).collect();
        observed.push((beyond, 1.0 - weights.values().sum::<f64>()));
        let (found, limit) = (statistic(&observed, DRAWS.into()), critical(observed.len() as f64 - 1.0));
        assert!(found < limit, "variance {text}: chi-squared {found:.1}, limit {limit:.1}");
        // Five standard errors of the mean.
        let tolerated = 5.0 * (noise.variance().approximate() / f64::from(DRAWS)).sqrt();
        assert!(signed.abs() / f64::from(DRAWS) < tolerated, "variance {text}: mean {}", signed / f64::from(DRAWS));
    }
}

#[test]
fn variance_is_squared_sensitivity_over_twice_rho_or_more() {
    let variance = |squared, rho: &str| {
        DiscreteGaussian::for_sensitivity(squared, rho.parse().unwrap()).map(|noise| noise.variance().to_string())
    };
    assert_eq!(variance(8, "1/3").unwrap(), "12");
    assert_eq!(variance(5, "0.3").unwrap(), "25/3");
    assert_eq!(variance(0, "1").unwrap(), "0");
    // (2^56 + 1) / 2 has too long a numerator, and is rounded up to a whole number.
    assert_eq!(variance((1 << 56) + 1, "1").unwrap(), ((1_u64 << 55) + 1).to_string());
    // So has this: a multiple of 2^-20 comes next.
    assert_eq!(variance(1, "4611686018427387905/4611686018427387907").unwrap(), "524289/1048576");
    assert_eq!(variance(1, "0"), Err(VarianceError::ZeroRho));
    assert!(matches!(variance(1 << 60, "1"), Err(VarianceError::TooLarge { .. })));
    assert!(matches!(variance(u128::MAX, "1/3"), Err(VarianceError::TooLarge { .. })));
}

#[test]
fn the_widest_and_the_narrowest_gaussian_are_drawn_without_overflow() {
    let mut stream = Seed::root(54).stream();
    let widest = DiscreteGaussian::new(Ratio::new(1 << 56, 1).unwrap()).unwrap();
    let drawn: Vec<i128> = (0..50).map(|_| widest.sample(&mut stream)).collect();
    assert!(drawn.iter().all(|x| x.abs() < 12 << 28) && drawn.iter().any(|x| x.abs() > 1 << 26), "{drawn:?}");
    for narrow in [(1, 1 << 56), ((1 << 56) - 1, 1 << 56), (1, 3)] {
        let narrow = DiscreteGaussian::new(Ratio::new(narrow.0, narrow.1).unwrap()).unwrap();
        assert!((0..50).all(|_| narrow.sample(&mut stream).abs() < 20));
    }
    assert_eq!(gaussian("0").sample(&mut stream), 0);
    assert_eq!(DiscreteGaussian::new(Ratio::new((1 << 56) + 1, 1).unwrap()), None);
}
