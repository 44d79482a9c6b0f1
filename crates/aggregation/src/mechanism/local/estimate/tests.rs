//! Tests of estimates: against the closed forms of the papers, and against the exact distribution of support.

use super::*;

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn pure(epsilon: &str) -> [Randomizer; 4] {
    let epsilon = ratio(epsilon);
    [
        Randomizer::KAry { epsilon },
        Randomizer::Oue { epsilon },
        Randomizer::Olh { epsilon },
        Randomizer::Hadamard { epsilon },
    ]
}

/// Probability of each number of successes of so many tosses, zero where it is below one in 10^30 of the most likely.
fn binomial(tosses: u32, odds: f64) -> Vec<f64> {
    let mut found = vec![0.0; tosses as usize + 1];
    // Each from the one before, out from the most likely one; made to add up to one at the end.
    let ratio = |k: usize| {
        f64::from(tosses - u32::try_from(k).unwrap()) / exact(i64::try_from(k).unwrap() + 1) * odds / (1.0 - odds)
    };
    let peak = (0..tosses as usize).find(|k| ratio(*k) < 1.0).unwrap_or(tosses as usize);
    found[peak] = 1.0;
    for k in peak..tosses as usize {
        found[k + 1] = if found[k] < 1e-30 { 0.0 } else { found[k] * ratio(k) };
    }
    for k in (0..peak).rev() {
        found[k] = if found[k + 1] < 1e-30 { 0.0 } else { found[k + 1] / ratio(k) };
    }
    let total: f64 = found.iter().sum();
    found.into_iter().map(|odds| odds / total).collect()
}

/// Probability of each support, where `caused` of the `responses` are caused by the value.
pub(in crate::mechanism::local) fn support(odds: Odds, caused: u32, responses: u32) -> Vec<f64> {
    let (own, others) = (binomial(caused, fraction(odds.set)), binomial(responses - caused, fraction(odds.unset)));
    let own: Vec<(usize, f64)> = own.into_iter().enumerate().filter(|(_, odds)| *odds > 0.0).collect();
    let others: Vec<(usize, f64)> = others.into_iter().enumerate().filter(|(_, odds)| *odds > 0.0).collect();
    let mut found = vec![0.0; responses as usize + 1];
    for (i, a) in &own {
        others.iter().for_each(|(j, b)| found[i + j] += a * b);
    }
    found
}

fn exact(number: i64) -> f64 {
    float(number)
}

#[test]
fn support_has_the_probabilities_of_the_papers() {
    for epsilon in ["0.01", "0.5", "1", "2", "10"] {
        let e = ratio(epsilon).approximate().exp();
        let g = f64::from(bucket_count(ratio(epsilon)));
        let expected = [
            (e / (e + 4.0), 1.0 / (e + 4.0)),
            (0.5, 1.0 / (e + 1.0)),
            (e / (e + g - 1.0), 1.0 / g),
            (e / (e + 1.0), 0.5),
        ];
        for (by, (set, unset)) in pure(epsilon).iter().zip(expected) {
            let odds = Odds::of(by, 4).unwrap();
            assert!((fraction(odds.set) - set).abs() < 1e-12 && (fraction(odds.unset) - unset).abs() < 1e-12, "{by}");
        }
    }
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn variances_are_those_of_the_papers() {
    const RESPONSES: u64 = 1_000_000;
    let n = RESPONSES as f64;
    for epsilon in ["0.5", "1", "2"] {
        let e = ratio(epsilon).approximate().exp();
        let of = |by: &Randomizer, values, caused| {
            let odds = Odds::of(by, values).unwrap();
            odds.variance(caused, RESPONSES) / (fraction(odds.set) - fraction(odds.unset)).powi(2)
        };
        let [k_ary, oue, olh, hadamard] = pure(epsilon);
        // A value that nobody has. Wang et al. 2017: equation 6 for k-ary (with k = 5), 4 e / (e − 1)² for OUE.
        let close = |found: f64, expected: f64| assert!((found / expected - 1.0).abs() < 1e-9, "{found} of {expected}");
        close(of(&k_ary, 4, 0), n * (5.0 - 2.0 + e) / (e - 1.0).powi(2));
        close(of(&oue, 4, 0), n * 4.0 * e / (e - 1.0).powi(2));
        // Equation 9 for local hashing with g buckets; at e + 1 buckets, the least, it is that of OUE.
        let g = f64::from(bucket_count(ratio(epsilon)));
        close(of(&olh, 4, 0), n * (e - 1.0 + g).powi(2) / ((e - 1.0).powi(2) * (g - 1.0)));
        assert!(of(&olh, 4, 0) / of(&oue, 4, 0) < 1.03);
        // Acharya, Sun and Zhang 2019: a sign that is right with e / (e + 1) gives ((e + 1) / (e − 1))² for each.
        close(of(&hadamard, 4, 0), n * ((e + 1.0) / (e - 1.0)).powi(2));
        // Where everybody has it, Hadamard and OUE are left with the coin of their own.
        close(of(&oue, 4, 1_000_000), n * ((e + 1.0) / (e - 1.0)).powi(2));
        close(of(&hadamard, 4, 1_000_000), n * 4.0 * e / (e - 1.0).powi(2));
    }
}

#[test]
fn estimates_are_unbiased_but_for_rounding() {
    for epsilon in ["0.5", "1", "3"] {
        for by in pure(epsilon) {
            let odds = Odds::of(&by, 3).unwrap();
            for (caused, responses) in [(0, 1), (1, 1), (0, 40), (13, 40), (40, 40)] {
                let value = |c: usize| exact(odds.estimate(c as u64, responses.into()).value.unwrap());
                let mean: f64 = support(odds, caused, responses).iter().enumerate().map(|(c, p)| p * value(c)).sum();
                assert!((mean - f64::from(caused)).abs() <= 0.5, "{by}: {mean} of {caused}");
            }
        }
    }
}

#[test]
fn unrounded_estimates_are_unbiased() {
    for by in pure("1") {
        let odds = Odds::of(&by, 3).unwrap();
        // A thousand times as many of everything: rounding is a thousandth as large.
        for caused in [0, 13, 40] {
            let value = |c: usize| exact(odds.estimate(c as u64 * 1_000, 40_000).value.unwrap()) / 1_000.0;
            let mean: f64 = support(odds, caused, 40).iter().enumerate().map(|(c, p)| p * value(c)).sum();
            assert!((mean - f64::from(caused)).abs() <= 5e-4, "{by}: {mean} of {caused}");
        }
    }
}

#[test]
fn standard_error_is_the_deviation_of_the_estimate() {
    for by in pure("1") {
        let odds = Odds::of(&by, 3).unwrap();
        for (caused, responses) in [(0, 400), (130, 400), (400, 400)] {
            let spread = support(odds, caused, responses);
            // A thousand times as many of everything: rounding is a thousandth as large.
            let thousand = u64::from(responses) * 1_000;
            let value = |c: usize| exact(odds.estimate(c as u64 * 1_000, thousand).value.unwrap()) / 1_000.0;
            let squares: f64 = spread.iter().enumerate().map(|(c, p)| p * (value(c) - f64::from(caused)).powi(2)).sum();
            let slope = fraction(odds.set) - fraction(odds.unset);
            let stated = odds.variance(caused.into(), responses.into()).sqrt() / slope;
            assert!((squares.sqrt() / stated - 1.0).abs() < 1e-5, "{by}: {} of {stated}", squares.sqrt());
            // What is stated with an estimate is that of the count nearest to it.
            let likely = odds.estimate(u64::try_from(most_likely(&spread)).unwrap(), responses.into());
            assert!((likely.standard_error / stated - 1.0).abs() < 0.05, "{by}");
        }
    }
}

fn most_likely(spread: &[f64]) -> usize {
    (0..spread.len()).max_by(|a, b| spread[*a].total_cmp(&spread[*b])).unwrap()
}

/// Probability that the interval holds the truth, over the exact distribution of support.
///
/// With more support both ends of the interval move up: what holds the truth has no gap around what is most likely.
pub(in crate::mechanism::local) fn coverage(odds: Odds, caused: u32, responses: u32) -> f64 {
    let holds = |c: i64| {
        let (low, high) = odds.estimate(u64::try_from(c).unwrap(), responses.into()).interval;
        (low..=high).contains(&caused.into())
    };
    let spread = support(odds, caused, responses);
    let likely = i64::try_from(most_likely(&spread)).unwrap();
    assert!(holds(likely));
    let [first, last] = [0, responses.into()].map(|end| usize::try_from(last_possible(likely, end, holds)).unwrap());
    spread[first..=last].iter().sum()
}

#[test]
fn intervals_cover_at_least_as_often_as_stated() {
    for epsilon in ["0.1", "1", "4"] {
        for by in pure(epsilon) {
            let odds = Odds::of(&by, 3).unwrap();
            for (caused, responses) in
                [(0, 1), (1, 1), (0, 7), (3, 7), (7, 7), (0, 120), (1, 120), (60, 120), (120, 120)]
            {
                let covered = coverage(odds, caused, responses);
                assert!(covered >= 0.95, "{by}: {caused} of {responses} covered with {covered}");
            }
        }
    }
}

#[test]
fn intervals_come_closer_to_what_is_stated_as_crowds_grow() {
    for by in pure("1") {
        let odds = Odds::of(&by, 3).unwrap();
        for (responses, most) in [(20, 1.0), (100, 0.985), (1_000, 0.96), (6_000, 0.956), (120_000, 0.956)] {
            for caused in [0, responses / 100, responses / 2] {
                // No interval goes below nothing, nor ends above all.
                let most = if caused < responses / 10 { f64::max(most, 0.98) } else { most };
                let covered = coverage(odds, caused, responses);
                assert!((0.95..most).contains(&covered), "{by}: {caused} of {responses}, covered with {covered}");
            }
        }
    }
}

#[test]
fn interval_is_every_count_that_is_not_ruled_out() {
    for by in pure("1") {
        let odds = Odds::of(&by, 3).unwrap();
        for seen in [0, 3, 20, 60, 100] {
            let Estimate { interval: (low, high), value, .. } = odds.estimate(seen as u64, 100);
            let is_possible = |count: &u32| {
                let spread = support(odds, *count, 100);
                let (at_most, at_least) = (&spread[..=seen], &spread[seen..]);
                [at_most, at_least].iter().all(|side| side.iter().sum::<f64>() > 0.025)
            };
            let possible: Vec<i64> = (0..=100).filter(is_possible).map(i64::from).collect();
            let (Some(first), Some(last)) = (possible.first(), possible.last()) else { continue };
            let value = value.unwrap();
            assert_eq!((low, high), (value.min(*first), value.max(*last)), "{by}: {seen}");
            assert_eq!(i64::try_from(possible.len()).unwrap(), last - first + 1, "there is no gap");
        }
    }
}

#[test]
fn normal_deviations_take_over_where_they_are_as_good() {
    // ε = 2 of two values: 3 million responses are above where they do, 300,000 below.
    let odds = Odds::of(&Randomizer::KAry { epsilon: ratio("2") }, 2).unwrap();
    for (responses, is_normal) in [(300_000, false), (3_000_000, true)] {
        assert_eq!(odds.variance(0, responses) >= NORMAL_FROM, is_normal);
        let (support, most) = (responses / 3, whole(responses));
        let found = odds.estimate(support, responses).interval;
        let start = odds.estimate(support, responses).value.unwrap();
        let normal = odds.interval_by_deviations(support, responses, start, Some(1.959_964));
        for (end, other) in [(found.0, normal.0), (found.1, normal.1)] {
            let (width, off) = ((end - start).abs(), (end - other).abs());
            assert!(width > 100 && off * 30 < width && end < most, "{found:?} and {normal:?} of {start}");
        }
    }
}

#[test]
fn nothing_and_everything_have_an_estimate() {
    for by in pure("1") {
        let odds = Odds::of(&by, 3).unwrap();
        let nothing = odds.estimate(0, 0);
        assert_eq!((nothing.value, nothing.interval), (Some(0), (0, 0)), "{by}");
        assert!(nothing.standard_error.abs() < 1e-9);
        let much = u64::MAX >> 1;
        assert!(odds.estimate(much, much).standard_error.is_finite());
        assert_eq!(odds.estimate(u64::MAX, u64::MAX).value, None, "{by} passes 64 bits");
    }
}

#[test]
fn reach_is_the_less_of_both_bounds() {
    assert!((reach(100.0, 1.0, None) - (1.2296 + (1.2296_f64.powi(2) + 737.776).sqrt())).abs() < 1e-3);
    assert!((reach(784.0, 1.0, normal_multiple(784.0)) - 2.575_84 * 28.0).abs() < 1e-6);
    assert_eq!(normal_multiple(783.0), None);
    assert!(NORMAL.is_sorted_by(|a, b| a.0 > b.0 && a.1 < b.1));
}
