//! Totals by group number.

use std::collections::{BTreeMap, btree_map};

/// Counts and sums, one of each for every group.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    packing: Packing,
    cells: Cells,
    carried: Carried,
}

/// One word for each group, as narrow as suits its values: the fewer bytes, the more groups stay in cache.
#[derive(Debug, Clone)]
enum Cells {
    Narrow(Vec<u32>),
    Wide(Vec<u64>),
}

/// What has no room in a cell. 2^64 values of 64 bits add up to less than 128 bits: nothing is ever lost.
#[derive(Debug, Clone, Default)]
struct Carried(BTreeMap<u32, (u64, i128)>);

/// How the reports of a group and the sum of their values stand in one word: the count above, below it the sum of how
/// far values are above `base`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Packing {
    base: i64,
    /// Values whose distance from `base` has more bits go elsewhere.
    value_bits: u32,
    /// Where the count begins. A count that is not full leaves the sum below it room.
    shift: u32,
    /// The count that no cell reaches.
    full: u64,
}

/// Most bits of a value in a wide cell. Its count has 16 then, and is carried when they are used up.
const VALUE_BITS_MAX: u32 = 32;
/// Most bits of a value in a narrow cell. Its count has 8 then: carrying is rare enough to cost nothing.
const NARROW_BITS_MAX: u32 = 16;

impl Packing {
    /// The packing that suits values in `range`, or none but zero.
    fn of(range: Option<(i64, i64)>) -> Self {
        let (min, max) = range.unwrap_or_default();
        let bits = u64::BITS - max.saturating_sub(min).max(0).leading_zeros();
        let value_bits = bits.min(VALUE_BITS_MAX);
        // Where not all have room, those do that are closest to zero.
        let base = if bits > VALUE_BITS_MAX { (-(1 << (VALUE_BITS_MAX - 1))).max(min).min(max) } else { min };
        let word = if value_bits <= NARROW_BITS_MAX { u32::BITS } else { u64::BITS };
        let count_bits = (word - value_bits) / 2;
        Self { base, value_bits, shift: word - count_bits, full: (1 << count_bits) - 1 }
    }

    const fn is_narrow(self) -> bool {
        self.value_bits <= NARROW_BITS_MAX
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
        let has_room = count < self.full && above <= count * (u64::MAX >> 1 >> (63 - self.value_bits));
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

impl Cells {
    fn new(packing: Packing, groups: usize) -> Self {
        if packing.is_narrow() { Self::Narrow(vec![0; groups]) } else { Self::Wide(vec![0; groups]) }
    }

    const fn len(&self) -> usize {
        match self {
            Self::Narrow(cells) => cells.len(),
            Self::Wide(cells) => cells.len(),
        }
    }

    /// A group's cell; zero where there is none.
    #[inline]
    fn get(&self, group: u32) -> u64 {
        match self {
            Self::Narrow(cells) => cells.get(group as usize).copied().unwrap_or(0).into(),
            Self::Wide(cells) => cells.get(group as usize).copied().unwrap_or(0),
        }
    }

    #[inline]
    fn set(&mut self, group: u32, cell: u64) {
        match self {
            Self::Narrow(cells) => cells[group as usize] = Word::of(cell),
            Self::Wide(cells) => cells[group as usize] = Word::of(cell),
        }
    }
}

/// A word as wide as a cell. Counts are carried before they are full, so that no sum is cut off.
trait Word: Copy + Default {
    fn wide(self) -> u64;
    fn of(cell: u64) -> Self;
}

impl Word for u32 {
    fn wide(self) -> u64 {
        self.into()
    }

    #[expect(clippy::cast_possible_truncation, reason = "packed into 32 bits")]
    fn of(cell: u64) -> Self {
        cell as Self
    }
}

impl Word for u64 {
    fn wide(self) -> u64 {
        self
    }

    fn of(cell: u64) -> Self {
        cell
    }
}

impl Carried {
    #[cold]
    fn add(&mut self, group: u32, count: u64, sum: i128) {
        let carried = self.0.entry(group).or_default();
        *carried = (carried.0 + count, carried.1 + sum);
    }
}

impl Tally {
    /// No groups; values will be in `range`, or zero.
    pub(super) fn new(range: Option<(i64, i64)>) -> Self {
        let packing = Packing::of(range);
        Self { packing, cells: Cells::new(packing, 0), carried: Carried::default() }
    }

    /// The same for values in the same range.
    pub(super) fn emptied(&self, groups: usize) -> Self {
        Self { packing: self.packing, cells: Cells::new(self.packing, groups), carried: Carried::default() }
    }

    pub(super) const fn len(&self) -> usize {
        self.cells.len()
    }

    /// Makes room for `groups` groups, if there is less.
    pub(super) fn cover(&mut self, groups: usize) {
        if groups > self.len() {
            match &mut self.cells {
                Cells::Narrow(cells) => cells.resize(groups, 0),
                Cells::Wide(cells) => cells.resize(groups, 0),
            }
        }
    }

    /// Adds reports: the group of each, and its value. The accumulator's number of reports fits into 64 bits, and no
    /// count is larger.
    #[inline]
    pub(super) fn add_reports(&mut self, reports: impl Iterator<Item = (u32, i64)>) {
        match &mut self.cells {
            Cells::Narrow(cells) => add_reports(self.packing, cells, &mut self.carried, reports),
            Cells::Wide(cells) => add_reports(self.packing, cells, &mut self.carried, reports),
        }
    }

    /// Brings groups close to the processor, more of them at once than counting reports in them could.
    pub(super) fn touch(&self, groups: &[u32]) {
        fn touch<W: Word>(cells: &[W], groups: &[u32]) {
            let cell = |group: u32| cells.get(group as usize).map_or(0, |cell| cell.wide());
            std::hint::black_box(groups.iter().fold(0, |all, &group| all ^ cell(group)));
        }
        match &self.cells {
            Cells::Narrow(cells) => touch(cells, groups),
            Cells::Wide(cells) => touch(cells, groups),
        }
    }

    /// Adds to a group.
    #[inline]
    pub(super) fn add(&mut self, group: u32, count: u64, sum: i128) {
        let cell = self.cells.get(group);
        match self.packing.pack(count, sum) {
            Some(more) if self.packing.count(cell) + count < self.packing.full => self.cells.set(group, cell + more),
            _ => self.carried.add(group, count, sum),
        }
    }

    /// Takes from a group what was added before.
    pub(super) fn take(&mut self, group: u32, count: u64, sum: i128) {
        let cell = self.cells.get(group);
        self.cells.set(group, 0);
        self.carried.add(group, self.packing.count(cell), self.packing.sum(cell));
        if let Some(carried) = self.carried.0.get_mut(&group) {
            *carried = (carried.0 - count, carried.1 - sum);
            if carried.0 == 0 {
                self.carried.0.remove(&group);
            }
        }
    }

    /// Adds the totals of `other`, whose groups have the same numbers. Both hold values of one range.
    pub(super) fn unite(&mut self, other: &Self) {
        self.cover(other.len());
        let Self { packing, cells, carried } = self;
        match (cells, &other.cells) {
            (Cells::Narrow(cells), Cells::Narrow(others)) => unite(*packing, cells, carried, others),
            (Cells::Wide(cells), Cells::Wide(others)) => unite(*packing, cells, carried, others),
            _ => unreachable!("values of one range are packed alike"),
        }
        other.carried.0.iter().for_each(|(&group, &(count, sum))| self.carried.add(group, count, sum));
    }

    /// Adds the totals of `other`, whose groups have the numbers here that `number` gives. Both hold values of one range.
    pub(super) fn extend(&mut self, other: &Self, number: impl Fn(u32) -> u32) {
        let Self { packing, cells, carried } = self;
        match (cells, &other.cells) {
            (Cells::Narrow(cells), Cells::Narrow(others)) => extend(*packing, cells, carried, others, &number),
            (Cells::Wide(cells), Cells::Wide(others)) => extend(*packing, cells, carried, others, &number),
            _ => unreachable!("values of one range are packed alike"),
        }
        other.carried.0.iter().for_each(|(&group, &(count, sum))| self.carried.add(number(group), count, sum));
    }

    /// Reports of a group, and their sum.
    pub(super) fn of(&self, group: u32) -> (u64, i128) {
        self.from(group).of(group)
    }

    /// For looking at groups in ascending order, from a group on.
    pub(super) fn from(&self, group: u32) -> Ascending<'_> {
        let mut carried = self.carried.0.range(group..);
        Ascending { tally: self, next: carried.next(), carried }
    }

    /// Groups with reports; one may come twice.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        let groups = 0..u32::try_from(self.len()).unwrap_or(u32::MAX);
        groups.filter(|group| self.cells.get(*group) > 0).chain(self.carried.0.keys().copied())
    }
}

/// Looks at groups in ascending order: what was carried goes along, and is looked for once.
#[derive(Debug)]
pub(super) struct Ascending<'a> {
    tally: &'a Tally,
    next: Option<(&'a u32, &'a (u64, i128))>,
    carried: btree_map::Range<'a, u32, (u64, i128)>,
}

impl Ascending<'_> {
    /// Reports of a group, and their sum. No group may be asked for after one behind it.
    #[inline]
    pub(super) fn of(&mut self, group: u32) -> (u64, i128) {
        let (cell, packing) = (self.tally.cells.get(group), self.tally.packing);
        let of_cell = (packing.count(cell), packing.sum(cell));
        if self.next.is_none_or(|(next, _)| *next > group) { of_cell } else { self.with_carried(group, of_cell) }
    }

    #[cold]
    fn with_carried(&mut self, group: u32, (count, sum): (u64, i128)) -> (u64, i128) {
        while let Some((next, carried)) = self.next.filter(|(next, _)| **next <= group) {
            if *next == group {
                return (count + carried.0, sum + carried.1);
            }
            self.next = self.carried.next();
        }
        (count, sum)
    }
}

#[inline]
fn add_reports<W: Word>(
    packing: Packing,
    cells: &mut [W],
    carried: &mut Carried,
    reports: impl Iterator<Item = (u32, i64)>,
) {
    for (group, value) in reports {
        let Some(one) = packing.one(value) else {
            carried.add(group, 1, value.into());
            continue;
        };
        let cell = &mut cells[group as usize];
        let sum = cell.wide() + one;
        *cell = W::of(sum);
        if packing.count(sum) == packing.full {
            *cell = W::default();
            carried.add(group, packing.count(sum), packing.sum(sum));
        }
    }
}

fn extend<W: Word>(
    packing: Packing,
    cells: &mut [W],
    carried: &mut Carried,
    others: &[W],
    number: impl Fn(u32) -> u32,
) {
    for (group, more) in (0_u32..).zip(others).filter(|(_, more)| more.wide() > 0) {
        let group = number(group);
        add_cell(packing, (group, &mut cells[group as usize]), carried, more.wide());
    }
}

/// The same where groups have the same numbers: some at a time, without a look at each while no cell gets full.
fn unite<W: Word>(packing: Packing, cells: &mut [W], carried: &mut Carried, others: &[W]) {
    const SOME: u32 = 256;
    let mut group = 0;
    for (cells, others) in cells.chunks_mut(SOME as usize).zip(others.chunks(SOME as usize)) {
        let count = |cell: &W| packing.count(cell.wide());
        let fills = |(cell, more): (&W, &W)| count(cell) + count(more) >= packing.full;
        if cells.iter().zip(others).map(fills).fold(false, |some, fills| some | fills) {
            for (place, (cell, more)) in (group..).zip(cells.iter_mut().zip(others)) {
                add_cell(packing, (place, cell), carried, more.wide());
            }
        } else {
            cells.iter_mut().zip(others).for_each(|(cell, more)| *cell = W::of(cell.wide() + more.wide()));
        }
        group += SOME;
    }
}

/// Adds what another cell holds.
#[inline]
fn add_cell<W: Word>(packing: Packing, (group, cell): (u32, &mut W), carried: &mut Carried, more: u64) {
    if packing.count(cell.wide()) + packing.count(more) < packing.full {
        *cell = W::of(cell.wide() + more);
    } else {
        carried.add(group, packing.count(more), packing.sum(more));
    }
}

#[cfg(test)]
mod tests;
