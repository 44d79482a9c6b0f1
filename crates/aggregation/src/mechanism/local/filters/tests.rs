//! Tests of estimates from Bloom filters, against all chance walked through.

use encoding::chance::{Bits, Dice as _};
use model::{Randomizer, Seed, Stream};

use super::*;
use crate::mechanism::local::estimate::float;

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn rappor(bits: u32, hashes: u32, cohorts: u32) -> Rappor {
    Rappor { bits, hashes, cohorts, f: ratio("1/2"), p: ratio("1/4"), q: ratio("3/4") }
}

fn over(rappor: &Rappor, values: &[&str]) -> (LocalRandomizer, Filters) {
    let randomizer = LocalRandomizer::new(&Randomizer::Rappor(*rappor), values.iter().copied()).unwrap();
    let filters = Filters::of(rappor, &randomizer).unwrap();
    (randomizer, filters)
}

/// What one response adds to every estimate, and how probable it is, over all cohorts and all rows of bits.
fn added(filters: &Filters, cause: Option<usize>) -> Vec<(f64, Vec<f64>)> {
    let Rappor { bits, hashes, cohorts, .. } = filters.rappor;
    let mut found = Vec::new();
    for (cohort, row) in (0..cohorts).flat_map(|cohort| (0..1_u32 << bits).map(move |row| (cohort, row))) {
        let is_set = |bit: u32| row >> bit & 1 == 1;
        let by_cause = |bit: u32| cause.is_some_and(|cause| filters.bits[cause].contains(&(cohort * bits + bit)));
        let odds = |bit: u32| if by_cause(bit) { filters.set } else { filters.unset };
        let odds: f64 = (0..bits).map(|bit| if is_set(bit) { odds(bit) } else { 1.0 - odds(bit) }).product();
        let support =
            |own: &BTreeSet<u32>| (0..bits).filter(|bit| is_set(*bit) && own.contains(&(cohort * bits + bit))).count();
        let net: Vec<f64> = filters
            .bits
            .iter()
            .map(|own| (size(support(own)) - f64::from(hashes) * filters.unset) * filters.scale())
            .collect();
        let added = filters.inverse.iter().map(|row| row.iter().zip(&net).map(|(w, c)| w * c).sum()).collect();
        found.push((odds / f64::from(cohorts), added));
    }
    found
}

#[test]
fn each_response_adds_one_to_its_cause_and_nothing_to_others_in_the_mean() {
    let (_, filters) = over(&rappor(6, 2, 3), &["a", "b", "c", "d"]);
    for cause in [None, Some(0), Some(1), Some(2), Some(3)] {
        let added = added(&filters, cause);
        assert!((added.iter().map(|(odds, _)| odds).sum::<f64>() - 1.0).abs() < 1e-12);
        for value in 0..4 {
            let mean: f64 = added.iter().map(|(odds, added)| odds * added[value]).sum();
            let expected = if cause == Some(value) { 1.0 } else { 0.0 };
            assert!((mean - expected).abs() < 1e-9, "{cause:?} adds {mean} to {value}");
        }
    }
}

#[test]
fn variances_are_those_of_all_chance_walked_through() {
    let (_, filters) = over(&rappor(6, 2, 3), &["a", "b", "c", "d"]);
    for value in 0..4 {
        let spread = filters.spread(value);
        for (place, cause) in [Some(0), Some(1), Some(2), Some(3), None].into_iter().enumerate() {
            let added = added(&filters, cause);
            let mean = if cause == Some(value) { 1.0 } else { 0.0 };
            let variance: f64 = added.iter().map(|(odds, added)| odds * (added[value] - mean).powi(2)).sum();
            assert!((variance - spread.variances[place]).abs() < 1e-9, "{variance} of {}", spread.variances[place]);
            let largest = added.iter().map(|(_, added)| (added[value] - mean).abs()).fold(0.0, f64::max);
            assert!(largest <= spread.largest + 1e-9, "{largest} passes {}", spread.largest);
        }
    }
}

#[test]
fn a_single_bit_in_one_cohort_has_the_variance_of_the_paper() {
    // With one hash, and values that share no bit, each bit is estimated alone: section 4 of the paper gives
    // t = (c − (p + f q / 2 − f p / 2) n) / ((1 − f) (q − p)), whose variance is that of c by the denominator's square.
    let paper = rappor(64, 1, 1);
    let (_, filters) = over(&paper, &["a", "b"]);
    assert!(filters.bits[0].is_disjoint(&filters.bits[1]));
    let [f, p, q] = [0.5, 0.25, 0.75];
    let unset = p + f * q / 2.0 - f * p / 2.0;
    let expected = unset * (1.0 - unset) / f64::powi((1.0 - f) * (q - p), 2);
    assert!((filters.spread(0).variances[1] - expected).abs() < 1e-9);
    let estimates = filters.estimates(&[300, 400], 1_000, 1);
    let t = |count: f64| (count - unset * 1_000.0) / ((1.0 - f) * (q - p));
    assert_eq!(
        estimates.iter().map(|e| e.value.unwrap()).collect::<Vec<_>>(),
        [t(300.0), t(400.0)].map(|t| checked(t.round()).unwrap())
    );
}

#[test]
fn values_that_cannot_be_told_apart_are_named() {
    // Two bits in one cohort tell no three values apart.
    let few = rappor(2, 1, 1);
    let randomizer = LocalRandomizer::new(&Randomizer::Rappor(few), ["a", "b", "c"]).unwrap();
    assert!(Filters::of(&few, &randomizer).is_err());
    let more = rappor(16, 1, 4);
    let randomizer = LocalRandomizer::new(&Randomizer::Rappor(more), ["a", "b", "c"]).unwrap();
    assert!(Filters::of(&more, &randomizer).is_ok());
}

#[test]
fn inverse_times_matrix_is_the_identity() {
    let matrix = vec![vec![4.0, 1.0, 2.0], vec![1.0, 3.0, 0.0], vec![2.0, 0.0, 5.0]];
    let inverse = inverse(matrix.clone()).unwrap();
    for (i, row) in inverse.iter().enumerate() {
        for j in 0..3 {
            let product: f64 = row.iter().zip(&matrix).map(|(w, other)| w * other[j]).sum();
            assert!((product - if i == j { 1.0 } else { 0.0 }).abs() < 1e-12);
        }
    }
    assert_eq!(super::inverse(vec![vec![1.0, 1.0], vec![1.0, 1.0]]), Err(1));
}

#[test]
fn responses_of_one_device_may_all_vary_together() {
    let (_, filters) = over(&rappor(6, 2, 3), &["a", "b"]);
    let [one, four] = [1, 4].map(|most| filters.estimates(&[300, 200], 400, most)[0]);
    assert_eq!(one.value, four.value);
    assert!((four.standard_error / one.standard_error - 2.0).abs() < 1e-9);
    let width = |estimate: Estimate| float(estimate.interval.1 - estimate.interval.0);
    assert!(width(four) > 1.9 * width(one));
}

#[test]
fn nothing_has_an_estimate() {
    let (_, filters) = over(&rappor(6, 2, 3), &["a", "b"]);
    assert!(filters.estimates(&[0, 0], 0, 1).iter().all(|estimate| estimate.value == Some(0)));
    let most = u64::MAX >> 2;
    assert!(filters.estimates(&[most, 0], most, 1)[0].standard_error.is_finite());
}

/// How many of so many tosses succeed, by the sum of uniform numbers that the normal distribution is like: for crowds.
#[expect(clippy::cast_precision_loss, reason = "about a million")]
fn about(tosses: f64, odds: f64, stream: &mut Stream) -> f64 {
    let uniform = |stream: &mut Stream| Bits(stream).below(1 << 32) as f64 / 2_f64.powi(32);
    let normal: f64 = (0..12).map(|_| uniform(stream)).sum::<f64>() - 6.0;
    normal.mul_add((tosses * odds * (1.0 - odds)).sqrt(), tosses * odds).round().clamp(0.0, tosses)
}

/// The support of every value where so many responses are all caused by the value at `cause`.
fn supports_of_crowd(filters: &Filters, cause: usize, responses: f64, stream: &mut Stream) -> Vec<u64> {
    let Rappor { bits, cohorts, .. } = filters.rappor;
    let (mut left, mut counts) = (responses, Vec::new());
    for cohort in 0..cohorts {
        let members = if cohort + 1 == cohorts { left } else { about(left, 1.0 / f64::from(cohorts - cohort), stream) };
        left -= members;
        for bit in cohort * bits..(cohort + 1) * bits {
            let odds = if filters.bits[cause].contains(&bit) { filters.set } else { filters.unset };
            counts.push(about(members, odds, stream));
        }
    }
    let support = |bits: &BTreeSet<u32>| bits.iter().map(|bit| counts[*bit as usize]).sum::<f64>();
    filters.bits.iter().map(|bits| u64::try_from(checked(support(bits)).unwrap()).unwrap()).collect()
}

#[test]
fn of_very_many_responses_intervals_cover_as_often_as_they_state_where_their_cause_varies_most() {
    let (_, filters) = over(&rappor(6, 2, 3), &["a", "b"]);
    for value in 0..2 {
        let Spread { variances, largest } = filters.spread(value);
        // So many that normal deviations are within half a point.
        let least = variances.iter().copied().fold(f64::INFINITY, f64::min);
        let responses = (50_200.0 * largest * largest / least).ceil();
        let cause = usize::from(variances[1] > variances[0]);
        assert!(variances[cause] >= variances[2], "the crowd is of those that vary most");
        let truth = if cause == value { responses } else { 0.0 };
        let (mut covered, count) = (0, u64::try_from(checked(responses).unwrap()).unwrap());
        for seed in 0..10_000 {
            let supports = supports_of_crowd(&filters, cause, responses, &mut Seed::root(seed).stream());
            let (low, high) = filters.estimates(&supports, count, 1)[value].interval;
            covered += u32::from(float(low) <= truth && truth <= float(high));
        }
        let observed = f64::from(covered) / 10_000.0;
        assert!((observed - 0.95).abs() < 0.01, "{value}: {observed} of {count} responses");
    }
}
