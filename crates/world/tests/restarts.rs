//! What an aggregator that is started again still knows: what it published, and what that cost.

mod support;

#[path = "support/land.rs"]
mod land;

use land::Land;
use model::{Release, Withheld};
use world::Played;

/// Counts of half days, each for the whole budget of its day: those of 1 May are closed on 3 May at noon and on 4 May.
fn half_days(more: &str) -> Played {
    let central = "{ central = { epsilon = 1, groups-per-device-max = 1, reports-per-group-max = 64 } }";
    let install = "[[policy.p.identifier]]\nname = \"install\"\nlifetime = \"install\"";
    Land::new(&format!("{install}\n[budget]\nepsilon = 1\n{more}"))
        .with("mechanism = \"exact\"", &format!("window = \"12h\"\nmechanism = {central}"))
        .with("name = \"usage\"", "name = \"usage\"\ndevice = \"id:install\"")
        .play(2)
}

/// The aggregator is started again between the two releases of 1 May.
fn restart(keeps: &str) -> String {
    let kind = format!("aggregator-restart = {{ keeps = \"{keeps}\" }}");
    format!("[[fault]]\nat = \"2020-05-03T18:00:00Z\"\nkind = {{ {kind} }}\n")
}

fn is_withheld(release: &Release) -> bool {
    release.cells.is_empty() && release.withheld == [(Withheld::Budget, 1)]
}

#[test]
fn what_was_spent_stays_spent_when_the_aggregator_is_started_again() {
    let calm = half_days("").releases;
    assert_eq!(calm.iter().map(is_withheld).collect::<Vec<_>>(), [false, true, false, true], "{calm:?}");
    assert_eq!(half_days(&restart("everything")).releases, calm);
    let forgetful = half_days(&restart("nothing")).releases;
    assert_eq!(forgetful.iter().map(is_withheld).collect::<Vec<_>>(), [false, false, false, true], "{forgetful:?}");
}
