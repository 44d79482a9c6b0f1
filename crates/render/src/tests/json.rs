//! The document against its contract.

use serde_json::{Value, json};

use super::{large, small};
use crate::{document, output_schema};

fn rendered() -> Value {
    serde_json::from_str(&document(&[small(), large()]).unwrap()).unwrap()
}

#[test]
fn document_validates_against_its_own_schema() {
    let schema = jsonschema::validator_for(&output_schema()).unwrap();
    let document = rendered();
    let errors: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn schema_rejects_what_is_no_document() {
    let schema = jsonschema::validator_for(&output_schema()).unwrap();
    for (pointer, wrong) in [
        ("/format", json!(2)),
        ("/scenarios/0/seed", json!("7")),
        ("/scenarios/0/digests/log", Value::Null),
        ("/scenarios/0/verdicts/0/verdict", json!("guilty")),
        ("/scenarios/0/verdicts/0/findings/0/evidence/path", json!("body")),
    ] {
        let mut document = rendered();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&document), "{pointer}");
    }
}

#[test]
fn keys_are_those_of_the_contract_in_its_order() {
    let document = rendered();
    let keys =
        |pointer: &str| document.pointer(pointer).unwrap().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(""), ["format", "scenarios"]);
    assert_eq!(keys("/scenarios/0"), ["scenario", "seed", "digests", "expectations", "verdicts"]);
    assert_eq!(keys("/scenarios/0/digests"), ["log", "captures", "releases", "findings"]);
    assert_eq!(keys("/scenarios/0/expectations"), ["held", "failed"]);
    let verdict = "/scenarios/0/verdicts/0";
    assert_eq!(keys(verdict), ["claim", "subject", "verdict", "expected", "findings", "coverage"]);
    assert_eq!(keys(&format!("{verdict}/subject")), ["product", "version", "switch"]);
    assert_eq!(keys(&format!("{verdict}/findings/0")), ["check", "summary", "evidence"]);
    let evidence = ["flow", "device", "endpoint", "at", "path", "plaintext", "activity"];
    assert_eq!(keys(&format!("{verdict}/findings/0/evidence")), evidence);
    assert_eq!(keys(&format!("{verdict}/coverage")), ["activities", "canaries", "flows", "exercised"]);
}

#[test]
fn check_that_is_expected_stands_beside_the_verdict() {
    let mut played = small();
    played.verdicts[0].check = Some(model::CheckName::Linkage);
    let document: Value = serde_json::from_str(&document(&[played]).unwrap()).unwrap();
    assert_eq!(document["scenarios"][0]["verdicts"][0]["expected-check"], "linkage");
    assert_eq!(document["scenarios"][0]["expectations"], json!({"held": 2, "failed": 2}));
}

#[test]
fn unproven_gives_its_reason_and_what_is_not_expected_is_absent() {
    let document = rendered();
    assert_eq!(document["scenarios"][0]["verdicts"][3]["reason"], "there are no rulebooks yet");
    assert!(document["scenarios"][0]["verdicts"][2].get("expected").is_none());
    assert_eq!(document["scenarios"][0]["expectations"], json!({"held": 3, "failed": 1}));
}
