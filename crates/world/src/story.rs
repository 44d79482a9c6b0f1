//! The timeline: what happened, as one tells it afterwards.

use std::collections::BTreeMap;

use model::{CaseFile, Ordered, QueryId, Release, Timestamp, Window, Withheld};

use crate::{crowd::SHARD_DEVICES, room::Tallies, setting::Setting, trial};

/// One line of the timeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When.
    pub at: Timestamp,
    /// What, in one sentence.
    pub text: String,
}

/// Everything that the timeline is told from.
pub(crate) struct Told<'a> {
    pub(crate) setting: &'a Setting<'a>,
    pub(crate) crowd: &'a Tallies,
    pub(crate) updates: &'a BTreeMap<Timestamp, u64>, // updates of the crowd by day
    pub(crate) cases: &'a [CaseFile],
    pub(crate) releases: &'a [Release],
    pub(crate) times: &'a BTreeMap<(QueryId, Window), Timestamp>, // when each window was released
}

/// The timeline, ordered by time.
pub(crate) fn timeline(told: &Told<'_>) -> Vec<Moment> {
    let mut moments = Vec::new();
    news(told, &mut moments);
    crowd(told, &mut moments);
    roll_outs(told, &mut moments);
    weather(told, &mut moments);
    taken_up(told.cases, &mut moments);
    orders(told, &mut moments);
    releases(told, &mut moments);
    moments.sort_by_key(|moment| moment.at); // stable: what is told of one time keeps its order
    moments
}

fn tell(moments: &mut Vec<Moment>, at: Timestamp, text: String) {
    moments.push(Moment { at, text });
}

/// `count` of something with its thousands apart, such as `1 group` or `10,000 devices`.
fn counted(count: u64, (one, many): (&str, &str)) -> String {
    let digits = count.to_string();
    let ends = (0..digits.len()).rev().step_by(3);
    let mut groups: Vec<&str> = ends.map(|end| &digits[end.saturating_sub(2)..=end]).collect();
    groups.reverse();
    format!("{} {}", groups.join(","), if count == 1 { one } else { many })
}

const ACTIVITIES: (&str, &str) = ("activity", "activities");
const BATCHES: (&str, &str) = ("batch", "batches");
const DEVICES: (&str, &str) = ("device", "devices");
const FLOWS: (&str, &str) = ("flow", "flows");
const GROUPS: (&str, &str) = ("group", "groups");
const SHARDS: (&str, &str) = ("shard", "shards");
const UPLOADS: (&str, &str) = ("upload", "uploads");

fn news(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for news in &told.setting.script.news {
        let source = news.source.as_ref().map(|source| format!(" [{source}]")).unwrap_or_default();
        tell(moments, news.at, format!("{}{source}", news.text));
    }
}

fn crowd(told: &Told<'_>, moments: &mut Vec<Moment>) {
    let script = told.setting.script;
    let Some(crowd) = &script.crowd else { return };
    let countries: Vec<String> = crowd.countries.iter().map(|population| population.country.to_string()).collect();
    let shards = crowd.devices.div_ceil(SHARD_DEVICES);
    let (devices, shards) = (counted(crowd.devices, DEVICES), counted(shards, SHARDS));
    let begins = format!("The crowd begins: {devices} in {}, in {shards}", countries.join(", "));
    tell(moments, script.starts, begins);
    let Tallies { activities, attempts, admitted, duplicates, refused, unanswered, lost, .. } = told.crowd;
    let lost = if *lost == 0 { String::new() } else { format!(", {lost} counted and lost in crashes") };
    let ends = format!(
        "The crowd stops after {}: {} sent, {} admitted, {duplicates} answered as duplicates, {refused} refused, \
         {unanswered} unanswered{lost}",
        counted(*activities, ACTIVITIES),
        counted(*attempts, UPLOADS),
        counted(*admitted, BATCHES),
    );
    tell(moments, script.ends, ends);
}

fn roll_outs(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for product in &told.setting.script.products {
        for version in product.versions.iter().filter(|version| !version.rollout.is_empty()) {
            tell(moments, version.released, format!("{} {} comes out", product.name, version.version));
            let mut before = 0;
            for stage in &version.rollout {
                let back = if stage.percent < before { "taken back, and " } else { "" };
                let text = format!("{} {} is {back}offered to {} %", product.name, version.version, stage.percent);
                tell(moments, stage.at, text);
                before = stage.percent;
            }
        }
    }
    let stages = told.setting.script.products.iter().flat_map(|p| &p.versions).map(|version| &version.rollout);
    let is_taken_back = stages.into_iter().any(|stages| stages.windows(2).any(|two| two[1].percent < two[0].percent));
    let did = if is_taken_back { "updated or went back" } else { "updated" };
    let mut total = 0;
    for (day, updates) in told.updates {
        total += updates;
        let text =
            format!("{} of the crowd {did} that day, {} so far", counted(*updates, DEVICES), counted(total, DEVICES));
        tell(moments, *day, text);
    }
}

fn weather(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for fault in &told.setting.script.faults {
        tell(moments, fault.at, fault.kind.to_string());
    }
}

/// The timeline of examinations alone.
pub(crate) fn examinations(cases: &[CaseFile]) -> Vec<Moment> {
    let mut moments = Vec::new();
    taken_up(cases, &mut moments);
    moments.sort_by_key(|moment| moment.at); // stable: what is told of one time keeps its order
    moments
}

fn taken_up(cases: &[CaseFile], moments: &mut Vec<Moment>) {
    for case in cases {
        let (mut devices, mut activities, mut flows) = (Vec::new(), 0, 0);
        let mut starts = None;
        for (examination, record) in trial::main_arms(std::slice::from_ref(case)) {
            let device = &examination.device;
            devices.push(format!("{} ({}, {})", device.id, device.model, device.country));
            let done = record.notebook.entries.iter().filter(|entry| entry.outcome == model::Outcome::Done);
            activities += done.count() as u64;
            flows += record.capture.flows.len() as u64;
            starts.get_or_insert(record.notebook.starts);
        }
        let Some(starts) = starts else { continue };
        let (activities, flows) = (counted(activities, ACTIVITIES), counted(flows, FLOWS));
        let text = format!(
            "The examiner takes {} to {}: {activities}, {flows} at the tap",
            devices.join(" and "),
            case.subject
        );
        tell(moments, starts, text);
    }
}

fn orders(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for (examination, record) in trial::main_arms(told.cases) {
        for served in &record.served {
            let model::Order { authority, what, within, .. } = &served.order;
            let what = match what {
                Ordered::Stop => "that nothing more be collected from",
                Ordered::Erase => "to erase what is held about",
                Ordered::Report => "to hand over what is held about",
            };
            let (device, subject) = (&examination.device.id, &examination.subject);
            tell(moments, served.at, format!("{authority} orders {what} {device} with {subject}, within {within}"));
        }
    }
}

fn releases(told: &Told<'_>, moments: &mut Vec<Moment>) {
    let mut by_window: BTreeMap<(Timestamp, Window), Vec<String>> = BTreeMap::new();
    for release in told.releases {
        let withheld: u64 = release.withheld.iter().map(|(_, groups)| groups).sum();
        let not_told = release.withheld.iter().any(|(reason, _)| *reason == Withheld::NotSelected);
        let withheld = if not_told { "those not selected".to_owned() } else { withheld.to_string() };
        let groups = counted(release.cells.len() as u64, GROUPS);
        let text = format!("{} ({groups}, {withheld} withheld)", release.query);
        let at = told.times.get(&(release.query.clone(), release.window)).copied().unwrap_or(release.window.end);
        by_window.entry((at, release.window)).or_default().push(text);
    }
    for ((at, window), texts) in by_window {
        let day = window.start.to_string();
        let text = format!("Released for the window from {}: {}", day.trim_end_matches("T00:00:00Z"), texts.join(", "));
        tell(moments, at, text);
    }
}
