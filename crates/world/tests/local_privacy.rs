//! What devices randomize is estimated about right, over two regions and through gRPC.

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use model::{Cell, GroupKey, Mechanism, Ratio, Release};
use scenario::Script;
use support::{parse, play};

fn shipped(kind: &str) -> Script {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../sims/mechanisms/local-{kind}.toml"));
    parse(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// The same world with clients that tell the truth, and with servers that publish what they count.
fn truthful(script: &Script) -> Script {
    let mut script = script.clone();
    for policy in script.policies.values_mut() {
        policy.randomizers.clear();
        for event in policy.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.events) {
            for expression in event.fields.values_mut() {
                *expression = expression.replace("|randomize(sites)", "");
            }
        }
    }
    script.queries.iter_mut().for_each(|query| query.mechanism = Mechanism::Exact);
    script
}

/// The crowd alone: what the examiner does has tests of its own.
fn crowd_of(kind: &str) -> Script {
    let mut script = shipped(kind);
    script.claims.clear();
    script.expectations.clear();
    script.lab.clear();
    script
}

fn counts(release: &Release) -> BTreeMap<&GroupKey, i64> {
    release.cells.iter().map(|cell| (&cell.group, cell.value)).collect()
}

#[track_caller]
fn estimates_hold_the_truth(kind: &str, spread_max: i64) {
    let script = crowd_of(kind);
    let (estimated, exact) = (play(&script, 2), play(&truthful(&script), 2));
    assert_eq!(estimated.releases.len(), exact.releases.len());
    assert!(estimated.releases.len() >= 2, "there are two days");
    let mut misses = Vec::new();
    let mut cells = 0;
    let far = Ratio::new(5, 1).unwrap();
    for (release, truth) in estimated.releases.iter().zip(&exact.releases) {
        assert_eq!((&release.window, &release.regions), (&truth.window, &truth.regions));
        assert_eq!(release.regions.len(), 2);
        let truth = counts(truth);
        for Cell { group, value, error } in &release.cells {
            let bar = error.expect("every estimate has an error bar");
            let truth = truth.get(group).copied().unwrap_or(0);
            assert!(bar.high - bar.low <= spread_max, "{kind}: {group:?} is within {bar:?}");
            cells += 1;
            let off = Ratio::new(value.abs_diff(truth), 1).unwrap();
            assert!(off <= bar.standard_error.checked_mul(far).unwrap(), "{kind}: {group:?} is {truth}, not {value}");
            if !bar.covers(truth) {
                misses.push(format!("{group:?} is {truth}, not {value} within {bar:?}"));
            }
        }
    }
    assert!(cells >= 12, "six sites on two days");
    // Of twelve that state 19/20, four or more miss once in 450 crowds.
    assert!(misses.len() < 4, "{kind}: {misses:?}");
}

#[test]
fn k_ary_estimates_hold_the_truth() {
    estimates_hold_the_truth("k-ary", 500);
}

#[test]
fn oue_estimates_hold_the_truth() {
    estimates_hold_the_truth("oue", 500);
}

#[test]
fn olh_estimates_hold_the_truth() {
    estimates_hold_the_truth("olh", 500);
}

#[test]
fn rappor_estimates_hold_the_truth() {
    estimates_hold_the_truth("rappor", 600);
}

#[test]
fn hadamard_estimates_hold_the_truth() {
    estimates_hold_the_truth("hadamard", 500);
}

#[test]
fn threads_change_no_answer() {
    let script = crowd_of("rappor");
    assert_eq!(play(&script, 1).digests, play(&script, 3).digests);
}
