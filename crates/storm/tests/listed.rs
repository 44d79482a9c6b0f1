//! `docs/INVARIANTS.md` and the code name the same invariants, and each is checked and broken once.

use std::{collections::BTreeSet, fs, path::Path};

use storm::invariants::Invariant;

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// What the document lists, by name.
fn listed(document: &str) -> BTreeSet<String> {
    document.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect()
}

/// Names that are listed and not known, or known and not listed.
fn differences(document: &str) -> Vec<String> {
    let known: BTreeSet<String> = Invariant::ALL.iter().map(|invariant| invariant.name().to_owned()).collect();
    listed(document).symmetric_difference(&known).cloned().collect()
}

#[test]
fn document_and_code_name_the_same_invariants() {
    let document = read("../../docs/INVARIANTS.md");
    assert_eq!(differences(&document), Vec::<String>::new());
    assert_eq!(differences(&format!("{document}\n## S9 planted\n")), ["S9 planted"]);
    assert_eq!(differences(&document.replace("## S1 ", "# S1 ")), ["S1 admitted-is-counted"]);
}

#[test]
fn every_invariant_is_checked_by_code_and_broken_by_a_double() {
    let files = ["counting", "privacy", "verdicts", "liveness"].map(|name| read(&format!("src/invariants/{name}.rs")));
    let checks = files.concat() + &read("src/engine.rs");
    let doubles = read("tests/doubles.rs");
    for invariant in Invariant::ALL {
        let cited = format!("Invariant::{invariant:?}");
        assert!(checks.contains(&cited), "nothing checks {invariant}");
        assert!(doubles.contains(&cited), "no double breaks {invariant}");
    }
}
