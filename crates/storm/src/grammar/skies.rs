//! Weather and faults: a storm of a day, which ends well before the world does, and servers that are parted from one another
//! when they hand on.

use model::{Duration, Mechanism, Query, RegionId, Timestamp};
use scenario::{Devices, Dies, Fault, FaultKind, Keeps, LatencyShape, Loses, Party, Script, Shift, Weather};

use super::Dice;

/// Longest constant latency. Clients wait half a minute: with a longer one, no answer would ever be heard.
const CONSTANT_MAX: Duration = Duration::from_secs(14);
/// When the last window of a world is released, since its start: two days and a grace of three.
const RELEASED: Duration = Duration::from_days(5);
/// How long before and after a window is closed servers are parted from one another at most.
const PARTED_MAX: Duration = Duration::from_secs(12 * 3_600);
/// How long two servers take at most to verify a window of such a world, if nothing is in their way.
const VERIFIED_MAX: Duration = Duration::from_secs(3);
/// How far a clock jumps ahead at most: four faults together stay within the five minutes that collectors allow.
const AHEAD_MAX: Duration = Duration::from_secs(74);
/// How far a clock jumps back at most: four faults together are a day, which with the storm's own stays within the grace.
const BEHIND_MAX: Duration = Duration::from_secs(6 * 3_600);
const LOSES: [Loses; 3] = [Loses::Both, Loses::Requests, Loses::Answers];

/// Weather that holds all the time.
pub fn weather(dice: &mut Dice) -> Weather {
    let mut weather = Weather::default();
    let permille = |dice: &mut Dice, most: u64| u16::try_from(dice.within(1, most)).unwrap_or(u16::MAX);
    if dice.percent(50) {
        weather.lost_permille = permille(dice, 400);
    }
    if dice.percent(50) {
        weather.duplicated_permille = permille(dice, 300);
    }
    if dice.percent(30) {
        weather.latency_mean = Duration::from_millis(dice.within(1, 20_000));
        weather.latency_shape = dice.pick(&[
            LatencyShape::Constant,
            LatencyShape::Uniform,
            LatencyShape::Exponential,
            LatencyShape::LogNormal,
        ]);
        if weather.latency_shape == LatencyShape::Constant {
            weather.latency_mean = weather.latency_mean.min(CONSTANT_MAX);
        }
    }
    if dice.percent(30) {
        weather.reordered_permille = permille(dice, 500);
        weather.reordered_by = Duration::from_millis(dice.within(1, 120_000));
    }
    if dice.percent(30) {
        weather.corrupted_permille = permille(dice, 300);
    }
    weather
}

/// Faults at the regions of `script`, on the ways to them and of the crowd's devices, over by `calm`; and, at any time until
/// the last window is released, restarts of the aggregator and partitions between servers.
///
/// # Panics
/// If `calm` is less than a minute after the script starts.
#[must_use]
pub fn faults(dice: &mut Dice, script: &Script, calm: Timestamp) -> Vec<Fault> {
    let shares = leader_and_helper(&script.queries);
    let count = if dice.percent(60) { dice.within(1, 4) } else { 0 };
    let mut faults: Vec<Fault> = (0..count).map(|_| fault(dice, script, calm)).collect();
    // Few worlds have two servers that talk to one another.
    if let Some((leader, helper)) = shares.filter(|_| dice.percent(75)) {
        faults.push(parted_servers(dice, script.starts, Party::Region(leader), Party::Region(helper)));
    }
    faults
}

/// The regions of the first query over shares.
fn leader_and_helper(queries: &[Query]) -> Option<(RegionId, RegionId)> {
    queries.iter().find_map(|query| match (&query.mechanism, &query.regions[..]) {
        (Mechanism::Prio3 { .. }, [leader, helper]) => Some((leader.clone(), helper.clone())),
        _ => None,
    })
}

/// `from` does not reach `to`, or does not hear it, when a window is closed or while it is verified.
fn parted_servers(dice: &mut Dice, starts: Timestamp, from: Party, to: Party) -> Fault {
    let closed = (starts + RELEASED).before(dice.pick(&[Duration::ZERO, Duration::DAY]));
    let at = match dice.percent(50) {
        true => closed.before(Duration::from_millis(dice.within(0, PARTED_MAX.as_millis()))),
        false => closed + Duration::from_millis(dice.within(0, VERIFIED_MAX.as_millis())),
    };
    let until = closed + VERIFIED_MAX + Duration::from_millis(dice.within(1, PARTED_MAX.as_millis()));
    Fault { at, kind: FaultKind::Partition { until, from, to, loses: dice.pick(&LOSES) } }
}

fn fault(dice: &mut Dice, script: &Script, calm: Timestamp) -> Fault {
    let starts = script.starts;
    let span = calm.since(starts).as_millis();
    let from = dice.within(0, span - 60_000);
    let until = starts + Duration::from_millis(dice.within(from + 1, span));
    let at = starts + Duration::from_millis(from);
    let regions: Vec<RegionId> = script.regions.iter().map(|region| region.id.clone()).collect();
    let region = dice.pick(&regions);
    let kind = match dice.within(1, 100) {
        1..=28 => {
            FaultKind::Partition { until, from: Party::Devices, to: Party::Region(region), loses: dice.pick(&LOSES) }
        }
        29..=40 => return parted_servers(dice, starts, Party::Region(region), Party::Aggregator),
        41..=55 => FaultKind::Outage { until, region },
        56..=70 => FaultKind::Crash { until, region, keeps: dice.pick(&[Keeps::Everything, Keeps::Nothing]) },
        71..=75 => FaultKind::DiskFull { until, region },
        76..=80 => FaultKind::DiskSlow { until, region, by: Duration::from_millis(dice.within(1, 60_000)) },
        81..=88 => {
            let dies = dice.pick(&[Dies::Sending, Dies::Sending, Dies::AtOnce]);
            FaultKind::DeviceCrash { until, devices: devices(dice), dies }
        }
        89..=93 => {
            FaultKind::Clock { until: dice.percent(50).then_some(until), devices: devices(dice), by: shift(dice) }
        }
        94..=97 => FaultKind::Away { until, devices: devices(dice) },
        _ => {
            let at = starts + Duration::from_millis(dice.within(0, RELEASED.as_millis()));
            let kind = FaultKind::AggregatorRestart { keeps: dice.pick(&[Keeps::Everything, Keeps::Nothing]) };
            return Fault { at, kind };
        }
    };
    Fault { at, kind }
}

fn devices(dice: &mut Dice) -> Devices {
    let percent = u8::try_from(dice.within(1, 100)).unwrap_or(100);
    Devices { country: None, percent }
}

/// No further than collectors go along with.
fn shift(dice: &mut Dice) -> Shift {
    match dice.percent(50) {
        true => Shift::Ahead(Duration::from_millis(dice.within(1, AHEAD_MAX.as_millis()))),
        false => Shift::Behind(Duration::from_millis(dice.within(1, BEHIND_MAX.as_millis()))),
    }
}
