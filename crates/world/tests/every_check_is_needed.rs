//! Each check is needed: with it taken out of the auditor, a scenario of the zoo that names it comes out with another
//! verdict, for nothing else finds that leak. Of a few ([`BESIDE`]) it is the finding that is missed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    num::NonZeroUsize,
    path::Path,
};

use model::{CaseFile, CheckName, Ruling};
use scenario::Script;
use world::{Network, Options, play};

/// For each check, the scenarios of the zoo that say that this check must find something, the shortest first.
fn specimens() -> BTreeMap<CheckName, Vec<Script>> {
    let zoo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/zoo");
    let mut files: Vec<_> = fs::read_dir(zoo).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort_by_cached_key(|path| (fs::metadata(path).unwrap().len(), path.clone()));
    let mut specimens: BTreeMap<CheckName, Vec<Script>> = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let script = scenario::parse(&path.display().to_string(), &text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        let named: BTreeSet<CheckName> = script.expectations.iter().filter_map(|expected| expected.check).collect();
        for check in named {
            specimens.entry(check).or_default().push(script.clone());
        }
    }
    specimens
}

/// Checks of whose leaks another check has found something in every scenario so far. They say what the other does not,
/// and the scenario that names them fails without them. The peel's note decides no verdict at all.
const BESIDE: [CheckName; 4] = [
    CheckName::Peel,
    CheckName::SmallGroup, // the batch behind a group that is published bare is small too, where it was inspected
    CheckName::Uniqueness, // a pseudonym with a history links, and its groups are small
    CheckName::Configuration, // what a party leaves out shows in its answers, where there are enough of them
];

/// The rulings that are not as `script` expects: that have another verdict, or lack what `check` must find, if it is one
/// of those beside others.
fn wrong(script: &Script, rulings: &[Ruling], check: CheckName) -> usize {
    let is_wrong = |ruling: &&Ruling| {
        let Some(expected) = script.expected(&ruling.claim, &ruling.subject) else { return false };
        let is_lacking = expected.check == Some(check) && ruling.findings.iter().all(|finding| finding.check != check);
        ruling.verdict != expected.verdict || (BESIDE.contains(&check) && is_lacking)
    };
    rulings.iter().filter(is_wrong).count()
}

/// Whether the scenario comes out as it must with every check, and not without `check`.
fn is_missed(script: &Script, check: CheckName) -> Result<bool, String> {
    let options = Options { seed: None, threads: NonZeroUsize::MIN, network: Network::Glass, rulebooks: Vec::new() };
    let played = play(script, &options, &|_| {}).map_err(|error| format!("{}: {error}", script.name))?;
    let audit = |judge: &dyn Fn(&CaseFile) -> Result<Vec<Ruling>, auditor::CaseError>| {
        let rulings: Result<Vec<_>, _> = played.cases.iter().map(judge).collect();
        rulings
            .map(|rulings| wrong(script, &rulings.concat(), check))
            .map_err(|error| format!("{}: {error}", script.name))
    };
    let (with, without) = (audit(&auditor::audit)?, audit(&|case| auditor::audit_without(case, check))?);
    if with > 0 {
        return Err(format!("with every check, {with} verdicts of {} are not as they must be", script.name));
    }
    Ok(without > 0)
}

#[test]
fn each_check_finds_a_leak_of_the_zoo_that_nothing_else_finds() {
    let specimens = specimens();
    let missing: Vec<&str> =
        CheckName::ALL.into_iter().filter(|check| !specimens.contains_key(check)).map(CheckName::name).collect();
    assert!(missing.is_empty(), "no scenario of the zoo asks for {}", missing.join(", "));
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let checks: Vec<(CheckName, Vec<Script>)> = specimens.into_iter().collect();
    let judged = world::pool::run(checks.len(), threads, |index| -> Result<Option<CheckName>, String> {
        let (check, scripts) = &checks[index];
        for script in scripts {
            if is_missed(script, *check)? {
                return Ok(None);
            }
        }
        Ok(Some(*check))
    });
    let idle: Vec<CheckName> = judged.unwrap().into_iter().flatten().collect();
    assert!(idle.is_empty(), "without one of {idle:?}, no verdict of a scenario that names it changes");
}
