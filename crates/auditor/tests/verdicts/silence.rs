//! What may still leave while nothing is to be collected: nothing that says who or when.

use model::{Arm, CaseFile, CheckName, Mode, NotebookEntry, Phase, SwitchState, Timestamp, Verdict};

use crate::{
    case::{Setting, add, case, expect},
    client::Client,
};

/// The first visit in normal mode in a phase.
fn visit(case: &CaseFile, phase: Phase) -> Timestamp {
    let fits =
        |entry: &&NotebookEntry| entry.phase == phase && entry.mode == Some(Mode::Normal) && !entry.canaries.is_empty();
    case.examinations[0].records[0].notebook.entries.iter().find(fits).expect("a visit").at
}

fn suppressed() -> CaseFile {
    case(Client::HONEST, &Setting::at(SwitchState::Suppress))
}

#[test]
fn an_event_with_the_time_of_a_covered_activity_breaks_the_switch_although_it_says_nothing_else() {
    for (late_ms, verdict) in [(0, Verdict::Broken), (1, Verdict::Kept)] {
        for written in ["ms", "text"] {
            let mut case = suppressed();
            let at = visit(&case, Phase::Use);
            let told = Timestamp::from_millis(at.as_millis() + late_ms);
            let told = if written == "ms" { told.as_millis().to_string() } else { format!("\"{told}\"") };
            for record in &mut case.examinations[0].records {
                add(
                    record,
                    Timestamp::from_millis(at.as_millis() + 5_000),
                    format!(r#"{{"event":"tick","at":{told}}}"#),
                );
            }
            let ruling = expect(&case, "switch", verdict);
            if let Some(finding) = ruling.findings.first() {
                assert_eq!(finding.check, CheckName::Switch);
                assert_eq!(finding.evidence.path, ["body", "json:$.at"]);
                assert!(finding.evidence.activity.starts_with("visit in normal at"), "{finding:?}");
            }
        }
    }
}

#[test]
fn where_nothing_is_collected_an_identifier_convicts_and_what_all_devices_send_does_not() {
    for (claim, phase, check) in
        [("switch", Phase::Use, CheckName::Switch), ("consent", Phase::FirstUse, CheckName::Consent)]
    {
        for (sibling, verdict) in [("fedcba9876543210", Verdict::Broken), ("0123456789abcdef", Verdict::Kept)] {
            let mut case = suppressed();
            let at = visit(&case, phase).as_millis();
            for record in &mut case.examinations[0].records {
                let id = if record.arm == Arm::Sibling { sibling } else { "0123456789abcdef" };
                for seconds in [5, 9] {
                    add(
                        record,
                        Timestamp::from_millis(at + seconds * 1_000),
                        format!(r#"{{"id":"{id}","n":{seconds}}}"#),
                    );
                }
            }
            let ruling = expect(&case, claim, verdict);
            if let Some(finding) = ruling.findings.first() {
                assert_eq!(
                    (finding.check, finding.evidence.path.as_slice()),
                    (check, ["body", "json:$.id"].map(String::from).as_slice())
                );
                assert_eq!(finding.evidence.plaintext, "0123456789abcdef");
            }
        }
    }
}

#[test]
fn an_empty_batch_at_suppression_is_no_collection() {
    let mut case = suppressed();
    let at = visit(&case, Phase::Use).as_millis();
    for record in &mut case.examinations[0].records {
        (1..4).for_each(|seconds| add(record, Timestamp::from_millis(at + seconds * 1_000), "[]".to_owned()));
    }
    expect(&case, "switch", Verdict::Kept);
}
