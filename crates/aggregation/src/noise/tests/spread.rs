//! Tests of intervals, coverages and what is rounded outward.

use model::Ratio;
use num_bigint::BigUint;
use proptest::prelude::*;

use super::gaussian;
use crate::{
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
    noise::{
        fixed::{ONE, exp_of_minus, ln},
        spread::{Spread, of_gaussian, of_laplace, of_two_laplace},
        zcdp,
    },
};

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

#[test]
fn laplace_at_epsilon_one_states_what_it_covers() {
    // P(|X| ≤ 3) = 1 − 2 p⁴ / (1 + p) = 0.973220… and P(|X| ≤ 2) = 0.927205…: the smallest that is at least 95 % is 3.
    let spread = of_laplace(&DiscreteLaplace::new(ratio("1")), 20);
    assert_eq!((spread.reach, spread.coverage), (3, Ratio::new(973_220, 1_000_000).unwrap()));
    // √(2 p) / (1 − p) = 1.3569…
    assert_eq!(spread.deviation, Ratio::new(1_357, 1_000).unwrap());
}

/// Coverage and deviation in floats.
#[allow(clippy::cast_precision_loss)]
fn laplace_in_floats(scale: f64, reach: f64) -> (f64, f64) {
    let p = (-1.0 / scale).exp();
    (1.0 - 2.0 * p.powf(reach + 1.0) / (1.0 + p), (2.0 * p).sqrt() / (1.0 - p))
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn laplace_intervals_are_the_smallest_and_state_their_coverage_rounded_down() {
    for text in ["1/10", "1/3", "2/3", "1", "7/2", "24", "1000", "123456789/1000"] {
        for one_in in [20, 40] {
            let scale = ratio(text);
            let Spread { reach, coverage, deviation } = of_laplace(&DiscreteLaplace::new(scale), one_in);
            let wanted = 1.0 - 1.0 / f64::from(one_in);
            let (covered, exact) = laplace_in_floats(scale.approximate(), reach as f64);
            let stated = coverage.approximate();
            assert!(stated <= covered + 1e-9 && covered - stated < 2e-6, "{text}: states {stated}, covers {covered}");
            assert!(stated >= wanted, "{text}: {stated}");
            assert!(
                reach == 0 || laplace_in_floats(scale.approximate(), reach as f64 - 1.0).0 < wanted + 1e-9,
                "{text}"
            );
            assert!(deviation.approximate() >= exact - 1e-6 * exact, "{text}: {deviation} for {exact}");
            // Next to no noise is stated less sharply.
            let slack = if scale.approximate() < 0.2 { 0.01 } else { exact * 0.001 + 0.002 };
            assert!(deviation.approximate() <= exact + slack, "{text}: {deviation} for {exact}");
        }
    }
    let none = of_laplace(&DiscreteLaplace::new(Ratio::ZERO), 20);
    assert_eq!(none, Spread::NONE);
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn gaussian_intervals_are_the_smallest_and_state_their_coverage_rounded_down() {
    for text in ["1/10", "1/3", "1", "9/2", "100", "65535", "65536", "1000000"] {
        for one_in in [20, 40] {
            let variance = ratio(text);
            let noise = DiscreteGaussian::new(variance).unwrap();
            let Spread { reach, coverage, deviation } = of_gaussian(&noise, one_in);
            let wanted = 1.0 - 1.0 / f64::from(one_in);
            let inside = |reach: i128| (-reach..=reach).map(|x| gaussian::probability(x, variance)).sum::<f64>();
            // The yardstick is slow where it is wide: what is beyond one standard deviation is enough there.
            let reach = i128::try_from(reach).unwrap();
            let covered = if variance.approximate() > 1e4 { normal(reach, variance) } else { inside(reach) };
            let stated = coverage.approximate();
            assert!(stated <= covered + 2e-6, "{text}: states {stated}, covers {covered}");
            assert!(covered - stated < 5e-4, "{text}: states {stated}, covers {covered}");
            assert!(stated >= wanted && stated < wanted + 0.2, "{text}: {stated}");
            if variance.approximate() <= 1e4 && reach > 0 {
                assert!(inside(reach - 1) < wanted + 1e-9, "{text}: {reach} is not the smallest");
            }
            let sigma = variance.approximate().sqrt();
            assert!((sigma..sigma + 0.002).contains(&deviation.approximate()), "{text}: {deviation} for {sigma}");
        }
    }
}

/// What lies within `reach` and a half of a normal distribution, by Simpson's rule: as near as no matter where σ is large.
#[allow(clippy::cast_precision_loss)]
fn normal(reach: i128, variance: Ratio) -> f64 {
    const STEPS: i32 = 20_000;
    let sigma = variance.approximate().sqrt();
    let end = (reach as f64 + 0.5) / sigma;
    let density = |z: f64| (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let step = end / f64::from(STEPS);
    let weight = |k: i32| {
        if k == 0 || k == STEPS {
            1.0
        } else if k % 2 == 1 {
            4.0
        } else {
            2.0
        }
    };
    2.0 * step / 3.0 * (0..=STEPS).map(|k| weight(k) * density(f64::from(k) * step)).sum::<f64>()
}

#[test]
fn the_widest_gaussian_has_an_interval() {
    let widest = DiscreteGaussian::new(Ratio::new(1 << 56, 1).unwrap()).unwrap();
    let spread = of_gaussian(&widest, 20);
    // 1.95996 σ, rounded up to steps of σ / 256.
    let sigmas = spread.reach * 1_000 / (1 << 28);
    assert!((1_959..1_966).contains(&sigmas), "{sigmas}");
    assert!(spread.coverage >= ratio("19/20") && spread.coverage < ratio("951/1000"), "{}", spread.coverage);
}

/// Numbers with 200 bits behind the point: an oracle for [`crate::noise::fixed`] that shares nothing with it.
pub(super) const BITS: u32 = 200;

pub(super) fn big(numerator: u128, denominator: u128) -> BigUint {
    (BigUint::from(numerator) << BITS) / BigUint::from(denominator)
}

/// exp(x) for x up to 60, by its series at x / 64, squared six times; wrong by less than 2^−100 of itself.
pub(super) fn exp(x: &BigUint) -> BigUint {
    let small = x >> 6_u32;
    let (mut term, mut sum) = (BigUint::from(1_u32) << BITS, BigUint::from(0_u32));
    for k in 1..200_u32 {
        sum += &term;
        term = ((term * &small) >> BITS) / BigUint::from(k);
    }
    (0..6).fold(sum, |value, _| (&value * &value) >> BITS)
}

proptest! {
    #[test]
    fn exponentials_lie_between_their_bounds(numerator in 0_u128..1 << 70, denominator in 1_u128..1 << 70) {
        prop_assume!(numerator / denominator < 60);
        let bounds = exp_of_minus(numerator, denominator);
        let one = BigUint::from(1_u32) << BITS;
        let inverse = (&one << BITS) / exp(&big(numerator, denominator));
        // In units of 2^−163, so that the oracle's own error does not matter.
        let (low, high) = (BigUint::from(bounds.low) << 100_u32, BigUint::from(bounds.high) << 100_u32);
        let found = inverse >> (BITS - 163);
        prop_assert!(low <= found.clone() + 1_u32 && found <= high, "{bounds:?}");
        prop_assert!(bounds.high - bounds.low < 4_000, "{bounds:?} is wide");
    }

    #[test]
    fn logarithms_lie_between_their_bounds(denominator in 1_u64.., factor in 0_u64..) {
        let numerator = denominator.saturating_add(factor);
        let bounds = ln(numerator, denominator);
        let exact = big(numerator.into(), denominator.into());
        let fixed = |number: u128| BigUint::from(number) << (BITS - 63);
        prop_assert!(exp(&fixed(bounds.low)) <= exact.clone() + (&exact >> 90_u32), "{bounds:?}");
        prop_assert!(exp(&fixed(bounds.high)) + (&exact >> 90_u32) >= exact, "{bounds:?}");
        prop_assert!(bounds.high - bounds.low < 4_000, "{bounds:?} is wide");
    }

    #[test]
    fn epsilon_of_a_rho_is_rounded_up_and_by_little(
        rho in (1_u64..1 << 40, 1_u64..1 << 40),
        delta in (1_u64..1 << 40, 41_u32..64),
    ) {
        let (rho, delta) = (Ratio::new(rho.0, rho.1).unwrap(), Ratio::new(delta.0, 1 << delta.1).unwrap());
        prop_assume!(rho < Ratio::new(10_000, 1).unwrap());
        let epsilon = zcdp::epsilon_of(rho, delta).unwrap();
        prop_assert!(pays_for(epsilon, rho, delta));
        // One part in a million less does not.
        let less = Ratio::new(epsilon.numerator() - epsilon.numerator() / 1_000_000 - 4096, epsilon.denominator()).unwrap();
        prop_assert!(epsilon.numerator() < 1 << 30 || !pays_for(less, rho, delta));
    }

    #[test]
    fn rho_within_an_epsilon_is_rounded_down_and_by_little(
        epsilon in (1_u64..1 << 30, 1_u64..1 << 30),
        delta in (1_u64..1 << 40, 41_u32..64),
    ) {
        let (epsilon, delta) = (Ratio::new(epsilon.0, epsilon.1).unwrap(), Ratio::new(delta.0, 1 << delta.1).unwrap());
        prop_assume!(epsilon < Ratio::new(1_000, 1).unwrap());
        let rho = zcdp::rho_within(epsilon, delta).unwrap();
        prop_assert!(rho.is_zero() || pays_for(epsilon, rho, delta));
        let more = Ratio::new(rho.numerator() * ((1 << 40) / rho.denominator()) + (1 << 12), 1 << 40).unwrap();
        let more = zcdp::sum_above(more, Ratio::new(rho.numerator() / 1_000, rho.denominator()).unwrap()).unwrap();
        prop_assert!(!pays_for(epsilon, more, delta));
    }
}

/// Whether ρ + 2 √(ρ ln(1/δ)) ≤ ε, which is (ε − ρ)² ≥ 4 ρ ln(1/δ) and ρ ≤ ε, with a logarithm good to 2^−60.
fn pays_for(epsilon: Ratio, rho: Ratio, delta: Ratio) -> bool {
    let of = |ratio: Ratio| big(ratio.numerator().into(), ratio.denominator().into());
    let (epsilon, rho) = (of(epsilon) + 1_u32, of(rho)); // ε as it is, in spite of how `big` rounds
    let logarithm = BigUint::from(ln(delta.denominator(), delta.numerator()).low) << (BITS - 63);
    epsilon >= rho && (&epsilon - &rho).pow(2) >= BigUint::from(4_u32) * rho * logarithm
}

#[test]
fn conversions_refuse_what_is_no_delta_or_beyond_all_budgets() {
    let (one, many) = (ratio("1"), Ratio::new(1 << 20, 1).unwrap());
    for delta in ["0", "1", "3/2"] {
        assert_eq!((zcdp::epsilon_of(one, ratio(delta)), zcdp::rho_within(one, ratio(delta))), (None, None));
    }
    assert_eq!(zcdp::epsilon_of(many, ratio("1/10")), None);
    assert_eq!(zcdp::rho_within(many, ratio("1/10")), None);
    assert_eq!(zcdp::rho_of_pure(ratio("1/3")), Some(ratio("1/18")));
    assert_eq!(zcdp::rho_of_pure(Ratio::new(u64::MAX, 1).unwrap()), None);
    let long = Ratio::new(1, u64::MAX - 1).unwrap();
    assert_eq!(zcdp::rho_of_pure(long), Ratio::new(1, 1 << 40), "rounded up");
    assert_eq!(ONE >> 63, 1);
}

#[test]
fn two_laplace_noises_spread_as_their_convolution_does() {
    for text in ["1/3", "1", "7/2", "24"] {
        let scale = ratio(text).approximate();
        let p = (-1.0 / scale).exp();
        let (least, most) = (-2_000_i32, 2_000_i32);
        let mass = |x: i32| (1.0 - p) / (1.0 + p) * p.powi(x.abs());
        let sum = |n: i32| (least..=most).map(|x| mass(x) * mass(n - x)).sum::<f64>();
        let within = |reach: i32| (-reach..=reach).map(sum).sum::<f64>();
        for one_in in [20, 40] {
            let Spread { reach, coverage, deviation } = of_two_laplace(&DiscreteLaplace::new(ratio(text)), one_in);
            let reach = i32::try_from(reach).unwrap();
            let (stated, covered) = (coverage.approximate(), within(reach));
            assert!(stated <= covered + 1e-9 && covered - stated < 2e-6, "{text}: states {stated}, covers {covered}");
            let wanted = 1.0 - 1.0 / f64::from(one_in);
            assert!(stated >= wanted && within(reach - 1) < wanted + 1e-9, "{text}: {reach} is not the smallest");
            let exact = 2.0 * p.sqrt() / (1.0 - p);
            assert!(deviation.approximate() >= exact - 1e-9 && deviation.approximate() < exact * 1.01 + 0.01, "{text}");
        }
    }
    assert_eq!(of_two_laplace(&DiscreteLaplace::new(Ratio::ZERO), 20), Spread::NONE);
}
