//! Case files from captures that other tools made: HTTP Archives, and a notebook that says what was done meanwhile.

mod archive;
mod har;
mod wtf8;

use std::collections::BTreeSet;

use model::{
    Capture, CaseFile, ConnectionId, DeviceId, Examination, Flow, FlowId, Notebook, NotebookEntry, Record, Subject,
    VersionFact,
};
use scenario::{CaptureNotebook, CapturedArm};

pub use har::{HarError, read as read_har};

use crate::{Played, play};

/// What one capture file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HarFile {
    /// Name of the file, without its folder, as notebooks name it.
    pub name: String,
    /// What left the device, in the order of the file.
    pub flows: Vec<Flow>,
    /// What is missing from the flows, in words.
    pub faults: Vec<String>,
}

/// Why there is no case file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaptureError {
    /// An arm names a file that was not given.
    #[error("the {arm} arm names `{found}`, expected one of the files given: {given}")]
    File {
        /// The arm.
        arm: &'static str,
        /// What it names.
        found: String,
        /// The files that were given.
        given: String,
    },
    /// Two files of one name.
    #[error("two capture files are named `{0}`, and the notebook cannot tell them apart: rename one")]
    Twice(String),
    /// A file that no arm names.
    #[error("no arm of the notebook names `{0}`: add it to the `har` of one")]
    Unused(String),
    /// Two arms without files of their own.
    #[error("the {0} arm names no capture files: with several arms, each says which are its own, as `har = [\"…\"]`")]
    Shared(&'static str),
    /// A canary that does not stand in its activity.
    #[error("`{0}` does not stand in its activity")]
    Canary(String),
    /// A case file that contradicts itself.
    #[error("the notebook contradicts itself: {0}")]
    Case(#[from] auditor::CaseError),
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] model::IdError),
}

/// Judges captures by what the notebook says was done.
///
/// # Errors
/// If the notebook and the files do not go together, or the notebook contradicts itself.
pub fn audit_captures(notebook: &CaptureNotebook, files: Vec<HarFile>) -> Result<Played, CaptureError> {
    check_files(notebook, &files)?;
    let mut records = Vec::new();
    for arm in &notebook.arms {
        let run = records.iter().filter(|record: &&Record| record.arm == arm.arm).count();
        records.push(record(notebook, arm, u32::try_from(run).unwrap_or(u32::MAX), &files)?);
    }
    records.sort_by_key(|record| (record.arm, record.run));
    let case = case(notebook, records);
    let rulings = auditor::audit(&case)?;
    let title = format!("Captures of {} {}", notebook.product, notebook.version);
    Ok(play::examined("captures".to_owned(), title, 0, vec![case], rulings, &notebook.expectations))
}

fn check_files(notebook: &CaptureNotebook, files: &[HarFile]) -> Result<(), CaptureError> {
    let mut names = BTreeSet::new();
    if let Some(twice) = files.iter().find(|file| !names.insert(file.name.as_str())) {
        return Err(CaptureError::Twice(twice.name.clone()));
    }
    let several = notebook.arms.len() > 1;
    if let Some(arm) = notebook.arms.iter().find(|arm| several && arm.har.is_empty()) {
        return Err(CaptureError::Shared(arm.arm.name()));
    }
    for arm in &notebook.arms {
        if let Some(found) = arm.har.iter().find(|name| !names.contains(name.as_str())) {
            let given = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            return Err(CaptureError::File { arm: arm.arm.name(), found: found.clone(), given });
        }
    }
    let all = notebook.arms.iter().any(|arm| arm.har.is_empty());
    let used = |file: &&HarFile| all || notebook.arms.iter().any(|arm| arm.har.contains(&file.name));
    match files.iter().find(|file| !used(file)) {
        Some(unused) => Err(CaptureError::Unused(unused.name.clone())),
        None => Ok(()),
    }
}

fn record(notebook: &CaptureNotebook, arm: &CapturedArm, run: u32, files: &[HarFile]) -> Result<Record, CaptureError> {
    let own = || files.iter().filter(|file| arm.har.is_empty() || arm.har.contains(&file.name));
    let mut flows = together(own());
    flows.sort_by_key(|flow| flow.at);
    let mut faults: Vec<String> = own().flat_map(|file| file.faults.iter().cloned()).collect();
    let outside = flows.iter().filter(|flow| flow.at < arm.starts || flow.at > arm.ends).count();
    if outside > 0 {
        faults.push(format!(
            "{outside} requests lie outside {} to {}, when the notebook says it was captured",
            arm.starts, arm.ends
        ));
    }
    let flows = (0..).zip(flows).map(|(id, flow)| Flow { id: FlowId(id), ..flow }).collect();
    let device = DeviceId::new(notebook.lab.id.as_str())?;
    Ok(Record {
        arm: arm.arm,
        run,
        device: device.clone(),
        notebook: Notebook { starts: arm.starts, ends: arm.ends, entries: entries(arm)? },
        capture: Capture { device, flows },
        holdings: None,
        served: Vec::new(),
        faults,
    })
}

/// The flows of several files; connections of one are none of another.
fn together<'a>(files: impl Iterator<Item = &'a HarFile>) -> Vec<Flow> {
    let (mut flows, mut before) = (Vec::new(), 0);
    for file in files {
        let numbered = |flow: &Flow| Flow {
            connection: flow.connection.map(|connection| ConnectionId(before + connection.0)),
            ..flow.clone()
        };
        flows.extend(file.flows.iter().map(numbered));
        before +=
            file.flows.iter().filter_map(|flow| flow.connection).map(|connection| connection.0).max().unwrap_or(0);
    }
    flows
}

fn entries(arm: &CapturedArm) -> Result<Vec<NotebookEntry>, CaptureError> {
    let entry = |entry: &scenario::CapturedEntry| {
        Ok(NotebookEntry {
            at: entry.at,
            phase: entry.phase,
            session: entry.session,
            mode: entry.mode,
            activity: entry.activity.clone(),
            canaries: entry.planted().map_err(|token| CaptureError::Canary(token.to_owned()))?,
            outcome: entry.outcome.clone(),
        })
    };
    arm.entries.iter().map(entry).collect()
}

fn case(notebook: &CaptureNotebook, records: Vec<Record>) -> CaseFile {
    let subject =
        Subject { product: notebook.product.clone(), version: notebook.version.clone(), switch: notebook.switch };
    let released = notebook.arms.iter().map(|arm| arm.starts).min().unwrap_or(model::Timestamp::from_millis(0));
    CaseFile {
        format: 1,
        scenario: "captures".to_owned(),
        facts: VersionFact {
            version: notebook.version.clone(),
            released,
            switch: notebook.control.clone(),
            asks_consent: notebook.asks_consent,
            settings: notebook.settings.clone(),
            next: None,
        },
        examinations: vec![Examination {
            subject: subject.clone(),
            device: notebook.lab.clone(),
            nondeterministic: notebook.nondeterministic,
            navigation: notebook.navigation,
            records,
        }],
        subject,
        claims: notebook.claims.clone(),
        regions: notebook.regions.clone(),
        endpoints: notebook.endpoints.clone(),
        releases: Vec::new(),
        declaration: notebook.declaration.clone(),
        inspection: None,
        samples: Vec::new(),
        rulebooks: Vec::new(),
    }
}
