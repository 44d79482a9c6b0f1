//! The privacy controls of a client as a user finds them: which is the switch, which asks for consent.

use model::{Control, Position, SwitchState};
use protocol::{convert::device as convert, v1};

use super::{ExamineError, described::NAMED_MAX};

/// Most positions of one control.
const POSITIONS_MAX: usize = 16;

/// The controls of one version that the examination operates.
#[derive(Debug, Clone, Default)]
pub(super) struct Controls {
    /// The switch, with its name in the contract.
    pub(super) switch: Option<(String, Control)>,
    /// The consent dialog: its name, and the positions that give and refuse consent.
    pub(super) consent: Option<Dialog>,
    /// Labels of controls that are left where they stand.
    pub(super) others: Vec<String>,
}

/// A dialog that asks for consent.
#[derive(Debug, Clone)]
pub(super) struct Dialog {
    pub(super) id: String,
    pub(super) gives: String,
    pub(super) refuses: String,
}

impl Controls {
    pub(super) fn read(said: v1::ReadControlsResponse) -> Result<Self, ExamineError> {
        let mut controls = Self::default();
        for (index, control) in said.controls.into_iter().take(NAMED_MAX).enumerate() {
            let wrong = |field: &str, problem: String| ExamineError::Contract {
                field: format!("controls[{index}].{field}"),
                problem,
            };
            if control.positions.len() != control.promises.len() || control.positions.len() > POSITIONS_MAX {
                let (found, promises) = (control.positions.len(), control.promises.len());
                let expected = format!("expected one promise for each, and at most {POSITIONS_MAX}");
                return Err(wrong("promises", format!("{found} positions and {promises} promises, {expected}")));
            }
            let label = if control.label.is_empty() { control.id.clone() } else { control.label.clone() };
            let dialog = dialog(&control);
            let switch = switch(&control).map_err(|problem| wrong("default_position", problem))?;
            match (switch, dialog) {
                (Some(switch), _) if controls.is_better(&switch) => {
                    let before = controls.switch.replace((control.id, switch));
                    controls.others.extend(before.map(|(_, control)| control.label));
                }
                (None, Some(dialog)) if controls.consent.is_none() => controls.consent = Some(dialog),
                _ => controls.others.push(label),
            }
        }
        Ok(controls)
    }

    /// A switch about incognito says more than one about everything.
    fn is_better(&self, switch: &Control) -> bool {
        let about_incognito = |control: &Control| {
            let mut promises = control.positions.iter().map(|position| position.promise);
            promises.any(|p| matches!(p, model::Promise::CollectInIncognito | model::Promise::SuppressInIncognito))
        };
        self.switch.as_ref().is_none_or(|(_, known)| !about_incognito(known) && about_incognito(switch))
    }

    /// The states that the switch can promise.
    pub(super) fn states(&self) -> Vec<SwitchState> {
        let Some((_, switch)) = &self.switch else { return vec![SwitchState::Absent] };
        let mut states: Vec<SwitchState> = switch.positions.iter().map(|position| position.promise.state()).collect();
        states.sort();
        states.dedup();
        states
    }
}

fn positions(control: &v1::Control) -> impl Iterator<Item = (&String, v1::Promise)> {
    let promise = |number: &i32| v1::Promise::try_from(*number).unwrap_or(v1::Promise::Unspecified);
    control.positions.iter().zip(control.promises.iter().map(promise))
}

/// The control as a switch, if any of its positions promises something about collection.
fn switch(control: &v1::Control) -> Result<Option<Control>, String> {
    let promising =
        positions(control).filter_map(|(name, p)| Some(Position { name: name.clone(), promise: convert::promise(p)? }));
    let positions: Vec<Position> = promising.collect();
    if positions.is_empty() {
        return Ok(None);
    }
    let default = &control.default_position;
    if !positions.iter().any(|position| position.name == *default) {
        let known: Vec<String> = positions.iter().map(|position| format!("`{}`", position.name)).collect();
        return Err(format!("`{default}` promises nothing about collection, expected {}", known.join(" or ")));
    }
    let label = [control.label.as_str(), control.description.as_str()].map(str::trim);
    let label = label.into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(": ");
    Ok(Some(Control { label, positions, default: default.clone() }))
}

fn dialog(control: &v1::Control) -> Option<Dialog> {
    let at = |wanted| positions(control).find(|(_, promise)| *promise == wanted).map(|(name, _)| name.clone());
    Some(Dialog { id: control.id.clone(), gives: at(v1::Promise::Consent)?, refuses: at(v1::Promise::Refuse)? })
}
