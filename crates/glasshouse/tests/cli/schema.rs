//! `schema`.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{assert_status, glasshouse, stderr};

fn schema(arguments: &[&str]) -> Value {
    let output = glasshouse().arg("schema").args(arguments).output().unwrap();
    assert_status(&output, 0);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_schema_is_a_json_schema() {
    for arguments in [[].as_slice(), &["--output"], &["--zoo"]] {
        let schema = schema(arguments);
        assert!(jsonschema::meta::is_valid(&schema), "{arguments:?}");
        assert!(jsonschema::validator_for(&schema).is_ok(), "{arguments:?}");
    }
    assert_ne!(schema(&[]), schema(&["--output"]));
}

#[test]
fn reader_who_goes_away_causes_no_panic_and_no_error() {
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("glasshouse"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "");
}
