//! Strategies: weather and fault schedules.

use model::{Duration, RegionId, Timestamp};
use proptest::{collection::vec, option, sample::select, strategy::Strategy};
use scenario::{Fault, FaultKind, Loses, Party, Weather};

/// Most messages lost and delivered twice, of each thousand.
const LOST_MAX: u16 = 400;
const DUPLICATED_MAX: u16 = 300;
/// Longest mean latency, in milliseconds.
const LATENCY_MAX_MS: u64 = 20_000;
/// Most faults of a schedule.
const FAULTS_MAX: usize = 4;

/// What lies between a device and its vendor's servers: weather all the time, and faults at times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sky {
    /// What happens to messages on their way, all the time.
    pub weather: Weather,
    /// What goes wrong at a time. Those of devices, of aggregators and between servers change nothing here.
    pub faults: Vec<Fault>,
}

/// Any weather, with faults at `regions` between `from` and `until`. It shrinks towards a clear sky: fewer faults, shorter and
/// earlier ones, lower rates, the usual latency.
///
/// ```
/// use testkit::{proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner}, skies};
///
/// let (from, until) = ("2020-05-01T10:00:00Z".parse()?, "2020-05-02T10:00:00Z".parse()?);
/// let skies = skies(vec!["eu".parse()?], from, until);
/// let mut tree = skies.new_tree(&mut TestRunner::deterministic()).expect("a sky");
/// while tree.simplify() {}
/// assert_eq!(tree.current(), testkit::Sky::default());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn skies(regions: Vec<RegionId>, from: Timestamp, until: Timestamp) -> impl Strategy<Value = Sky> {
    (fault_schedules(regions, from, until), weather()).prop_map(|(faults, weather)| Sky { weather, faults })
}

/// Any weather. It shrinks towards the usual one.
pub fn weather() -> impl Strategy<Value = Weather> {
    (0..=LOST_MAX, 0..=DUPLICATED_MAX, option::of(1..=LATENCY_MAX_MS)).prop_map(
        |(lost_permille, duplicated_permille, latency_ms)| {
            let usual = Weather::default();
            let latency_mean = latency_ms.map_or(usual.latency_mean, Duration::from_millis);
            Weather { lost_permille, duplicated_permille, latency_mean, ..usual }
        },
    )
}

/// Partitions of devices from `regions` and of these from their aggregator, outages and full disks, from whole minutes after
/// `from` on and over by `until`. It shrinks towards none. Without a region, or a whole minute for it, there is no fault.
pub fn fault_schedules(regions: Vec<RegionId>, from: Timestamp, until: Timestamp) -> impl Strategy<Value = Vec<Fault>> {
    let span = until.since(from).as_millis() / 60_000;
    let count = if regions.is_empty() || span == 0 { 0 } else { FAULTS_MAX };
    // Never drawn from where there is none.
    let regions = if regions.is_empty() { vec![None] } else { regions.into_iter().map(Some).collect() };
    let fault = (select(regions), 0..span.max(1), 1..=span.max(1), 0_usize..8).prop_map(
        move |(region, starts, lasts, kind)| {
            let minute = |number: u64| from + Duration::from_millis(number.min(span).saturating_mul(60_000));
            let (region, at, until) = (region?, minute(starts), minute(starts + lasts));
            let from_devices =
                |region, loses| FaultKind::Partition { until, from: Party::Devices, to: Party::Region(region), loses };
            let from_region = |region, loses| FaultKind::Partition {
                until,
                from: Party::Region(region),
                to: Party::Aggregator,
                loses,
            };
            let kind = match kind {
                0 => from_devices(region, Loses::Both),
                1 => from_devices(region, Loses::Requests),
                2 => from_devices(region, Loses::Answers),
                3 => FaultKind::Outage { until, region },
                4 => FaultKind::DiskFull { until, region },
                5 => from_region(region, Loses::Both),
                6 => from_region(region, Loses::Requests),
                _ => from_region(region, Loses::Answers),
            };
            Some(Fault { at, kind })
        },
    );
    vec(fault, 0..=count).prop_map(|faults| faults.into_iter().flatten().collect())
}
