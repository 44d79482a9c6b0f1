//! What must be true of a world, read from its plain text alone: the lines of the event log and of the releases.
//!
//! Slow and obvious on purpose. It shares no code with collectors, accumulators or the auditor.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use scenario::Script;
use serde::Deserialize;
use serde_json::Value;

/// What became of one upload, as the devices and the log tell it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Devices that sent it.
    pub devices: BTreeSet<String>,
    /// How many reports each receipt says were counted. More than one receipt is a batch that was counted twice.
    pub receipts: Vec<u64>,
    /// Whether a region said that it had the batch already.
    pub duplicate: bool,
    /// Whether a region refused it for good: no attempt was taken or will be. One that a region could not take at the time
    /// says nothing of the attempts before.
    pub refused: bool,
    /// Attempts.
    pub sent: u64,
    /// Attempts whose answer never came.
    pub unanswered: u64,
}

/// Everything that the text says about the crowd.
#[derive(Debug, Default)]
pub struct Ledger {
    /// By region and idempotency key.
    pub batches: BTreeMap<(String, String), Batch>,
    /// By device, the last upload that it sent to a region.
    pub last: BTreeMap<String, (String, String)>,
    /// By activity and mode, how often people did it.
    pub deeds: BTreeMap<(String, String), u64>,
    /// Lines of the releases.
    pub releases: Vec<Value>,
    /// By query, how many reports regions had counted for it and lost when they crashed.
    pub lost: BTreeMap<String, u64>,
    /// By query and window, how often the log says that it was released.
    pub released: BTreeMap<(String, String), u64>,
    /// By query and window, when the log says that it was last released.
    pub released_at: BTreeMap<(String, String), Timestamp>,
    /// Query, window and region of what came too late for a release.
    pub left_out: BTreeSet<(String, String, String)>,
}

/// Why the text cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the {of} cannot be read: {reason}")]
pub struct OracleError {
    /// Which text.
    pub of: &'static str,
    /// Which line, from 1.
    pub line: usize,
    /// Why.
    pub reason: String,
}

#[derive(Deserialize)]
struct Line {
    at: Timestamp,
    room: String,
    event: String,
    device: Option<String>,
    host: Option<String>,
    key: Option<String>,
    region: Option<String>,
    reports: Option<u64>,
    #[serde(default, rename = "for-now")]
    for_now: bool,
    activity: Option<String>,
    mode: Option<String>,
    query: Option<String>,
    window: Option<String>,
}

/// Reads the log and the releases of a world that was played from `script`.
///
/// # Errors
/// If a line is no JSON of the kind that belongs there.
pub fn read(script: &Script, log: &[u8], releases: &[u8]) -> Result<Ledger, OracleError> {
    let mut ledger = Ledger { releases: lines("releases", releases)?, ..Ledger::default() };
    let regions: BTreeMap<String, String> =
        script.endpoints.iter().map(|e| (e.host.to_string(), e.region.to_string())).collect();
    let shares: BTreeSet<&str> = script
        .policies
        .values()
        .flat_map(|policy| &policy.pipelines)
        .filter(|pipeline| pipeline.share.is_some() || pipeline.star.is_some())
        .flat_map(|pipeline| pipeline.route.iter().map(|route| route.host.as_str()))
        .collect();
    let mut share_keys: BTreeSet<String> = BTreeSet::new();
    let mut targets: BTreeMap<String, String> = BTreeMap::new();
    for line in lines::<Line>("log", log)? {
        if line.event == "released"
            && let (Some(query), Some(window)) = (&line.query, &line.window)
        {
            let slot = (query.clone(), window.clone());
            ledger.released_at.insert(slot.clone(), line.at);
            *ledger.released.entry(slot).or_default() += 1;
            continue;
        }
        if let ("left-out", Some(query), Some(window), Some(region)) =
            (line.event.as_str(), &line.query, &line.window, &line.region)
        {
            ledger.left_out.insert((query.clone(), window.clone(), region.clone()));
        }
        if !line.room.starts_with("crowd") {
            continue;
        }
        if let (Some(activity), Some(mode)) = (line.activity, line.mode) {
            *ledger.deeds.entry((activity, mode)).or_default() += 1;
        }
        if let ("lost", Some(query), Some(reports)) = (line.event.as_str(), &line.query, line.reports) {
            *ledger.lost.entry(query.clone()).or_default() += reports;
        }
        let Some(key) = line.key else { continue };
        if let Some(host) = &line.host {
            // Shares are counted by queries of their own, after both halves were verified or enough of them are there.
            if shares.contains(host.as_str()) {
                share_keys.insert(key.clone());
            }
            let Some(region) = regions.get(host) else { continue };
            targets.insert(key.clone(), region.clone());
        }
        let Some(region) = line.region.or_else(|| targets.get(&key).cloned()) else { continue };
        if share_keys.contains(&key) {
            continue;
        }
        let slot = (region, key);
        let batch = ledger.batches.entry(slot.clone()).or_default();
        match line.event.as_str() {
            "sent" => {
                batch.sent += 1;
                batch.devices.extend(line.device.clone());
                ledger.last.extend(line.device.map(|device| (device, slot)));
            }
            "admitted" => batch.receipts.push(line.reports.unwrap_or_default()),
            "duplicate" => batch.duplicate = true,
            "refused" => batch.refused |= !line.for_now,
            "unanswered" => batch.unanswered += 1,
            _ => {}
        }
    }
    Ok(ledger)
}

fn lines<T: serde::de::DeserializeOwned>(of: &'static str, text: &[u8]) -> Result<Vec<T>, OracleError> {
    let filled = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let read = |(place, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|error| OracleError { of, line: place + 1, reason: error.to_string() })
    };
    filled.map(read).collect()
}

impl Ledger {
    /// Batches of one region.
    pub fn of_region<'a>(&'a self, region: &'a str) -> impl Iterator<Item = (&'a str, &'a Batch)> {
        let ours = self.batches.iter().filter(move |((of, _), _)| of == region);
        ours.map(|((_, key), batch)| (key.as_str(), batch))
    }

    /// Releases of one query.
    pub fn of_query<'a>(&'a self, query: &'a str) -> impl Iterator<Item = &'a Value> {
        self.releases.iter().filter(move |release| release["query"] == query)
    }

    /// Query, window and region of everything that was published.
    #[must_use]
    pub fn regions(&self) -> BTreeSet<(String, String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let of = |release: &Value| {
            let window = format!("{}/{}", text(&release["window"]["start"]), text(&release["window"]["end"]));
            let (query, regions) = (text(&release["query"]), release["regions"].as_array().into_iter().flatten());
            regions.map(|region| (query.clone(), window.clone(), text(region))).collect::<Vec<_>>()
        };
        self.releases.iter().flat_map(of).collect()
    }

    /// Reports that regions had counted for `query` and lost when they crashed.
    #[must_use]
    pub fn lost(&self, query: &str) -> u64 {
        self.lost.get(query).copied().unwrap_or_default()
    }

    /// The sum of everything that `query` published.
    #[must_use]
    pub fn total(&self, query: &str) -> u64 {
        self.of_query(query).flat_map(cells).map(|cell| cell["value"].as_u64().unwrap_or_default()).sum()
    }
}

/// The cells of a release.
pub fn cells(release: &Value) -> impl Iterator<Item = &Value> {
    release["cells"].as_array().into_iter().flatten()
}
