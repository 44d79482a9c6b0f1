//! Takes the reports of one region for one query and window, and seals them into a partial without device keys.

mod bound;
mod erase;
mod groups;
mod limit;
mod plan;
mod rows;
mod sampling;
mod tally;
#[cfg(test)]
mod tests;

use std::fmt;

use model::{Partial, Query, RegionId, Report, Seed, Window};

pub use limit::{Limits, PushError, SealError, ShardError};

use groups::{Groups, Key};
use plan::Plan;
use rows::Rows;
use sampling::Sampling;
use tally::Tally;

/// What one region knows about one query and window. Holds device keys, and never leaves the region.
///
/// # Devices
///
/// A device is what the vendor takes for one: the report's `device`, kept as a keyed hash of 64 bits that is different
/// in every window. A report without one is bounded as if it came from a device of its own, since nothing tells whose
/// it is: what protects devices then protects single reports. It never raises the number of distinct devices
/// of a group above one, because that number is a lower bound: k reports that one device sends without its name must
/// not pass for k devices.
///
/// # Any split, any order
///
/// An accumulator stands for a multiset of (device, group, value), and [`push`](Self::push) and
/// [`merge`](Self::merge) unite multisets: commutative, associative, and with the fresh accumulator as the neutral
/// element. [`seal`](Self::seal) is a function of that multiset: groups are numbered by the order of their keys, rows
/// are sorted, and contributions are chosen by keyed hashes of what a row holds and never of where it stood. So any
/// split of the reports into shards, pushed and merged in any order, seals to the same partial.
///
/// ```
/// # use model::*;
/// use aggregation::{Accumulator, Limits};
/// # let query = Query {
/// #     id: QueryId::new("visits").unwrap(),
/// #     events: vec!["visit".to_owned()],
/// #     group_by: vec!["site".to_owned()],
/// #     measure: Measure::Count,
/// #     window: Duration::DAY,
/// #     regions: vec![],
/// #     mechanism: Mechanism::Exact,
/// #     domain: [].into(),
/// # };
/// let time: Timestamp = "2020-05-01T10:00:15Z".parse().unwrap();
/// let window = Window::holding(time, query.window);
/// let mut shard = Accumulator::new(&query, window, &Seed::root(1), Limits::default());
/// let report = Report {
///     event: "visit".to_owned(),
///     time,
///     device: Some("a".to_owned()),
///     fields: [("site".to_owned(), "news.example".into())].into(),
/// };
/// assert!(shard.push(&report)?);
/// let partial = shard.seal(&RegionId::new("sg").unwrap()).unwrap();
/// assert_eq!((partial.counts, partial.devices), (vec![1], vec![1]));
/// # Ok::<(), aggregation::PushError>(())
/// ```
#[derive(Clone)]
pub struct Accumulator {
    plan: Plan,
    window: Window,
    sampling: Sampling,
    limits: Limits,
    groups: Groups,
    /// What needs no device any more, by group: everything where contributions are not bounded, otherwise what came
    /// without a device.
    settled: Tally,
    /// What is still to be bounded or told apart by device.
    rows: Rows,
    reports: u64,
    key: Key,
}

impl Accumulator {
    /// An accumulator without reports. `sampling` decides which contributions are kept: every shard of a region needs
    /// the same, and nobody who sends reports may know it.
    #[must_use]
    pub fn new(query: &Query, window: Window, sampling: &Seed, limits: Limits) -> Self {
        let plan = Plan::of(query);
        Self {
            sampling: Sampling::new(&sampling.derive(&format!("sampling {} {window}", query.id))),
            groups: Groups::new(plan.width()),
            rows: Rows::new(plan.keeps_values()),
            plan,
            window,
            // Groups are numbered with 32 bits.
            limits: Limits { groups_max: limits.groups_max.min(u32::MAX as usize), ..limits },
            settled: Tally::default(),
            reports: 0,
            key: Key::default(),
        }
    }

    /// Takes `report` if it answers the query; `false` if it does not: its event is not asked for, its time lies
    /// outside the window, a group field or the number to be summed is missing, or its key is not among known keys.
    ///
    /// # Errors
    /// If a limit is reached. The report was not taken then.
    pub fn push(&mut self, report: &Report) -> Result<bool, PushError> {
        if report.time < self.window.start || report.time >= self.window.end {
            return Ok(false);
        }
        let Some(value) = self.plan.read(report, &mut self.key) else { return Ok(false) };
        if self.key.len() > self.limits.key_bytes_max {
            return Err(PushError::Key { found: self.key.len(), key_bytes_max: self.limits.key_bytes_max });
        }
        if report.device.is_some() && self.rows.len() >= self.limits.rows_max {
            return Err(PushError::Rows { rows_max: self.limits.rows_max });
        }
        let Some(group) = self.group()? else { return Ok(false) };
        if report.device.is_none() || !self.plan.is_bounded() {
            self.settled.add(group, 1, value.into(), 0);
        }
        if let Some(device) = &report.device {
            self.rows.push(self.sampling.device(device), group, value);
        }
        self.reports += 1;
        Ok(true)
    }

    /// Number of the group whose key was just read; `None` where keys are known and this is none of them.
    fn group(&mut self) -> Result<Option<u32>, PushError> {
        let hash = self.sampling.group(&self.key);
        if let Some(group) = self.groups.find(hash, &self.key) {
            return Ok(Some(group));
        }
        if !self.plan.knows(&self.key) {
            return Ok(None);
        }
        let full = PushError::Groups { groups_max: self.limits.groups_max };
        if self.groups.len() >= self.limits.groups_max {
            return Err(full);
        }
        let group = self.groups.insert(hash, &self.key).ok_or(full)?;
        self.settled.cover(group);
        Ok(Some(group))
    }

    /// Takes all reports of another shard of the same region. A merge with a copy of itself counts everything twice.
    ///
    /// # Errors
    /// If query, window or seed differ, or both together pass a limit of this one. Nothing was taken then.
    pub fn merge(&mut self, other: &Self) -> Result<(), ShardError> {
        if self.plan != other.plan {
            return Err(ShardError::Query);
        }
        if self.window != other.window {
            return Err(ShardError::Window { found: other.window, expected: self.window });
        }
        if self.sampling != other.sampling {
            return Err(ShardError::Sampling);
        }
        let reports = self.reports.checked_add(other.reports).ok_or(ShardError::Reports)?;
        if other.rows.len() > self.limits.rows_max.saturating_sub(self.rows.len()) {
            return Err(PushError::Rows { rows_max: self.limits.rows_max }.into());
        }
        let full = PushError::Groups { groups_max: self.limits.groups_max };
        if self.groups.len_with(&other.groups) > self.limits.groups_max {
            return Err(full.into());
        }
        // Numbers here of the groups there.
        let numbers: Vec<u32> = self.groups.extend(&other.groups).ok_or(full)?;
        numbers.iter().for_each(|&group| self.settled.cover(group));
        self.settled.extend(&other.settled, &numbers);
        self.rows.extend(&other.rows, &numbers);
        self.reports = reports;
        Ok(())
    }

    /// Bounds contributions, counts distinct devices, and gives what may leave the region. Reports may still be pushed
    /// after it; sealing again then gives a new partial.
    ///
    /// # Errors
    /// If a sum does not fit into 64 bits.
    pub fn seal(&self, region: &RegionId) -> Result<Partial, SealError> {
        let order = self.groups.sorted();
        let tally = self.bounded(&order);
        let mut partial = Partial {
            query: self.plan.query().clone(),
            window: self.window,
            regions: vec![region.clone()],
            groups: Vec::new(),
            counts: Vec::new(),
            sums: Vec::new(),
            devices: Vec::new(),
            shares: vec![],
        };
        for (place, group) in (0_u32..).zip(order) {
            let (count, sum, devices) = tally.of(place);
            if count > 0 {
                let group = self.groups.key(group);
                let Ok(sum) = i64::try_from(sum) else { return Err(SealError::Sum { group }) };
                partial.groups.push(group);
                partial.counts.push(count);
                partial.sums.push(sum);
                // What came without a device came from at least one.
                partial.devices.push(devices.max(1));
            }
        }
        Ok(partial)
    }

    /// What counts of each group once contributions are bounded, by its place in `order`.
    fn bounded(&self, order: &[u32]) -> Tally {
        let mut tally = Tally::with_groups(order.len());
        if !self.plan.admits_any() {
            return tally;
        }
        let mut places = vec![0; order.len()];
        for (place, &group) in (0_u32..).zip(order) {
            places[group as usize] = place;
        }
        tally.extend(&self.settled, &places);
        match self.plan.bounds() {
            None => bound::count_devices(&self.rows, &places, &mut tally),
            Some(bounds) => {
                let hashes: Vec<u64> = order.iter().map(|&group| self.groups.hash(group)).collect();
                bound::Sampler::new(bounds, &self.sampling, &hashes).keep(&self.rows, &places, &mut tally);
            }
        }
        tally
    }

    /// Whether `reports` more reports are sure to fit, so that a batch can be taken as a whole or not at all. Only
    /// [`PushError::Key`] can come then.
    #[must_use]
    pub fn has_room_for(&self, reports: usize) -> bool {
        let groups = if self.plan.width() == 0 { 1 } else { reports };
        reports <= self.limits.rows_max.saturating_sub(self.rows.len())
            && groups <= self.limits.groups_max.saturating_sub(self.groups.len())
    }

    /// Number of reports taken.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.reports
    }

    /// Whether no report was taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.reports == 0
    }

    /// The window.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }
}

/// Shows sizes alone: device keys stay out of logs.
impl fmt::Debug for Accumulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accumulator")
            .field("query", self.plan.query())
            .field("window", &self.window)
            .field("reports", &self.reports)
            .field("groups", &self.groups.len())
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
