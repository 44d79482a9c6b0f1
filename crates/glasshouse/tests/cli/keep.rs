//! `run --out`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

use model::CaseFile;
use serde_json::Value;

use crate::{assert_status, glasshouse, quickstart, shipped, stderr, stdout};

fn run_to(out: &Path, more: &[&str]) -> Output {
    glasshouse().arg(shipped("quickstart.toml")).arg("--out").arg(out).args(more).output().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn everything_is_kept_in_one_folder_for_each_scenario() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("deep/out");
    assert_status(&run_to(&out, &[]), 0);
    assert_eq!(names(&out), ["quickstart"]);
    let folder = out.join("quickstart");
    let kept = ["captures.jsonl", "cases", "findings.jsonl", "log.jsonl", "manifest.json", "releases.jsonl"];
    assert_eq!(names(&folder), kept);
    for file in ["log.jsonl", "captures.jsonl", "findings.jsonl"] {
        let text = fs::read_to_string(folder.join(file)).unwrap();
        assert!(!text.is_empty(), "{file}");
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{file}");
    }
    let cases = names(&folder.join("cases"));
    assert_eq!(cases, ["browser@1.0@absent.json"]);
    let case: CaseFile = serde_json::from_slice(&fs::read(folder.join("cases").join(&cases[0])).unwrap()).unwrap();
    assert_eq!(case.scenario, "quickstart");
}

#[test]
fn later_run_takes_the_place_of_an_earlier_one() {
    let root = tempfile::tempdir().unwrap();
    assert_status(&run_to(root.path(), &[]), 0);
    assert_status(&run_to(root.path(), &["--seed", "9"]), 0);
    assert_eq!(names(root.path()), ["quickstart"]);
    let manifest = fs::read(root.path().join("quickstart/manifest.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&manifest).unwrap()["seed"], 9);
}

#[test]
fn files_of_others_are_not_overwritten() {
    let refused = |prepare: &dyn Fn(&Path) -> PathBuf| {
        let root = tempfile::tempdir().unwrap();
        let foreign = prepare(root.path());
        let output = run_to(root.path(), &[]);
        assert_status(&output, 2);
        assert_eq!(stdout(&output), "");
        assert!(stderr(&output).contains("is in the way"), "{}", stderr(&output));
        assert_eq!(fs::read_to_string(foreign).unwrap(), "mine");
        assert_eq!(names(root.path()), ["quickstart"]);
    };
    let foreign_file = |path: PathBuf| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "mine").unwrap();
        path
    };
    refused(&|root| foreign_file(root.join("quickstart")));
    refused(&|root| foreign_file(root.join("quickstart/thesis.txt")));
    refused(&|root| foreign_file(root.join("quickstart/manifest.json")));
    refused(&|root| {
        assert_status(&run_to(root, &[]), 0);
        foreign_file(root.join("quickstart/cases/notes.txt"))
    });
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let (_folder, copy) = quickstart(&[]);
    let mut command = glasshouse();
    let output = command.arg(shipped("quickstart.toml")).arg(copy).arg("--out").arg(root.path()).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("two scenarios are named quickstart"), "{}", stderr(&output));
}
