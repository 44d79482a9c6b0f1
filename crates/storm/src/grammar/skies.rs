//! Weather and faults: a storm of a day, which ends well before the world does.

use model::{Duration, RegionId, Timestamp};
use scenario::{Fault, FaultKind, LatencyShape, Loses, Party, Weather};

use super::Dice;

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

/// Faults at `regions` and on the ways to them, over by `calm`.
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
    let region = dice.pick(regions);
    let kind = if dice.percent(30) {
        FaultKind::Outage { until, region }
    } else {
        let loses = dice.pick(&[Loses::Both, Loses::Requests, Loses::Answers]);
        FaultKind::Partition { until, from: Party::Devices, to: Party::Region(region), loses }
    };
    Fault { at: starts + Duration::from_millis(from), kind }
}
