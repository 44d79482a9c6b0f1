//! What the weather does to the uploads of one device: which of them are answered, and when.

use model::{Country, Duration, Endpoint, RegionId, Reply, Seed, Timestamp};
use scenario::{FaultKind, Party};

use crate::{client::Description, trial::Trial, weather::Sky};

/// How long a client waits for an answer before it takes it that there is none.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// The servers' answers to one device.
#[derive(Debug, Clone)]
pub(crate) struct Answers {
    sky: Sky,
    endpoints: Vec<Endpoint>,
    country: Country,
    chance: Seed,
}

impl Answers {
    /// What comes of the sky of `trial` between its device and the servers that `description` names.
    pub(crate) fn below(trial: &Trial, description: &Description) -> Self {
        Self {
            sky: trial.sky.clone(),
            endpoints: description.endpoints.clone(),
            country: trial.lab.country,
            chance: Seed::root(trial.seed).derive("weather"),
        }
    }

    /// When what is sent to `host` at `now` is answered, and how. Everything is drawn from the host and the time, so that
    /// no upload shifts the fate of another. A message takes as long as the mean one.
    pub(crate) fn answer(&self, host: &str, now: Timestamp) -> (Timestamp, Reply) {
        let attempt = self.chance.derive(host).nth(now.as_millis().unsigned_abs());
        let lost = |way: &str| permille(&attempt.derive(way)) < u64::from(self.sky.weather.lost_permille);
        let lost = lost("request") || lost("answer");
        let (mut refused, mut later) = (false, Duration::ZERO);
        for kind in self.faults(host, now) {
            match kind {
                FaultKind::Partition { from, .. } if self.is_of(from) => {
                    return (now + ANSWER_DEADLINE, Reply::Unavailable);
                }
                FaultKind::Outage { .. } | FaultKind::Crash { .. } | FaultKind::DiskFull { .. } => refused = true,
                FaultKind::DiskSlow { by, .. } => later = later.max(*by),
                _ => {}
            }
        }
        let way_ms = self.sky.weather.latency_min.as_millis().saturating_add(self.sky.weather.latency_mean.as_millis());
        let takes = way_ms.saturating_mul(2).saturating_add(later.as_millis());
        let takes = Duration::from_millis(takes);
        if lost || takes > ANSWER_DEADLINE {
            (now + ANSWER_DEADLINE, Reply::Unavailable)
        } else if refused {
            (now + takes, Reply::Unavailable)
        } else {
            (now + takes, Reply::Accepted)
        }
    }

    /// What goes wrong at the region of `host` at `now`, or on the way there. Of a host that the description does not name, no
    /// region is known.
    fn faults(&self, host: &str, now: Timestamp) -> impl Iterator<Item = &FaultKind> {
        let stands = |endpoint: &&Endpoint| endpoint.host.as_str() == host;
        let here: Option<&RegionId> = self.endpoints.iter().find(stands).map(|endpoint| &endpoint.region);
        let faults = self.sky.faults.iter().filter(move |fault| fault.lasts_at(now)).map(|fault| &fault.kind);
        faults.filter(move |kind| match kind {
            FaultKind::Partition { to: Party::Region(region), .. }
            | FaultKind::Outage { region, .. }
            | FaultKind::Crash { region, .. }
            | FaultKind::DiskFull { region, .. }
            | FaultKind::DiskSlow { region, .. } => Some(region) == here,
            _ => false,
        })
    }

    /// Whether the device is one of `party`.
    fn is_of(&self, party: &Party) -> bool {
        match party {
            Party::Devices => true,
            Party::Country(country) => *country == self.country,
            Party::Region(_) | Party::Aggregator => false,
        }
    }
}

/// A number below a thousand.
fn permille(drawn: &Seed) -> u64 {
    u64::from_le_bytes(drawn.as_bytes().first_chunk().copied().unwrap_or_default()) % 1_000
}
