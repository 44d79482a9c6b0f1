//! Totals by group number.

use std::collections::BTreeMap;

/// Counts and sums, one of each for every group.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    packing: Packing,
    /// One word for each group: half as many bytes as two numbers take, so that twice as many groups stay in cache.
    cells: Vec<u64>,
    /// What has no room in a cell. 2^64 values of 64 bits add up to less than 128 bits: nothing is ever lost.
    carried: BTreeMap<u32, Carried>,
}

/// How the reports of a group and the sum of their values stand in one word: the count above, below it the sum of how
/// far values are above `base`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packing {
    base: i64,
    /// Values whose distance from `base` has more bits go elsewhere.
    value_bits: u32,
    /// Where the count begins. A count that is not full leaves the sum below it room.
    shift: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Carried {
    count: u64,
    sum: i128,
}

/// Most bits of a value in a cell. Its count has 16 then, and is carried when they are used up.
const VALUE_BITS_MAX: u32 = 32;

impl Packing {
    /// The packing that suits values in `range`, or none but zero.
    fn of(range: Option<(i64, i64)>) -> Self {
        let (min, max) = range.unwrap_or_default();
        let bits = u64::BITS - max.saturating_sub(min).max(0).leading_zeros();
        let value_bits = bits.min(VALUE_BITS_MAX);
        // Where not all have room, those do that are closest to zero.
        let base = if bits > VALUE_BITS_MAX { (-(1 << (VALUE_BITS_MAX - 1))).max(min).min(max) } else { min };
        Self { base, value_bits, shift: u64::BITS - (u64::BITS - value_bits) / 2 }
    }

    /// The count that no cell reaches.
    const fn full(self) -> u64 {
        u64::MAX >> self.shift
    }

    /// A report as it is added to a cell; `None` where its value has no room.
    #[inline]
    const fn one(self, value: i64) -> Option<u64> {
        let above = value.wrapping_sub(self.base).cast_unsigned();
        if above >> self.value_bits == 0 { Some(1 << self.shift | above) } else { None }
    }

    /// Reports as they are added to a cell; `None` where they have no room.
    #[inline]
    fn pack(self, count: u64, sum: i128) -> Option<u64> {
        let above = u64::try_from(sum - i128::from(self.base) * i128::from(count)).ok()?;
        let has_room = count < self.full() && above <= count * (u64::MAX >> 1 >> (63 - self.value_bits));
        has_room.then_some(count << self.shift | above)
    }

    #[inline]
    const fn count(self, cell: u64) -> u64 {
        cell >> self.shift
    }

    #[inline]
    fn sum(self, cell: u64) -> i128 {
        let above = cell & ((1 << self.shift) - 1);
        i128::from(above) + i128::from(self.base) * i128::from(self.count(cell))
    }
}

impl Tally {
    /// No groups; values will be in `range`, or zero.
    pub(super) fn new(range: Option<(i64, i64)>) -> Self {
        Self { packing: Packing::of(range), cells: Vec::new(), carried: BTreeMap::new() }
    }

    /// The same for values in the same range.
    pub(super) fn emptied(&self, groups: usize) -> Self {
        Self { packing: self.packing, cells: vec![0; groups], carried: BTreeMap::new() }
    }

    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Makes room for `groups` groups, if there is less.
    pub(super) fn cover(&mut self, groups: usize) {
        if groups > self.cells.len() {
            self.cells.resize(groups, 0);
        }
    }

    /// Adds a report to a group. The accumulator's number of reports fits into 64 bits, and no count is larger.
    #[inline]
    pub(super) fn add_one(&mut self, group: u32, value: i64) {
        let Some(one) = self.packing.one(value) else { return self.carry(group, 1, value.into()) };
        let cell = &mut self.cells[group as usize];
        *cell += one;
        if self.packing.count(*cell) == self.packing.full() {
            self.empty(group);
        }
    }

    /// Adds to a group.
    #[inline]
    pub(super) fn add(&mut self, group: u32, count: u64, sum: i128) {
        let cell = self.cells[group as usize];
        match self.packing.pack(count, sum) {
            Some(more) if self.packing.count(cell) + count < self.packing.full() => {
                self.cells[group as usize] = cell + more;
            }
            _ => self.carry(group, count, sum),
        }
    }

    #[cold]
    fn carry(&mut self, group: u32, count: u64, sum: i128) {
        let carried = self.carried.entry(group).or_default();
        carried.count += count;
        carried.sum += sum;
    }

    /// Carries what a group's cell holds.
    #[cold]
    fn empty(&mut self, group: u32) {
        let cell = std::mem::take(&mut self.cells[group as usize]);
        self.carry(group, self.packing.count(cell), self.packing.sum(cell));
    }

    /// Takes from a group what was added before.
    pub(super) fn take(&mut self, group: u32, count: u64, sum: i128) {
        self.empty(group);
        if let Some(carried) = self.carried.get_mut(&group) {
            carried.count -= count;
            carried.sum -= sum;
            if carried.count == 0 {
                self.carried.remove(&group);
            }
        }
    }

    /// Adds the totals of `other`, whose groups have the numbers here that `number` gives. Both hold values of one range.
    pub(super) fn extend(&mut self, other: &Self, number: impl Fn(u32) -> u32) {
        for (group, &more) in (0_u32..).zip(&other.cells).filter(|(_, more)| **more > 0) {
            let group = number(group);
            let cell = &mut self.cells[group as usize];
            if self.packing.count(*cell) + self.packing.count(more) < self.packing.full() {
                *cell += more;
            } else {
                self.carry(group, self.packing.count(more), self.packing.sum(more));
            }
        }
        other.carried.iter().for_each(|(&group, carried)| self.carry(number(group), carried.count, carried.sum));
    }

    /// Whether a group has reports.
    #[inline]
    pub(super) fn has(&self, group: u32) -> bool {
        self.cells.get(group as usize).is_some_and(|cell| *cell > 0)
            || !self.carried.is_empty() && self.carried.contains_key(&group)
    }

    /// Reports of a group, and their sum.
    #[inline]
    pub(super) fn of(&self, group: u32) -> (u64, i128) {
        let cell = self.cells.get(group as usize).copied().unwrap_or(0);
        let of_cell = (self.packing.count(cell), self.packing.sum(cell));
        if self.carried.is_empty() { of_cell } else { self.with_carried(group, of_cell) }
    }

    #[cold]
    fn with_carried(&self, group: u32, (count, sum): (u64, i128)) -> (u64, i128) {
        let carried = self.carried.get(&group).copied().unwrap_or_default();
        (count + carried.count, sum + carried.sum)
    }

    /// Groups with reports; one may come twice.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        let cells = (0_u32..).zip(&self.cells).filter(|(_, cell)| **cell > 0).map(|(group, _)| group);
        cells.chain(self.carried.keys().copied())
    }
}

#[cfg(test)]
mod tests;
