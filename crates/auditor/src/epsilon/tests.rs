//! Tests of the bound: how high it comes, how seldom it is wrong, and how often it finds what is there.

use std::collections::BTreeMap;

use model::{Runs, Samples, Seed, Stream};

use super::{Event, bound, ceiling};

/// The confidence of an examination.
const ALPHA: f64 = 1e-6;

/// A discrete Laplace variate around `centre`: the difference of two geometric ones.
fn noisy(centre: i64, epsilon: f64, chance: &mut Stream) -> i64 {
    #[allow(clippy::cast_possible_truncation, reason = "at most 37 / epsilon, since no draw is below 2^-54")]
    let mut geometric = || (uniform(chance).ln() / -epsilon).floor() as i64;
    centre + geometric() - geometric()
}

fn uniform(chance: &mut Stream) -> f64 {
    use rand_core::Rng;
    ((chance.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

fn runs(count: u64, epsilon: f64, chance: &mut Stream) -> Runs {
    let mut side = |centre| {
        let mut counted = BTreeMap::new();
        (0..count).for_each(|_| *counted.entry(noisy(centre, epsilon, chance)).or_insert(0) += 1);
        counted.into_iter().collect()
    };
    Runs { with: side(4), without: side(3) }
}

/// Samples of a mechanism that spends `epsilon`, with `count` runs over each crowd, half of them for choosing.
fn samples(count: u64, epsilon: f64, seed: u64) -> Samples {
    let mut chance = Seed::root(seed).derive("samples").stream();
    let (choosing, testing) = (runs(count / 2, epsilon, &mut chance), runs(count / 2, epsilon, &mut chance));
    Samples { query: "q".parse().unwrap(), epsilon: "1".parse().unwrap(), choosing, testing }
}

#[test]
fn discrete_laplace_noise_is_shown_to_spend_nearly_what_it_spends_and_never_more() {
    for seed in 0..3 {
        let found = bound(&samples(100_000, 1.0, seed), ALPHA).unwrap();
        assert!((0.9..=1.0).contains(&found.epsilon), "{found:?}");
    }
}

#[test]
fn a_million_runs_of_discrete_laplace_noise_reach_nine_tenths() {
    let found = bound(&samples(1_000_000, 1.0, 7), ALPHA).unwrap();
    assert!((0.97..=1.0).contains(&found.epsilon), "{found:?}");
}

#[test]
fn one_and_a_half_spent_where_one_is_claimed_is_found() {
    let trials = 300;
    let found = (0..trials).filter(|&seed| bound(&samples(4_000, 1.5, seed), ALPHA).unwrap().epsilon > 1.0).count();
    assert!(found >= 297, "{found} of {trials}, expected 99 %");
}

#[test]
fn what_is_spent_as_claimed_is_not_taken_for_more() {
    // At a false-alarm rate of 1/20 for the bound, 300 trials hold at most about 15; at 1e-6, none.
    let over = |alpha| (0..300).filter(|&seed| bound(&samples(600, 1.0, seed), alpha).unwrap().epsilon > 1.0).count();
    assert!(over(0.05) <= 24, "{}", over(0.05));
    assert_eq!(over(ALPHA), 0);
}

#[test]
fn an_answer_without_noise_shows_as_much_as_can_be_shown() {
    let certain = || Runs { with: vec![(4, 2_000)], without: vec![(3, 2_000)] };
    let samples = Samples { choosing: certain(), testing: certain(), ..samples(10, 1.0, 1) };
    let found = bound(&samples, ALPHA).unwrap();
    assert!((found.epsilon - ceiling(2_000, ALPHA)).abs() < 1e-9 && found.epsilon > 4.8, "{found:?}");
}

#[test]
fn an_event_is_tried_on_other_runs_than_it_was_chosen_on() {
    // One odd answer in the choosing runs alone: it convicts nobody.
    let mut samples = samples(4_000, 1.0, 3);
    samples.choosing.with = vec![(77, 2_000)];
    let found = bound(&samples, ALPHA).unwrap();
    assert!(found.epsilon < 1.0, "{found:?}");
    assert!(matches!(found.event, Event::Exactly(_) | Event::From(_) | Event::UpTo(_)));
    samples.choosing = Runs::default();
    assert_eq!(bound(&samples, ALPHA), None);
}
