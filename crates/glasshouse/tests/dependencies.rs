//! Crates may use one another only downward, as `ARCHITECTURE.md` says.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use cargo_metadata::{Dependency, DependencyKind, MetadataCommand, Package};

/// Which crates of the workspace each crate may name in its manifest, as any kind of dependency. Beside these, tests may use
/// the test kit: as a dev-dependency, and from `tests/` alone.
const MAY_USE: [(&str, &[&str]); 15] = [
    ("model", &[]),
    ("protocol", &["model"]),
    ("encoding", &["model"]),
    ("browser", &["model", "encoding"]),
    ("aggregation", &["model", "encoding"]),
    ("auditor", &["model"]),
    ("collector", &["model", "encoding", "aggregation"]),
    ("scenario", &["model", "browser", "aggregation"]),
    ("services", &["model", "protocol", "encoding", "aggregation", "auditor", "collector"]),
    (
        "world",
        &["model", "protocol", "encoding", "browser", "aggregation", "auditor", "collector", "scenario", "services"],
    ),
    ("storm", BELOW_THE_COMMAND_LINE),
    ("testkit", EVERYTHING),
    ("render", &["model"]),
    ("glasshouse", EVERYTHING),
    ("benches", EVERYTHING),
];

const BELOW_THE_COMMAND_LINE: &[&str] = &[
    "model",
    "protocol",
    "encoding",
    "browser",
    "aggregation",
    "auditor",
    "collector",
    "scenario",
    "services",
    "world",
    "render",
];

const EVERYTHING: &[&str] = &[
    "model",
    "protocol",
    "encoding",
    "browser",
    "aggregation",
    "auditor",
    "collector",
    "scenario",
    "services",
    "world",
    "storm",
    "testkit",
    "render",
];

/// Crates that decide without acting: they may use nothing that reaches a socket, a file, a clock or ambient chance.
const SANS_IO: [&str; 4] = ["browser", "collector", "aggregation", "auditor"];
const ACTING: [&str; 8] = ["tokio", "tonic", "hyper", "mio", "async-std", "getrandom", "tempfile", "reqwest"];

type Edges = BTreeMap<String, Vec<String>>;

/// Edges among crates of the workspace that the table does not allow, and crates that the table does not know.
fn wrong_edges(edges: &Edges) -> Vec<String> {
    let allowed: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
    let mut wrong = Vec::new();
    for (from, uses) in edges {
        let Some(may) = allowed.get(from.as_str()) else {
            wrong.push(format!("{from} is not in the table"));
            continue;
        };
        let bad = uses.iter().filter(|to| edges.contains_key(*to) && !may.contains(&to.as_str()));
        wrong.extend(bad.map(|to| format!("{from} -> {to}")));
    }
    wrong
}

/// Everything that `from` names directly and that acts, for the crates that must not act.
fn acting_edges(edges: &Edges) -> Vec<String> {
    let sans_io = edges.iter().filter(|(from, _)| SANS_IO.contains(&from.as_str()));
    let pairs = sans_io.flat_map(|(from, uses)| uses.iter().map(move |to| (from, to)));
    pairs.filter(|(_, to)| ACTING.contains(&to.as_str())).map(|(from, to)| format!("{from} -> {to}")).collect()
}

/// Every dependency that a crate of the workspace names, of whatever kind; optional ones too.
fn workspace() -> Edges {
    packages().iter().map(|package| (package.name.to_string(), uses(package))).collect()
}

fn packages() -> Vec<Package> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata").packages
}

/// What a package names, but for the test kit of its tests.
fn uses(package: &Package) -> Vec<String> {
    let of_tests = |to: &&Dependency| to.name == "testkit" && to.kind == DependencyKind::Development;
    package.dependencies.iter().filter(|to| !of_tests(to)).map(|to| to.name.clone()).collect()
}

#[test]
fn every_edge_of_the_workspace_is_allowed() {
    let edges = workspace();
    assert_eq!(wrong_edges(&edges), Vec::<String>::new());
    assert_eq!(edges.len(), MAY_USE.len(), "every crate of the table is in the workspace");
}

#[test]
fn crates_that_decide_name_nothing_that_acts() {
    assert_eq!(acting_edges(&workspace()), Vec::<String>::new());
}

/// The Rust sources in `folder`, as text, below their paths.
fn sources(folder: &Path) -> BTreeMap<PathBuf, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let read = |path: PathBuf| match path.is_dir() {
        true => sources(&path),
        false if path.extension().is_some_and(|ending| ending == "rs") => {
            let text = std::fs::read_to_string(&path).expect("text");
            BTreeMap::from([(path, text)])
        }
        false => BTreeMap::new(),
    };
    entries.flat_map(read).collect()
}

#[test]
fn the_test_kit_is_used_from_tests_alone() {
    let packages = packages();
    let mut with_the_kit = 0;
    for package in packages.iter().filter(|package| package.name.as_str() != "testkit") {
        let folder = package.manifest_path.as_std_path().parent().expect("a folder");
        let uses_it = |(path, text): (PathBuf, String)| text.contains("testkit::").then_some(path);
        let found: Vec<PathBuf> = sources(&folder.join("src")).into_iter().filter_map(uses_it).collect();
        assert_eq!(found, Vec::<PathBuf>::new(), "{} has another copy of itself in its own tests", package.name);
        with_the_kit += sources(&folder.join("tests")).into_iter().filter_map(uses_it).count();
    }
    assert!(with_the_kit > 0, "what is looked for is written so");
}

#[test]
fn a_planted_edge_is_rejected() {
    let planted = |from: &str, to: &str| {
        let mut edges = workspace();
        edges.entry(from.to_owned()).or_default().push(to.to_owned());
        edges
    };
    assert_eq!(wrong_edges(&planted("auditor", "encoding")), ["auditor -> encoding"]);
    assert_eq!(wrong_edges(&planted("model", "browser")), ["model -> browser"]);
    assert_eq!(wrong_edges(&planted("services", "scenario")), ["services -> scenario"]);
    assert_eq!(wrong_edges(&planted("browser", "testkit")), ["browser -> testkit"], "but from tests");
    assert_eq!(acting_edges(&planted("browser", "tokio")), ["browser -> tokio"]);
}

#[test]
fn a_crate_that_the_table_does_not_know_is_rejected() {
    let mut edges = workspace();
    edges.insert("stowaway".to_owned(), vec!["world".to_owned()]);
    assert_eq!(wrong_edges(&edges), ["stowaway is not in the table"]);
}
