//! What is published is as near to the truth as it says, and the world sees where it is not.

mod support;

use model::{Accuracy, Mechanism};
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

trait QueryMut {
    fn query_mut(&mut self, id: &str) -> &mut model::Query;
}

impl QueryMut for Script {
    fn query_mut(&mut self, id: &str) -> &mut model::Query {
        self.queries.iter_mut().find(|query| query.id.as_str() == id).expect("the query")
    }
}
