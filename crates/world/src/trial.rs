//! Brings what the rooms left behind into case files, one for each subject.

use model::{Arm, Capture, CaseFile, Examination, Inspection, Release, Samples};
use serde::Serialize;

use crate::{
    PlayError, inspection,
    lab::{self, Played, Task},
    setting::Setting,
};

/// What was published, and what an examiner finds out about it.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) releases: Vec<Release>,
    pub(crate) inspection: Inspection,
    pub(crate) samples: Vec<Samples>,
}

/// The case of every subject, in file order. `arms[i]` is what playing `tasks[i]` left behind.
///
/// # Errors
/// If a subject's version is not in the script.
pub(crate) fn cases(
    setting: &Setting<'_>,
    tasks: &[Task],
    arms: Vec<Played>,
    published: &Published,
) -> Result<Vec<CaseFile>, PlayError> {
    let script = setting.script;
    let empty = |subject: model::Subject| {
        let facts = setting.facts(&subject)?;
        let logged = inspection::of(script, script.ends);
        Ok(CaseFile {
            format: 1,
            scenario: script.name.clone(),
            facts,
            subject,
            claims: script.claims.clone(),
            regions: script.regions.clone(),
            endpoints: script.endpoints.clone(),
            examinations: Vec::new(),
            releases: published.releases.clone(),
            declaration: script.declaration.clone(),
            inspection: Some(Inspection { reads: logged.reads, ..published.inspection.clone() }),
            samples: published.samples.clone(),
            rulebooks: setting.rulebooks.to_vec(),
        })
    };
    let mut cases: Vec<CaseFile> = script.subjects().into_iter().map(empty).collect::<Result<_, PlayError>>()?;
    for (task, arm) in tasks.iter().zip(arms) {
        let Some(case) = cases.iter_mut().find(|case| case.subject == task.subject) else { continue };
        if task.arm == Arm::Main {
            inspection::add(case.inspection.get_or_insert_default(), arm.requests);
        }
        let known = case.examinations.iter_mut().find(|examination| examination.device.id == task.device.id);
        if let Some(examination) = known {
            examination.records.push(arm.record);
            continue;
        }
        case.examinations.push(Examination {
            subject: task.subject.clone(),
            device: task.device.clone(),
            nondeterministic: lab::is_nondeterministic(setting, &task.subject),
            navigation: model::Navigation::Captured,
            records: vec![arm.record],
        });
    }
    Ok(cases)
}

/// The main arm of every examination, for the timeline.
pub(crate) fn main_arms(cases: &[CaseFile]) -> impl Iterator<Item = (&Examination, &model::Record)> {
    let examinations = cases.iter().flat_map(|case| &case.examinations);
    examinations.flat_map(|examination| {
        let mains = examination.records.iter().filter(|record| record.arm == Arm::Main && record.run == 0);
        mains.map(move |record| (examination, record))
    })
}

#[derive(Serialize)]
struct CaptureLine<'a> {
    room: String,
    capture: &'a Capture,
}

/// Every capture of every case, one a line.
pub(crate) fn capture_lines(cases: &[CaseFile]) -> Vec<u8> {
    let examinations = cases.iter().flat_map(|case| &case.examinations);
    let lines: Vec<CaptureLine<'_>> = examinations.flat_map(capture_lines_of).collect();
    json_lines(&lines)
}

fn capture_lines_of(examination: &Examination) -> impl Iterator<Item = CaptureLine<'_>> {
    examination.records.iter().map(|record| CaptureLine {
        room: lab::room_name(&examination.subject, &examination.device, record.arm, record.run),
        capture: &record.capture,
    })
}

/// One JSON document a line.
pub(crate) fn json_lines<T: Serialize>(items: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for item in items {
        let written = serde_json::to_writer(&mut text, item);
        assert!(written.is_ok(), "what is kept is plain data: it serialises, and memory takes it");
        text.push(b'\n');
    }
    text
}
