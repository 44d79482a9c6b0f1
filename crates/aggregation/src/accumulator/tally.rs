//! Totals by group number.

use std::collections::BTreeMap;

/// Reports and their sum in one group, side by side: one cache line for both.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    count: u64,
    sum: i64,
}

/// Counts and sums, one of each for every group.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    cells: Vec<Cell>,
    /// What left the 64 bits of a cell. 2^64 values of 64 bits add up to less than 128 bits: nothing is ever lost.
    carried: BTreeMap<u32, i128>,
}

impl Tally {
    pub(super) fn with_groups(groups: usize) -> Self {
        Self { cells: vec![Cell::default(); groups], carried: BTreeMap::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Makes room for `groups` groups, if there is less.
    pub(super) fn cover(&mut self, groups: usize) {
        if groups > self.cells.len() {
            self.cells.resize(groups, Cell::default());
        }
    }

    /// Adds a report to a group. The accumulator's number of reports fits into 64 bits, and no count is larger.
    #[inline]
    pub(super) fn add_one(&mut self, group: u32, value: i64) {
        let cell = &mut self.cells[group as usize];
        cell.count += 1;
        match cell.sum.checked_add(value) {
            Some(sum) => cell.sum = sum,
            None => self.carry(group, value.into()),
        }
    }

    /// Adds to a group.
    pub(super) fn add(&mut self, group: u32, count: u64, sum: i128) {
        let cell = &mut self.cells[group as usize];
        cell.count += count;
        match i64::try_from(sum).ok().and_then(|sum| cell.sum.checked_add(sum)) {
            Some(sum) => cell.sum = sum,
            None => self.carry(group, sum),
        }
    }

    #[cold]
    fn carry(&mut self, group: u32, sum: i128) {
        *self.carried.entry(group).or_default() += sum;
    }

    /// Takes from a group what was added before.
    pub(super) fn take(&mut self, group: u32, count: u64, sum: i128) {
        self.cells[group as usize].count -= count;
        self.add(group, 0, -sum);
    }

    /// Adds the totals of `other`, whose groups have the numbers here that `number` gives.
    pub(super) fn extend(&mut self, other: &Self, number: impl Fn(u32) -> u32) {
        for (group, cell) in (0_u32..).zip(&other.cells).filter(|(_, cell)| cell.count > 0) {
            self.add(number(group), cell.count, cell.sum.into());
        }
        // A group without reports has no sum to carry.
        for (&group, &sum) in other.carried.iter().filter(|(group, _)| other.count(**group) > 0) {
            self.carry(number(group), sum);
        }
    }

    pub(super) fn count(&self, group: u32) -> u64 {
        self.cells.get(group as usize).map_or(0, |cell| cell.count)
    }

    pub(super) fn sum(&self, group: u32) -> i128 {
        let sum = self.cells.get(group as usize).map_or(0, |cell| cell.sum.into());
        sum + self.carried.get(&group).copied().unwrap_or(0)
    }

    /// Groups with reports.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        (0_u32..).zip(&self.cells).filter(|(_, cell)| cell.count > 0).map(|(group, _)| group)
    }
}
