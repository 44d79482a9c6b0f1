//! Troubles: what befalls single devices of the crowd, by the faults of a scenario.

use std::collections::BTreeSet;

use model::{Activity, Country, Diary, Entry, Seed, Timestamp};
use rand::Rng;
use scenario::{Devices, Dies, FaultKind, Script};

/// What befalls a device at a time. Faults go by their places in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It ends, or ends when it next sends something.
    Dies { fault: usize, dies: Dies },
    /// It is started again, if it ended.
    Revives { fault: usize },
    /// Its clock jumps.
    Clock { ahead_ms: i64 },
}

/// What befalls the device with `seed` in `country`, by time, and what becomes of its `diary` by that.
pub(crate) fn of(script: &Script, seed: &Seed, country: Country, diary: &mut Diary) -> Vec<(Timestamp, Trouble)> {
    let (mut troubles, mut away) = (Vec::new(), BTreeSet::new());
    for (number, fault) in script.faults.iter().enumerate() {
        if !fault.kind.devices().is_some_and(|devices| is_hit(devices, number, seed, country)) {
            continue;
        }
        match &fault.kind {
            FaultKind::DeviceCrash { until, dies, .. } => {
                troubles.push((fault.at, Trouble::Dies { fault: number, dies: *dies }));
                troubles.push((*until, Trouble::Revives { fault: number }));
            }
            FaultKind::Clock { until, by, .. } => {
                let ahead_ms = by.ahead_ms();
                troubles.push((fault.at, Trouble::Clock { ahead_ms }));
                troubles.extend(until.map(|until| (until, Trouble::Clock { ahead_ms: -ahead_ms })));
            }
            FaultKind::Away { until, .. } => _ = away.insert((fault.at, *until)),
            _ => {}
        }
    }
    keep_away(diary, &away);
    troubles
}

fn is_hit(devices: &Devices, fault: usize, seed: &Seed, country: Country) -> bool {
    let drawn = seed.derive("fault").nth(fault as u64).stream().next_u32() % 100;
    devices.country.is_none_or(|wanted| wanted == country) && drawn < u32::from(devices.percent)
}

/// Takes the network from a device between these times, and puts off updates that it would get meanwhile.
fn keep_away(diary: &mut Diary, away: &BTreeSet<(Timestamp, Timestamp)>) {
    let mut changes: Vec<Entry> = Vec::new();
    let plain = |at, online| Entry { at, session: None, activity: Activity::SetOnline { online } };
    for (from, until) in joined(away) {
        let is_put_off =
            |entry: &Entry| matches!(entry.activity, Activity::Update { .. }) && from <= entry.at && entry.at < until;
        diary.entries.iter_mut().filter(|entry| is_put_off(entry)).for_each(|entry| entry.at = until);
        changes.extend([plain(from, false), plain(until, true)]);
    }
    if !changes.is_empty() {
        // The network goes and comes before anything else that happens at that time.
        changes.append(&mut diary.entries);
        changes.sort_by_key(|entry| entry.at);
        diary.entries = changes;
    }
}

/// Spans that touch as one.
fn joined(spans: &BTreeSet<(Timestamp, Timestamp)>) -> Vec<(Timestamp, Timestamp)> {
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for &(from, until) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(until),
            _ => joined.push((from, until)),
        }
    }
    joined
}
