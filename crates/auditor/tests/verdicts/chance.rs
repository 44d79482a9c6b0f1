//! Clients that behave differently when prepared alike: what chance does convicts nobody, what incognito does convicts.

use std::collections::BTreeSet;

use auditor::{RUNS, plan, runs};
use model::{
    Activity, Arm, Capture, CaseFile, Channel, CheckName, DeviceId, Duration, Flow, FlowId, Mode, Notebook, Outcome,
    Phase, Record, Ruling, Seed, Timestamp,
};

use crate::{
    case::{Setting, case, name, request, ruling},
    client::Client,
};

/// What incognito activity does to the uploads about normal activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leak {
    Nothing,
    /// Each incognito visit makes the next upload 20 bytes longer, with up to 40 bytes of chance on all.
    Size,
    /// An upload after an incognito visit is ten seconds late, with up to three seconds of chance on all.
    Timing,
    /// An upload more for each incognito session that closes.
    Count,
    /// Reports are numbered, suppressed ones too, from a number of chance.
    Gap,
}

/// Draws that are another's in each run (SplitMix64).
struct Chance(u64);

impl Chance {
    fn of(seed: Seed) -> Self {
        Self(seed.as_bytes()[..8].iter().fold(0, |state, byte| state << 8 | u64::from(*byte)))
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// Uploads after each normal visit: late by chance, long by chance, now and then one more.
fn capture(notebook: &Notebook, leak: Leak, seed: Seed) -> Capture {
    let mut chance = Chance::of(seed);
    let (mut flows, mut hidden, mut number) = (Vec::new(), 0_u64, 1_000 + chance.below(100_000));
    for entry in &notebook.entries {
        let incognito = entry.mode == Some(Mode::Incognito);
        let visit = matches!(entry.activity, Activity::Visit { .. } | Activity::Search { .. });
        let extra = match entry.activity {
            Activity::CloseSession => incognito && leak == Leak::Count,
            _ => visit && !incognito && chance.below(10) == 0,
        };
        hidden += u64::from(visit && incognito);
        number += u64::from(visit && (!incognito || leak == Leak::Gap));
        let late = if leak == Leak::Timing { 10_000 * hidden.min(1) } else { 0 };
        let padding = if leak == Leak::Size { 20 * hidden } else { 0 };
        for again in 0..u64::from(visit && !incognito) + u64::from(extra) {
            let at = entry.at + Duration::from_millis(500 + chance.below(3_000) + late + again);
            let id = format!("{:016x}", chance.below(u64::MAX));
            let body = format!(r#"{{"n":{number},"id":"{id}"}}"#).into_bytes();
            flows.push(flow(at, body, 300 + chance.below(40) + padding));
            hidden = 0;
        }
    }
    flows.sort_by_key(|flow| flow.at);
    flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = FlowId(id));
    Capture { device: DeviceId::new("lab-1").expect("a name"), flows }
}

fn flow(at: Timestamp, body: Vec<u8>, wire_bytes: u64) -> Flow {
    let (host, method, path) = (name("in.stats.example"), "POST".to_owned(), "/v1".to_owned());
    Flow { id: FlowId(0), at, channel: Channel::Http, host, method, path, headers: Vec::new(), body, wire_bytes }
}

const PHASES: [Phase; 11] = [
    Phase::FirstUse,
    Phase::ConsentRefused,
    Phase::Use,
    Phase::Restart,
    Phase::Idle,
    Phase::Account,
    Phase::Offline,
    Phase::Crash,
    Phase::ClearData,
    Phase::Reinstall,
    Phase::Long,
];

/// An examination of ordinary use, with so many runs of each arm.
fn examined(leak: Leak, seed: u64, runs_of: impl Fn(Arm) -> u32) -> CaseFile {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    case.claims.truncate(1);
    let mut request = request(&Setting::PLAIN);
    request.facts.next = None;
    request.skip = PHASES.into_iter().filter(|phase| *phase != Phase::Use).collect::<BTreeSet<_>>();
    let exam = &mut case.examinations[0];
    exam.nondeterministic = true;
    exam.records.clear();
    for arm in Arm::ALL {
        let mut notebook = plan(&request, arm);
        notebook.entries.iter_mut().for_each(|entry| entry.outcome = Outcome::Done);
        for run in 0..runs_of(arm) {
            let capture = capture(&notebook, leak, Seed::root(seed).derive(arm.name()).nth(run.into()));
            let (device, notebook) = (capture.device.clone(), notebook.clone());
            let (served, faults) = (Vec::new(), Vec::new());
            exam.records.push(Record { arm, run, device, notebook, capture, holdings: None, served, faults });
        }
    }
    case
}

fn planned(_: Arm) -> u32 {
    runs(true)
}

fn about(case: &CaseFile) -> Ruling {
    ruling(case, "incognito")
}

#[test]
fn hundreds_of_honest_clients_with_noise_of_their_own_are_never_convicted() {
    for seed in 0..200 {
        let ruling = about(&examined(Leak::Nothing, seed, planned));
        assert_eq!(ruling.findings, [], "seed {seed}");
        let reason = ruling.reason.unwrap_or_default();
        assert!(!reason.contains("runs alike differ") && !reason.contains("more to test"), "seed {seed}: {reason}");
    }
}

#[test]
fn leaks_through_noise_are_found_by_what_they_change() {
    let found = [
        (Leak::Size, vec!["mean size"], "seen from lengths and times alone"),
        (
            Leak::Timing,
            vec!["mean time since the last activity", "longest silence"],
            "seen from lengths and times alone",
        ),
        (Leak::Count, vec!["number of flows"], "seen from lengths and times alone"),
        (Leak::Gap, vec!["span of numbers at `in.stats.example > body > json:$.n`"], "seen in the plaintext"),
    ];
    for (leak, what, seen_in) in found {
        for seed in 0..5 {
            let ruling = about(&examined(leak, seed, planned));
            let finding = ruling.findings.first().unwrap_or_else(|| panic!("{leak:?}, seed {seed}: {ruling:#?}"));
            assert_eq!(finding.check, CheckName::Twin);
            assert!(finding.summary.ends_with(seen_in), "{leak:?}, seed {seed}: {}", finding.summary);
            let said = &finding.evidence.plaintext;
            assert!(what.iter().any(|what| said.contains(what)), "{leak:?}, seed {seed}: {said}");
            assert!(finding.evidence.activity.contains("in incognito at"), "{leak:?}: {}", finding.evidence.activity);
        }
    }
}

#[test]
fn twenty_runs_can_convict_and_nineteen_cannot() {
    let fewer = |most: u32| move |arm| planned(arm).min(most);
    assert_eq!(about(&examined(Leak::Count, 1, fewer(20))).findings.len(), 1);
    let ruling = about(&examined(Leak::Count, 1, fewer(19)));
    assert_eq!(ruling.findings, []);
    assert!(ruling.reason.unwrap_or_default().contains("run 19 times, fewer than 20"));
}

#[test]
fn sets_of_runs_that_differ_although_they_are_alike_prove_nothing() {
    let mut case = examined(Leak::Count, 1, planned);
    for record in case.examinations[0].records.iter_mut().filter(|record| record.arm == Arm::Repeat) {
        record.capture.flows.truncate(3);
    }
    let ruling = about(&case);
    assert_eq!(ruling.findings, []);
    assert!(ruling.reason.unwrap_or_default().contains("two sets of runs alike differ in the"));
}

#[test]
fn what_was_tested_and_how_surely_is_said() {
    let ruling = about(&examined(Leak::Nothing, 1, planned));
    let tests = ruling.coverage.exercised.iter().find(|what| what.starts_with("presence twin")).expect("the twin");
    assert!(tests.ends_with(&format!("on {RUNS} runs and {RUNS} runs at a false-alarm rate of 1e-9")), "{tests}");
}
