use auditor::{CaseError, audit};
use model::{Activity, CaseFile, FlowId, Mode, NotebookEntry, Outcome, Record, SwitchState, Timestamp};
use proptest::prelude::*;

use crate::{
    case::{Setting, case, name},
    client::{Client, Incognito},
};

#[track_caller]
fn refused(change: impl FnOnce(&mut CaseFile)) -> CaseError {
    let mut case = case(Client::HONEST, &Setting::at(SwitchState::Suppress));
    change(&mut case);
    audit(&case).expect_err("a contradiction")
}

#[test]
fn contradictions_are_refused_and_placed() {
    let format = refused(|case| case.format = 2);
    assert_eq!(format.to_string(), "the case file has format 2, expected 1");
    let ids = refused(|case| case.examinations[0].records[1].capture.flows[3].id = FlowId(9));
    assert_eq!(ids.to_string(), "capture of repeat on lab-1, at 3: flow 9, expected flow 3");
    let notebook = refused(|case| case.examinations[0].records[0].notebook.entries.swap(0, 1));
    assert!(notebook.to_string().starts_with("notebook of main on lab-1, line 1: 2020-05-01T10:"), "{notebook}");
    let arms = refused(|case| {
        let again = case.examinations[0].records[0].clone();
        case.examinations[0].records.insert(1, again);
    });
    assert_eq!(arms.to_string(), "records on lab-1: `main` occurs twice");
    let runs = refused(|case| {
        let mut again = case.examinations[0].records[0].clone();
        again.run = 3;
        case.examinations[0].records.insert(0, again);
    });
    assert_eq!(runs.to_string(), "records on lab-1: main, expected it before main, run 3");
    let region = refused(|case| case.endpoints[0].region = name("mars"));
    assert_eq!(
        region.to_string(),
        "endpoint in.stats.example: region `mars` is not among the regions of the case file"
    );
    let exam = refused(|case| case.examinations[0].subject.version = name("0.9"));
    assert!(matches!(exam, CaseError::Examined { .. }), "{exam}");
    let switch = refused(|case| case.subject.switch = SwitchState::Absent);
    assert!(matches!(switch, CaseError::Subject { .. }), "{switch}");
    let token = refused(|case| {
        let entries = &mut case.examinations[0].records[0].notebook.entries;
        let entry = entries.iter_mut().find(|entry| !entry.canaries.is_empty()).expect("a canary");
        entry.canaries[0].token = "a b".to_owned();
    });
    assert!(matches!(token, CaseError::Canary { .. }), "{token}");
}

#[test]
fn what_may_occur_once_is_refused_the_second_time() {
    let regions = refused(|case| case.regions.push(case.regions[0].clone()));
    assert_eq!(regions.to_string(), "regions: `in` occurs twice");
    let endpoints = refused(|case| case.endpoints.push(case.endpoints[1].clone()));
    assert_eq!(endpoints.to_string(), "endpoints: `sg.stats.example` occurs twice");
    let devices = refused(|case| case.examinations.push(case.examinations[0].clone()));
    assert_eq!(devices.to_string(), "examinations: `lab-1` occurs twice");
}

#[test]
fn a_subject_and_a_switch_that_do_not_go_together_are_refused() {
    let version = refused(|case| case.facts.version = name("0.9"));
    assert!(version.to_string().ends_with("says otherwise: version 0.9"), "{version}");
    let none = refused(|case| case.facts.switch = None);
    assert!(none.to_string().ends_with("says otherwise: a version without a switch is `absent`"), "{none}");
    let default = refused(|case| case.facts.switch.as_mut().expect("a switch").default = "maybe".to_owned());
    assert_eq!(default.to_string(), "facts: the switch has no position `maybe`");
    let flip = refused(|case| {
        let entries = &mut case.examinations[0].records[0].notebook.entries;
        let flip = entries.iter_mut().find_map(|entry| match &mut entry.activity {
            Activity::FlipSwitch { position } => Some(position),
            _ => None,
        });
        *flip.expect("a flip") = "maybe".to_owned();
    });
    assert!(flip.to_string().starts_with("notebook of main on lab-1, line "), "{flip}");
    assert!(flip.to_string().ends_with(": the switch has no position `maybe`"), "{flip}");
}

#[test]
fn records_that_cannot_have_happened_are_refused() {
    let main = |change: fn(&mut Record)| refused(|case| change(&mut case.examinations[0].records[0])).to_string();
    let modes = main(|record| {
        let in_session = |entry: &&mut NotebookEntry| entry.session.is_some() && entry.mode == Some(Mode::Normal);
        let entry = record.notebook.entries.iter_mut().rfind(in_session);
        entry.expect("a line in normal mode").mode = Some(Mode::Incognito);
    });
    assert!(modes.ends_with(" in incognito, expected normal as before"), "{modes}");
    let modeless = main(|record| {
        let entry = record.notebook.entries.iter_mut().find(|entry| entry.session.is_some());
        entry.expect("a session").mode = None;
    });
    assert!(modeless.ends_with(" without a mode, expected a mode"), "{modeless}");
    let early = main(|record| record.notebook.ends = record.notebook.starts);
    assert!(early.starts_with("notebook of main on lab-1: an end at 2020-05-01T10:00:00"), "{early}");
    let device = main(|record| record.capture.device = name("lab-9"));
    assert_eq!(device, "capture of main on lab-1: lab-9, expected lab-1");
    let backwards = main(|record| record.capture.flows[3].at = record.notebook.starts);
    assert!(backwards.starts_with("capture of main on lab-1, at 3: 2020-05-01T10:00:00"), "{backwards}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_case_file_makes_the_auditor_panic(
        cuts in prop::collection::vec((0_usize..5, any::<prop::sample::Index>(), 0_u8..7), 0..12),
        body in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let client = Client { incognito: Incognito::Plain, ..Client::HONEST };
        let mut case = case(client, &Setting::incognito_at(SwitchState::Suppress));
        for (record, place, what) in cuts {
            let Some(record) = case.examinations[0].records.get_mut(record) else { continue };
            let line = place.index(record.notebook.entries.len().max(1));
            let flow = place.index(record.capture.flows.len().max(1));
            match what {
                0 => record.notebook.entries.truncate(line),
                1 => record.notebook.entries.iter_mut().skip(line).for_each(|entry| entry.outcome = Outcome::Planned),
                2 => record.capture.flows.truncate(flow),
                3 => record.capture.flows.iter_mut().skip(flow).for_each(|flow| flow.body.clone_from(&body)),
                4 => record.notebook.ends = Timestamp::MAX,
                5 => record.notebook.entries.iter_mut().skip(line).for_each(|entry| entry.mode = None),
                _ => record.capture.flows.iter_mut().skip(flow).for_each(|flow| flow.at = Timestamp::MAX),
            }
        }
        let _ = audit(&case);
    }
}
