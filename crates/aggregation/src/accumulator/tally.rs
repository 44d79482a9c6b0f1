//! Totals by group number.

/// Counts, sums and devices, one of each for every group.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    counts: Vec<u64>,
    /// 2^64 values of 64 bits add up to less than 128 bits: these sums cannot overflow, in any order.
    sums: Vec<i128>,
    devices: Vec<u64>,
}

impl Tally {
    pub(super) fn with_groups(groups: usize) -> Self {
        Self { counts: vec![0; groups], sums: vec![0; groups], devices: vec![0; groups] }
    }

    /// Makes room for `group`, if there is none.
    pub(super) fn cover(&mut self, group: u32) {
        let groups = self.counts.len().max(group as usize + 1);
        self.counts.resize(groups, 0);
        self.sums.resize(groups, 0);
        self.devices.resize(groups, 0);
    }

    /// Adds to a group. The accumulator's number of reports fits into 64 bits, and no count is larger.
    pub(super) fn add(&mut self, group: u32, count: u64, sum: i128, devices: u64) {
        let group = group as usize;
        self.counts[group] += count;
        self.sums[group] += sum;
        self.devices[group] += devices;
    }

    /// Takes from a group what was added before.
    pub(super) fn take(&mut self, group: u32, count: u64, sum: i128) {
        let group = group as usize;
        self.counts[group] -= count;
        self.sums[group] -= sum;
    }

    /// Adds the totals of `other`, whose groups have the given numbers here.
    pub(super) fn extend(&mut self, other: &Self, numbers: &[u32]) {
        for (index, &group) in numbers.iter().enumerate() {
            self.add(group, other.counts[index], other.sums[index], other.devices[index]);
        }
    }

    /// Count, sum and devices of a group.
    pub(super) fn of(&self, group: u32) -> (u64, i128, u64) {
        let group = group as usize;
        (self.counts[group], self.sums[group], self.devices[group])
    }
}
