//! Secret shares in a world: what is released agrees with a control in plain, and hostile clients change nothing.

mod support;

use std::collections::BTreeMap;

use model::{Accuracy, Cell, GroupKey, Window, Withheld};
use scenario::Script;
use support::{parse, play};
use world::Played;

/// Published values by query, window and group.
fn cells(played: &Played) -> BTreeMap<(&str, Window), BTreeMap<GroupKey, i64>> {
    let of = |release: &'_ model::Release| release.cells.iter().map(|cell| (cell.group.clone(), cell.value)).collect();
    played.releases.iter().map(|release| ((release.query.as_str(), release.window), of(release))).collect()
}

/// What was published from shares beside what the control says.
#[derive(Debug, Default)]
struct Compared {
    cells: usize,
    /// Cells whose interval does not hold the truth. Each states that it does 19 times of 20.
    misses: Vec<String>,
}

/// Compares every cell of a query over shares, in which noise is of the scale that `scale` gives for the query.
fn compared(played: &Played, scale: impl Fn(&str) -> i64) -> Compared {
    let controls = cells(played);
    let mut compared = Compared::default();
    for release in played.releases.iter().filter(|release| !release.query.as_str().starts_with("control")) {
        let (query, truth) = (release.query.as_str(), truth(&controls, release.query.as_str(), release.window));
        for Cell { group, value, error } in &release.cells {
            let bar = error.expect("every value has an interval");
            let expected = truth.get(group).copied().unwrap_or(0);
            // Two discrete Laplace variables of one scale exceed 4.2 scales together less than once in 20 times.
            assert!(bar.high - bar.low <= 9 * scale(query), "{query} {group:?} is within {bar:?}, which says nothing");
            assert!(bar.coverage >= "19/20".parse().expect("a ratio"), "{query} {group:?}: {bar:?}");
            compared.cells += 1;
            if !bar.covers(expected) {
                compared.misses.push(format!("{query} {group:?} is {expected}, not {value} within {bar:?}"));
            }
        }
    }
    compared
}

/// The crowd alone: what the examiner does has tests of its own.
fn crowd_of(text: &str) -> Script {
    let mut script = parse(text);
    script.claims.clear();
    script.expectations.clear();
    script.lab.clear();
    script
}

/// How many lines of the log say that a server refused so many shares for `reason`, and how many in all.
fn refused(played: &Played, party: &str, reason: &str) -> u64 {
    let log = String::from_utf8(played.artifacts.log.clone()).expect("text");
    let lines = log.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let verified = lines.filter(|line| line["event"] == "verified" && line["party"] == party);
    verified.filter_map(|line| line["refused"][reason].as_u64()).sum()
}

fn tally(played: &Played, name: &str) -> u64 {
    played.tallies.iter().find(|(known, _)| *known == name).map_or(0, |(_, number)| *number)
}

/// What the control says of the query named `query` in `window`, by group.
fn truth(
    released: &BTreeMap<(&str, Window), BTreeMap<GroupKey, i64>>,
    query: &str,
    window: Window,
) -> BTreeMap<GroupKey, i64> {
    let control = |name| released.get(&(name, window)).cloned().unwrap_or_default();
    let total = |cells: BTreeMap<GroupKey, i64>| [(Vec::new(), cells.into_values().sum())].into();
    match query {
        "typed" => [(Vec::new(), control("control-typed").get(&vec!["true".to_owned()]).copied().unwrap_or(0))].into(),
        "dwell" => total(control("control-dwell-by-site")),
        "dwell-by-site" => control("control-dwell-by-site"),
        _ => control("control-visits-by-site"),
    }
}

#[test]
fn what_is_released_from_shares_holds_the_truth_as_often_as_it_says() {
    let script = crowd_of(include_str!("../../../sims/mechanisms/prio3.toml"));
    let scale = |query: &str| if query.starts_with("dwell") { 20 * 10_000 } else { 20 };
    let (mut cells, mut misses) = (0, Vec::new());
    for seed in 1..=3 {
        let found = compared(&play(&Script { seed, ..script.clone() }, 2), scale);
        cells += found.cells;
        misses.extend(found.misses);
    }
    assert_eq!(cells, 3 * 2 * (1 + 1 + 4 + 4), "two days of each of the four queries");
    // Three are to be expected. Who keeps their word misses nine, or more, once in 350 times.
    assert!(misses.len() <= 8, "{misses:#?}");
}

#[test]
fn what_is_released_from_shares_agrees_with_the_truth() {
    let script = parse(include_str!("../../../sims/mechanisms/prio3.toml"));
    let played = play(&script, 2);
    assert!(played.accuracies.len() == 4 && played.accuracies.iter().all(Accuracy::holds), "{:?}", played.accuracies);
    let released = cells(&played);
    assert_eq!(tally(&played, "shares refused"), 0);
    let visits: i64 = truth(&released, "visits-by-site", played.releases[0].window).into_values().sum();
    assert!(visits > 200, "there is something to agree with");
    let dwell = &released[&("dwell", played.releases[0].window)];
    assert!(dwell.values().all(|value| *value > 500_000), "far from what nothing would give: {dwell:?}");
    assert_eq!(play(&script, 1).digests, played.digests, "with one thread as with two");
}

#[test]
fn hostile_clients_are_refused_and_counted_and_the_others_count_all_the_same() {
    let script = parse(include_str!("../../../sims/mechanisms/prio3-hostile.toml"));
    let played = play(&script, 2);
    // Reports of a device weigh 20 at most, for an epsilon of 8.
    let Compared { cells: compared, misses } = compared(&played, |_| 3);
    assert_eq!(compared, 2 * 4, "two days of four sites");
    // Who keeps their word misses three of eight, or more, under one seed in a hundred and seventy.
    assert!(misses.len() <= 2, "{misses:#?}");
    assert!(played.accuracies.len() == 1 && played.accuracies.iter().all(Accuracy::holds), "{:?}", played.accuracies);
    let released = cells(&played);
    let counted: i64 = released
        .iter()
        .filter(|((query, _), _)| query.starts_with("control"))
        .flat_map(|(_, cells)| cells.values())
        .sum();
    assert_eq!(tally(&played, "reports counted from shares"), u64::try_from(counted).expect("counts"));
    // What cheats claim fails at the helper; the leader hears of it.
    let cheats = refused(&played, "helper", "invalid-share");
    assert!(cheats > 50, "{cheats} cheats");
    assert_eq!(refused(&played, "leader", "refused-by-other"), cheats);
    // A leader's share for other sites has another length; the helper's is a seed whatever it is of.
    let garbled = refused(&played, "leader", "share-length");
    assert!(garbled > 30, "{garbled} of another length");
    assert_eq!(refused(&played, "helper", "unpaired-share"), garbled);
    let [leader, helper] = ["leader", "helper"].map(|party| refused(&played, party, "replayed-share"));
    assert!(leader > 50 && leader == helper, "{leader} and {helper} replays");
}

#[test]
fn without_a_control_the_claims_of_hostile_clients_are_no_truth() {
    let mut script = parse(include_str!("../../../sims/mechanisms/prio3-hostile.toml"));
    script.release_expectations[0].control = None;
    let [accuracy] = &play(&script, 2).accuracies[..] else { panic!("one expectation") };
    assert!(!accuracy.holds() && accuracy.cells == 8, "{accuracy}");
}

#[test]
fn one_server_alone_publishes_nothing() {
    let text = include_str!("../../../sims/mechanisms/prio3-hostile.toml");
    // The helper's host is one of the leader's region: the helper never gets a share.
    let text = text.replace(
        "host = \"helper.vendor.example\"\nregion = \"de\"",
        "host = \"helper.vendor.example\"\nregion = \"sg\"",
    );
    let played = play(&parse(&text), 2);
    let shared = played.releases.iter().filter(|release| release.query.as_str() == "visits-by-site");
    let withheld: Vec<_> = shared.map(|release| (release.cells.len(), release.withheld.clone())).collect();
    assert!(
        !withheld.is_empty() && withheld.iter().all(|one| *one == (0, vec![(Withheld::ShareMissing, 4)])),
        "{withheld:?}"
    );
}
