//! Minimality: nothing may be collected or noted that the vendor does not declare, nor in a mode that it does not name.
//!
//! # Sees
//!
//! Every field with a name that leaves the device (in bodies, queries, headers and cookies, through every encoding that
//! can be peeled), every field that servers held, and what they noted in request logs.
//!
//! # Cannot see
//!
//! What a declared field really carries (linkage and the canaries do), fields without names where no server was
//! inspected, values within a path, and fields inside a container that is itself declared. A name is compared from the
//! element of an array that it stands in, so that two records with equally named parts are not told apart.
//!
//! # Error rates
//!
//! Names are compared as they are, so no chance enters; a false decoding can only add a name where a body is text of
//! its own making.
//!
//! # Source
//!
//! GDPR, articles 5(1)(c) and 13; the security considerations of draft-ietf-ppm-dap, on what servers and proxies note.

mod names;

use std::collections::BTreeMap;

use model::{CaseFile, CheckName, Declaration, Evidence, Holding, Mode, Phase};

use self::names::{Field, fields};
use super::PHASES;
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Seen, shares_record},
    peel::Peeler,
    words,
};

/// Most undeclared names that are shown, each in a finding of its own.
const NAMES_MAX: usize = 8;

/// What is wrong with a field: its name, and the mode in which it was not declared; `None` for not at all.
type Wrong = (String, Option<Mode>);
/// What was found, each with how often and the first evidence.
type Found = BTreeMap<Wrong, (u64, Evidence)>;

/// Compares what left the device and what servers held about it with the declaration.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let Some(declaration) = &exhibit.case.declaration else {
        conclusion.lacks(NO_DECLARATION);
        return conclusion;
    };
    conclusion.exercise(exhibit, |_| true);
    conclusion.require_phases(exhibit, &[Phase::FirstUse], |_| true);
    conclusion.require_phases(exhibit, &PHASES, |_| true);
    conclusion.require_readable(exhibit);
    let mut found = Found::new();
    let unnamed = flows(exhibit, declaration, &mut found);
    holdings(exhibit, declaration, unnamed > 0, &mut found);
    if unnamed > 0 && exhibit.main.holdings.as_ref().is_none_or(Vec::is_empty) {
        let flows = words::count(unnamed, "flow");
        conclusion.lacks(format!("{flows} with fields that have no names cannot be compared with the declaration"));
    }
    conclusion.exercised("names of everything that left the device");
    for ((name, mode), (times, evidence)) in found.into_iter().take(NAMES_MAX) {
        let place = if evidence.flow.is_some() { "flow" } else { "report on servers" };
        let times = words::count(times, place);
        let summary = match mode {
            None => format!("`{name}` is collected, in {times}, and nobody declared it"),
            Some(mode) => format!("`{name}` is collected in {mode}, in {times}, and was not declared for that"),
        };
        conclusion.convict(CheckName::Minimality, summary, evidence);
    }
    conclusion
}

const NO_DECLARATION: &str = "nothing was declared";

/// Compares what servers noted about requests with what is declared as logged.
pub(crate) fn logged(case: &CaseFile) -> Conclusion {
    let mut conclusion = Conclusion::default();
    let Some(declaration) = &case.declaration else {
        conclusion.lacks(NO_DECLARATION);
        return conclusion;
    };
    let Some(inspection) = &case.inspection else {
        conclusion.lacks("no request log was inspected");
        return conclusion;
    };
    conclusion.exercised("request logs of the servers");
    let mut shown: BTreeMap<&str, (u64, Evidence)> = BTreeMap::new();
    for request in &inspection.requests {
        for (name, value) in request.noted.iter().filter(|(name, _)| !declaration.logged.contains(name)) {
            let evidence = || Evidence {
                flow: None,
                device: None,
                endpoint: Some(request.host.clone()),
                at: request.at,
                path: vec![format!("request log:{}", request.region), name.clone()],
                plaintext: words::excerpt(value, ""),
                activity: format!("request to {}", request.host),
            };
            shown.entry(name).or_insert_with(|| (0, evidence())).0 += 1;
        }
    }
    for (name, (requests, evidence)) in shown.into_iter().take(NAMES_MAX) {
        let requests = words::count(requests, "request");
        let summary = format!("servers note `{name}` of {requests}, and nobody declared it");
        conclusion.convict(CheckName::Minimality, summary, evidence);
    }
    conclusion
}

/// Looks through everything that left the device; tells how many flows have fields without names.
fn flows(exhibit: &Exhibit<'_>, declaration: &Declaration, found: &mut Found) -> u64 {
    let mut peeler = Peeler::default();
    let mut unnamed = 0;
    // After an update the fields are another version's.
    for seen in exhibit.flows.iter().filter(|seen| !exhibit.timeline.at(seen.flow.at).updated) {
        let fields = fields(&peeler.peel(seen.flow));
        unnamed += u64::from(fields.unnamed);
        let mut wrongs: BTreeMap<Wrong, &Field> = BTreeMap::new();
        for field in &fields.named {
            let modes = || mode_of_record(exhibit, seen, &field.path);
            if let Some(wrong) = wrong(declaration, field.name(), |name| field.is_called(name), modes) {
                wrongs.entry(wrong).or_insert(field);
            }
        }
        for (wrong, field) in wrongs {
            found.entry(wrong).or_insert_with(|| (0, in_flow(exhibit, seen, field))).0 += 1;
        }
    }
    unnamed
}

/// What is wrong with a field that bears a declared name if `is_called` says so of it.
fn wrong(
    declaration: &Declaration,
    name: &str,
    is_called: impl Fn(&str) -> bool,
    mode: impl FnOnce() -> Option<Mode>,
) -> Option<Wrong> {
    let mut declared = declaration.fields.iter().filter(|declared| is_called(&declared.name)).peekable();
    if declared.peek().is_none() {
        return Some((name.to_owned(), None));
    }
    let modes: Vec<&[Mode]> = declared.map(|declared| declared.modes.as_slice()).collect();
    if modes.iter().any(|modes| modes.is_empty()) {
        return None; // declared for both
    }
    let mode = mode()?;
    (!modes.iter().any(|modes| modes.contains(&mode))).then(|| (name.to_owned(), Some(mode)))
}

/// The mode of what the record at `path` is about, where canaries in it tell.
fn mode_of_record(exhibit: &Exhibit<'_>, seen: &Seen<'_>, path: &[String]) -> Option<Mode> {
    let beside = seen.sightings.iter().filter(|sighting| shares_record(&sighting.path, path));
    mode_of(exhibit, beside.map(|sighting| sighting.token))
}

/// The one mode in which all of the tokens were planted.
fn mode_of(exhibit: &Exhibit<'_>, tokens: impl Iterator<Item = usize>) -> Option<Mode> {
    let entries = tokens.flat_map(|token| exhibit.canaries.entries(token));
    let mut modes = entries.map(|&index| exhibit.main.notebook.entries[index].mode);
    let first = modes.next()??;
    modes.all(|mode| mode == Some(first)).then_some(first)
}

/// Looks through what servers held. What they take for the device counts where no name on the way stood for it.
fn holdings(exhibit: &Exhibit<'_>, declaration: &Declaration, device_too: bool, found: &mut Found) {
    let mut tokens: BTreeMap<*const Holding, Vec<usize>> = BTreeMap::new();
    for held in &exhibit.held {
        tokens.entry(std::ptr::from_ref(held.holding)).or_default().push(held.token);
    }
    let own = exhibit.main.holdings.iter().flatten().filter(|holding| !exhibit.timeline.at(holding.at).updated);
    for holding in own {
        let device = holding.report.device.as_ref().filter(|_| device_too).map(|device| ("device", device.clone()));
        let fields = holding.report.fields.iter().map(|(name, value)| (name.as_str(), value.to_string()));
        for (name, value) in device.into_iter().chain(fields) {
            let known = tokens.get(&std::ptr::from_ref(holding));
            let mode = || mode_of(exhibit, known.into_iter().flatten().copied());
            if let Some(wrong) = wrong(declaration, name, |declared| declared == name, mode) {
                found.entry(wrong).or_insert_with(|| (0, on_server(exhibit, holding, name, &value))).0 += 1;
            }
        }
    }
}

fn in_flow(exhibit: &Exhibit<'_>, seen: &Seen<'_>, field: &Field) -> Evidence {
    Evidence {
        flow: Some(seen.flow.id),
        device: Some(exhibit.main.device.clone()),
        endpoint: Some(seen.flow.host.clone()),
        at: seen.flow.at,
        path: field.path.clone(),
        plaintext: words::excerpt(&field.value, ""),
        activity: exhibit.cause(seen.flow),
    }
}

fn on_server(exhibit: &Exhibit<'_>, holding: &Holding, name: &str, value: &str) -> Evidence {
    Evidence {
        flow: None,
        device: Some(exhibit.main.device.clone()),
        endpoint: None,
        at: holding.at,
        path: vec![format!("holdings:{}", holding.region), name.to_owned()],
        plaintext: words::excerpt(value, ""),
        activity: exhibit.last_before(holding.at),
    }
}
