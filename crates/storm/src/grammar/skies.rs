//! Weather and faults: a storm of a day, which ends well before the world does.

use model::{Duration, RegionId, Timestamp};
use scenario::{Devices, Dies, Fault, FaultKind, Keeps, LatencyShape, Loses, Party, Shift, Weather};

use super::Dice;

/// Longest constant latency. Clients wait half a minute: with a longer one, no answer would ever be heard.
const CONSTANT_MAX: Duration = Duration::from_secs(14);
/// When the last window of a world is released, since its start: two days and a grace of three.
const RELEASED: Duration = Duration::from_days(5);
/// How far a clock jumps ahead at most: four faults together stay within the five minutes that collectors allow.
const AHEAD_MAX: Duration = Duration::from_secs(74);
/// How far a clock jumps back at most: four faults together are a day, which with the storm's own stays within the grace.
const BEHIND_MAX: Duration = Duration::from_secs(6 * 3_600);

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

/// Faults at `regions`, on the ways to them and of the crowd's devices, over by `calm`; and restarts of the aggregator, at
/// any time until the last window is released.
///
/// # Panics
/// If `calm` is less than a minute after `starts`.
#[must_use]
pub fn faults(dice: &mut Dice, regions: &[RegionId], starts: Timestamp, calm: Timestamp) -> Vec<Fault> {
    let count = if dice.percent(60) { dice.within(1, 4) } else { 0 };
    (0..count).map(|_| fault(dice, regions, starts, calm)).collect()
}

fn fault(dice: &mut Dice, regions: &[RegionId], starts: Timestamp, calm: Timestamp) -> Fault {
    let span = calm.since(starts).as_millis();
    let from = dice.within(0, span - 60_000);
    let until = starts + Duration::from_millis(dice.within(from + 1, span));
    let at = starts + Duration::from_millis(from);
    let region = dice.pick(regions);
    let kind = match dice.within(1, 100) {
        1..=40 => {
            let loses = dice.pick(&[Loses::Both, Loses::Requests, Loses::Answers]);
            FaultKind::Partition { until, from: Party::Devices, to: Party::Region(region), loses }
        }
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
