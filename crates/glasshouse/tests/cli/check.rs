//! `check`, and arguments that are wrong.

use std::fs;

use crate::{assert_status, glasshouse, quickstart, shipped, stderr, stdout};

#[test]
fn shipped_scenarios_have_no_mistake() {
    let output = glasshouse().arg("check").arg(shipped("")).output().unwrap();
    assert_status(&output, 0);
    assert!(stdout(&output).contains("mi-browser-2020.toml: ok"), "{}", stdout(&output));
    assert_eq!(stderr(&output), "");
}

#[test]
fn every_mistake_of_every_file_is_shown_with_its_place_and_the_nearest_name() {
    let (_one, first) = quickstart(&[("seed = 1 ", "sede = 1 "), (r#"region = "eu""#, r#"region = "ue""#)]);
    let (_two, second) = quickstart(&[("promise = \"incognito-suppressed\"", "promise = \"incognito-supressed\"")]);
    let output = glasshouse().arg("check").args([&first, &second]).output().unwrap();
    assert_status(&output, 2);
    assert_eq!(stdout(&output), "");
    let shown = stderr(&output);
    for wanted in ["sede", "did you mean `seed`?", "did you mean `incognito-suppressed`?", "changed.toml:", "━━"] {
        assert!(shown.contains(wanted), "no {wanted} in\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn missing_file_and_wrong_file_are_both_told() {
    let (folder, wrong) = quickstart(&[("format = 1 ", "format = 9 ")]);
    let output = glasshouse().arg("check").arg(folder.path().join("none.toml")).arg(wrong).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("cannot read") && stderr(&output).contains("format"), "{}", stderr(&output));
}

#[test]
fn text_that_is_no_utf8_is_a_mistake_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bytes.toml");
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    let output = glasshouse().arg("check").arg(path).output().unwrap();
    assert_status(&output, 2);
    assert!(stderr(&output).contains("cannot read"), "{}", stderr(&output));
}

#[test]
fn mistake_in_a_hostile_file_cannot_steer_the_terminal() {
    for hostile in ["seed = 1 # \u{1b}[2J", "seed = 1 # \u{202e}\nsede = 1", "seed = 1\n\"se\\u001b[2J\\u202ede\" = 1"]
    {
        let (_folder, path) = quickstart(&[("seed = 1 ", hostile)]);
        let output = glasshouse().arg("check").arg(path).env("CLICOLOR_FORCE", "1").output().unwrap();
        assert_status(&output, 2);
        let shown = stderr(&output);
        assert!(shown.contains('?') && !shown.contains("\u{1b}[2J") && !shown.contains('\u{202e}'), "{shown}");
    }
}

#[test]
fn wrong_arguments_exit_with_2() {
    for arguments in [["--threads", "0"], ["--network", "mars"], ["--require", "broken"], ["check", "--quiet"]] {
        let output = glasshouse().args(arguments).output().unwrap();
        assert_status(&output, 2);
    }
}
