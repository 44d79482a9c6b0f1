//! The timeline: what happened, as one tells it afterwards.

use std::collections::BTreeMap;

use model::{CaseFile, Release, Timestamp, Window};

use crate::{crowd::SHARD_DEVICES, lab, room::Tallies, setting::Setting, trial};

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
}

/// The timeline, ordered by time.
pub(crate) fn timeline(told: &Told<'_>) -> Vec<Moment> {
    let mut moments = Vec::new();
    news(told, &mut moments);
    crowd(told, &mut moments);
    roll_outs(told, &mut moments);
    weather(told, &mut moments);
    examinations(told, &mut moments);
    releases(told, &mut moments);
    moments.sort_by_key(|moment| moment.at); // stable: what is told of one time keeps its order
    moments
}

fn tell(moments: &mut Vec<Moment>, at: Timestamp, text: String) {
    moments.push(Moment { at, text });
}

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
    let begins = format!("{} devices in {} begin, in {shards} shards", crowd.devices, countries.join(", "));
    tell(moments, script.starts, begins);
    let Tallies { activities, attempts, admitted, duplicates, refused, unanswered, .. } = told.crowd;
    let ends = format!(
        "the crowd stops after {activities} activities: {attempts} uploads sent, {admitted} batches admitted, \
         {duplicates} answered as duplicates, {refused} refused, {unanswered} unanswered"
    );
    tell(moments, script.ends, ends);
}

fn roll_outs(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for product in &told.setting.script.products {
        for version in product.versions.iter().filter(|version| !version.rollout.is_empty()) {
            tell(moments, version.released, format!("{} {} comes out", product.name, version.version));
            for stage in &version.rollout {
                let text = format!("{} {} is offered to {} %", product.name, version.version, stage.percent);
                tell(moments, stage.at, text);
            }
        }
    }
    let mut total = 0;
    for (day, updates) in told.updates {
        total += updates;
        tell(moments, *day, format!("{updates} devices of the crowd updated that day, {total} so far"));
    }
}

fn weather(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for part in &told.setting.script.weather.partitions {
        let who = part.country.map_or_else(|| "all devices".to_owned(), |country| format!("devices in {country}"));
        tell(moments, part.from, format!("region {} cannot be reached by {who} until {}", part.region, part.until));
    }
}

fn examinations(told: &Told<'_>, moments: &mut Vec<Moment>) {
    for (examination, record) in trial::main_arms(told.cases) {
        let (device, subject) = (&examination.device, &examination.subject);
        let (activities, flows) = (record.notebook.entries.len(), record.capture.flows.len());
        let text = format!(
            "the examiner takes {} ({}, {}) to {subject}: {activities} activities, {flows} flows at the tap",
            device.id, device.model, device.country
        );
        tell(moments, lab::starts(told.setting, subject), text);
    }
}

fn releases(told: &Told<'_>, moments: &mut Vec<Moment>) {
    let mut by_window: BTreeMap<Window, Vec<String>> = BTreeMap::new();
    for release in told.releases {
        let withheld: u64 = release.withheld.iter().map(|(_, groups)| groups).sum();
        let text = format!("{} ({} groups, {withheld} withheld)", release.query, release.cells.len());
        by_window.entry(release.window).or_default().push(text);
    }
    let grace = told.setting.script.collection.grace;
    for (window, texts) in by_window {
        let day = window.start.to_string();
        let text = format!("released for the window from {}: {}", day.trim_end_matches("T00:00:00Z"), texts.join(", "));
        tell(moments, window.end + grace, text);
    }
}
