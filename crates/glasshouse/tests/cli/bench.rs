//! `bench`: small sizes, whose figures mean nothing but must all be there.

use std::{fs, process::Output};

use serde_json::Value;

use crate::{assert_status, glasshouse, stderr, stdout};

/// Small enough for a test, and enough that a collector spends time that the system counts.
const SMALL: [&str; 8] = ["--reports", "20000", "--devices", "500", "--keys", "20", "--runs", "2"];

fn bench(arguments: &[&str]) -> Output {
    glasshouse().arg("bench").args(arguments).output().unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], expected: &str) {
    let output = bench(arguments);
    assert_status(&output, 2);
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains(expected), "expected `{expected}`, found:\n{}", stderr(&output));
}

/// A median between the least and the most, all above zero.
#[track_caller]
fn assert_spread(rate: &Value) {
    let [median, least, most] = ["median", "least", "most"].map(|name| rate[name].as_f64().unwrap());
    assert!(0.0 < least && least <= median && median <= most, "{rate}");
}

#[test]
fn all_measures_three_queries_the_collector_and_every_mechanism_in_one_run() {
    let root = tempfile::tempdir().unwrap();
    let [json, plot] = ["figures.json", "picture.svg"].map(|name| root.path().join(name));
    let files = ["--json", json.to_str().unwrap(), "--plot", plot.to_str().unwrap()];
    let output = bench(&[&["all"][..], &SMALL, &files, &["--mechanism", "central", "--threads", "2"]].concat());
    assert_status(&output, 0);
    let rows: Value = serde_json::from_slice(&fs::read(&json).unwrap()).unwrap();
    let names = |table: &str, column: &str| -> Vec<String> {
        let rows = rows[table].as_array().unwrap();
        rows.iter().map(|row| row[column].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("queries", "query"), ["totals", "distinct", "bounded", "sparse"]);
    assert_eq!(
        names("aggregation", "mechanism"),
        ["central ε 1/10", "central ε 1", "central ε 10", "central gaussian ε 1", "central selected ε 1"]
    );
    for row in rows["queries"].as_array().unwrap() {
        assert_eq!((&row["reports"], &row["threads"]), (&20_000.into(), &2.into()));
        for rate in ["oracle", "one-thread", "all-threads", "to-oracle", "to-one-thread"] {
            assert_spread(&row[rate]);
        }
    }
    let [ingest] = rows["ingest"].as_array().unwrap().as_slice() else { panic!("{}", rows["ingest"]) };
    for rate in ["in-place", "prost", "ratio"] {
        assert_spread(&ingest[rate]);
    }
    assert_eq!((&ingest["reports"], &ingest["reports-per-batch"]), (&20_000.into(), &1000.into()));
    for row in rows["aggregation"].as_array().unwrap() {
        for rate in ["reports-per-s", "ratio-to-oracle"] {
            assert_spread(&row[rate]);
        }
    }
    for title in ["How fast queries are answered", "What a collector takes in", "What each mechanism costs"] {
        assert!(stdout(&output).contains(title), "{title}\n{}", stdout(&output));
    }
    let picture = fs::read_to_string(&plot).unwrap();
    assert_eq!(picture.matches("<circle").count(), names("aggregation", "mechanism").len(), "one mark for each row");
}

#[test]
fn ingest_alone_gives_the_ratio_as_json_and_nothing_else() {
    let output = bench(&[&["ingest"][..], &SMALL, &["--json", "-"]].concat());
    assert_status(&output, 0);
    let rows: Value = serde_json::from_str(stdout(&output)).unwrap();
    assert_spread(&rows["ingest"][0]["ratio"]);
    assert_eq!(rows["queries"].as_array().unwrap().len() + rows["aggregation"].as_array().unwrap().len(), 0);
}

#[test]
fn prio3_says_on_how_few_reports_it_was_measured() {
    let output = bench(&[&["aggregation"][..], &SMALL, &["--mechanism", "prio3 ε 10", "--json", "-"]].concat());
    assert_status(&output, 0);
    let rows: Value = serde_json::from_str(stdout(&output)).unwrap();
    let row = &rows["aggregation"][0];
    assert_eq!((&row["mechanism"], &row["reports"]), (&"prio3 ε 10".into(), &1000.into()));
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_measured() {
    refused(
        &["queries", "--plot", "picture.svg"],
        "--plot draws mechanisms: expected `bench aggregation` or `bench all`",
    );
    refused(&["ingest", "--mechanism", "exact"], "--mechanism chooses among mechanisms");
    refused(&["ingest", "--threads", "2"], "--threads is about queries");
    refused(&["all", "--export", "columns"], "--export writes the reports of `bench queries`");
    refused(
        &["aggregation", "--mechanism", "magic"],
        "mechanism `magic` is not measured, expected one of: exact, threshold 50",
    );
    refused(&["aggregation", "--json", "/nowhere/at/all.json"], "cannot write /nowhere/at/all.json");
    refused(&["aggregation", "--keys", "0"], "invalid value '0' for '--keys <N>'");
    refused(&["aggregation", "--keys", "5000", "--mechanism", "oue"], "mechanism `oue` cannot tell 5000 keys apart");
    refused(&["all", "--row", "totals"], "--row measures a row of one table");
    refused(&["ingest", "--row", "totals"], "`ingest` has no row `totals`");
    refused(&["queries", "--row", "exact"], "`queries` has no row `exact`");
}

#[test]
fn too_few_reports_for_a_collector_are_said_to_be_too_few() {
    refused(&["ingest", "--reports", "1", "--runs", "1"], "expected more reports");
}
