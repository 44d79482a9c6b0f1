//! Bounds what each device contributes, part by part.
//!
//! A device with more than L0 groups keeps those with the smallest keyed hash of (device, group); of more than L∞
//! reports in one group it keeps those with the smallest keyed hash of (device, group, value, occurrence). Reports of
//! equal value in one group are interchangeable, since they contribute the same; numbering them after sorting gives
//! each report a hash of its own whatever the order in which they came, so that every choice of L∞ reports is
//! equally likely.
//!
//! Most rows are of devices with many groups, and are turned away by one comparison with the hash of the last group that
//! their device keeps as far as it is known.

use hashbrown::HashTable;

use super::{
    groups::Groups,
    kept::{Choice, Kept},
    rows::{Row, Rows},
    sampling::Sampling,
    tally::Tally,
};
use crate::mechanism::Bounds;

/// Chooses what each device may contribute.
pub(super) struct Sampler<'a> {
    bounds: Bounds,
    sampling: &'a Sampling,
    groups: &'a Groups,
    devices: Devices,
    /// Kept for their allocations: rows of a part, the priority of each, rows that are kept, and (hash, value) of each
    /// report of a group.
    rows: Vec<Row>,
    priorities: Vec<u64>,
    valued: Vec<Valued>,
    reports: Vec<(u64, i64)>,
}

/// A row that is kept: the device's place in the part, the group, the value.
type Valued = (u32, u32, i64);

impl<'a> Sampler<'a> {
    pub(super) fn new(bounds: Bounds, sampling: &'a Sampling, groups: &'a Groups) -> Self {
        let (rows, priorities, valued, reports) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self { bounds, sampling, groups, devices: Devices::default(), rows, priorities, valued, reports }
    }

    /// Adds what each device of a part may contribute to `tally`, and each group's distinct devices to `devices`.
    pub(super) fn keep(&mut self, rows: &Rows, part: usize, tally: &mut Tally, devices: &mut [u32]) {
        rows.gather(part, &mut self.rows);
        self.choose(rows.bits());
        for kept in self.devices.kept() {
            kept.each(|choice| devices[choice.group as usize] += 1);
        }
        if rows.has_values() {
            self.keep_values(rows, part, tally);
        } else {
            let reports_max = u64::from(self.bounds.reports_max);
            for kept in self.devices.kept() {
                kept.each(|choice| tally.add(choice.group, u64::from(choice.count).min(reports_max), 0));
            }
        }
    }

    /// Chooses the groups that each device of the part keeps.
    fn choose(&mut self, bits: u32) {
        let (sampling, groups) = (self.sampling, self.groups);
        // In a step of its own, so that the processor computes several at once.
        let priority = |row: &Row| sampling.group_priority(row.device(), groups.hash(row.group));
        self.priorities.clear();
        self.priorities.extend(self.rows.iter().map(priority));
        self.devices.clear(bits);
        for (row, &priority) in self.rows.iter().zip(&self.priorities) {
            self.devices.offer(*row, priority, self.bounds.groups_max, groups);
        }
    }

    /// Adds the reports of groups that are kept, with their values.
    fn keep_values(&mut self, rows: &Rows, part: usize, tally: &mut Tally) {
        let mut valued = std::mem::take(&mut self.valued);
        valued.clear();
        let mut priorities = self.priorities.iter();
        rows.each(part, |row, value| {
            let priority = priorities.next().copied().unwrap_or(u64::MAX);
            let device = self.devices.number(row.device());
            if self.devices.keeps(device, priority, row.group) {
                valued.push((device, row.group, value));
            }
        });
        valued.sort_unstable();
        for run in valued.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let (count, sum) = self.keep_reports(run);
            tally.add(run[0].1, count, sum);
        }
        self.valued = valued;
    }

    /// Number and sum of the reports that count, of one device in one group, sorted by value.
    fn keep_reports(&mut self, run: &[Valued]) -> (u64, i128) {
        let reports_max = self.bounds.reports_max as usize;
        if run.len() <= reports_max {
            return (run.len() as u64, run.iter().map(|(.., value)| i128::from(*value)).sum());
        }
        let ((device, group, first), (.., last)) = (run[0], run[run.len() - 1]);
        if first == last {
            // All alike: which of them are kept makes no difference.
            return (reports_max as u64, i128::from(first) * i128::from(self.bounds.reports_max));
        }
        let (device, hash) = (self.devices.keys[device as usize], self.groups.hash(group));
        self.reports.clear();
        for equal in run.chunk_by(|a, b| a.2 == b.2) {
            let value = equal[0].2;
            let priority = |nth| (self.sampling.report_priority(device, hash, value, nth), value);
            self.reports.extend((0..equal.len() as u64).map(priority));
        }
        self.reports.select_nth_unstable(reports_max - 1);
        (reports_max as u64, self.reports[..reports_max].iter().map(|(_, value)| i128::from(*value)).sum())
    }
}

/// The devices of a part, with the groups that each keeps.
#[derive(Default)]
struct Devices {
    bits: u32,
    table: HashTable<u32>,
    keys: Vec<u64>,
    /// The priority of the last group that a device keeps as far as it is known: what comes behind it is turned away.
    last: Vec<u64>,
    /// Kept from part to part for their allocations; only those of `keys` mean anything.
    kept: Vec<Kept>,
}

impl Devices {
    /// Forgets all devices. The next ones agree in the leading `bits`.
    fn clear(&mut self, bits: u32) {
        self.bits = bits;
        self.table.clear();
        self.keys.clear();
        self.last.clear();
    }

    #[inline]
    fn number(&mut self, device: u64) -> u32 {
        let (bits, keys) = (self.bits, &self.keys);
        match self.table.find(device.rotate_left(bits), |&number| keys[number as usize] == device) {
            Some(&number) => number,
            None => self.insert(device),
        }
    }

    fn insert(&mut self, device: u64) -> u32 {
        let number = u32::try_from(self.keys.len()).unwrap_or_else(|_| unreachable!("rows are fewer than 2^32"));
        self.keys.push(device);
        self.last.push(u64::MAX);
        match self.kept.get_mut(number as usize) {
            Some(kept) => kept.clear(),
            None => self.kept.push(Kept::default()),
        }
        let (bits, keys) = (self.bits, &self.keys);
        self.table.insert_unique(device.rotate_left(bits), number, |&number| keys[number as usize].rotate_left(bits));
        number
    }

    #[inline]
    fn offer(&mut self, row: Row, priority: u64, groups_max: u32, groups: &Groups) {
        let device = self.number(row.device()) as usize;
        if priority <= self.last[device] {
            let choice = Choice { priority, group: row.group, count: 1 };
            if let Some(last) = self.kept[device].offer(choice, groups_max as usize, groups) {
                self.last[device] = last;
            }
        }
    }

    /// Whether a device keeps a group.
    fn keeps(&self, device: u32, priority: u64, group: u32) -> bool {
        priority <= self.last[device as usize] && self.kept[device as usize].holds(priority, group)
    }

    fn kept(&self) -> impl Iterator<Item = &Kept> {
        self.kept[..self.keys.len()].iter()
    }
}
