//! Weather and faults: a storm of a day, which ends well before the world does.

use model::{Duration, Timestamp};
use scenario::{Partition, Weather};

use super::Dice;

/// Weather over `regions`, given by their names. What has a time of its own is over by `calm`.
///
/// # Panics
/// If `calm` is less than a minute after `starts`.
#[must_use]
pub fn weather(dice: &mut Dice, regions: &[model::RegionId], starts: Timestamp, calm: Timestamp) -> Weather {
    let mut weather = Weather::default();
    if dice.percent(50) {
        weather.lost_permille = u16::try_from(dice.within(1, 400)).unwrap_or(u16::MAX);
    }
    if dice.percent(50) {
        weather.duplicated_permille = u16::try_from(dice.within(1, 300)).unwrap_or(u16::MAX);
    }
    if dice.percent(30) {
        weather.latency_mean = Duration::from_millis(dice.within(1, 20_000));
    }
    let partitions = if dice.percent(50) { dice.within(1, 4) } else { 0 };
    weather.partitions = (0..partitions).map(|_| partition(dice, regions, starts, calm)).collect();
    weather
}

/// A time without a way to one of `regions`, over by `calm`.
fn partition(dice: &mut Dice, regions: &[model::RegionId], starts: Timestamp, calm: Timestamp) -> Partition {
    let span = calm.since(starts).as_millis();
    let from = dice.within(0, span - 60_000);
    let until = dice.within(from + 1, span);
    Partition {
        country: None,
        region: dice.pick(regions),
        from: starts + Duration::from_millis(from),
        until: starts + Duration::from_millis(until),
    }
}
