//! What happens to a message on its way: latency, loss, duplication, partitions.

use model::{Country, Duration, RegionId, Seed, Stream, Timestamp};
use rand::{Rng, RngExt};
use rand_distr::Exp1;
use scenario::Weather;

/// What becomes of one attempt to send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// When the request arrives, and when a second copy does.
    pub(crate) arrives: [Option<Timestamp>; 2],
    /// How long the answer takes back; `None` if it is lost.
    pub(crate) answer_takes: Option<Duration>,
}

/// Where a message travels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) country: Country,
    pub(crate) region: &'a RegionId,
}

/// Draws the fate of one attempt. Everything comes from `seed`, which must name the attempt, so that no message shifts
/// the fate of another.
pub(crate) fn fate(weather: &Weather, way: Way<'_>, sent: Timestamp, seed: &Seed) -> Fate {
    let mut chance = seed.stream();
    let first = (!permille(&mut chance, weather.lost_permille)).then(|| latency(weather, &mut chance));
    let second = permille(&mut chance, weather.duplicated_permille).then(|| latency(weather, &mut chance));
    let answer_takes = (!permille(&mut chance, weather.lost_permille)).then(|| latency(weather, &mut chance));
    if is_parted(weather, way, sent) {
        return Fate { arrives: [None, None], answer_takes: None };
    }
    Fate { arrives: [first.map(|after| sent + after), second.map(|after| sent + after)], answer_takes }
}

/// Whether no message gets from `way.country` to `way.region` at `time`.
fn is_parted(weather: &Weather, way: Way<'_>, time: Timestamp) -> bool {
    weather.partitions.iter().any(|part| {
        part.country.is_none_or(|country| country == way.country)
            && part.region == *way.region
            && (part.from..part.until).contains(&time)
    })
}

fn permille(chance: &mut Stream, of_thousand: u16) -> bool {
    chance.next_u32() % 1000 < u32::from(of_thousand)
}

/// Minimum plus an exponentially distributed time, at most twenty times its mean.
fn latency(weather: &Weather, chance: &mut Stream) -> Duration {
    let tail: f64 = chance.sample(Exp1);
    // Thousandths of the mean, so that what follows is whole numbers: 20 means are 20 000.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped to 0..=20 000 first
    let thousandths = (tail * 1000.0).clamp(0.0, 20_000.0) as u64;
    let tail_ms = weather.latency_mean.as_millis().saturating_mul(thousandths) / 1000;
    Duration::from_millis(weather.latency_min.as_millis().saturating_add(tail_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(region: &RegionId) -> Way<'_> {
        Way { country: "IN".parse().expect("a country"), region }
    }

    fn region() -> RegionId {
        "sg".parse().expect("a region")
    }

    #[test]
    fn mean_latency_is_what_the_weather_says() {
        let weather = Weather {
            latency_min: Duration::from_millis(20),
            latency_mean: Duration::from_millis(60),
            ..Weather::default()
        };
        let (region, start) = (region(), Timestamp::from_millis(0));
        let total: i64 = (0..20_000)
            .filter_map(|i| fate(&weather, way(&region), start, &Seed::root(1).nth(i)).arrives[0])
            .map(Timestamp::as_millis)
            .sum();
        let mean = total / 20_000;
        // Exponential with mean 60 ms: the mean of 20 000 lies within 2 ms of its expectation but once in 10^5.
        assert!((77..=82).contains(&mean), "mean latency was {mean} ms");
    }

    #[test]
    fn losses_and_duplicates_come_at_their_rates() {
        let weather = Weather { lost_permille: 100, duplicated_permille: 50, ..Weather::default() };
        let (region, start) = (region(), Timestamp::from_millis(0));
        let fates: Vec<Fate> =
            (0..20_000).map(|i| fate(&weather, way(&region), start, &Seed::root(2).nth(i))).collect();
        let lost = fates.iter().filter(|f| f.arrives[0].is_none()).count();
        let twice = fates.iter().filter(|f| f.arrives[1].is_some()).count();
        assert!((1850..2150).contains(&lost), "{lost} of 20000 lost at 100 per mille");
        assert!((880..1120).contains(&twice), "{twice} of 20000 duplicated at 50 per mille");
    }

    #[test]
    fn nothing_passes_a_partition() {
        let region = region();
        let (from, until) = (Timestamp::from_millis(100), Timestamp::from_millis(200));
        let partition = scenario::Partition { country: None, region: region.clone(), from, until };
        let weather = Weather { partitions: vec![partition], ..Weather::default() };
        let at = |ms| fate(&weather, way(&region), Timestamp::from_millis(ms), &Seed::root(3)).arrives[0].is_some();
        assert_eq!([99, 100, 199, 200].map(at), [true, false, false, true]);
    }
}
