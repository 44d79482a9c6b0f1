//! Strategies: weather and fault schedules.

use model::{Duration, RegionId, Timestamp};
use proptest::{collection::vec, option, sample::select, strategy::Strategy};
use scenario::{Partition, Weather};

/// Most messages lost and delivered twice, of each thousand.
const LOST_MAX: u16 = 400;
const DUPLICATED_MAX: u16 = 300;
/// Longest mean latency, in milliseconds.
const LATENCY_MAX_MS: u64 = 20_000;
/// Most faults of a schedule.
const FAULTS_MAX: usize = 4;

/// Any weather between `from` and `until`, with faults at `regions`. It shrinks towards a clear sky: fewer faults, shorter and
/// earlier ones, lower rates, the usual latency.
///
/// ```
/// use testkit::{proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner}, weather};
///
/// let (from, until) = ("2020-05-01T10:00:00Z".parse()?, "2020-05-02T10:00:00Z".parse()?);
/// let weather = weather(vec!["eu".parse()?], from, until);
/// let mut tree = weather.new_tree(&mut TestRunner::deterministic()).expect("weather");
/// while tree.simplify() {}
/// assert_eq!(tree.current(), testkit::Weather::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn weather(regions: Vec<RegionId>, from: Timestamp, until: Timestamp) -> impl Strategy<Value = Weather> {
    let rates = (0..=LOST_MAX, 0..=DUPLICATED_MAX);
    (fault_schedules(regions, from, until), rates, option::of(1..=LATENCY_MAX_MS)).prop_map(
        |(partitions, (lost_permille, duplicated_permille), latency_ms)| {
            let clear = Weather::default();
            let latency_mean = latency_ms.map_or(clear.latency_mean, Duration::from_millis);
            Weather { lost_permille, duplicated_permille, latency_mean, partitions, ..clear }
        },
    )
}

/// Times at which nobody reaches one of `regions`, at whole minutes after `from` and over by `until`. It shrinks towards
/// none. Without a region, or a whole minute for it, there is no fault.
pub fn fault_schedules(
    regions: Vec<RegionId>,
    from: Timestamp,
    until: Timestamp,
) -> impl Strategy<Value = Vec<Partition>> {
    let span = until.since(from).as_millis() / 60_000;
    let count = if regions.is_empty() || span == 0 { 0 } else { FAULTS_MAX };
    // Never drawn from where there is none.
    let regions = if regions.is_empty() { vec![None] } else { regions.into_iter().map(Some).collect() };
    let fault = (select(regions), 0..span.max(1), 1..=span.max(1)).prop_map(move |(region, starts, lasts)| {
        let minute = |number: u64| from + Duration::from_millis(number.min(span).saturating_mul(60_000));
        region.map(|region| Partition { country: None, region, from: minute(starts), until: minute(starts + lasts) })
    });
    vec(fault, 0..=count).prop_map(|faults| faults.into_iter().flatten().collect())
}
