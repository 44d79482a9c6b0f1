//! The rows of the zoo in which the client decides: a mutant of the client that is caught changes a verdict here.

use std::{fs, path::Path};

use assert_cmd::Command;

/// Rows that leak by what servers do with what reached them as it should.
const OF_SERVERS: [&str; 11] = ["36-", "37-", "38-", "39-", "40-", "41-", "42-", "43-", "44-", "45-", "46-"];
/// Words of policies by which clients hold back: such rows are played first, because they show most mutants.
const HOLDING_BACK: [&str; 5] = ["gate = ", "queue = ", "effect = ", "fail-over", "country = ["];
/// Scenarios that are played before the verdicts are looked at.
const AT_ONCE: usize = 24;

#[test]
#[ignore = "half a minute where optimised; `cargo mutants` runs it"]
fn every_row_of_the_client_ends_as_expected() {
    let rows = rows();
    assert!(rows.len() > 80, "{} rows", rows.len());
    for rows in rows.chunks(AT_ONCE) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in rows {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let zoo = Command::new(assert_cmd::cargo::cargo_bin!("glasshouse")).arg("zoo").arg(folder.path()).output();
        let zoo = zoo.unwrap();
        assert!(
            zoo.status.success(),
            "{}{}",
            String::from_utf8_lossy(&zoo.stdout),
            String::from_utf8_lossy(&zoo.stderr)
        );
    }
}

/// Name and text of each row.
fn rows() -> Vec<(String, String)> {
    let zoo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/zoo");
    let mut rows: Vec<(String, String)> = Vec::new();
    for entry in zoo.read_dir().unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".toml") && !OF_SERVERS.iter().any(|row| name.starts_with(row)) {
            rows.push((name, fs::read_to_string(entry.path()).unwrap()));
        }
    }
    let holds_back = |text: &str| HOLDING_BACK.iter().any(|words| text.contains(words));
    rows.sort_by_cached_key(|(name, text)| (!holds_back(text), name.clone()));
    rows
}
