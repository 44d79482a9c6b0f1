//! `run`: exit status, the story, JSON and JUnit.

use std::fs;

use serde_json::Value;

use crate::{EXPECT_NOTHING, LEAK, assert_status, glasshouse, quickstart, shipped, stderr, stdout};

#[test]
fn quickstart_tells_its_story_in_plain_text_and_exits_with_0() {
    let output = glasshouse().arg("run").arg(shipped("quickstart.toml")).output().unwrap();
    assert_status(&output, 0);
    let story = stdout(&output);
    for wanted in ["A browser that says nothing about incognito", "What was found", "kept", "Play it again"] {
        assert!(story.contains(wanted), "no {wanted} in\n{story}");
    }
    assert!(!story.contains('\u{1b}'), "{story}");
    // The command at the end stays whole, however long, so that it can be copied.
    let (folded, command) = story.trim_end().rsplit_once('\n').unwrap();
    assert!(folded.lines().all(|line| line.chars().count() <= 100), "{story}");
    assert!(command.ends_with("quickstart.toml --seed 1"), "{command}");
    assert_eq!(stderr(&output), "");
}

#[test]
fn colour_comes_only_where_it_is_wanted() {
    let run = |variables: &[(&str, &str)]| {
        let mut command = glasshouse();
        let output = command.arg(shipped("quickstart.toml")).envs(variables.iter().copied()).output().unwrap();
        stdout(&output).contains('\u{1b}')
    };
    assert!(run(&[("CLICOLOR_FORCE", "1")]));
    assert!(!run(&[("NO_COLOR", "1")]));
    assert!(!run(&[]));
}

#[test]
fn failed_expectation_exits_with_1_and_shows_what_was_expected() {
    let (_folder, path) = quickstart(&[LEAK]);
    let output = glasshouse().arg(&path).output().unwrap();
    assert_status(&output, 1);
    let story = stdout(&output);
    for wanted in
        ["broken !", "incognito-suppressed is broken by canary, twin, expected kept", "the policy above", "plaintext"]
    {
        assert!(story.contains(wanted), "no {wanted} in\n{story}");
    }
}

#[test]
fn without_expectations_a_broken_claim_exits_with_1_and_a_kept_one_with_0() {
    let (_honest, kept) = quickstart(&EXPECT_NOTHING);
    assert_status(&glasshouse().arg(&kept).output().unwrap(), 0);
    assert_status(&glasshouse().arg(&kept).args(["--require", "kept"]).output().unwrap(), 0);
    let (_leaky, broken) = quickstart(&[&EXPECT_NOTHING[..], &[LEAK]].concat());
    assert_status(&glasshouse().arg(&broken).output().unwrap(), 1);
}

#[test]
fn unproven_claim_exits_with_1_only_where_kept_is_required() {
    let lawful = ("promise = \"incognito-suppressed\"", "promise = { lawful = {} }");
    let (_folder, path) = quickstart(&[&EXPECT_NOTHING[..], &[lawful]].concat());
    assert_status(&glasshouse().arg(&path).output().unwrap(), 0);
    assert_status(&glasshouse().arg(&path).args(["--require", "kept"]).output().unwrap(), 1);
}

#[test]
fn nothing_runs_if_one_of_several_scenarios_is_wrong() {
    let (_folder, wrong) = quickstart(&[("seed = 1 ", "seed = -1 ")]);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let output = glasshouse().arg(shipped("quickstart.toml")).arg(wrong).arg("--out").arg(&out).output().unwrap();
    assert_status(&output, 2);
    assert_eq!(stdout(&output), "");
    assert!(!out.exists());
}

#[test]
fn json_on_standard_output_stands_alone_and_validates() {
    let output = glasshouse().arg(shipped("quickstart.toml")).args(["--json", "-"]).output().unwrap();
    assert_status(&output, 0);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema = glasshouse().args(["schema", "--output"]).output().unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_slice(&schema.stdout).unwrap()).unwrap();
    assert!(schema.is_valid(&document), "{:?}", schema.iter_errors(&document).next());
    assert_eq!(document["scenarios"][0]["scenario"], "quickstart");
    assert_eq!(document["scenarios"][0]["expectations"]["held"], 1);
    assert_eq!(stderr(&output), "");
}

#[test]
fn results_are_the_same_bytes_again_and_for_any_number_of_threads() {
    let run = |threads: &str| {
        let mut command = glasshouse();
        command.arg(shipped("quickstart.toml")).args(["--json", "-", "--threads", threads]);
        command.output().unwrap().stdout
    };
    let once = run("1");
    assert_eq!(once, run("1"));
    assert_eq!(once, run("2"));
}

#[test]
fn seed_on_the_command_line_takes_the_place_of_the_scenarios() {
    let output = glasshouse().arg(shipped("quickstart.toml")).args(["--json", "-", "--seed", "7"]).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["scenarios"][0]["seed"], 7);
}

#[test]
fn quiet_run_says_nothing_and_still_writes_what_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (json, junit) = (folder.path().join("results.json"), folder.path().join("results.xml"));
    let mut command = glasshouse();
    command.arg(shipped("quickstart.toml")).arg("--quiet").arg("--json").arg(&json).arg("--junit").arg(&junit);
    let output = command.output().unwrap();
    assert_status(&output, 0);
    assert_eq!((stdout(&output), stderr(&output)), ("", ""));
    assert!(fs::read_to_string(json).unwrap().starts_with("{\n  \"format\": 1"));
    assert!(fs::read_to_string(junit).unwrap().contains("<testsuite name=\"quickstart\" tests=\"1\""));
}

#[test]
fn results_that_cannot_be_written_stop_the_run_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let json = folder.path().join("no/such/folder/results.json");
    let output = glasshouse().arg(shipped("quickstart.toml")).arg("--json").arg(json).output().unwrap();
    assert_status(&output, 2);
    assert_eq!(stdout(&output), "");
    assert!(stderr(&output).contains("cannot write"), "{}", stderr(&output));
}
