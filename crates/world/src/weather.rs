//! What happens to a message on its way: latency, loss, duplication, reordering, corruption, partitions.

use model::{Country, Duration, RegionId, Seed, Stream, Timestamp};
use rand::{Rng, RngExt};
use rand_distr::{Exp1, StandardNormal};
use scenario::{Fault, FaultKind, LatencyShape, Party, Script, Weather};
use tonic::Status;

/// What becomes of one attempt to send a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// When the request arrives, and when a second copy does.
    pub(crate) arrives: [Option<Timestamp>; 2],
    /// Which bits of these copies are flipped on their way.
    pub(crate) broken: [Option<Flip>; 2],
    /// How long the answer takes back; `None` if it is lost.
    pub(crate) answer_takes: Option<Duration>,
    /// Whether bits of the answer are flipped on its way.
    pub(crate) answer_broken: bool,
}

/// A bit that is flipped, drawn: which one depends on how long the message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Flip(u64);

impl Flip {
    /// Flips the bit in `bytes`, unless there are none.
    pub(crate) fn flip(self, bytes: &mut [u8]) {
        let bits = bytes.len() as u64 * 8;
        let Some(bit) = self.0.checked_rem(bits) else { return };
        let place = usize::try_from(bit / 8).unwrap_or_else(|_| unreachable!("it is below the length, which is one"));
        bytes[place] ^= 1 << (bit % 8);
    }
}

/// Where a message travels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub(crate) country: Country,
    pub(crate) region: &'a RegionId,
}

/// Draws the fate of one attempt. Everything comes from `seed`, which must name the attempt, so that no message shifts
/// the fate of another; and from a stream of its own for each kind of bad weather, so that none shifts another.
pub(crate) fn fate(script: &Script, way: Way<'_>, sent: Timestamp, seed: &Seed) -> Fate {
    let weather = &script.weather;
    let mut chance = seed.stream();
    let mut first = (!permille(&mut chance, weather.lost_permille)).then(|| latency(weather, &mut chance));
    let mut second = permille(&mut chance, weather.duplicated_permille).then(|| latency(weather, &mut chance));
    let answer_takes = (!permille(&mut chance, weather.lost_permille)).then(|| latency(weather, &mut chance));
    if weather.reordered_permille > 0 {
        let mut chance = seed.derive("reordering").stream();
        [&mut first, &mut second].into_iter().for_each(|takes| hold_back(weather, takes, &mut chance));
    }
    let (mut broken, mut answer_broken) = ([None; 2], false);
    if weather.corrupted_permille > 0 {
        let mut chance = seed.derive("corruption").stream();
        let mut hit = || permille(&mut chance, weather.corrupted_permille).then(|| Flip(chance.next_u64()));
        (broken, answer_broken) = ([hit(), hit()], hit().is_some());
    }
    if is_parted(&script.faults, way, sent, scenario::Loses::requests) {
        (first, second) = (None, None);
    }
    let arrives = [first, second].map(|takes| takes.map(|takes| sent + takes));
    Fate { arrives, broken, answer_takes, answer_broken }
}

/// Whether what is `lost` does not get through on `way` at `time`.
pub(crate) fn is_parted(
    faults: &[Fault],
    way: Way<'_>,
    time: Timestamp,
    lost: impl Fn(scenario::Loses) -> bool,
) -> bool {
    faults.iter().filter(|fault| fault.lasts_at(time)).any(|fault| match &fault.kind {
        FaultKind::Partition { from, to: Party::Region(region), loses, .. } => {
            let is_from = match from {
                Party::Devices => true,
                Party::Country(country) => *country == way.country,
                _ => false,
            };
            is_from && region == way.region && lost(*loses)
        }
        _ => false,
    })
}

/// What the servers of `region` answer at `time` to whatever comes, if they take nothing then. `stores` says whether what
/// comes is to be stored.
pub(crate) fn refusal(faults: &[Fault], region: &RegionId, time: Timestamp, stores: bool) -> Option<Status> {
    faults.iter().filter(|fault| fault.lasts_at(time)).find_map(|fault| match &fault.kind {
        FaultKind::Outage { region: out, .. } if out == region => {
            Some(Status::unavailable(format!("region {region} is unavailable")))
        }
        FaultKind::Crash { region: down, .. } if down == region => {
            Some(Status::unavailable(format!("connection refused: the servers of region {region} are down")))
        }
        FaultKind::DiskFull { region: full, .. } if full == region && stores => {
            Some(Status::resource_exhausted(format!("the disk of region {region} is full")))
        }
        _ => None,
    })
}

/// How much longer the collector of `region` takes at `time` to answer to what it stores.
pub(crate) fn slowness(faults: &[Fault], region: &RegionId, time: Timestamp) -> Duration {
    let by = |fault: &Fault| match &fault.kind {
        FaultKind::DiskSlow { region: slow, by, .. } if slow == region => Some(*by),
        _ => None,
    };
    let lasting = faults.iter().filter(|fault| fault.lasts_at(time)).filter_map(by);
    lasting.fold(Duration::ZERO, |sum, by| Duration::from_millis(sum.as_millis().saturating_add(by.as_millis())))
}

fn permille(chance: &mut Stream, of_thousand: u16) -> bool {
    chance.next_u32() % 1000 < u32::from(of_thousand)
}

fn hold_back(weather: &Weather, takes: &mut Option<Duration>, chance: &mut Stream) {
    let (hit, more) = (permille(chance, weather.reordered_permille), chance.next_u64());
    if let Some(takes) = takes.as_mut().filter(|_| hit) {
        let more = more % weather.reordered_by.as_millis().saturating_add(1);
        *takes = Duration::from_millis(takes.as_millis().saturating_add(more));
    }
}

/// Minimum plus a time whose distribution the weather says, at most twenty times its mean.
fn latency(weather: &Weather, chance: &mut Stream) -> Duration {
    let tail: f64 = match weather.latency_shape {
        LatencyShape::Constant => 1.0,
        LatencyShape::Uniform => chance.random_range(0.0..2.0),
        LatencyShape::Exponential => chance.sample(Exp1),
        // With this mean of the logarithm, the mean is 1.
        LatencyShape::LogNormal => (chance.sample::<f64, _>(StandardNormal) - 0.5).exp(),
    };
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

    /// The smallest scenario, with `more` at its end.
    fn script(more: &str) -> Script {
        let text = format!(
            r#"
format = 1
name = "weather"
seed = 1
starts = "1970-01-01T00:00:00Z"
ends = "1970-01-02T00:00:00Z"
region = [{{ id = "sg", country = "SG" }}]
endpoint = [{{ host = "t.vendor.example", region = "sg", registered-in = "CN" }}]
policy.silent = {{}}
product = [{{ id = "b", name = "B", version = [{{ version = "1", released = "1970-01-01T00:00:00Z", policy = "silent" }}] }}]
{more}"#
        );
        scenario::parse("weather.toml", &text).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]))
    }

    fn fates(more: &str, seed: u64) -> Vec<Fate> {
        let (script, region) = (script(more), region());
        (0..20_000).map(|i| fate(&script, way(&region), Timestamp::from_millis(0), &Seed::root(seed).nth(i))).collect()
    }

    #[test]
    fn mean_latency_is_what_the_weather_says_whatever_its_shape() {
        for shape in ["constant", "uniform", "exponential", "log-normal"] {
            let weather =
                format!("[weather]\nlatency-min = \"20ms\"\nlatency-mean = \"600ms\"\nlatency-shape = {shape:?}");
            let fates = fates(&weather, 1);
            let total: i64 = fates.iter().filter_map(|fate| fate.arrives[0]).map(Timestamp::as_millis).sum();
            let mean = total / 20_000;
            // The widest, log-normal, has a standard deviation of 1.31 means: the mean of 20 000 lies within 25 ms of its
            // expectation but once in 10^5, and what is cut off beyond twenty means takes 1 ms.
            assert!((594..=646).contains(&mean), "{shape}: mean latency was {mean} ms");
            let least = fates.iter().filter_map(|fate| fate.arrives[0]).min().expect("some arrive");
            assert_eq!(least.as_millis() < 600, shape != "constant", "{shape} is no constant");
        }
    }

    #[test]
    fn bad_weather_comes_at_its_rates() {
        let fates = fates("[weather]\nlost-permille = 100\nduplicated-permille = 50\ncorrupted-permille = 200", 2);
        let lost = fates.iter().filter(|f| f.arrives[0].is_none()).count();
        let twice = fates.iter().filter(|f| f.arrives[1].is_some()).count();
        let broken = fates.iter().filter(|f| f.broken[0].is_some()).count();
        let unread = fates.iter().filter(|f| f.answer_broken).count();
        assert!((1850..2150).contains(&lost), "{lost} of 20000 lost at 100 per mille");
        assert!((880..1120).contains(&twice), "{twice} of 20000 duplicated at 50 per mille");
        assert!((3780..4220).contains(&broken), "{broken} of 20000 corrupted at 200 per mille");
        assert!((3780..4220).contains(&unread), "{unread} answers of 20000 corrupted at 200 per mille");
    }

    #[test]
    fn reordering_holds_its_share_back_and_changes_no_other_fate() {
        let calm = fates("", 3);
        let fates = fates("[weather]\nreordered-permille = 300\nreordered-by = \"10s\"", 3);
        let later =
            |(calm, fate): (&Fate, &Fate)| fate.arrives[0].map(|at| at.since(calm.arrives[0].expect("arrives")));
        let held: Vec<Duration> = calm.iter().zip(&fates).filter_map(later).filter(|by| *by > Duration::ZERO).collect();
        assert!((5700..6300).contains(&held.len()), "{} of 20000 held back at 300 per mille", held.len());
        assert!(held.iter().all(|by| *by <= Duration::from_secs(10)), "none longer than said");
        assert!(calm.iter().zip(&fates).all(|(calm, fate)| calm.answer_takes == fate.answer_takes));
    }

    #[test]
    fn nothing_passes_a_partition_and_what_is_lost_one_way_is_lost_that_way_alone() {
        let region = region();
        let parted = |loses: &str| {
            let script = script(&format!(
                "[[fault]]\nat = \"1970-01-01T00:00:00.1Z\"\nkind = {{ partition = {{ to = {{ region = \"sg\" }}, \
                 until = \"1970-01-01T00:00:00.2Z\", loses = {loses:?} }} }}"
            ));
            let arrives =
                |ms| fate(&script, way(&region), Timestamp::from_millis(ms), &Seed::root(3)).arrives[0].is_some();
            let is_heard =
                |ms| !is_parted(&script.faults, way(&region), Timestamp::from_millis(ms), scenario::Loses::answers);
            ([99, 100, 199, 200].map(arrives), [99, 100, 199, 200].map(is_heard))
        };
        let (open, closed) = ([true; 4], [true, false, false, true]);
        assert_eq!(parted("both"), (closed, closed));
        assert_eq!(parted("requests"), (closed, open));
        assert_eq!(parted("answers"), (open, closed));
    }

    #[test]
    fn a_flipped_bit_is_one_bit() {
        for drawn in [0, 7, 8, 23, 24, u64::MAX] {
            let mut bytes = [0_u8; 3];
            Flip(drawn).flip(&mut bytes);
            assert_eq!(bytes.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1, "{drawn}");
        }
        Flip(5).flip(&mut []);
    }
}
