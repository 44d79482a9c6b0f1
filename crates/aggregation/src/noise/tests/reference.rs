//! The discrete Gaussian against its published reference: C. Canonne, G. Kamath and T. Steinke, "The Discrete Gaussian for
//! Differential Privacy" (2020), and the code that goes with it (IBM/discrete-gaussian-differential-privacy, commit
//! cb190d2, `discretegauss.py`).

use std::collections::BTreeMap;

use model::{Ratio, Seed};
use num_bigint::BigUint;

use super::{
    critical,
    spread::{BITS, big, exp},
    statistic,
};
use crate::gaussian::DiscreteGaussian;

/// exp(−x² / 2σ²) for x from zero on, until it is below 10^-25, as whole numbers of 2^-200.
fn weights(variance: Ratio) -> Vec<BigUint> {
    let (n, d) = (u128::from(variance.numerator()), u128::from(variance.denominator()));
    let one = BigUint::from(1_u32) << BITS;
    let exponents = (0_u128..).map(|x| (x * x * d, 2 * n)).take_while(|(above, below)| above / below < 58);
    exponents.map(|(above, below)| (&one << BITS) / exp(&big(above, below))).collect()
}

/// The quotient of two large whole numbers, of which the first is not much larger, to 50 bits.
#[allow(clippy::cast_precision_loss)]
fn quotient(above: &BigUint, below: &BigUint) -> f64 {
    let shifted: BigUint = (above << 50_u32) / below;
    u64::try_from(shifted).unwrap() as f64 / 2_f64.powi(50)
}

/// The probability of each x from zero on: a quotient of whole numbers, so that only its last digits are rounded.
fn probabilities(variance: Ratio) -> Vec<f64> {
    let weights = weights(variance);
    let whole: BigUint = weights.iter().map(|weight| weight * 2_u32).sum::<BigUint>() - &weights[0];
    weights.iter().map(|weight| quotient(weight, &whole)).collect()
}

/// σ², and what `normalizing_constant` and `variance` of the published code print for it.
const PUBLISHED: [(&str, f64, f64); 7] = [
    ("1/10", 1.013_475_898_120_478_1, 0.013_296_725_173_624_149),
    ("1/5", 1.164_260_797_445_702_2, 0.141_319_883_047_068_94),
    ("1/2", 1.772_637_204_826_652, 0.498_979_130_832_820_47),
    ("4/5", 2.241_997_108_231_240_6, 0.799_992_994_066_382_1),
    ("1", 2.506_628_288_042_905, 0.999_999_788_767_728_2),
    ("10", 7.926_654_595_212_022, 10.0),
    ("100", 25.066_282_746_310_005, 100.0),
];

#[test]
#[allow(clippy::cast_precision_loss)]
fn whole_numbers_come_to_the_published_constants_and_variances() {
    for (text, constant, variance) in PUBLISHED {
        let probabilities = probabilities(text.parse().unwrap());
        let squares: f64 = (0..).zip(&probabilities).map(|(x, odds)| 2.0 * f64::from(x * x) * odds).sum();
        // What is drawn is zero with the probability of one over the constant.
        assert!((1.0 / probabilities[0] - constant).abs() < 1e-13 * constant, "{text}: {}", 1.0 / probabilities[0]);
        assert!((squares - variance).abs() < 1e-11 * variance, "{text}: {squares}, published {variance}");
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn what_is_drawn_fits_the_exact_probabilities_and_has_the_published_variance() {
    const DRAWS: u32 = 100_000;
    for (index, (text, _, variance)) in (0..).zip(PUBLISHED) {
        let noise = DiscreteGaussian::new(text.parse().unwrap()).unwrap();
        let probabilities = probabilities(noise.variance());
        let mut stream = Seed::root(57).nth(index).stream();
        let (mut counts, mut squares) = (BTreeMap::<i128, f64>::new(), 0.0);
        for _ in 0..DRAWS {
            let x = noise.sample(&mut stream);
            *counts.entry(x).or_default() += 1.0;
            squares += (x * x) as f64 / f64::from(DRAWS);
        }
        // Numbers that are expected fewer than five times are counted together.
        let reach = probabilities.iter().take_while(|odds| **odds * f64::from(DRAWS) >= 5.0).count();
        let reach = i128::try_from(reach).unwrap() - 1;
        let odds = |x: i128| probabilities[usize::try_from(x.unsigned_abs()).unwrap()];
        let mut observed: Vec<(f64, f64)> =
            (-reach..=reach).map(|x| (counts.remove(&x).unwrap_or(0.0), odds(x))).collect();
        let inside: f64 = observed.iter().map(|(_, odds)| odds).sum();
        observed.push((counts.values().sum(), 1.0 - inside));
        let (found, limit) = (statistic(&observed, DRAWS.into()), critical(observed.len() as f64 - 1.0));
        assert!(found < limit, "variance {text}: chi-squared {found:.1}, limit {limit:.1}");
        // The fourth moment is at most three times the square of the variance, or one variance where nothing but one is
        // drawn: five standard errors of what is found.
        let tolerated = 5.0 * ((2.0 * variance * variance).max(variance) / f64::from(DRAWS)).sqrt();
        assert!((squares - variance).abs() < tolerated, "{text}: {squares}, published {variance}");
    }
}
