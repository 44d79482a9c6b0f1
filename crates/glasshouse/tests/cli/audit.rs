//! `audit`: what `--out` kept, and captures of other tools.

use std::{fs, path::Path};

use crate::{assert_status, glasshouse, quickstart, shipped, stderr, stdout};

/// Runs what is at `path`, keeps it, audits what was kept, and returns both findings files.
fn findings(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let root = tempfile::tempdir().unwrap();
    let (out, again) = (root.path().join("out"), root.path().join("again.json"));
    let run = glasshouse().arg("run").arg(path).arg("--out").arg(&out).arg("--quiet").output().unwrap();
    assert_status(&run, 0);
    let mut pairs = Vec::new();
    for folder in out.read_dir().unwrap() {
        let folder = folder.unwrap().path();
        let audit = glasshouse().args(["audit", "--quiet", "--case"]).arg(&folder).arg("--json").arg(&again).output();
        let audit = audit.unwrap();
        assert_status(&audit, 0);
        assert_eq!(stderr(&audit), "");
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
        let document: serde_json::Value = serde_json::from_slice(&fs::read(&again).unwrap()).unwrap();
        let digest = |value: &serde_json::Value| value["digests"]["findings"].as_str().unwrap().as_bytes().to_vec();
        pairs.push((digest(&manifest), digest(&document["scenarios"][0])));
    }
    pairs
}

#[test]
fn what_was_kept_leads_to_the_same_findings_byte_for_byte() {
    for name in ["quickstart.toml", "mi-browser-2020.toml", "honest-vendor.toml"] {
        let pairs = findings(&shipped(name));
        assert_eq!(pairs.len(), 1, "{name}");
        assert!(pairs.iter().all(|(kept, again)| kept == again), "{name}");
    }
}

#[test]
fn what_was_kept_exits_as_the_run_did() {
    let (folder, path) = quickstart(&[crate::LEAK]);
    let out = folder.path().join("out");
    assert_status(&glasshouse().arg(&path).arg("--out").arg(&out).output().unwrap(), 1);
    let audit = glasshouse().args(["audit", "--case"]).arg(out.join("quickstart")).output().unwrap();
    assert_status(&audit, 1);
    assert!(stdout(&audit).contains("The one expectation did not hold"), "{}", stdout(&audit));
}

#[test]
fn a_case_that_was_changed_is_said_to_be_or_refused() {
    let (folder, path) = quickstart(&[]);
    let out = folder.path().join("out");
    assert_status(&glasshouse().arg(&path).arg("--out").arg(&out).output().unwrap(), 0);
    let kept = out.join("quickstart");
    let case = kept.join("cases/browser@1.0@absent.json");
    let text = fs::read_to_string(&case).unwrap();
    fs::write(&case, text.replacen("\"statement\"", "\"statemnet\"", 1)).unwrap();
    let audit = || glasshouse().args(["audit", "--case"]).arg(&kept).output().unwrap();
    assert_status(&audit(), 2);
    let said = stderr(&audit()).to_owned();
    assert!(
        said.contains("browser@1.0@absent.json") && said.contains("statemnet") && said.contains("line 1"),
        "{said}"
    );
    fs::write(&case, text.replacen("\"examinations\":[{", "\"examinations\":[],\"was\":[{", 1)).unwrap();
    assert_status(&audit(), 2);
    assert_status(&glasshouse().args(["audit", "--case", "/nowhere"]).output().unwrap(), 2);
}

const CAPTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/captures");

#[test]
fn the_example_capture_breaks_the_promise_in_its_notebook() {
    let audit = glasshouse()
        .args(["audit", "--har", &format!("{CAPTURES}/session.har")])
        .args(["--notebook", &format!("{CAPTURES}/notebook.toml")])
        .output()
        .unwrap();
    assert_status(&audit, 1);
    for expected in ["incognito-suppressed is broken", "visit in incognito at 2026-01-01T10:00:05Z", "base64"] {
        assert!(stdout(&audit).contains(expected), "{}", stdout(&audit));
    }
}

#[test]
fn mistakes_in_captures_and_notebooks_name_the_place() {
    let folder = tempfile::tempdir().unwrap();
    let (har, notebook) = (folder.path().join("a.har"), folder.path().join("n.toml"));
    fs::write(&har, "{\"log\": {\"entries\": [{\"startedDateTime\": 7}]}}").unwrap();
    fs::copy(format!("{CAPTURES}/notebook.toml"), &notebook).unwrap();
    let audit = || glasshouse().arg("audit").arg("--har").arg(&har).arg("--notebook").arg(&notebook).output().unwrap();
    assert_status(&audit(), 2);
    assert!(stderr(&audit()).contains("a.har:1:42: /log/entries/0/startedDateTime"), "{}", stderr(&audit()));
    let text = fs::read_to_string(&notebook).unwrap();
    fs::write(&notebook, text.replace("[[arm.entry]]", "[[arm.entyr]]")).unwrap();
    assert_status(&audit(), 2);
    assert!(stderr(&audit()).contains("did you mean `entry`?"), "{}", stderr(&audit()));
    let without = glasshouse().arg("audit").arg("--har").arg(&har).output().unwrap();
    assert_status(&without, 2);
    assert!(stderr(&without).contains("--notebook"), "{}", stderr(&without));
}

#[test]
fn the_example_notebook_fits_its_schema() {
    let schema = glasshouse().args(["schema", "--notebook"]).output().unwrap();
    let schema: serde_json::Value = serde_json::from_str(stdout(&schema)).unwrap();
    let text = fs::read_to_string(format!("{CAPTURES}/notebook.toml")).unwrap();
    let notebook: toml::Value = toml::from_str(&text).unwrap();
    let notebook = serde_json::to_value(notebook).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&notebook).map(|e| e.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}
