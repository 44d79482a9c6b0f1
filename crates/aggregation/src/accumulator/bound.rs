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

use super::{
    groups::{Groups, Hashes},
    kept::{Choice, Kept},
    rows::{Row, Rows},
    sampling::Sampling,
    tally::Tally,
    totals::Counted,
};
use crate::mechanism::Bounds;

/// Chooses what each device may contribute.
pub(super) struct Sampler<'a> {
    bounds: Bounds,
    sampling: &'a Sampling,
    groups: &'a Groups,
    hashes: Hashes,
    devices: Devices,
    /// Kept for their allocations: the priority of each row of a part, rows that are kept, and (hash, value) of each
    /// report of a group.
    priorities: Vec<u64>,
    valued: Vec<Valued>,
    reports: Vec<(u64, i64)>,
}

/// A row that is kept: the device, the group, the value.
type Valued = (u64, u32, i64);

impl<'a> Sampler<'a> {
    pub(super) fn new(bounds: Bounds, sampling: &'a Sampling, groups: &'a Groups) -> Self {
        let devices = Devices::new(bounds.groups_max as usize);
        let (priorities, valued, reports) = (Vec::new(), Vec::new(), Vec::new());
        Self { bounds, sampling, groups, hashes: Hashes::of(groups), devices, priorities, valued, reports }
    }

    /// Adds what each device of a part may contribute to `counted`.
    pub(super) fn keep(&mut self, rows: &Rows, part: usize, counted: &mut Counted) {
        self.choose(rows, part);
        if rows.has_values() {
            self.devices.kept.each(|choice| counted.devices[choice.group as usize] += 1);
            self.keep_values(rows, part, &mut counted.kept);
        } else {
            let reports_max = self.bounds.reports_max;
            let kept = &mut counted.kept;
            self.devices.kept.each(|choice| kept.add(choice.group, choice.count.min(reports_max).into(), 1));
        }
    }

    /// Chooses the groups that each device of the part keeps.
    fn choose(&mut self, rows: &Rows, part: usize) {
        let Self { sampling, groups, devices, priorities, .. } = self;
        let hashes = self.hashes.over(groups);
        devices.clear(rows.bits());
        priorities.clear();
        for rows in rows.slices(part) {
            let from = priorities.len();
            // In a step of its own, so that the processor computes several at once.
            priorities.extend(rows.iter().map(|row| sampling.group_priority(row.device(), hashes.get(row.group))));
            devices.offer_all(rows, &priorities[from..], groups);
        }
    }

    /// Adds the reports of groups that are kept, with their values.
    fn keep_values(&mut self, rows: &Rows, part: usize, tally: &mut Tally) {
        let mut valued = std::mem::take(&mut self.valued);
        valued.clear();
        let mut priorities = self.priorities.iter();
        rows.each(part, |row, value| {
            let priority = priorities.next().copied().unwrap_or(u64::MAX);
            if self.devices.keeps(row.device(), priority, row.group) {
                valued.push((row.device(), row.group, value));
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
        let hash = self.groups.hash(group);
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
struct Devices {
    bits: u32,
    /// Open addressing with linear probing, at most half full. Device keys are uniform and nobody outside knows them.
    slots: Vec<Slot>,
    /// How many devices there are.
    len: usize,
    kept: Kept,
}

/// A device, or none.
#[derive(Debug, Clone, Copy)]
struct Slot {
    key: u64,
    /// The priority of the last group that it keeps as far as it is known: what comes behind it is turned away.
    last: u64,
    /// One more than its number; zero for none.
    number: u32,
}

impl Slot {
    const FREE: Self = Self { key: 0, last: u64::MAX, number: 0 };

    const fn device(self) -> usize {
        self.number as usize - 1
    }
}

/// Rows of which it is asked at once whether they could be kept.
const HOPEFUL_MAX: usize = 256;
/// Slots to begin with.
const SLOTS_MIN: usize = 64;

impl Devices {
    fn new(groups_max: usize) -> Self {
        Self { bits: 0, slots: vec![Slot::FREE; SLOTS_MIN], len: 0, kept: Kept::new(groups_max) }
    }

    /// Forgets all devices. The next ones agree in the leading `bits`.
    fn clear(&mut self, bits: u32) {
        self.bits = bits;
        self.len = 0;
        self.slots.fill(Slot::FREE);
        self.kept.clear();
    }

    /// Where a device is, or else the free place where it belongs.
    #[inline]
    fn place(&self, device: u64) -> usize {
        let last = self.slots.len() - 1;
        let spread = device.rotate_left(self.bits) >> (u64::BITS - self.slots.len().trailing_zeros());
        let mut place = usize::try_from(spread).unwrap_or(0);
        loop {
            let slot = &self.slots[place];
            if slot.number == 0 || slot.key == device {
                return place;
            }
            place = (place + 1) & last;
        }
    }

    fn insert(&mut self, device: u64) -> usize {
        if (self.len + 1) * 2 > self.slots.len() {
            let slots = vec![Slot::FREE; self.slots.len() * 2];
            for slot in std::mem::replace(&mut self.slots, slots).into_iter().filter(|slot| slot.number > 0) {
                let place = self.place(slot.key);
                self.slots[place] = slot;
            }
        }
        self.kept.add_device();
        self.len += 1;
        let number = u32::try_from(self.len).unwrap_or_else(|_| unreachable!("rows are fewer than 2^32"));
        let place = self.place(device);
        self.slots[place] = Slot { key: device, last: u64::MAX, number };
        place
    }

    /// Offers rows with their priorities. First it is asked which of them could be kept, without a branch that nobody
    /// could foresee.
    fn offer_all(&mut self, rows: &[Row], priorities: &[u64], groups: &Groups) {
        let mut hopeful = [0_u16; HOPEFUL_MAX];
        for (rows, priorities) in rows.chunks(HOPEFUL_MAX).zip(priorities.chunks(HOPEFUL_MAX)) {
            let mut len = 0;
            for ((row, priority), place) in rows.iter().zip(priorities).zip(0..) {
                hopeful[len] = place;
                len += usize::from(*priority <= self.slots[self.place(row.device())].last);
            }
            for place in hopeful[..len].iter().copied().map(usize::from) {
                self.offer(rows[place], priorities[place], groups);
            }
        }
    }

    #[inline]
    fn offer(&mut self, row: Row, priority: u64, groups: &Groups) {
        let mut place = self.place(row.device());
        if self.slots[place].number == 0 {
            place = self.insert(row.device());
        }
        let slot = self.slots[place];
        if priority <= slot.last {
            let choice = Choice { priority, group: row.group, count: 1 };
            if let Some(last) = self.kept.offer(slot.device(), choice, groups) {
                self.slots[place].last = last;
            }
        }
    }

    /// Whether a device of the part keeps a group.
    fn keeps(&self, device: u64, priority: u64, group: u32) -> bool {
        let slot = self.slots[self.place(device)];
        slot.number > 0 && priority <= slot.last && self.kept.holds(slot.device(), priority, group)
    }
}
