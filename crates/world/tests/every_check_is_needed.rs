//! Each check is needed: with it taken out of the auditor, a scenario of the zoo does not come out as it must.

use std::{collections::BTreeMap, fs, num::NonZeroUsize, path::Path};

use model::{CheckName, Ruling};
use scenario::Script;
use world::{Network, Options, play};

/// For each check, the shortest scenario of the zoo that says that this check must find something.
fn specimens() -> BTreeMap<CheckName, Script> {
    let zoo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/zoo");
    let mut files: Vec<_> = fs::read_dir(zoo).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    files.sort_by_cached_key(|path| (fs::metadata(path).unwrap().len(), path.clone()));
    let mut specimens = BTreeMap::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let script = scenario::parse(&path.display().to_string(), &text).unwrap_or_else(|wrong| panic!("{}", wrong[0]));
        for check in script.expectations.iter().filter_map(|expectation| expectation.check) {
            specimens.entry(check).or_insert_with(|| script.clone());
        }
    }
    specimens
}

/// The rulings about which `script` expects something else.
fn wrong(script: &Script, rulings: &[Ruling]) -> usize {
    let is_wrong = |ruling: &&Ruling| {
        let Some(expected) = script.expected(&ruling.claim, &ruling.subject) else { return false };
        let found = |check| ruling.findings.iter().any(|finding| finding.check == check);
        ruling.verdict != expected.verdict || !expected.check.is_none_or(found)
    };
    rulings.iter().filter(is_wrong).count()
}

#[test]
fn each_check_is_missed_by_a_scenario_of_the_zoo() {
    let specimens = specimens();
    let missing: Vec<&str> =
        CheckName::ALL.into_iter().filter(|check| !specimens.contains_key(check)).map(CheckName::name).collect();
    assert!(missing.is_empty(), "no scenario of the zoo asks for {}", missing.join(", "));
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let checks: Vec<(CheckName, Script)> = specimens.into_iter().collect();
    let judged = world::pool::run(checks.len(), threads, |index| {
        let (check, script) = &checks[index];
        let options =
            Options { seed: None, threads: NonZeroUsize::MIN, network: Network::Glass, rulebooks: Vec::new() };
        let played = play(script, &options, &|_| {}).map_err(|error| format!("{}: {error}", script.name))?;
        let audit = |without: Option<CheckName>| -> Result<Vec<Ruling>, auditor::CaseError> {
            let judge =
                |case| without.map_or_else(|| auditor::audit(case), |check| auditor::audit_without(case, check));
            Ok(played.cases.iter().map(judge).collect::<Result<Vec<_>, _>>()?.concat())
        };
        let (with, without) = (audit(None), audit(Some(*check)));
        match (with, without) {
            (Ok(with), Ok(without)) => Ok((*check, wrong(script, &with), wrong(script, &without))),
            _ => Err(format!("{} cannot be judged", script.name)),
        }
    });
    let mut complaints = Vec::new();
    for (check, with, without) in judged.unwrap() {
        if with > 0 {
            complaints
                .push(format!("with every check, {with} verdicts of the scenario of {check} are not as they must be"));
        }
        if without == 0 {
            complaints.push(format!("without {check}, nothing is missed"));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}
