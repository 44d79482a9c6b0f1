//! Plans: policies with every source, transform and template read once, for any number of clients.

mod check;
mod expression;
mod line;
mod share;
mod source;
mod template;

use std::collections::BTreeMap;

use encoding::local::LocalRandomizer;
use model::ActivityKind;

pub(crate) use expression::{Expression, randomizer_in};
pub(crate) use line::{Late, Line, Rule};
pub(crate) use share::Splitter;
pub(crate) use source::{Counter, OfActivity, OfDevice, Source};
pub(crate) use template::Template;

use crate::{Policy, policy::Effect, problem::Findings};

/// A policy that was read.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) policy: Policy,
    pub(crate) lines: Vec<Line>,
    /// One for each randomizer of the policy, in its order; nothing for one with mistakes.
    pub(crate) randomizers: Vec<Option<LocalRandomizer>>,
    /// For each kind of activity, the lines and rules that are about it.
    rules: BTreeMap<ActivityKind, Vec<(usize, usize)>>,
}

impl Plan {
    /// Reads `policy`, leaving out what has mistakes, and notes those.
    pub(crate) fn read(policy: &Policy, findings: &mut Findings) -> Self {
        check::switch(policy, findings);
        check::settings(policy, findings);
        check::identifiers(policy, findings);
        let randomizers = check::randomizers(policy, findings);
        let pipelines = policy.pipelines.iter().enumerate();
        let read = |(i, _)| findings.item("pipeline", i, |findings| Line::read(policy, i, findings));
        let lines: Vec<Line> = pipelines.map(read).collect();
        check::places(&lines, findings);
        let mut rules: BTreeMap<ActivityKind, Vec<(usize, usize)>> = BTreeMap::new();
        for (line, spec) in lines.iter().enumerate() {
            for (rule, spec) in spec.rules.iter().enumerate() {
                rules.entry(spec.event.on).or_default().push((line, rule));
            }
        }
        Self { policy: policy.clone(), lines, randomizers, rules }
    }

    /// Lines and rules that are about activities of `kind`, in the policy's order.
    pub(crate) fn rules(&self, kind: ActivityKind) -> &[(usize, usize)] {
        self.rules.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// The position of the switch after first start.
    pub(crate) fn default_position(&self) -> Option<String> {
        self.policy.switch.as_ref().map(|switch| switch.default.clone())
    }

    /// What the code does while the switch stands at `position`. Without a switch, it collects.
    pub(crate) fn effect(&self, position: Option<&str>) -> Effect {
        let positions = self.policy.switch.iter().flat_map(|switch| &switch.positions);
        let mut effects = positions.filter(|p| Some(p.name.as_str()) == position).map(|p| p.effect);
        effects.next().unwrap_or(Effect::Collect)
    }
}
