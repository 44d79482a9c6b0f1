//! What the runs of two arms are compared by: numbers that are chosen without regard to which run is of which arm.

use std::collections::{BTreeMap, BTreeSet};

use model::{Arm, Timestamp};

use super::runs::{Measure, Run, Said, Way};
use crate::exhibit::Exhibit;

/// Most ways out that are looked at on their own: those with the most flows.
const WAYS_MAX: usize = 4;
/// Most parts of the plan that are looked at on their own: the first.
const PARTS_MAX: usize = 24;
/// Most places in the plaintext: those that most runs have.
const PLACES_MAX: usize = 64;
/// Most values: in the order of their places.
const VALUES_MAX: usize = 256;

/// One number for each run.
#[derive(Debug)]
pub(super) struct Feature {
    kind: Kind,
    /// What it is, in words.
    pub(super) what: String,
}

#[derive(Debug)]
enum Kind {
    Outside { measure: Measure, way: Option<Way>, span: (Timestamp, Timestamp) },
    Times(String),
    Distinct(String),
    Most(String),
    Span(String),
    Says(String, String),
}

/// What is compared, what a stranger sees apart from what a reader sees; each in the order in which it is dropped last.
#[derive(Debug)]
pub(super) struct Features {
    pub(super) outside: Vec<Feature>,
    pub(super) inside: Vec<Feature>,
    anchors: Vec<Timestamp>,
}

impl Features {
    /// Chooses by what all runs of both arms hold together: relabelling runs would change nothing. That keeps the test
    /// exact although the choice looks at what was captured.
    pub(super) fn of(exhibit: &Exhibit<'_>, a: &[Run<'_>], b: &[Run<'_>]) -> Self {
        let runs: Vec<&Run<'_>> = a.iter().chain(b).collect();
        let lines = exhibit.main.notebook.entries.iter().enumerate();
        let anchors = lines.filter(|(index, _)| !exhibit.is_examined(*index)).map(|(_, entry)| entry.at).collect();
        Self { outside: outside(exhibit, &runs), inside: inside(&runs, a.len().min(b.len())), anchors }
    }

    /// The number of each run.
    pub(super) fn numbers(&self, feature: &Feature, runs: &[Run<'_>]) -> Vec<i64> {
        runs.iter().map(|run| self.number(&feature.kind, run)).collect()
    }

    fn number(&self, kind: &Kind, run: &Run<'_>) -> i64 {
        let said = |place: &String| run.said.get(place);
        match kind {
            Kind::Outside { measure, way, span } => run.measure(*measure, way.as_ref(), *span, &self.anchors),
            Kind::Times(place) => said(place).map_or(0, |said| said.times),
            Kind::Distinct(place) => said(place).map_or(0, |said| i64::try_from(said.values.len()).unwrap_or(i64::MAX)),
            Kind::Most(place) => said(place).and_then(|said| said.numbers).map_or(0, |(_, most)| most),
            Kind::Span(place) => {
                said(place).and_then(|said| said.numbers).map_or(0, |(least, most)| most.saturating_sub(least))
            }
            Kind::Says(place, value) => i64::from(said(place).is_some_and(|said| said.values.contains(value))),
        }
    }
}

impl Feature {
    /// Who sees it.
    pub(super) const fn seen_in(&self) -> &'static str {
        match self.kind {
            Kind::Outside { way: None, .. } => "seen from lengths and times alone",
            Kind::Outside { .. } => "seen from destinations, sizes and times",
            _ => "seen in the plaintext",
        }
    }

    /// A flow of `run` that shows it, with the way to what it is about: not before `since`, if one is later.
    pub(super) fn shown<'a>(&self, run: &Run<'a>, since: Timestamp) -> Option<(&'a model::Flow, Vec<String>)> {
        match &self.kind {
            Kind::Outside { measure, way, span } => {
                let later = run.first(way.as_ref(), (span.0.max(since), span.1));
                let flow = later.or_else(|| run.first(way.as_ref(), *span))?;
                let is_time = matches!(measure, Measure::Lag | Measure::Silence);
                Some((flow, vec![if is_time { "time" } else { "size" }.to_owned()]))
            }
            Kind::Times(place) | Kind::Distinct(place) | Kind::Most(place) | Kind::Span(place) => {
                last(run, run.said.get(place)?)
            }
            Kind::Says(place, value) => last(run, run.said.get(place).filter(|said| said.values.contains(value))?),
        }
    }
}

fn last<'a>(run: &Run<'a>, said: &Said) -> Option<(&'a model::Flow, Vec<String>)> {
    Some((run.flows.get(said.last.0)?, said.last.1.clone()))
}

fn outside(exhibit: &Exhibit<'_>, runs: &[&Run<'_>]) -> Vec<Feature> {
    let notebook = &exhibit.main.notebook;
    let whole = (notebook.starts, Timestamp::MAX);
    let feature = |measure: Measure, way: Option<Way>, span, of: &str| {
        let to = way.as_ref().map(|(host, _)| format!(" to {host}")).unwrap_or_default();
        Feature { what: format!("{}{to}{of}", measure.words()), kind: Kind::Outside { measure, way, span } }
    };
    let over_all = Measure::ALL.into_iter().map(|measure| feature(measure, None, whole, ""));
    let ways = ways(runs);
    let by_way = ways.iter().flat_map(|way| Measure::ALL.map(|measure| feature(measure, Some(way.clone()), whole, "")));
    let parts = parts(exhibit);
    let by_part = parts.iter().flat_map(|(name, span)| {
        let of = format!(" in {name}");
        Measure::IN_PART.map(|measure| feature(measure, None, *span, &of))
    });
    // With one way out, what goes there is all that there is.
    let by_way = by_way.filter(|_| ways.len() > 1);
    over_all.chain(by_way).chain(by_part).collect()
}

fn ways(runs: &[&Run<'_>]) -> Vec<Way> {
    let mut flows: BTreeMap<Way, usize> = BTreeMap::new();
    for flow in runs.iter().flat_map(|run| &run.flows) {
        *flows.entry((flow.host.clone(), flow.channel)).or_default() += 1;
    }
    let mut ways: Vec<(Way, usize)> = flows.into_iter().collect();
    ways.sort_by_key(|(_, flows)| std::cmp::Reverse(*flows)); // stable: by name where equal
    ways.into_iter().map(|(way, _)| way).take(WAYS_MAX).collect()
}

/// The parts of the plan: stretches of one phase, from one first line to the next. The last reaches to the end.
fn parts(exhibit: &Exhibit<'_>) -> Vec<(&'static str, (Timestamp, Timestamp))> {
    let entries = &exhibit.main.notebook.entries;
    let shared = entries.iter().enumerate().filter(|(index, _)| !exhibit.is_examined(*index)).map(|(_, entry)| entry);
    let mut starts: Vec<(model::Phase, Timestamp)> = Vec::new();
    for entry in shared {
        if starts.last().is_none_or(|(phase, _)| *phase != entry.phase) {
            starts.push((entry.phase, entry.at));
        }
    }
    let ends = starts.iter().skip(1).map(|(_, at)| *at).chain([Timestamp::MAX]);
    let parts = starts.iter().zip(ends).map(|((phase, from), until)| (crate::words::phase(*phase), (*from, until)));
    parts.take(PARTS_MAX).collect()
}

/// What stands in the plaintext: how often each place says something, how many things, and its numbers; and values that
/// about half of the runs know, since only those can tell two arms apart.
fn inside(runs: &[&Run<'_>], of_each: usize) -> Vec<Feature> {
    let places = places(runs);
    let mut features = Vec::new();
    for place in &places {
        let mut add = |kind: fn(String) -> Kind, what: &str| {
            features.push(Feature { kind: kind(place.clone()), what: format!("{what} at `{place}`") });
        };
        add(Kind::Times, "number of values");
        add(Kind::Distinct, "number of distinct values");
        if runs.iter().any(|run| run.said.get(place).is_some_and(|said| said.numbers.is_some())) {
            add(Kind::Most, "greatest number");
            add(Kind::Span, "span of numbers");
        }
    }
    for place in &places {
        let room = VALUES_MAX.saturating_sub(features.iter().filter(|f| matches!(f.kind, Kind::Says(..))).count());
        features.extend(telling(runs, place, of_each).into_iter().take(room));
    }
    features
}

fn places(runs: &[&Run<'_>]) -> Vec<String> {
    let mut known: BTreeMap<&String, usize> = BTreeMap::new();
    for place in runs.iter().flat_map(|run| run.said.keys()) {
        *known.entry(place).or_default() += 1;
    }
    let mut places: Vec<_> = known.into_iter().collect();
    places.sort_by_key(|(_, runs)| std::cmp::Reverse(*runs)); // stable: by name where equal
    places.into_iter().map(|(place, _)| place.clone()).take(PLACES_MAX).collect()
}

/// The values at `place` that as many runs know as an arm has, or one more or less.
fn telling(runs: &[&Run<'_>], place: &String, of_each: usize) -> Vec<Feature> {
    let mut known: BTreeMap<&String, usize> = BTreeMap::new();
    let said: Vec<&BTreeSet<String>> = runs.iter().filter_map(|run| Some(&run.said.get(place)?.values)).collect();
    for value in said.into_iter().flatten() {
        *known.entry(value).or_default() += 1;
    }
    let half = known.into_iter().filter(|(_, runs)| runs.abs_diff(of_each) <= 1);
    let feature = |(value, _): (&String, usize)| Feature {
        what: format!("whether `{}` stands at `{place}`", crate::words::excerpt(value, "")),
        kind: Kind::Says(place.clone(), value.clone()),
    };
    half.map(feature).collect()
}

/// The arm in words, as the evidence of a difference names it.
pub(super) fn of_arm(arm: Arm) -> String {
    if arm == Arm::Repeat { "the same again".to_owned() } else { format!("the {} twin", arm.name()) }
}
