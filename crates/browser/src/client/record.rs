//! Recording: which reports an activity makes, and what they hold.

use std::collections::BTreeMap;

use model::{Activity, Duration, Mode, Report, Timestamp, Value};

use super::{
    backlog::{Origin, Recorded, Target},
    delayed::Delayed,
    device::{Device, Gatekeeper},
    identity::Identities,
    lane::Lane,
    moment::{Deed, Moment},
    randomness::{Randomness, When},
    sealed::Sealed,
    upload::address,
};
use crate::{
    plan::{Line, Plan, Rule},
    policy::Each,
};

/// Most reports on the keys or links of one activity.
const PIECES_MAX: usize = 256;

/// Records the reports on one activity.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    pub(super) plan: &'a Plan,
    pub(super) now: Timestamp,
    pub(super) mode: Mode,
    pub(super) gatekeeper: Gatekeeper,
    pub(super) device: &'a Device,
    pub(super) ids: &'a mut Identities,
    pub(super) randomness: &'a mut Randomness,
    pub(super) lanes: &'a mut [Lane],
    pub(super) delayed: &'a mut Delayed,
    pub(super) sealed: &'a mut Sealed,
}

impl Recorder<'_> {
    /// Records every report on `deed`.
    pub(super) fn record(&mut self, deed: &Deed<'_>) {
        for &(line, rule) in self.plan.rules(deed.activity.kind()) {
            let plan = self.plan;
            let (spec, rule) = (&plan.lines[line], &plan.lines[line].rules[rule]);
            if !self.is_recorded(line, spec, rule, deed) {
                continue;
            }
            match rule.event.each {
                Each::Activity => self.record_one(line, rule, deed, ""),
                Each::Key => {
                    for prefix in prefixes(deed.activity) {
                        self.record_one(line, rule, deed, prefix);
                    }
                }
                Each::Link => {
                    for link in links(deed.activity).iter().take(PIECES_MAX) {
                        self.record_one(line, rule, deed, link);
                    }
                }
            }
        }
    }

    fn is_recorded(&self, line: usize, spec: &Line, rule: &Rule, deed: &Deed<'_>) -> bool {
        let collected = [rule.event.normal, rule.event.incognito];
        self.lanes[line].way.is_some()
            && self.gatekeeper.may_record(&spec.pipeline, collected, self.mode)
            && self.device.meets(&spec.pipeline.when)
            && deed.passes(&rule.event.filter, self.device)
    }

    fn record_one(&mut self, line: usize, rule: &Rule, deed: &Deed<'_>, piece: &str) {
        let plan = self.plan;
        let (spec, lane) = (&plan.lines[line], &mut self.lanes[line]);
        let (number, report) = lane.number(self.mode);
        let at = self.now + rule.event.after.unwrap_or(Duration::ZERO);
        let seed = spec.is_single.then(|| lane.seed.derive("single").derive(mode_name(self.mode)).nth(number));
        let mut moment = Moment {
            at: self.device.shown(at),
            mode: self.mode,
            device: self.device,
            ids: &mut *self.ids,
            identifiers: &plan.policy.identifiers,
            upload: seed,
            deed: Some(deed),
            report,
            piece,
        };
        let mut target = None;
        if let (Some(way), Some(seed)) = (lane.way, seed) {
            // A report whose address cannot be written has nowhere to go.
            let Some(address) = address(spec, way, seed, &mut moment) else { return };
            target = Some(Box::<Target>::new(address));
        }
        let mut report = report_on(spec, rule, &mut moment);
        let mut plain = self.randomize(rule, &mut report);
        if let Some(splitter) = &spec.share {
            plain.extend(splitter.plain(&report));
            // Time and number together never come again, even where numbers begin anew; and each mode has its own.
            let seed = self.device.profile.seed.derive("shares").derive(mode_name(self.mode));
            let Some(half) = splitter.split(report, &seed.nth(at.as_millis().unsigned_abs()).nth(number)) else {
                return;
            };
            report = half;
        }
        let recorded = Recorded {
            report,
            origin: Origin {
                mode: self.mode,
                collected: [rule.event.normal, rule.event.incognito],
                late: rule.late.clone(),
                target,
                plain,
            },
        };
        match (&spec.pipeline.star, rule.event.after) {
            (Some(sealing), _) => {
                self.sealed.take(&spec.pipeline.name, sealing, &self.lanes[line].seed, at, recorded);
            }
            (None, Some(_)) => self.delayed.push(at, line, recorded),
            (None, None) => self.lanes[line].push(recorded, &spec.pipeline, self.now),
        }
    }

    /// Puts answers in place of the values that are randomized, and gives those. Where there is no answer, the field is
    /// left out.
    fn randomize(&mut self, rule: &Rule, report: &mut Report) -> Vec<(String, Value)> {
        let when = When { now: self.now, told: report.time, mode: self.mode };
        let mut plain = Vec::new();
        for (name, expression) in &rule.fields {
            let Some(place) = expression.randomizer else { continue };
            let Some(value) = report.fields.remove(name) else { continue };
            let spec = self.plan.policy.randomizers.get(place).zip(self.plan.randomizers.get(place));
            let Some((spec, Some(randomizer))) = spec else { continue };
            if let Some(answer) = self.randomness.respond(spec, randomizer, &value, when) {
                report.fields.insert(name.clone(), answer);
            }
            plain.push((name.clone(), value));
        }
        plain
    }
}

fn report_on(line: &Line, rule: &Rule, moment: &mut Moment<'_>) -> Report {
    let fields: BTreeMap<_, _> =
        rule.fields.iter().filter_map(|(name, expression)| Some((name.clone(), moment.value(expression)?))).collect();
    let device = line.device.as_ref().and_then(|expression| moment.value(expression));
    Report {
        event: rule.event.name.clone(),
        time: rounded(moment.at, line.pipeline.time_precision),
        device: device.map(|value| value.to_string()),
        fields,
    }
}

fn rounded(at: Timestamp, precision: Option<Duration>) -> Timestamp {
    let step = precision.and_then(|step| i64::try_from(step.as_millis()).ok()).filter(|step| *step > 0);
    step.map_or(at, |step| Timestamp::from_millis(at.as_millis() - at.as_millis().rem_euclid(step)))
}

const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Normal => "normal",
        Mode::Incognito => "incognito",
    }
}

/// The text typed so far after each key. A pasted text has none; nobody types the scheme of an address.
fn prefixes(activity: &Activity) -> impl Iterator<Item = &str> {
    let typed = match activity {
        Activity::Visit { url, typed: true, .. } => url.split_once("://").map_or(url.as_str(), |(_, rest)| rest),
        Activity::Search { terms, typed: true, .. } => terms,
        Activity::TypeText { text } => text,
        _ => "",
    };
    typed.char_indices().take(PIECES_MAX).map(|(at, key)| &typed[..at + key.len_utf8()])
}

fn links(activity: &Activity) -> &[String] {
    match activity {
        Activity::Visit { links, .. } => links,
        _ => &[],
    }
}
