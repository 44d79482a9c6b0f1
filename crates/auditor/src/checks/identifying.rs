//! Flows that say who sends them, where nothing may be collected at all.

use std::collections::BTreeMap;

use model::{Arm, Evidence, Flow};

use super::linkage::sibling::Sibling;
use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
    peel::Peeler,
    words,
};

/// Most flows that are looked at: who sends more at such times has been seen by then.
const FLOWS_MAX: usize = 10_000;

/// The first flow that `fits` and holds an identifier: a value that recurs on this device, and that another device of the
/// same model with the same diary does not send.
///
/// Flows without any are fine: an empty batch, a heartbeat, a ping with values that are fresh each time or alike on all
/// devices tell nobody who sent them. What left after an update is another version's doing.
pub(super) fn first(
    exhibit: &Exhibit<'_>,
    conclusion: &mut Conclusion,
    fits: impl Fn(&Flow) -> bool,
) -> Option<Evidence> {
    let wanted = |flow: &Flow| !exhibit.timeline.at(flow.at).updated && fits(flow);
    let mut flows = exhibit.flows.iter().map(|seen| seen.flow).filter(|flow| wanted(flow)).take(FLOWS_MAX).peekable();
    flows.peek()?;
    let Some(record) = exhibit.arm(Arm::Sibling) else {
        conclusion.lacks("the sibling arm was not played");
        return None;
    };
    let known: BTreeMap<&str, &Trace> = exhibit.traces.recurring().collect();
    let mut sibling = Sibling::of(exhibit, record);
    let mut peeler = Peeler::default();
    flows.find_map(|flow| {
        let peeled = peeler.peel(flow);
        let identifier = peeled.leaves().find(|leaf| {
            let value = leaf.value();
            known.get(value.as_ref()).is_some_and(|trace| sibling.differs(&value, trace))
        })?;
        Some(Evidence {
            flow: Some(flow.id),
            device: Some(exhibit.main.device.clone()),
            endpoint: Some(flow.host.clone()),
            at: flow.at,
            path: identifier.path(),
            plaintext: words::excerpt(&identifier.value(), ""),
            activity: exhibit.cause(flow),
        })
    })
}
