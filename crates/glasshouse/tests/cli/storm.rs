//! `storm`: exit status, the table, and the scenario that shows what was found.

use std::fs;

use serde_json::Value;

use crate::{assert_status, glasshouse, shipped, stderr, stdout};

#[test]
fn storm_that_finds_nothing_exits_with_0_and_writes_no_scenario() {
    let folder = tempfile::tempdir().unwrap();
    let output = glasshouse()
        .current_dir(folder.path())
        .args(["storm", "--seeds", "2", "--from-seed", "5", "--json", "-"])
        .output()
        .unwrap();
    assert_status(&output, 0);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["worlds"], &document["found"]), (&2.into(), &Value::Array(Vec::new())));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn policy_that_leaks_is_found_shrunk_and_replayed_by_run() {
    let folder = tempfile::tempdir().unwrap();
    let (out, leak) = (folder.path().join("found"), shipped("zoo/01-url-in-base64.toml"));
    let mut storm = glasshouse();
    storm.args(["storm", "--seeds", "2", "--policy"]).arg(&leak).arg("--out").arg(&out);
    let output = storm.output().unwrap();
    assert_status(&output, 1);
    for wanted in ["S8 verdicts-agree-with-truth", "S7 suppressed-never-leaves", "--from-seed 1", "glasshouse run"] {
        assert!(stdout(&output).contains(wanted), "no {wanted} in\n{}", stdout(&output));
    }
    let files: Vec<_> = out.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    let file = files.iter().find(|file| file.to_string_lossy().contains("-S8-")).expect("a scenario of S8");
    assert!(fs::read_to_string(file).unwrap().starts_with("# Found by the storm, seed 1, shrunk."));
    let output = glasshouse().arg("run").arg(file).output().unwrap();
    assert_status(&output, 1);
    assert!(stdout(&output).contains("expected kept"), "{}", stdout(&output));
}

#[test]
fn file_without_policies_and_a_wrong_duration_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.toml");
    fs::write(&path, "name = 'nothing'\n").unwrap();
    let output = glasshouse().args(["storm", "--policy"]).arg(&path).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("holds no policies that can be read"), "{}", stderr(&output));
    let output = glasshouse().args(["storm", "--for", "soon"]).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("soon"), "{}", stderr(&output));
}
