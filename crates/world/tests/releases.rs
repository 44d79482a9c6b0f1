//! What is published is as near to the truth as it says, and the world sees where it is not.

mod support;

use std::collections::BTreeMap;

use model::{Accuracy, Mechanism, Release, Withheld};
use scenario::Script;
use support::{parse, play};

/// How the releases of `script` compare with the truth.
fn accuracies(script: &Script) -> Vec<Accuracy> {
    play(script, 2).accuracies
}

fn counts() -> Script {
    parse(include_str!("../../../sims/mechanisms/central-counts.toml"))
}

#[test]
fn every_central_mechanism_publishes_what_holds_the_truth() {
    let scripts = [
        counts(),
        parse(include_str!("../../../sims/mechanisms/central-mean.toml")),
        parse(include_str!("../../../sims/mechanisms/central-histogram.toml")),
        parse(include_str!("../../../sims/mechanisms/central-unknown-keys.toml")),
    ];
    for script in scripts {
        let accuracies = accuracies(&script);
        assert_eq!(accuracies.len(), script.release_expectations.len());
        for accuracy in accuracies {
            assert!(accuracy.holds(), "{} of {}: {accuracy}", accuracy.query, script.name);
        }
    }
}

#[test]
fn threads_change_no_truth() {
    let script = counts();
    assert_eq!(play(&script, 1).accuracies, play(&script, 3).accuracies);
}

#[test]
fn what_is_exact_is_the_truth_whatever_is_lost_repeated_or_late() {
    let mut script = counts();
    script.query_mut("events-by-country").mechanism = Mechanism::Exact;
    script.release_expectations.truncate(1);
    script.weather.lost_permille = 200;
    script.weather.duplicated_permille = 300;
    let accuracies = accuracies(&script);
    assert_eq!((accuracies[0].cells, accuracies[0].covered), (12, 12));
    assert!(accuracies[0].holds());
}

#[test]
fn bounds_that_bite_show_beside_the_truth() {
    let mut script = counts();
    if let Mechanism::Central { reports_per_group_max, .. } = &mut script.query_mut("events-by-country").mechanism {
        *reports_per_group_max = 1;
    }
    script.release_expectations.truncate(1);
    let accuracies = accuracies(&script);
    assert!(!accuracies[0].holds() && accuracies[0].covered == 0, "{}", accuracies[0]);
}

#[test]
fn too_little_noise_and_too_few_cells_show() {
    let mut script = counts();
    script.release_expectations[0].cells_min = 13;
    script.release_expectations[1].withheld_max = Some(0);
    script.budget.as_mut().expect("a budget").epsilon = "1".parse().ok();
    let accuracies = accuracies(&script);
    assert!(!accuracies[0].holds() && accuracies[0].cells == 12, "{}", accuracies[0]);
    // One query spends the budget of each day: the others withhold everything.
    assert!(!accuracies[1].holds() && accuracies[1].withheld == 6, "{}", accuracies[1]);
    assert!(!accuracies[2].holds() && accuracies[2].cells == 0, "{}", accuracies[2]);
}

fn sites() -> Script {
    parse(include_str!("../../../sims/mechanisms/threshold.toml"))
}

#[test]
fn what_is_exact_or_above_a_threshold_is_the_truth() {
    for script in [parse(include_str!("../../../sims/mechanisms/exact.toml")), sites()] {
        let accuracies = accuracies(&script);
        assert_eq!(accuracies.len(), script.queries.len());
        for accuracy in accuracies {
            assert!(
                accuracy.holds() && accuracy.covered == accuracy.cells,
                "{} of {}: {accuracy}",
                accuracy.query,
                script.name
            );
        }
    }
}

#[test]
fn threshold_withholds_exactly_the_sites_that_fewer_devices_visited() {
    let mut script = sites();
    script.release_expectations.clear();
    let published = play(&script, 2).releases;
    script.queries.iter_mut().for_each(|query| query.mechanism = Mechanism::Exact);
    let exact = play(&script, 2).releases;
    let cells = |releases: &[Release], query: &str, window| {
        let release = releases.iter().find(|release| release.query.as_str() == query && release.window == window);
        release
            .expect("published")
            .cells
            .iter()
            .map(|cell| (cell.group.clone(), cell.value))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(published.len(), 2 * 2, "two queries on two days");
    for release in &published {
        let devices = cells(&exact, "devices-by-site", release.window);
        let mut expected = cells(&exact, release.query.as_str(), release.window);
        let all = expected.len();
        expected.retain(|site, _| devices[site] >= 20);
        assert!(expected.len() > 3 && all > expected.len() + 3, "{} of {all} sites prove nothing", expected.len());
        assert_eq!(cells(&published, release.query.as_str(), release.window), expected);
        assert_eq!(release.withheld, [(Withheld::BelowThreshold, (all - expected.len()) as u64)]);
        assert_eq!(release.regions.len(), 2);
    }
}

trait QueryMut {
    fn query_mut(&mut self, id: &str) -> &mut model::Query;
}

impl QueryMut for Script {
    fn query_mut(&mut self, id: &str) -> &mut model::Query {
        self.queries.iter_mut().find(|query| query.id.as_str() == id).expect("the query")
    }
}
