//! Probabilities against the definitions of the papers.

use super::*;

#[test]
fn k_ary_tells_the_truth_e_to_epsilon_times_as_often_as_each_other_value() {
    for (k, epsilon) in [(2, "0.5"), (3, "1"), (5, "7/3"), (7, "3")] {
        let (e, others) = (exp(epsilon), f64::from(k - 1));
        for truth in 0..k {
            let outcomes = Walk::stride(|walk| k_ary::respond(k, Some(truth), ratio(epsilon), walk));
            for response in 0..k {
                let expected = if response == truth { e / (e + others) } else { 1.0 / (e + others) };
                assert!(outcomes.agrees(&response, expected), "{k}, {epsilon}: {:?}", outcomes.found);
            }
        }
        let untrue = Walk::stride(|walk| k_ary::respond(k, None, ratio(epsilon), walk));
        assert!((0..k).all(|response| untrue.agrees(&response, 1.0 / f64::from(k))));
    }
}

#[test]
fn none_of_the_known_values_is_one_more_value_of_k_ary() {
    let (by, e) = (over(&Randomizer::KAry { epsilon: ratio("1") }), exp("1"));
    for value in ["b", "elsewhere"] {
        let outcomes = Walk::stride(|walk| by.respond(value, &Seed::root(0), walk));
        for response in ["a", "b", "c", ""] {
            let is_true = response == if value == "b" { "b" } else { "" };
            let expected = if is_true { e / (e + 3.0) } else { 1.0 / (e + 3.0) };
            assert!(outcomes.agrees(&response.to_owned(), expected), "{value}: {:?}", outcomes.found);
        }
    }
}

#[test]
fn unary_bits_are_set_with_probability_one_half_and_one_in_e_to_epsilon_and_one() {
    for epsilon in ["0.5", "1", "3"] {
        for truth in [None, Some(0), Some(2)] {
            let outcomes = Walk::stride(|walk| unary::respond(3, truth, ratio(epsilon), walk));
            for (row, found) in &outcomes.found {
                let odds = |bit| if Some(bit) == truth { 0.5 } else { 1.0 / (exp(epsilon) + 1.0) };
                let expected: f64 = (0..3).map(|bit| if row.has(bit) { odds(bit) } else { 1.0 - odds(bit) }).product();
                assert!((found - expected).abs() < 1e-12, "{found} of {expected}");
            }
            assert_eq!(outcomes.found.len(), 8);
        }
    }
}

#[test]
fn buckets_are_as_many_as_the_paper_says() {
    for (epsilon, buckets) in [("0.01", 2), ("0.5", 3), ("1", 4), ("2", 8), ("3", 21), ("10", 22_027)] {
        assert_eq!(bucket_count(ratio(epsilon)), buckets, "{epsilon}");
    }
}

#[test]
fn hashed_bucket_is_randomized_as_by_k_ary() {
    let (e, epsilon) = (exp("1"), ratio("1"));
    for key in [0, 1, u64::MAX] {
        let outcomes = Walk::stride(|walk| hashing::respond_under(key, Some("a"), epsilon, walk));
        let none = Walk::stride(|walk| hashing::respond_under(key, None, epsilon, walk));
        for response in 0..4 {
            let expected = if response == bucket(key, "a", 4) { e } else { 1.0 } / (e + 3.0);
            assert!(outcomes.agrees(&response, expected), "{key}: {:?}", outcomes.found);
            assert!(none.agrees(&response, 0.25));
        }
    }
}

#[test]
fn two_values_share_a_bucket_as_often_as_chance_alone_would_bring_about() {
    const KEYS: u64 = 40_000;
    let mut stream = Seed::root(1).stream();
    for buckets in [2, 3, 8] {
        let drawn = |_| u64::try_from(Bits(&mut stream).below(1 << 64)).unwrap();
        let keys: Vec<u64> = (0..KEYS).map(drawn).collect();
        let shared = keys.iter().filter(|key| bucket(**key, "a", buckets) == bucket(**key, "b", buckets)).count();
        let (mean, odds) = (40_000.0 / f64::from(buckets), 1.0 / f64::from(buckets));
        let deviation = (mean * (1.0 - odds)).sqrt();
        let shared = f64::from(u32::try_from(shared).unwrap());
        assert!((shared - mean).abs() < 4.5 * deviation, "{buckets} buckets: {shared} of {mean}");
    }
}

#[test]
fn hadamard_sign_is_turned_with_probability_one_in_e_to_epsilon_and_one() {
    let (e, epsilon) = (exp("2"), ratio("2"));
    for (values, truth) in [(1, Some(0)), (3, Some(0)), (3, Some(2)), (5, Some(4)), (3, None)] {
        let outcomes = Walk::stride(|walk| hadamard::respond(values, truth, epsilon, walk));
        let rows = f64::from(order(values));
        for row in 0..order(values) {
            for said in [true, false] {
                let odds = match truth {
                    None => 0.5,
                    Some(truth) if sign(row, truth) == said => e / (e + 1.0),
                    Some(_) => 1.0 / (e + 1.0),
                };
                assert!(outcomes.agrees(&(row, said), odds / rows), "{values}: {:?}", outcomes.found);
            }
        }
    }
}

#[test]
fn different_columns_of_the_matrix_agree_in_half_of_their_rows() {
    let agree = |a, b| (0..16).filter(|row| sign(*row, a) == sign(*row, b)).count();
    for (a, b) in (0..16).flat_map(|a| (0..16).map(move |b| (a, b))) {
        assert_eq!(agree(a, b), if a == b { 16 } else { 8 });
    }
}

#[test]
fn rappor_sets_bits_with_the_probabilities_of_the_paper() {
    for (f, p, q) in [("1/2", "1/4", "3/4"), ("0", "1/3", "1/2"), ("3/4", "0", "1"), ("1/8", "1/10", "4/5")] {
        let rappor = Rappor { bits: 3, hashes: 2, ..filter(f, p, q) };
        let set = positions(&rappor, 1, "a");
        let outcomes = Walk::stride(|walk| {
            let permanent = rappor::permanent(&rappor, &set, walk);
            rappor::instantaneous(&rappor, &permanent, walk)
        });
        let [f, p, q] = [rappor.f, rappor.p, rappor.q].map(Ratio::approximate);
        // Lemmas 1 and 2 there.
        let (if_set, if_unset) = (f / 2.0 * (p + q) + (1.0 - f) * q, f / 2.0 * (p + q) + (1.0 - f) * p);
        for (row, found) in &outcomes.found {
            let odds = |bit| if set.contains(&bit) { if_set } else { if_unset };
            let expected: f64 = (0..3).map(|bit| if row.has(bit) { odds(bit) } else { 1.0 - odds(bit) }).product();
            assert!((found - expected).abs() < 1e-12, "{f}: {found} of {expected}");
        }
    }
}

#[test]
fn values_set_as_many_bits_as_there_are_hashes_and_cohorts_set_others() {
    let rappor = Rappor { bits: 64, hashes: 3, cohorts: 8, ..filter("1/2", "1/4", "3/4") };
    let sets: Vec<_> = (0..8).map(|cohort| positions(&rappor, cohort, "a")).collect();
    assert!(sets.iter().all(|set| set.len() == 3 && set.iter().all(|bit| *bit < 64)));
    assert!(sets[1..].iter().any(|set| *set != sets[0]));
    assert_eq!(positions(&Rappor { bits: 2, ..rappor }, 0, "a").len(), 2, "there are no more bits");
}

#[test]
fn cohorts_are_drawn_evenly() {
    let rappor = Rappor { cohorts: 4, ..filter("1/2", "1/4", "3/4") };
    let mut counts = [0_u32; 4];
    (0..8_000).for_each(|n| counts[rappor::cohort(&rappor, &Seed::root(1).nth(n)) as usize] += 1);
    let chi_squared: f64 = counts.iter().map(|count| (f64::from(*count) - 2_000.0).powi(2) / 2_000.0).sum();
    assert!(chi_squared < 21.1, "1 in 10^4 beyond that with 3 degrees: {chi_squared}");
}
