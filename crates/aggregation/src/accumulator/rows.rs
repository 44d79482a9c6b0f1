//! Reports with their device, brought together by device as they come.

use std::sync::Arc;

/// A report of a device in a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    /// The halves of the keyed hash of the device: 12 bytes a row without a gap.
    high: u32,
    low: u32,
    /// Number of the group.
    pub(super) group: u32,
}

impl Row {
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of the hash")]
    pub(super) const fn new(device: u64, group: u32) -> Self {
        Self { high: (device >> 32) as u32, low: device as u32, group }
    }

    /// Keyed hash of the device.
    #[inline]
    pub(super) const fn device(self) -> u64 {
        (self.high as u64) << 32 | self.low as u64
    }
}

/// Most rows of a part on average: as many as are told apart within the second-level cache.
const PART_ROWS_MAX: usize = 1 << 16;
/// By how many bits the number of parts grows, and at most.
const BITS_STEP: u32 = 3;
const BITS_MAX: u32 = 15;

/// Rows in parts. Device keys are uniform, so their leading bits cut rows into even parts.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    bits: u32,
    rows: Parts<Row>,
    /// Absent where nothing is summed, or everything is: the tally has the sum then.
    values: Option<Parts<i64>>,
    len: usize,
}

impl Rows {
    pub(super) fn new(with_values: bool) -> Self {
        Self { bits: 0, rows: Parts::new(1), values: with_values.then(|| Parts::new(1)), len: 0 }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn has_values(&self) -> bool {
        self.values.is_some()
    }

    /// How many parts there are.
    pub(super) const fn parts(&self) -> usize {
        1 << self.bits
    }

    /// Leading bits of a device that are the same in all of a part.
    pub(super) const fn bits(&self) -> u32 {
        self.bits
    }

    #[inline]
    fn part(&self, device: u64) -> usize {
        // Shifted twice: by 64 bits at once is more than a shift can do.
        usize::try_from(device >> 1 >> (63 - self.bits)).unwrap_or(0)
    }

    /// Takes a row in; whoever calls made room.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call for each row costs half as much again as what it does")]
    pub(super) fn push(&mut self, device: u64, group: u32, value: i64) {
        let part = self.part(device);
        self.rows.push(part, Row::new(device, group));
        if let Some(values) = &mut self.values {
            values.push(part, value);
        }
        self.len += 1;
    }

    /// Cuts rows into as many parts as suit `more` rows beside those that are here.
    pub(super) fn make_room(&mut self, more: usize) {
        let mut bits = self.bits;
        while (self.len + more) >> bits > PART_ROWS_MAX && bits < BITS_MAX {
            bits += BITS_STEP;
        }
        if bits != self.bits {
            let mut finer = Self::new(self.values.is_some());
            finer.bits = bits;
            finer.rows = Parts::new(1 << bits);
            finer.values = finer.values.map(|_| Parts::new(1 << bits));
            for part in 0..self.parts() {
                self.each(part, |row, value| finer.push(row.device(), row.group, value));
                self.rows.clear(part);
                self.values.iter_mut().for_each(|values| values.clear(part));
            }
            *self = finer;
        }
    }

    /// Calls `each` with the rows of a part and their values, zero where none are kept.
    pub(super) fn each(&self, part: usize, mut each: impl FnMut(Row, i64)) {
        match &self.values {
            None => self.rows.slices(part).flatten().for_each(|&row| each(row, 0)),
            Some(values) => {
                let rows = self.rows.slices(part).flatten();
                rows.zip(values.slices(part).flatten()).for_each(|(&row, &value)| each(row, value));
            }
        }
    }

    /// The rows of a part, some at a time.
    pub(super) fn slices(&self, part: usize) -> impl Iterator<Item = &[Row]> {
        self.rows.slices(part)
    }

    /// Puts the rows of a part one behind the other.
    pub(super) fn gather(&self, part: usize, into: &mut Vec<Row>) {
        into.clear();
        self.rows.slices(part).for_each(|rows| into.extend_from_slice(rows));
    }

    /// Every row's group.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        (0..self.parts()).flat_map(|part| self.rows.slices(part).flatten().map(|row| row.group))
    }

    /// Gives groups new numbers.
    pub(super) fn renumber(&mut self, numbers: &[u32]) {
        self.rows.each_mut(|row| row.group = numbers[row.group as usize]);
    }

    /// Removes one row like this; `false` if there is none. Rows stand for a multiset, so their order means nothing.
    pub(super) fn remove(&mut self, device: u64, group: u32, value: i64) -> bool {
        let part = self.part(device);
        let sought = Row::new(device, group);
        let (mut at, mut found) = (0, None);
        self.each(part, |row, other| {
            if found.is_none() && row == sought && (self.values.is_none() || other == value) {
                found = Some(at);
            }
            at += 1;
        });
        let Some(at) = found else { return false };
        self.rows.swap_remove(part, at);
        self.values.iter_mut().for_each(|values| values.swap_remove(part, at));
        self.len -= 1;
        true
    }

    /// Takes the rows of `other`, whose groups have the same numbers: without a copy where parts are cut alike.
    pub(super) fn unite(&mut self, other: &Self) {
        self.make_room(other.len);
        if self.bits != other.bits {
            return self.extend(other, |group| group);
        }
        self.rows.share(&other.rows);
        if let (Some(values), Some(others)) = (&mut self.values, &other.values) {
            values.share(others);
        }
        self.len += other.len;
    }

    /// Takes the rows of `other`, whose groups have the numbers here that `number` gives.
    pub(super) fn extend(&mut self, other: &Self, number: impl Fn(u32) -> u32) {
        self.make_room(other.len);
        for part in 0..other.parts() {
            other.each(part, |row, value| self.push(row.device(), number(row.group), value));
        }
    }
}

/// Items of a block: what is allocated at once for a part that has many.
const BLOCK: usize = 1024;

/// Items by part, in blocks: nothing moves when a part grows, and little is set aside. Blocks that are full are shared
/// with those that they were merged into.
#[derive(Debug, Clone)]
struct Parts<T> {
    open: Vec<Open<T>>,
    full: Vec<Vec<Arc<Vec<T>>>>,
}

/// The block of a part that is being filled.
#[derive(Debug, Clone)]
struct Open<T> {
    /// Room for items; those from `len` on mean nothing.
    places: Vec<T>,
    len: usize,
}

impl<T> Default for Open<T> {
    fn default() -> Self {
        Self { places: Vec::new(), len: 0 }
    }
}

impl<T> Open<T> {
    fn items(&self) -> &[T] {
        &self.places[..self.len]
    }
}

impl<T: Copy + Default> Parts<T> {
    fn new(parts: usize) -> Self {
        Self { open: vec![Open::default(); parts], full: vec![Vec::new(); parts] }
    }

    #[inline(always)]
    #[expect(clippy::inline_always, reason = "as above")]
    fn push(&mut self, part: usize, item: T) {
        let Open { places, len } = &mut self.open[part];
        if let Some(place) = places.get_mut(*len) {
            *place = item;
            *len += 1;
        } else {
            self.push_to_next(part, item);
        }
    }

    /// Begins a block, twice as large as the one before it until it is as large as blocks are.
    #[cold]
    #[inline(never)]
    fn push_to_next(&mut self, part: usize, item: T) {
        let open = &mut self.open[part];
        let size = (open.len * 2).clamp(4, BLOCK);
        let places = std::mem::replace(&mut open.places, vec![item; size]);
        open.len = 1;
        if !places.is_empty() {
            self.full[part].push(Arc::new(places));
        }
    }

    fn slices(&self, part: usize) -> impl Iterator<Item = &[T]> {
        self.full[part].iter().map(|block| block.as_slice()).chain([self.open[part].items()])
    }

    fn each_mut(&mut self, each: impl FnMut(&mut T)) {
        let full = self.full.iter_mut().flatten().flat_map(Arc::make_mut);
        full.chain(self.open.iter_mut().flat_map(|open| &mut open.places[..open.len])).for_each(each);
    }

    fn clear(&mut self, part: usize) {
        self.open[part] = Open::default();
        self.full[part] = Vec::new();
    }

    /// Takes in what `other` has, which has as many parts.
    fn share(&mut self, other: &Self) {
        for ((full, others), open) in self.full.iter_mut().zip(&other.full).zip(&other.open) {
            full.extend(others.iter().cloned());
            full.extend((open.len > 0).then(|| Arc::new(open.items().to_vec())));
        }
    }

    /// Removes the item at a place, where the last takes its place.
    fn swap_remove(&mut self, part: usize, mut at: usize) {
        let (open, full) = (&mut self.open[part], &mut self.full[part]);
        if open.len == 0 {
            open.places = full.pop().map(Arc::unwrap_or_clone).unwrap_or_default();
            open.len = open.places.len();
        }
        let Some(last) = open.len.checked_sub(1) else { return };
        open.len = last;
        let item = open.places[last];
        for block in full {
            if at < block.len() {
                Arc::make_mut(block)[at] = item;
                return;
            }
            at -= block.len();
        }
        if at < last {
            open.places[at] = item;
        } // Otherwise it was the last itself.
    }
}
