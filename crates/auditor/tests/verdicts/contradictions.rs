use auditor::{CaseError, audit};
use model::{CaseFile, FlowId, Outcome, SwitchState, Timestamp};
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
