//! `zoo`: exit status, the page and the document.

use std::{fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::{assert_status, glasshouse, shipped, stderr, stdout};

const LEAK: &str = "01-url-in-base64.toml";
const MENDED: &str = "01-url-in-base64-mended.toml";

/// A folder with some scenarios of the zoo, each after `(from, to)`.
fn folder(files: &[&str], (from, to): (&str, &str)) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let text = fs::read_to_string(shipped("zoo").join(file)).unwrap();
        fs::write(folder.path().join(file), text.replace(from, to)).unwrap();
    }
    folder
}

fn document(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = glasshouse().arg("zoo").arg(folder).args(["--json", "-"]).args(arguments).output().unwrap();
    assert_status(&output, 0);
    output.stdout
}

#[test]
fn leak_that_is_found_and_copy_that_is_kept_exit_with_0() {
    let folder = folder(&[LEAK, MENDED], ("", ""));
    let output = glasshouse().arg("zoo").arg(folder.path()).output().unwrap();
    assert_status(&output, 0);
    for wanted in ["1 leak · 1 mended copy", "01-url-in-base64", "canary", "●", "1.000", "threads"] {
        assert!(stdout(&output).contains(wanted), "no {wanted} in\n{}", stdout(&output));
    }
    assert_eq!(stderr(&output), "");
}

#[test]
fn leak_that_another_check_finds_is_missed_and_exits_with_1() {
    let folder = folder(&[LEAK], (r#"check = "canary""#, r#"check = "residency""#));
    let output = glasshouse().arg("zoo").arg(folder.path()).output().unwrap();
    assert_status(&output, 1);
    // Where lines are broken depends on how long the program's path is.
    let shown = stdout(&output).split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in ["What was missed", "expected broken by residency", "✗", "glasshouse run", "--seed 1"] {
        assert!(shown.contains(wanted), "no {wanted} in\n{shown}");
    }
}

#[test]
fn document_follows_its_schema_and_is_the_same_on_any_number_of_threads() {
    let folder = folder(&[LEAK, MENDED], ("", ""));
    let one = document(folder.path(), &["--seeds", "2", "--threads", "1"]);
    assert_eq!(one, document(folder.path(), &["--seeds", "2", "--threads", "2"]));
    let document: Value = serde_json::from_slice(&one).unwrap();
    let schema = glasshouse().args(["schema", "--zoo"]).output().unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(jsonschema::is_valid(&schema, &document), "{document}");
    let seeds: Vec<&Value> =
        document["scenarios"][0]["runs"].as_array().unwrap().iter().map(|run| &run["seed"]).collect();
    assert_eq!(seeds, [1, 2]);
    assert_eq!(document["score"]["recall"], 1.0);
}

#[test]
fn directory_without_scenarios_exits_with_2() {
    let empty = tempfile::tempdir().unwrap();
    let output = glasshouse().arg("zoo").arg(empty.path()).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("no `.toml` file"), "{}", stderr(&output));
}
