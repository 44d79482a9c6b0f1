//! No response is more than e^epsilon times as probable under one value as under another.

use super::*;

/// The greatest ratio of the probabilities of one response under two causes, over all responses and causes.
fn greatest_ratio<T: Ord + Clone>(causes: &[Outcomes<T>]) -> f64 {
    let lost: f64 = causes.iter().map(|outcomes| outcomes.lost).sum();
    assert!(lost < 1e-12, "{lost} was not followed");
    let responses: std::collections::BTreeSet<T> = causes.iter().flat_map(|c| c.found.keys().cloned()).collect();
    let odds = |response: &T| causes.iter().map(|c| c.found.get(response).copied().unwrap_or(0.0)).collect::<Vec<_>>();
    let ratio =
        |odds: Vec<f64>| odds.iter().copied().fold(0.0, f64::max) / odds.iter().copied().fold(f64::INFINITY, f64::min);
    responses.iter().map(|response| ratio(odds(response))).fold(0.0, f64::max)
}

/// The known values, and one that is none of them.
const CAUSES: [&str; 4] = ["a", "b", "c", "elsewhere"];

#[test]
fn epsilon_bounds_every_response_under_every_two_values_and_is_spent_whole() {
    for epsilon in ["0.5", "1", "2"] {
        for by in
            any_kind(epsilon).into_iter().filter(|by| !matches!(by, Randomizer::Olh { .. } | Randomizer::Rappor(_)))
        {
            let randomizer = over(&by);
            let causes = CAUSES.map(|value| Walk::stride(|walk| randomizer.respond(value, &Seed::root(0), walk)));
            let (found, bound) = (greatest_ratio(&causes), exp(epsilon));
            assert!(found <= bound * (1.0 + 1e-9), "{by}: {found} passes {bound}");
            assert!(found >= bound * (1.0 - 1e-9), "{by}: {found} leaves something of {bound}");
        }
    }
}

#[test]
fn epsilon_bounds_every_bucket_under_every_key() {
    for epsilon in ["0.5", "1", "2"] {
        for key in 0..20 {
            let respond = |value| Walk::stride(|walk| hashing::respond_under(key, value, ratio(epsilon), walk));
            let causes = [Some("a"), Some("b"), Some("c"), None].map(respond);
            let (found, bound) = (greatest_ratio(&causes), exp(epsilon));
            assert!(found <= bound * (1.0 + 1e-9), "{found} passes {bound}");
        }
    }
}

#[test]
fn rappor_spends_what_the_paper_says_once_and_for_good() {
    for (hashes, f, p, q) in [(1, "1/2", "1/4", "3/4"), (2, "1/2", "1/4", "3/4"), (2, "1/4", "1/8", "7/8")] {
        let rappor = Rappor { hashes, ..filter(f, p, q) };
        // Two values that set different bits are told apart most; a third shares bits, and a fourth sets none.
        let first: std::collections::BTreeSet<u32> = (0..hashes).collect();
        let others = [(2..2 + hashes).collect(), (1..1 + hashes).collect(), std::collections::BTreeSet::new()];
        let causes: Vec<_> = std::iter::once(first).chain(others).collect();
        let permanent: Vec<_> =
            causes.iter().map(|set| Walk::stride(|walk| rappor::permanent(&rappor, set, walk))).collect();
        let found = greatest_ratio(&permanent).ln();
        assert!((found - rappor.epsilon_permanent()).abs() < 1e-9, "for good: {found}");
        let once: Vec<_> = causes
            .iter()
            .map(|set| {
                Walk::stride(|walk| {
                    let permanent = rappor::permanent(&rappor, set, walk);
                    rappor::instantaneous(&rappor, &permanent, walk)
                })
            })
            .collect();
        let found = greatest_ratio(&once).ln();
        assert!((found - rappor.epsilon_once()).abs() < 1e-9, "once: {found}");
    }
}

#[test]
fn permanent_response_is_the_same_each_time_for_a_device_and_a_value_and_for_no_other() {
    // Nothing is added to it by single responses.
    let by = Randomizer::Rappor(Rappor { bits: 64, cohorts: 1, ..filter("1/2", "0", "1") });
    let randomizer = LocalRandomizer::new(&by, VALUES).unwrap();
    let mut stream = Seed::root(3).stream();
    let mut respond = |value: &str, device| randomizer.respond(value, &Seed::root(device), &mut Bits(&mut stream));
    for value in ["a", "elsewhere"] {
        let first = respond(value, 1);
        assert!((0..20).all(|_| respond(value, 1) == first));
        assert_ne!(respond(value, 2), first);
        assert_ne!(respond("b", 1), first);
    }
    assert_eq!(respond("elsewhere", 1), respond("somewhere", 1), "what is not known is not told apart");
}

#[test]
fn single_responses_differ_though_the_permanent_one_does_not() {
    let by = Randomizer::Rappor(Rappor { bits: 64, ..filter("1/2", "1/4", "3/4") });
    let randomizer = LocalRandomizer::new(&by, VALUES).unwrap();
    let mut stream = Seed::root(3).stream();
    let responses: Vec<_> = (0..20).map(|_| randomizer.respond("a", &Seed::root(1), &mut Bits(&mut stream))).collect();
    assert!(responses.iter().all(|response| responses.iter().filter(|other| *other == response).count() == 1));
}
