//! Refuses a case file that contradicts itself.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Activity, Arm, CaseFile, Examination, Host, LabDeviceId, Mode, Notebook, Record, RegionId, Subject, SwitchState,
};

use crate::{
    conditions::promise_of,
    rulebooks::{RULEBOOKS_MAX, contradiction},
};

/// A case file that contradicts itself: where, and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// A format that this version does not know.
    #[error("the case file has format {found}, expected 1")]
    Format {
        /// Format of the file.
        found: u32,
    },
    /// The switch of the subject and of the version do not go together.
    #[error("the subject is {subject}, but what is known about the version says otherwise: {expected}")]
    Subject {
        /// Who is judged.
        subject: Box<Subject>,
        /// What would fit.
        expected: String,
    },
    /// A position that the switch does not have.
    #[error("{place}: the switch has no position `{position}`")]
    Position {
        /// Where it stands.
        place: String,
        /// The position.
        position: String,
    },
    /// An endpoint or a server in a region that the case file does not know.
    #[error("{place}: region `{region}` is not among the regions of the case file")]
    Region {
        /// Where it stands.
        place: String,
        /// The region.
        region: RegionId,
    },
    /// Something that may occur once occurs twice.
    #[error("{place}: `{found}` occurs twice")]
    Twice {
        /// Where it stands.
        place: String,
        /// What occurs twice.
        found: String,
    },
    /// An examination of somebody else.
    #[error("the examination on `{device}` is of {found}, expected {expected}")]
    Examined {
        /// The lab device.
        device: LabDeviceId,
        /// Who was examined.
        found: Box<Subject>,
        /// Who is judged.
        expected: Box<Subject>,
    },
    /// Canaries that cannot be looked for.
    #[error("the notebook on `{device}`: {reason}")]
    Canary {
        /// The lab device.
        device: LabDeviceId,
        /// Why not.
        reason: String,
    },
    /// A rulebook that cannot be used.
    #[error("the rulebook of `{jurisdiction}`: {place}: {problem}")]
    Rulebook {
        /// Its jurisdiction.
        jurisdiction: String,
        /// The rule, or the place before the rules.
        place: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// Something that is out of order or does not fit its place.
    #[error("{place}: {found}, expected {expected}")]
    Order {
        /// Where it stands.
        place: String,
        /// What stands there.
        found: String,
        /// What was expected.
        expected: String,
    },
}

/// Checks that `case` does not contradict itself.
pub(crate) fn validate(case: &CaseFile) -> Result<(), CaseError> {
    if case.format != 1 {
        return Err(CaseError::Format { found: case.format });
    }
    subject_fits(case)?;
    places(case)?;
    rulebooks(case)?;
    let mut devices = BTreeSet::new();
    for exam in &case.examinations {
        if !devices.insert(&exam.device.id) {
            return Err(twice("examinations", &exam.device.id));
        }
        examination(case, exam)?;
    }
    Ok(())
}

fn subject_fits(case: &CaseFile) -> Result<(), CaseError> {
    let wrong =
        |expected: &str| CaseError::Subject { subject: Box::new(case.subject.clone()), expected: expected.to_owned() };
    if case.facts.version != case.subject.version {
        return Err(wrong(&format!("version {}", case.facts.version)));
    }
    match (&case.facts.switch, case.subject.switch) {
        (None, SwitchState::Absent) => Ok(()),
        (None, _) => Err(wrong("a version without a switch is `absent`")),
        (Some(_), SwitchState::Absent) => Err(wrong("a version with a switch is at `collect` or `suppress`")),
        (Some(control), _) if promise_of(&case.facts, &control.default).is_none() => {
            Err(CaseError::Position { place: "facts".to_owned(), position: control.default.clone() })
        }
        (Some(_), _) => Ok(()),
    }
}

fn rulebooks(case: &CaseFile) -> Result<(), CaseError> {
    let found = case.rulebooks.len();
    if found > RULEBOOKS_MAX {
        return Err(order("rulebooks".to_owned(), &found.to_string(), &format!("at most {RULEBOOKS_MAX}")));
    }
    let mut known = BTreeSet::new();
    for book in &case.rulebooks {
        if !known.insert(&book.jurisdiction) {
            return Err(twice("rulebooks", &book.jurisdiction));
        }
        if let Some((place, problem)) = contradiction(book) {
            return Err(CaseError::Rulebook { jurisdiction: book.jurisdiction.clone(), place, problem });
        }
    }
    Ok(())
}

fn places(case: &CaseFile) -> Result<(), CaseError> {
    let mut regions = BTreeSet::new();
    for region in &case.regions {
        if !regions.insert(&region.id) {
            return Err(twice("regions", &region.id));
        }
    }
    let known = |place: &str, region: &RegionId| {
        if regions.contains(region) {
            return Ok(());
        }
        Err(CaseError::Region { place: place.to_owned(), region: region.clone() })
    };
    let mut hosts: BTreeSet<&Host> = BTreeSet::new();
    for endpoint in &case.endpoints {
        if !hosts.insert(&endpoint.host) {
            return Err(twice("endpoints", &endpoint.host));
        }
        known(&format!("endpoint {}", endpoint.host), &endpoint.region)?;
    }
    for exam in &case.examinations {
        for record in &exam.records {
            let ordered = record.served.iter().flat_map(|served| [&served.before, &served.after, &served.reported]);
            for holding in record.holdings.iter().chain(ordered).flatten() {
                known(&format!("holdings on {}", exam.device.id), &holding.region)?;
            }
        }
    }
    let inspection = case.inspection.iter();
    let read = inspection.clone().flat_map(|inspection| inspection.reads.iter().map(|read| &read.region));
    let logged = inspection.flat_map(|inspection| inspection.requests.iter().map(|request| &request.region));
    read.chain(logged).try_for_each(|region| known("inspection", region))
}

fn examination(case: &CaseFile, exam: &Examination) -> Result<(), CaseError> {
    if exam.subject != case.subject {
        let (found, expected) = (Box::new(exam.subject.clone()), Box::new(case.subject.clone()));
        return Err(CaseError::Examined { device: exam.device.id.clone(), found, expected });
    }
    for pair in exam.records.windows(2) {
        let place = format!("records on {}", exam.device.id);
        let (before, after) = ((pair[0].arm, pair[0].run), (pair[1].arm, pair[1].run));
        if before == after {
            return Err(twice(&place, &run_name(before)));
        }
        if before > after {
            return Err(order(place, &run_name(after), &format!("it before {}", run_name(before))));
        }
    }
    for record in &exam.records {
        let place = format!("{} on {}", run_name((record.arm, record.run)), exam.device.id);
        notebook(&place, &record.notebook, case)?;
        capture(&place, record)?;
        orders(&place, record)?;
    }
    Ok(())
}

/// An arm, with its run where that is not the first.
fn run_name((arm, run): (Arm, u32)) -> String {
    if run == 0 { arm.name().to_owned() } else { format!("{}, run {run}", arm.name()) }
}

fn notebook(place: &str, notebook: &Notebook, case: &CaseFile) -> Result<(), CaseError> {
    let mut last = notebook.starts;
    let mut modes: BTreeMap<_, Mode> = BTreeMap::new();
    for (line, entry) in notebook.entries.iter().enumerate() {
        let place = || format!("notebook of {place}, line {line}");
        if entry.at < last {
            return Err(order(place(), &entry.at.to_string(), &format!("{last} or later")));
        }
        last = entry.at;
        if let Activity::FlipSwitch { position } = &entry.activity
            && promise_of(&case.facts, position).is_none()
        {
            return Err(CaseError::Position { place: place(), position: position.clone() });
        }
        if let Some(session) = entry.session {
            let mode = entry.mode.ok_or_else(|| order(place(), &format!("{session} without a mode"), "a mode"))?;
            let first = *modes.entry(session).or_insert(mode);
            if first != mode {
                return Err(order(place(), &format!("{session} in {mode}"), &format!("{first} as before")));
            }
        }
    }
    if notebook.ends < last {
        return Err(order(
            format!("notebook of {place}"),
            &format!("an end at {}", notebook.ends),
            &format!("{last} or later"),
        ));
    }
    Ok(())
}

fn orders(place: &str, record: &Record) -> Result<(), CaseError> {
    let mut last = record.notebook.starts;
    for served in &record.served {
        if served.at < last {
            return Err(order(format!("orders of {place}"), &served.at.to_string(), &format!("{last} or later")));
        }
        last = served.due();
    }
    if record.notebook.ends < last {
        let place = format!("orders of {place}");
        return Err(order(place, &format!("an end at {}", record.notebook.ends), &format!("{last} or later")));
    }
    Ok(())
}

fn capture(place: &str, record: &Record) -> Result<(), CaseError> {
    if record.capture.device != record.device {
        return Err(order(format!("capture of {place}"), record.capture.device.as_str(), record.device.as_str()));
    }
    let mut last = None;
    for (index, flow) in record.capture.flows.iter().enumerate() {
        let place = || format!("capture of {place}, at {index}");
        if u64::try_from(index).ok() != Some(flow.id.0) {
            return Err(order(place(), &flow.id.to_string(), &format!("flow {index}")));
        }
        if last.is_some_and(|last| flow.at < last) {
            return Err(order(place(), &flow.at.to_string(), "a time not before the flow before"));
        }
        last = Some(flow.at);
    }
    Ok(())
}

fn twice(place: &str, found: &dyn std::fmt::Display) -> CaseError {
    CaseError::Twice { place: place.to_owned(), found: found.to_string() }
}

fn order(place: String, found: &str, expected: &str) -> CaseError {
    CaseError::Order { place, found: found.to_owned(), expected: expected.to_owned() }
}
