//! What regions contributed to each window, and what was published of it. No transport, no clock.

use std::collections::{BTreeMap, BTreeSet};

use aggregation::{
    Conduct, Day, Ledger, ReleaseError, Remaining, configured, key_width, merge_partials, release_as, validate_partial,
};
use model::{Batch, Mechanism, Partial, Query, QueryId, RegionId, Release, Seed, Timestamp, Window};
use prost::Message;
use protocol::v1;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    AggregationConfig, AggregationError, AggregationLimits, StoredError,
    stored::{self, Slots},
};

/// Most groups of one release about which an inspector is told: those with the fewest devices.
const BATCHES_MAX: usize = 64;

/// Windows of every query, from the first contribution on.
///
/// What must outlive the process is the slots and the ledger; they change in [`Board::contribute`] and
/// [`Board::release`] alone, and [`Board::stored`] is their form.
#[derive(Debug)]
pub(super) struct Board {
    queries: BTreeMap<QueryId, Query>,
    conduct: BTreeMap<QueryId, Conduct>,
    regions: BTreeSet<RegionId>,
    noise: Seed,
    limits: AggregationLimits,
    ledger: Ledger,
    slots: BTreeMap<(QueryId, Window), Slot>,
    held_bytes: usize,
    has_changed: bool, // since it was last kept
}

/// One window of one query.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Slot {
    Open(BTreeMap<RegionId, Partial>),
    Published(Box<Published>),
}

/// A window that was published.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Published {
    contributed: BTreeMap<RegionId, Fingerprint>,
    /// One, unless the conduct is to publish again.
    releases: Vec<Release>,
    /// How often it was asked for.
    asked: usize,
    batches: Vec<Batch>,
}

impl Published {
    /// The release that is due: the same each time, unless there are several.
    fn next(&mut self) -> Option<Release> {
        let due = self.asked.min(self.releases.len().saturating_sub(1));
        self.asked = due + 1;
        self.releases.get(due).cloned()
    }

    /// Whether the next release is another than the one before.
    const fn has_another(&self) -> bool {
        self.asked < self.releases.len()
    }
}

/// SHA-256 of a contribution, to recognise it once its columns are gone.
type Fingerprint = [u8; 32];

/// What became of a contribution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// The same was contributed before; nothing changed.
    pub duplicate: bool,
    /// Regions of the query that have not contributed to the window yet, sorted.
    pub missing: Vec<RegionId>,
}

impl Board {
    /// Nothing contributed yet.
    pub(super) fn new(config: AggregationConfig) -> Self {
        let ledger = Ledger::covering(config.budget, config.budget_covers);
        Self::with(config, ledger, Slots::new())
    }

    /// What [`Board::stored`] gave, of which nothing is forgotten.
    pub(super) fn restored(config: AggregationConfig, stored: &[u8]) -> Result<Self, StoredError> {
        let (ledger, slots) = stored::read(stored, config.budget, config.budget_covers)?;
        Ok(Self::with(config, ledger, slots))
    }

    fn with(config: AggregationConfig, ledger: Ledger, slots: Slots) -> Self {
        let held_bytes = slots.values().map(Slot::weight).sum();
        Self {
            queries: config.queries.into_iter().map(|query| (query.id.clone(), query)).collect(),
            conduct: config.conduct,
            regions: config.regions.into_iter().collect(),
            noise: config.noise,
            limits: config.limits,
            ledger,
            slots,
            held_bytes,
            has_changed: false,
        }
    }

    /// What must outlive the process.
    pub(super) fn stored(&self) -> Result<Vec<u8>, serde_json::Error> {
        stored::write(&self.ledger, &self.slots)
    }

    /// Whether there is something that must outlive the process and that was not kept yet.
    pub(super) const fn has_changed(&self) -> bool {
        self.has_changed
    }

    /// All of it is kept.
    pub(super) const fn note_kept(&mut self) {
        self.has_changed = false;
    }

    /// Takes what one region knows, once.
    pub(super) fn contribute(&mut self, partial: Partial) -> Result<Contribution, AggregationError> {
        let query = self.query(&partial.query)?;
        let asked = self.asked(query);
        let region = belongs(query, &asked, &partial)?;
        let key = (partial.query.clone(), partial.window);
        let duplicate = match self.slots.get(&key) {
            Some(slot) => slot.has(&region, &partial)?,
            None => false,
        };
        if !duplicate {
            self.hold(key.clone(), region, partial)?;
        }
        let missing = self.slots.get(&key).map_or_else(Vec::new, |slot| slot.missing(&asked));
        Ok(Contribution { duplicate, missing })
    }

    fn hold(&mut self, key: (QueryId, Window), region: RegionId, partial: Partial) -> Result<(), AggregationError> {
        let held_bytes = self.held_bytes.saturating_add(weight(&partial));
        let AggregationLimits { windows_max, held_bytes_max, .. } = self.limits;
        if held_bytes > held_bytes_max {
            return Err(AggregationError::HeldFull { held_bytes_max });
        }
        if !self.slots.contains_key(&key) && self.slots.len() >= windows_max {
            return Err(AggregationError::WindowsFull { windows_max });
        }
        if let Slot::Open(contributed) = self.slots.entry(key).or_insert_with(|| Slot::Open(BTreeMap::new())) {
            contributed.insert(region, partial);
            self.held_bytes = held_bytes;
            self.has_changed = true;
        }
        Ok(())
    }

    /// Publishes one window, once; the same again after that.
    pub(super) fn release(
        &mut self,
        query: &QueryId,
        window: Window,
        even_if_incomplete: bool,
    ) -> Result<Release, AggregationError> {
        let asked = self.asked(self.query(query)?);
        let key = (query.clone(), window);
        let nothing = || AggregationError::Nothing { query: query.clone(), window };
        let contributed = match self.slots.get_mut(&key) {
            Some(Slot::Published(published)) => {
                self.has_changed |= published.has_another();
                return published.next().ok_or_else(nothing);
            }
            Some(Slot::Open(contributed)) => &*contributed,
            None => return Err(nothing()),
        };
        let missing: Vec<RegionId> =
            asked.iter().filter(|region| !contributed.contains_key(*region)).cloned().collect();
        if !missing.is_empty() && !even_if_incomplete {
            return Err(AggregationError::Missing { query: query.clone(), window, regions: missing });
        }
        let merged = merged(contributed)?.ok_or_else(nothing)?;
        let fingerprints = contributed.iter().map(|(region, partial)| (region.clone(), fingerprint(partial))).collect();
        let freed: usize = contributed.values().map(weight).sum();
        let definition = self.queries.get(query).ok_or_else(|| AggregationError::Query { found: query.clone() })?;
        let conduct = self.conduct.get(query).copied().unwrap_or_default();
        // Whatever comes of it, something may have been charged.
        self.has_changed = true;
        let publish = |n| release_as(conduct, n, definition, &merged, &self.noise, &mut self.ledger);
        let releases = (0..conduct.publications.get()).map(publish).collect::<Result<Vec<_>, ReleaseError>>()?;
        self.held_bytes = self.held_bytes.saturating_sub(freed);
        let batches = batches(&releases, &merged);
        let mut published = Published { contributed: fingerprints, releases, asked: 0, batches };
        let first = published.next().ok_or_else(nothing)?;
        self.slots.insert(key, Slot::Published(Box::new(published)));
        Ok(first)
    }

    /// Every query as it was configured here, sorted by name.
    pub(super) fn configured(&self) -> Vec<Query> {
        let conduct = |query: &Query| self.conduct.get(&query.id).copied().unwrap_or_default();
        self.queries.values().map(|query| configured(query, conduct(query))).collect()
    }

    /// What was published without noise and computed over the fewest devices, sorted by query and window.
    pub(super) fn batches(&self) -> Vec<Batch> {
        let published = self.slots.values().filter_map(|slot| match slot {
            Slot::Published(published) => Some(&published.batches),
            Slot::Open(_) => None,
        });
        published.flatten().cloned().collect()
    }

    /// Budget left to each device of `region` on the day of `time`; `None` where there is no limit.
    pub(super) fn remaining(&self, region: &RegionId, time: Timestamp) -> Result<Option<Remaining>, AggregationError> {
        if !self.regions.contains(region) {
            return Err(AggregationError::Region { found: region.clone() });
        }
        Ok(self.ledger.remaining(region, Day::holding(time)))
    }

    fn query(&self, id: &QueryId) -> Result<&Query, AggregationError> {
        self.queries.get(id).ok_or_else(|| AggregationError::Query { found: id.clone() })
    }

    /// Regions that answer `query`.
    fn asked(&self, query: &Query) -> BTreeSet<RegionId> {
        if query.regions.is_empty() { self.regions.clone() } else { query.regions.iter().cloned().collect() }
    }
}

impl Slot {
    /// Whether `region` has contributed the same; an error if it contributed something else or comes too late.
    fn has(&self, region: &RegionId, partial: &Partial) -> Result<bool, AggregationError> {
        let same = match self {
            Self::Open(contributed) => contributed.get(region).map(|before| before == partial),
            Self::Published(published) => match published.contributed.get(region) {
                Some(before) => Some(*before == fingerprint(partial)),
                None => {
                    return Err(AggregationError::Late { region: region.clone(), window: partial.window });
                }
            },
        };
        match same {
            Some(false) => Err(AggregationError::Conflict { region: region.clone(), window: partial.window }),
            Some(true) => Ok(true),
            None => Ok(false),
        }
    }

    /// About how many bytes wait here to be published.
    fn weight(&self) -> usize {
        match self {
            Self::Open(contributed) => contributed.values().map(weight).sum(),
            Self::Published(_) => 0,
        }
    }

    fn missing(&self, asked: &BTreeSet<RegionId>) -> Vec<RegionId> {
        let here = |region: &&RegionId| match self {
            Self::Open(contributed) => !contributed.contains_key(*region),
            Self::Published(published) => !published.contributed.contains_key(*region),
        };
        asked.iter().filter(here).cloned().collect()
    }
}

/// The one region that `partial` comes from, if it is a well-formed contribution to `query`.
fn belongs(query: &Query, asked: &BTreeSet<RegionId>, partial: &Partial) -> Result<RegionId, AggregationError> {
    validate_partial(partial)?;
    let [region] = partial.regions.as_slice() else {
        return Err(AggregationError::Regions { found: partial.regions.len() });
    };
    if !asked.contains(region) {
        return Err(AggregationError::Region { found: region.clone() });
    }
    let expected = Window::holding(partial.window.start, query.window);
    if partial.window != expected {
        return Err(AggregationError::Window { found: partial.window, expected });
    }
    let expected = key_width(query);
    let found = partial.groups.first().map_or(expected, Vec::len);
    if found != expected {
        return Err(AggregationError::Width { found, expected });
    }
    Ok(region.clone())
}

fn merged(contributed: &BTreeMap<RegionId, Partial>) -> Result<Option<Partial>, AggregationError> {
    let mut partials = contributed.values();
    let Some(mut merged) = partials.next().cloned() else { return Ok(None) };
    for partial in partials {
        merge_partials(&mut merged, partial)?;
    }
    Ok(Some(merged))
}

/// The published groups with the fewest devices of a release that no noise protects, at most [`BATCHES_MAX`].
fn batches(releases: &[Release], merged: &Partial) -> Vec<Batch> {
    let bare = |release: &&Release| matches!(release.mechanism, Mechanism::Exact | Mechanism::Threshold { .. });
    let Some(release) = releases.first().filter(bare) else { return Vec::new() };
    let of_cell = |group: &model::GroupKey| {
        let index = merged.groups.binary_search(group).ok()?;
        Some(Batch {
            query: release.query.clone(),
            window: release.window,
            regions: release.regions.clone(),
            group: group.clone(),
            reports: merged.counts[index],
            devices: merged.devices[index],
        })
    };
    let mut batches: Vec<Batch> = release.cells.iter().filter_map(|cell| of_cell(&cell.group)).collect();
    batches.sort_by(|a, b| (a.devices, &a.group).cmp(&(b.devices, &b.group)));
    batches.truncate(BATCHES_MAX);
    batches
}

/// About how many bytes `partial` takes in memory.
fn weight(partial: &Partial) -> usize {
    let string = |text: &String| size_of::<String>() + text.len();
    let key = |key: &Vec<String>| size_of::<Vec<String>>() + key.iter().map(string).sum::<usize>();
    let numbers = 3 * size_of::<u64>() * partial.groups.len();
    partial.groups.iter().map(key).sum::<usize>() + numbers
}

fn fingerprint(partial: &Partial) -> Fingerprint {
    Sha256::digest(v1::PartialAccumulator::from(partial.clone()).encode_to_vec()).into()
}
