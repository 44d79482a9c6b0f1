//! What the weather does to the uploads of one device: which of them are answered, and when.

use model::{Country, Duration, Endpoint, RegionId, Reply, Seed, Timestamp};
use scenario::Weather;

use crate::{client::Description, trial::Trial};

/// How long a client waits for an answer before it takes it that there is none.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// The weather over one device.
#[derive(Debug, Clone)]
pub(crate) struct Sky {
    weather: Weather,
    endpoints: Vec<Endpoint>,
    country: Country,
    chance: Seed,
}

impl Sky {
    /// The weather of `trial` between its device and the servers that `description` names.
    pub(crate) fn over(trial: &Trial, description: &Description) -> Self {
        Self {
            weather: trial.weather.clone(),
            endpoints: description.endpoints.clone(),
            country: trial.lab.country,
            chance: Seed::root(trial.seed).derive("weather"),
        }
    }

    /// When what is sent to `host` at `now` is answered, and how. Everything is drawn from the host and the time, so that
    /// no upload shifts the fate of another. A message takes as long as the mean one.
    pub(crate) fn answer(&self, host: &str, now: Timestamp) -> (Timestamp, Reply) {
        let attempt = self.chance.derive(host).nth(now.as_millis().unsigned_abs());
        let lost = |way: &str| permille(&attempt.derive(way)) < u64::from(self.weather.lost_permille);
        if lost("request") || lost("answer") || self.is_parted(host, now) {
            return (now + ANSWER_DEADLINE, Reply::Unavailable);
        }
        let way_ms = self.weather.latency_min.as_millis().saturating_add(self.weather.latency_mean.as_millis());
        let takes = Duration::from_millis(way_ms.saturating_mul(2));
        if takes > ANSWER_DEADLINE {
            (now + ANSWER_DEADLINE, Reply::Unavailable)
        } else {
            (now + takes, Reply::Accepted)
        }
    }

    /// Whether nothing gets to `host` at `now`. Of a host that the description does not name, no region is known.
    fn is_parted(&self, host: &str, now: Timestamp) -> bool {
        let stands = |endpoint: &&Endpoint| endpoint.host.as_str() == host;
        let region: Option<&RegionId> = self.endpoints.iter().find(stands).map(|endpoint| &endpoint.region);
        self.weather.partitions.iter().any(|part| {
            part.country.is_none_or(|country| country == self.country)
                && Some(&part.region) == region
                && (part.from..part.until).contains(&now)
        })
    }
}

/// A number below a thousand.
fn permille(drawn: &Seed) -> u64 {
    u64::from_le_bytes(drawn.as_bytes().first_chunk().copied().unwrap_or_default()) % 1_000
}
