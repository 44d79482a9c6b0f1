//! Takes the reports of one region for one query and window, and seals them into a partial without device keys.

mod bound;
mod dictionary;
mod distinct;
mod erase;
mod groups;
mod kept;
mod limit;
mod load;
mod local;
mod merge;
mod plan;
mod rows;
mod sampling;
mod sieve;
mod tally;
#[cfg(test)]
mod tests;
mod totals;
mod words;

use std::{fmt, num::NonZeroUsize, ops::Range};

use model::{Partial, Query, RegionId, ReportRef, Reports, Seed, Window};

pub use limit::{Limits, LoadError, PushError, SealError, ShardError};
pub use totals::{Total, Totals};

use crate::mechanism::Responses;
use groups::{Groups, Key, Numbering};
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
/// split of the reports into shards, pushed and merged in any order, seals to the same partial. What is not kept of
/// [columns](Self::push_columns) would count in none.
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
    /// What devices randomized, where they did: nothing is in groups and rows then.
    responses: Option<Box<Responses>>,
    /// Whether rows were turned away that would count if others of their device were taken back.
    sieved: bool,
    reports: u64,
    key: Key,
}

impl Accumulator {
    /// An accumulator without reports. `sampling` decides which contributions are kept: every shard of a region needs
    /// the same, and nobody who sends reports may know it.
    #[must_use]
    pub fn new(query: &Query, window: Window, sampling: &Seed, limits: Limits) -> Self {
        let plan = Plan::of(query);
        let sampling = sampling.derive(&format!("sampling {} {window}", query.id));
        let responses = Responses::of(query, &sampling).map(Box::new);
        let sampling = Sampling::new(&sampling);
        Self {
            responses,
            groups: Groups::new(plan.width(), &sampling),
            sampling,
            rows: Rows::new(plan.keeps_values()),
            settled: Tally::new(plan.range()),
            plan,
            window,
            // Groups are numbered with 32 bits, and so are the rows of a device.
            limits: Limits {
                groups_max: limits.groups_max.min(u32::MAX as usize),
                rows_max: limits.rows_max.min(u32::MAX as usize),
                ..limits
            },
            sieved: false,
            reports: 0,
            key: Key::default(),
        }
    }

    /// Takes `report` if it answers the query; `false` if it does not: its event is not asked for, its time lies
    /// outside the window, a group field or the number to be summed is missing, or its key is not among known keys.
    ///
    /// # Errors
    /// If a limit is reached, or the report holds no response where devices randomize. It was not taken then.
    pub fn push<'a>(&mut self, report: impl Into<ReportRef<'a>>) -> Result<bool, PushError> {
        self.push_ref(report.into())
    }

    /// Takes those of the reports at `places` that answer the query, in order, as [`Accumulator::push`] does. `refused`
    /// is told of each that was not taken, and why.
    pub fn push_batch(&mut self, reports: &Reports<'_>, places: Range<usize>, refused: impl FnMut(PushError)) {
        places.filter_map(|place| self.push_ref(reports.get(place)).err()).for_each(refused);
    }

    fn push_ref(&mut self, report: ReportRef<'_>) -> Result<bool, PushError> {
        if !self.window.holds(report.time) {
            return Ok(false);
        }
        let Some(value) = self.plan.read(report, &mut self.key) else { return Ok(false) };
        if self.key.len() > self.limits.key_bytes_max {
            return Err(PushError::Key { found: self.key.len(), key_bytes_max: self.limits.key_bytes_max });
        }
        if self.responses.is_some() {
            return self.push_response(report);
        }
        if report.device.is_some() && self.rows.len() >= self.limits.rows_max {
            return Err(PushError::Rows { rows_max: self.limits.rows_max });
        }
        let Some(group) = self.group()? else { return Ok(false) };
        if report.device.is_none() || !self.plan.is_bounded() {
            self.settled.cover(self.groups.len());
            self.settled.add_reports(std::iter::once((group, value)));
        }
        if let Some(device) = report.device {
            self.rows.make_room(1);
            self.rows.push(self.sampling.device(device), group, value);
        }
        self.reports += 1;
        Ok(true)
    }

    /// Number of the group whose key was just read; `None` where keys are known and this is none of them.
    fn group(&mut self) -> Result<Option<u32>, PushError> {
        if let Some(group) = self.groups.find(&self.key) {
            return Ok(Some(group));
        }
        if !self.plan.knows(&self.key) {
            return Ok(None);
        }
        self.room_for_a_group()?;
        if !self.groups.admit(&self.key) {
            self.renumber(1);
            self.room_for_a_group()?;
        }
        Ok(Some(self.groups.number_of_admitted()))
    }

    fn room_for_a_group(&self) -> Result<(), PushError> {
        let groups_max = self.limits.groups_max;
        let numbered = matches!(self.groups.numbering, Numbering::Met(_));
        if numbered && self.groups.len() >= groups_max { Err(PushError::Groups { groups_max }) } else { Ok(()) }
    }

    /// Numbers groups anew, as suits the texts known and `more` reports beside those that are here.
    fn renumber(&mut self, more: usize) {
        let numbering = self.groups.suited(self.reports.saturating_add(more as u64), self.limits.groups_max);
        if self.groups.widen(&numbering) {
            return;
        }
        let older = self.groups.clone();
        self.groups.numbering = numbering;
        let numbers = self.groups.renumber(&older, self.settled.groups().chain(self.rows.groups()));
        let mut settled = self.settled.emptied(self.groups.len());
        settled.extend(&self.settled, |group| numbers[group as usize]);
        self.settled = settled;
        self.rows.renumber(&numbers);
    }

    /// Bounds contributions, counts distinct devices, and gives what may leave the region. Reports may still be pushed
    /// after it; sealing again then gives a new partial.
    ///
    /// # Errors
    /// If a sum does not fit into 64 bits.
    pub fn seal(&self, region: &RegionId) -> Result<Partial, SealError> {
        if let Some(responses) = &self.responses {
            return self.seal_responses(responses, region);
        }
        self.totals(NonZeroUsize::MIN).partial(region)
    }

    /// Whether `reports` more reports are sure to fit, so that a batch can be taken as a whole or not at all. Only
    /// [`PushError::Key`] and [`PushError::Response`] can come then.
    #[must_use]
    pub fn has_room_for(&self, reports: usize) -> bool {
        if let Some(responses) = &self.responses {
            return reports <= responses.kept_max(self.limits.rows_max).saturating_sub(responses.kept());
        }
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
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
