//! Secret shares in a world: what is released agrees with a control in plain, and hostile clients change nothing.

mod support;

use std::collections::BTreeMap;

use model::{GroupKey, Window, Withheld};
use support::{parse, play};
use world::Played;

/// Published values by query, window and group.
fn cells(played: &Played) -> BTreeMap<(&str, Window), BTreeMap<GroupKey, i64>> {
    let of = |release: &'_ model::Release| release.cells.iter().map(|cell| (cell.group.clone(), cell.value)).collect();
    played.releases.iter().map(|release| ((release.query.as_str(), release.window), of(release))).collect()
}

/// Half the width of an interval that holds the sum of two discrete Laplace variables of that scale, but for once in
/// 10^9: each exceeds 22 scales once in 3 · 10^9.
fn reach(scale: i64) -> i64 {
    2 * 22 * scale
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
fn what_is_released_from_shares_agrees_with_the_truth() {
    let script = parse(include_str!("../../../sims/mechanisms/prio3.toml"));
    let played = play(&script, 2);
    let released = cells(&played);
    let mut compared = 0;
    for ((query, window), cells) in released.iter().filter(|((query, _), _)| !query.starts_with("control")) {
        let scale = if query.starts_with("dwell") { 20 * 10_000 } else { 20 };
        let truth = truth(&released, query, *window);
        for (group, value) in cells {
            let expected = truth.get(group).copied().unwrap_or(0);
            assert!((value - expected).abs() <= reach(scale), "{query} {group:?}: {value} of {expected}");
            compared += 1;
        }
    }
    assert_eq!(compared, 2 * (1 + 1 + 4 + 4), "two days of each of the four queries");
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
    let released = cells(&played);
    for ((query, window), cells) in released.iter().filter(|((query, _), _)| !query.starts_with("control")) {
        let truth = truth(&released, query, *window);
        for (group, value) in cells {
            let expected = truth.get(group).copied().unwrap_or(0);
            assert!((value - expected).abs() <= reach(20), "{query} {group:?}: {value} of {expected}");
        }
    }
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
