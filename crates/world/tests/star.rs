//! STAR from end to end: what is published is the truth, however the world is played and whoever is hostile in it.

mod support;

use std::collections::BTreeMap;

use model::{Mechanism, Release, Withheld};
use scenario::Script;
use support::{parse, play};

const K: i64 = 20;

fn honest() -> Script {
    parse(include_str!("../../../sims/mechanisms/star.toml"))
}

fn hostile() -> Script {
    parse(include_str!("../../../sims/mechanisms/star-hostile.toml"))
}

/// The same vendor and the same people, in the open: every visit with a device's name, counted as it is.
fn in_the_open(mut script: Script) -> Script {
    script.queries[0].mechanism = Mechanism::Exact;
    for policy in script.policies.values_mut() {
        let id = r#"name = "device"
            lifetime = "install"
            survives = ["update"]"#;
        policy.identifiers = vec![toml::from_str(id).expect("an identifier")];
        for pipeline in &mut policy.pipelines {
            pipeline.star = None;
            pipeline.device = Some("id:device".to_owned());
        }
    }
    script.crowd.iter_mut().for_each(|crowd| crowd.hostile_devices = 0);
    script.expectations.clear();
    script.claims.clear();
    script
}

/// Published values by window and key.
fn values(releases: &[Release]) -> BTreeMap<(String, String), i64> {
    let cells = releases.iter().flat_map(|release| release.cells.iter().map(move |cell| (release.window, cell)));
    cells.map(|(window, cell)| ((window.to_string(), cell.group[0].clone()), cell.value)).collect()
}

fn withheld(releases: &[Release], reason: Withheld) -> u64 {
    releases.iter().flat_map(|release| &release.withheld).filter(|(why, _)| *why == reason).map(|(_, n)| n).sum()
}

#[test]
fn release_is_the_truth_from_k_devices_on_and_silent_below() {
    // No weather: a message whose randomness was lost on the way, until its window was over, is never sent.
    let mut script = honest();
    script.weather.lost_permille = 0;
    let truth = values(&play(&in_the_open(script.clone()), 2).releases);
    let sealed = play(&script, 2);
    let expected: BTreeMap<_, _> =
        truth.iter().filter(|(_, value)| **value >= K).map(|(k, v)| (k.clone(), *v)).collect();
    assert!(expected.len() > 3 && truth.len() > expected.len() + 3, "{} of {}", expected.len(), truth.len());
    assert_eq!(values(&sealed.releases), expected);
    assert!(sealed.releases.iter().all(|release| release.regions.len() == 2));
    assert_eq!(withheld(&sealed.releases, Withheld::Malformed), 0);
    assert_eq!(withheld(&sealed.releases, Withheld::BelowThreshold), (truth.len() - expected.len()) as u64);
}

#[test]
fn hostile_clients_are_refused_and_counted_and_change_no_value() {
    let mut script = hostile();
    script.weather.lost_permille = 0;
    let truth = values(&play(&in_the_open(script.clone()), 2).releases);
    let expected: BTreeMap<_, _> = truth.into_iter().filter(|(_, value)| *value >= K).collect();
    let sealed = play(&script, 2);
    assert_eq!(values(&sealed.releases), expected);
    assert!(withheld(&sealed.releases, Withheld::Malformed) > 20);
}

#[test]
fn sealed_world_is_the_same_for_any_number_of_threads_and_in_every_run() {
    let mut script = hostile();
    script.crowd.as_mut().expect("a crowd").devices = 260;
    let one = play(&script, 1);
    for threads in [1, 3] {
        let other = play(&script, threads);
        assert_eq!(one.digests, other.digests, "{threads} threads");
        assert_eq!(one.releases, other.releases, "{threads} threads");
    }
}

#[test]
fn nothing_but_sealed_sites_and_blinded_points_leaves_a_device() {
    let played = play(&hostile(), 2);
    let flows = played.cases.iter().flat_map(|case| &case.examinations).flat_map(|examination| &examination.records);
    let flows: Vec<_> = flows.flat_map(|record| &record.capture.flows).collect();
    let asked = flows.iter().filter(|flow| flow.path == "/glasshouse.v1.RandomnessService/Evaluate").count();
    let sent: Vec<_> = flows.iter().filter(|flow| flow.path == "/sites").collect();
    assert!(asked > 0 && !sent.is_empty(), "{asked} asked, {} sent", sent.len());
    let day = 86_400_000;
    for flow in sent {
        // Messages leave when the window is over, within the first moments of a day.
        assert!(flow.at.as_millis() % day < day / 2, "{}", flow.at);
    }
}
