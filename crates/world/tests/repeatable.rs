//! Same script, same seed: the same bytes, for any number of threads.

mod support;

use support::{parse, play};

fn flagship(devices: u64) -> scenario::Script {
    let mut script = parse(include_str!("../../../sims/mi-browser-2020.toml"));
    let crowd = script.crowd.as_mut().expect("the flagship has a crowd");
    crowd.devices = devices;
    script.plan.long_days = 0;
    script
}

#[test]
fn threads_change_nothing() {
    let script = flagship(600);
    let one = play(&script, 1);
    for threads in [2, 5] {
        let other = play(&script, threads);
        assert_eq!(one.digests, other.digests, "{threads} threads");
        assert_eq!(one, other, "{threads} threads");
    }
}

#[test]
fn another_seed_is_another_world() {
    let mut script = flagship(300);
    let one = play(&script, 2);
    script.seed += 1;
    let other = play(&script, 2);
    assert_ne!(one.digests.log, other.digests.log);
    assert_ne!(one.digests.captures, other.digests.captures);
    let verdicts = |played: &world::Played| -> Vec<_> {
        played.verdicts.iter().map(|judged| (judged.ruling.claim.clone(), judged.ruling.verdict)).collect()
    };
    assert_eq!(verdicts(&one), verdicts(&other), "verdicts rest on what the vendor does, not on chance");
}

#[test]
fn replay_is_a_play_that_takes_over_what_was_ruled_on_the_same_cases() {
    let mut script = flagship(20);
    let options = |threads: usize| world::Options {
        seed: None,
        threads: threads.try_into().expect("some"),
        network: world::Network::Glass,
        rulebooks: Vec::new(),
    };
    let mut first = play(&script, 1);
    assert_eq!(world::replay(&first, &script, &options(2)).expect("plays"), first);
    for judged in &mut first.verdicts {
        judged.ruling.reason = Some("taken over".to_owned());
    }
    let reasons = |played: &world::Played| -> Vec<bool> {
        played.verdicts.iter().map(|judged| judged.ruling.reason.as_deref() == Some("taken over")).collect()
    };
    assert!(reasons(&world::replay(&first, &script, &options(2)).expect("plays")).iter().all(|taken| *taken));
    script.seed += 1;
    assert!(!reasons(&world::replay(&first, &script, &options(2)).expect("plays")).contains(&true), "another world");
}
