//! Tests of quantiles' intervals, each over 10,000 throws.

use encoding::chance::{Bits, Dice as _};
use model::{Measure, Query, Seed};

use super::*;
use crate::{
    mechanism::central::Plan,
    sample::{central, gaussian, quantiles, query, ratio},
};

/// Counts in `all` buckets of which the median's has one value, and every other one more than noise ever hides.
fn crowded(all: usize) -> Vec<i128> {
    (0..all).map(|bucket| if bucket == all / 2 { 1 } else { 1_000_000 }).collect()
}

/// Both kinds of noise at this epsilon, with the quantile of so many buckets.
fn noisy(epsilon: &str, buckets: usize, at: &str) -> [Query; 2] {
    let edges: Vec<i64> = (0..=buckets).map(|edge| i64::try_from(edge).unwrap()).collect();
    [central(epsilon, 1, 1), gaussian(epsilon, 1, 1)].map(|mechanism| query(quantiles(&edges, &[at]), mechanism))
}

/// Numbers of noise out of many that were drawn before: quick, and spread as noise is.
fn drawn(noise: &Noise, count: usize) -> impl FnMut() -> i128 {
    let mut stream = Seed::root(91).stream();
    let drawn: Vec<i128> = (0..count).map(|_| noise.sample(&mut stream)).collect();
    move || drawn[usize::try_from(Bits(&mut stream).below(count as u128)).unwrap()]
}

/// How often the quantile's interval holds it, where so many values are in the buckets; and the least that is stated.
fn coverage(query: &Query, counts: &[i128]) -> (f64, f64) {
    const DRAWN: usize = 1 << 15;
    let Measure::Quantiles { at, .. } = &query.measure else { unreachable!("it asks for quantiles") };
    let (buckets, noise) = (Buckets::of(&query.measure).unwrap(), Plan::of(query).unwrap().number);
    let mut bounds = Bounds::new(Some(noise), counts.len());
    let (truth, _) = bar(buckets, at[0], counts, &mut Bounds::new(None, counts.len())).unwrap();
    let (mut covered, mut stated) = (0, Ratio::ONE);
    let mut noise = drawn(&noise, DRAWN);
    for _ in 0..10_000 {
        let noisy: Vec<i128> = counts.iter().map(|count| count + noise()).collect();
        let (_, error) = bar(buckets, at[0], &noisy, &mut bounds).unwrap();
        covered += u32::from(error.covers(truth));
        stated = stated.min(error.coverage);
    }
    (f64::from(covered) / 10_000.0, stated.approximate())
}

#[test]
fn intervals_cover_as_often_as_they_state_where_the_quantile_s_bucket_has_next_to_no_values() {
    // Noise that moves the median past its own bucket, and both neighbours hold it back from going further: with many
    // buckets, of whose noise that of one is a small part, it is missed as seldom as is allowed.
    for query in noisy("1/10", 257, "1/2") {
        let (observed, stated) = coverage(&query, &crowded(257));
        assert!((observed - stated).abs() < 0.01, "{}: {observed}, stated {stated}", query.mechanism);
    }
}

#[test]
fn intervals_cover_at_least_as_often_as_they_state() {
    let spread: Vec<i128> = (0..12).map(|n| n * 7 % 40).collect();
    for (counts, at) in [
        (&crowded(1)[..], "1/2"),
        (&crowded(3), "1/2"),
        (&crowded(15), "1/2"),
        (&spread, "1/2"),
        (&spread, "9/10"),
        (&spread, "1/100"),
        (&[0, 0, 5, 0], "1"),
        (&[0; 8], "1/3"),
    ] {
        for query in noisy("1/2", counts.len(), at) {
            let (observed, stated) = coverage(&query, counts);
            assert!(observed >= stated, "{counts:?} at {at}, {}: {observed}, stated {stated}", query.mechanism);
        }
    }
}

#[test]
fn bounds_are_computed_once_and_where_they_decide() {
    let [query, _] = noisy("1", 9, "1/2");
    let mut bounds = Bounds::new(Some(Plan::of(&query).unwrap().number), 9);
    let half = ratio("1/2");
    assert!(!bounds.are_passed(4, half, 0) && !bounds.are_passed(4, half, -5));
    assert!(bounds.are_passed(4, half, 1_000_000));
    assert!(bounds.found.is_empty(), "neither hangs on it");
    assert!(!bounds.are_passed(4, half, 1) && !bounds.are_passed(4, half, 2));
    assert_eq!(bounds.found.len(), 1);
    let bound = bounds.found[&(4, half)];
    assert!(!bounds.are_passed(4, half, bound) && bounds.are_passed(4, half, bound + 1));
}
