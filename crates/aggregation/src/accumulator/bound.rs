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

use std::{
    cmp::Ordering,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use hashbrown::HashTable;

use super::{
    groups::{Groups, NONE},
    rows::Rows,
    sampling::Sampling,
    tally::Tally,
};
use crate::mechanism::Bounds;

/// Keyed hashes of groups, each computed when it is first asked for.
pub(super) struct GroupHashes<'a> {
    groups: &'a Groups,
    sampling: &'a Sampling,
    /// Zero where none was asked for.
    hashes: Vec<AtomicU64>,
}

impl<'a> GroupHashes<'a> {
    /// None yet; `asked` says whether any will be asked for.
    pub(super) fn new(groups: &'a Groups, sampling: &'a Sampling, asked: bool) -> Self {
        let len = if asked { groups.len() } else { 0 };
        Self { groups, sampling, hashes: std::iter::repeat_with(AtomicU64::default).take(len).collect() }
    }

    #[inline]
    fn of(&self, group: u32) -> u64 {
        match self.hashes[group as usize].load(Relaxed) {
            0 => self.compute(group),
            hash => hash,
        }
    }

    #[cold]
    fn compute(&self, group: u32) -> u64 {
        let hash = self.sampling.group(self.groups.parts(group));
        self.hashes[group as usize].store(hash, Relaxed);
        hash
    }

    /// The order of a device's groups. Equal hashes are ordered by key.
    fn compare(&self, a: Choice, b: Choice) -> Ordering {
        let by_key = || match a.group == b.group {
            true => Ordering::Equal,
            false => self.groups.parts(a.group).cmp(self.groups.parts(b.group)),
        };
        a.priority.cmp(&b.priority).then_with(by_key)
    }
}

/// A group that a device may keep.
#[derive(Debug, Clone, Copy)]
struct Choice {
    priority: u64,
    group: u32,
}

/// A row that may be kept.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    choice: Choice,
    /// The device's place among those of the part.
    device: u32,
    value: i64,
}

/// Chooses what each device may contribute.
pub(super) struct Sampler<'a> {
    bounds: Bounds,
    sampling: &'a Sampling,
    hashes: &'a GroupHashes<'a>,
    devices: Devices,
    candidates: Vec<Candidate>,
    /// (hash, value) of each report of the group at hand; kept for its allocation.
    reports: Vec<(u64, i64)>,
}

impl<'a> Sampler<'a> {
    pub(super) fn new(bounds: Bounds, sampling: &'a Sampling, hashes: &'a GroupHashes<'a>) -> Self {
        let (candidates, reports) = (Vec::new(), Vec::new());
        Self { bounds, sampling, hashes, devices: Devices::default(), candidates, reports }
    }

    /// Adds what each device of a part may contribute to `tally`, and each group's distinct devices to `devices`.
    pub(super) fn keep(&mut self, rows: &Rows, part: usize, tally: &mut Tally, devices: &mut [u32]) {
        self.collect(rows, part);
        self.devices.finish(self.bounds.groups_max as usize, self.hashes);
        let (known, hashes) = (&self.devices, self.hashes);
        self.candidates.retain(|row| {
            let last = known.last[row.device as usize];
            last.group == NONE || hashes.compare(row.choice, last).is_le()
        });
        self.candidates.sort_unstable_by_key(|row| (row.device, row.choice.group, row.value));
        let candidates = std::mem::take(&mut self.candidates);
        for run in candidates.chunk_by(|a, b| (a.device, a.choice.group) == (b.device, b.choice.group)) {
            let (count, sum) = self.keep_reports(run);
            tally.add(run[0].choice.group, count, sum);
            devices[run[0].choice.group as usize] += 1;
        }
        self.candidates = candidates;
    }

    /// Collects the rows of a part whose group may be among those that their device keeps.
    fn collect(&mut self, rows: &Rows, part: usize) {
        let groups_max = self.bounds.groups_max as usize;
        self.candidates.clear();
        self.devices.clear(rows.bits());
        rows.each(part, |row, value| {
            let priority = self.sampling.group_priority(row.device(), self.hashes.of(row.group));
            let device = self.devices.number(row.device());
            if priority <= self.devices.last[device as usize].priority {
                let choice = Choice { priority, group: row.group };
                self.devices.offer(device, choice, groups_max, self.hashes);
                self.candidates.push(Candidate { choice, device, value });
            }
        });
    }

    /// Number and sum of the reports that count, of one device in one group, sorted by value.
    fn keep_reports(&mut self, run: &[Candidate]) -> (u64, i128) {
        let reports_max = self.bounds.reports_max as usize;
        if run.len() <= reports_max {
            return (run.len() as u64, run.iter().map(|row| i128::from(row.value)).sum());
        }
        let (first, last) = (run[0], run[run.len() - 1]);
        if first.value == last.value {
            // All alike: which of them are kept makes no difference.
            return (reports_max as u64, i128::from(first.value) * i128::from(self.bounds.reports_max));
        }
        let (device, hash) = (self.devices.keys[first.device as usize], self.hashes.of(first.choice.group));
        self.reports.clear();
        for equal in run.chunk_by(|a, b| a.value == b.value) {
            let value = equal[0].value;
            let priority = |nth| (self.sampling.report_priority(device, hash, value, nth), value);
            self.reports.extend((0..equal.len() as u64).map(priority));
        }
        self.reports.select_nth_unstable(reports_max - 1);
        (reports_max as u64, self.reports[..reports_max].iter().map(|(_, value)| i128::from(*value)).sum())
    }
}

/// The devices of a part, with the groups that each may keep.
#[derive(Default)]
struct Devices {
    bits: u32,
    table: HashTable<u32>,
    keys: Vec<u64>,
    /// The last group that a device keeps as far as it is known: all that come behind are turned away.
    last: Vec<Choice>,
    /// Groups on offer, with repeats; kept from part to part for their allocations.
    offers: Vec<Vec<Choice>>,
}

/// Comes behind every group.
const BEHIND_ALL: Choice = Choice { priority: u64::MAX, group: NONE };

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
        self.last.push(BEHIND_ALL);
        match self.offers.get_mut(number as usize) {
            Some(offers) => offers.clear(),
            None => self.offers.push(Vec::new()),
        }
        let (bits, keys) = (self.bits, &self.keys);
        self.table.insert_unique(device.rotate_left(bits), number, |&number| keys[number as usize].rotate_left(bits));
        number
    }

    /// Takes a group on offer. Once they are twice as many as may be kept, those that cannot be are dropped: that makes
    /// a few steps for each offer, whatever the bound.
    fn offer(&mut self, device: u32, choice: Choice, groups_max: usize, hashes: &GroupHashes<'_>) {
        let offers = &mut self.offers[device as usize];
        offers.push(choice);
        if offers.len() / 2 >= groups_max {
            self.drop_behind(device as usize, groups_max, hashes);
        }
    }

    fn drop_behind(&mut self, device: usize, groups_max: usize, hashes: &GroupHashes<'_>) {
        let offers = &mut self.offers[device];
        offers.sort_unstable_by(|a, b| hashes.compare(*a, *b));
        offers.dedup_by_key(|choice| choice.group);
        offers.truncate(groups_max);
        if offers.len() == groups_max {
            self.last[device] = offers[groups_max - 1];
        }
    }

    /// Finds the last group that each device keeps.
    fn finish(&mut self, groups_max: usize, hashes: &GroupHashes<'_>) {
        for device in 0..self.keys.len() {
            if self.offers[device].len() >= groups_max {
                self.drop_behind(device, groups_max, hashes);
            }
        }
    }
}
