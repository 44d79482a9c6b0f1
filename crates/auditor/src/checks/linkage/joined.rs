//! Identifiers that stand side by side: the graph of values and uploads, followed across boundaries.
//!
//! Two identifiers of one device are joined by an upload that holds both, or by a value that stands beside each. A way
//! through the graph from before a boundary to after it always has such a step, so looking at single steps is enough.

use model::{Boundary, CheckName, Mode};

use super::{CANDIDATES_MAX, Hunt, Traced, boundary};
use crate::{conclusion::Conclusion, exhibit::Trace, peel::Peeler};

impl<'e> Hunt<'_, 'e> {
    /// Convicts an upload that holds an identifier of either side of a boundary.
    pub(super) fn side_by_side(&mut self, conclusion: &mut Conclusion) {
        let exhibit = self.exhibit;
        let lawful: Vec<Traced<'e>> =
            exhibit.traces.recurring().filter(|(_, trace)| !self.is_forbidden(trace)).take(CANDIDATES_MAX).collect();
        for (value, trace) in lawful {
            if !self.may_be_joined(trace) || !self.sibling.differs(value, trace) {
                continue;
            }
            for (other, beside) in self.beside(trace.flows.1) {
                let Some(between) = self.between(trace, beside) else { continue };
                if other != value && self.sibling.differs(other, beside) {
                    let across = boundary::name(between);
                    let summary = format!("one upload holds `{value}` and `{other}`, and so links across {across}");
                    let mut evidence = self.evidence(value, trace);
                    let flow = exhibit.flows[trace.flows.1].flow;
                    (evidence.flow, evidence.at, evidence.endpoint) = (Some(flow.id), flow.at, Some(flow.host.clone()));
                    evidence.activity = exhibit.cause(flow);
                    conclusion.convict(CheckName::Linkage, summary, evidence);
                    return;
                }
            }
        }
    }

    /// The identifiers that `value` stands beside, where it occurs first and last, if they are two.
    pub(super) fn joins(&mut self, value: &str, trace: &Trace) -> Option<(&'e str, &'e str)> {
        let mut lawful = |number| {
            let beside = self.beside(number).into_iter();
            let fits = |(other, trace): &Traced<'e>| *other != value && !self.is_forbidden(trace);
            let others: Vec<Traced<'e>> = beside.filter(fits).collect();
            others.into_iter().find(|(other, trace)| self.sibling.differs(other, trace))
        };
        let ((first, _), (last, _)) = (lawful(trace.flows.0)?, lawful(trace.flows.1)?);
        (first != last).then_some((first, last))
    }

    /// Values of a flow that recur.
    fn beside(&self, number: usize) -> Vec<Traced<'e>> {
        let exhibit = self.exhibit;
        let peeled = Peeler::default().peel(exhibit.flows[number].flow);
        let mut values: Vec<Traced<'e>> = peeled.leaves().filter_map(|leaf| exhibit.traces.of(&leaf.value())).collect();
        values.sort_by_key(|(value, _)| *value);
        values.dedup_by_key(|(value, _)| *value);
        values
    }

    /// Whether the upload that holds a value last may hold one from beyond a boundary.
    fn may_be_joined(&self, trace: &Trace) -> bool {
        let left = self.exhibit.flows[trace.flows.1].flow.at;
        self.forbidden.across.iter().any(|&boundary| match boundary {
            Boundary::Modes => self.mode(trace).is_some(),
            Boundary::Uploads | Boundary::Sessions => false,
            _ => self.turns.inside(boundary, (trace.span.1, left)),
        })
    }

    /// The forbidden boundary that one value lies before and the other behind.
    fn between(&self, before: &Trace, behind: &Trace) -> Option<Boundary> {
        let apart = |boundary: &Boundary| match boundary {
            Boundary::Modes => self.mode(before).zip(self.mode(behind)).is_some_and(|(a, b)| a != b),
            Boundary::Uploads | Boundary::Sessions => false,
            _ => self.turns.inside(*boundary, (before.span.1, behind.span.0)),
        };
        self.forbidden.across.iter().copied().find(apart)
    }

    /// The one mode in which a value was used, where canaries beside it tell.
    fn mode(&self, trace: &Trace) -> Option<Mode> {
        let mut modes = trace.entries.iter().map(|&index| self.exhibit.main.notebook.entries[index].mode);
        let first = modes.next()??;
        modes.all(|mode| mode == Some(first)).then_some(first)
    }
}
