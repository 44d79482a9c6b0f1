//! What is left of each group once contributions are bounded and devices are counted.

use std::{
    num::NonZeroUsize,
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use model::{GroupKey, Partial, RegionId};

use super::{Accumulator, SealError, bound::Sampler, distinct::Distinct, tally::Tally};

/// The totals of every group with reports, without device keys: what [`Accumulator::seal`] makes a partial of.
pub struct Totals<'a> {
    accumulator: &'a Accumulator,
    counted: Counted,
}

/// The totals of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// The group's number, for [`Totals::key`].
    pub group: u32,
    /// Reports that count.
    pub count: u64,
    /// Sum of their values.
    pub sum: i128,
    /// Distinct devices. What came without a device came from at least one.
    pub devices: u64,
}

/// What was counted of rows.
pub(super) struct Counted {
    /// Reports that are kept, and their sum. Where nothing is summed, the number of distinct devices stands in the place
    /// of the sum: one look into memory for both. Empty where contributions are not bounded: the accumulator has settled
    /// them.
    pub(super) kept: Tally,
    /// Distinct devices by group, where they do not stand in `kept`.
    pub(super) devices: Vec<u32>,
}

impl Accumulator {
    /// Bounds contributions and counts distinct devices, on at most as many threads as given; the totals are the same for
    /// any number.
    #[must_use]
    pub fn totals(&self, threads: NonZeroUsize) -> Totals<'_> {
        let parts = if self.rows.len() > 0 && self.plan.admits_any() { self.rows.parts() } else { 0 };
        // Parts differ in size, as devices do: each thread takes the next when it is done with one.
        let next = AtomicUsize::new(0);
        let count = || self.count(|| Some(next.fetch_add(1, Relaxed)).filter(|part| *part < parts));
        let counted = thread::scope(|scope| {
            let others: Vec<_> = (1..threads.get().min(parts)).map(|_| scope.spawn(count)).collect();
            let mut counted = count();
            for other in others {
                counted.add(&other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            counted
        });
        Totals { accumulator: self, counted }
    }

    /// Counts the parts that `next` gives.
    fn count(&self, mut next: impl FnMut() -> Option<usize>) -> Counted {
        let range = if self.rows.has_values() { self.plan.range() } else { Some((0, 1)) };
        let mut counted = Counted { kept: Tally::new(range), devices: Vec::new() };
        let Some(first) = next() else { return counted };
        let parts = std::iter::once(first).chain(std::iter::from_fn(next));
        let bounds = self.plan.bounds();
        if bounds.is_none() || self.rows.has_values() {
            counted.devices = vec![0; self.groups.len()];
        }
        if let Some(bounds) = bounds {
            counted.kept.cover(self.groups.len());
            let mut sampler = Sampler::new(bounds, &self.sampling, &self.groups);
            parts.for_each(|part| sampler.keep(&self.rows, part, &mut counted));
        } else {
            let mut distinct = Distinct::default();
            parts.for_each(|part| distinct.count(&self.rows, part, &mut counted.devices));
        }
        counted
    }
}

impl Counted {
    fn add(&mut self, other: &Self) {
        self.kept.unite(&other.kept);
        self.devices.resize(self.devices.len().max(other.devices.len()), 0);
        self.devices.iter_mut().zip(&other.devices).for_each(|(devices, more)| *devices += more);
    }
}

impl Totals<'_> {
    /// Every group with reports that count, by number.
    pub fn iter(&self) -> impl Iterator<Item = Total> {
        self.iter_in(0..self.numbers())
    }

    /// How many numbers groups may have: numbers below it are cut into ranges for several threads.
    #[must_use]
    pub fn numbers(&self) -> u32 {
        let groups = if self.accumulator.plan.admits_any() { self.accumulator.groups.len() } else { 0 };
        u32::try_from(groups).unwrap_or(u32::MAX)
    }

    /// Every group with reports that count, of those with such numbers.
    pub fn iter_in(&self, numbers: Range<u32>) -> impl Iterator<Item = Total> {
        let (mut settled, mut kept) =
            (self.accumulator.settled.from(numbers.start), self.counted.kept.from(numbers.start));
        let devices = self.counted.devices.as_slice();
        (numbers.start..numbers.end.min(self.numbers())).filter_map(move |group| {
            let (settled, kept) = (settled.of(group), kept.of(group));
            let count = settled.0 + kept.0;
            // Where they are not counted by themselves, devices stand in the place of a sum.
            let (sum, devices) = match devices.get(group as usize) {
                Some(devices) => (settled.1 + kept.1, (*devices).into()),
                None => (settled.1, u64::try_from(kept.1).unwrap_or(u64::MAX)),
            };
            (count > 0).then_some(Total { group, count, sum, devices: devices.max(1) })
        })
    }

    /// The key of a group.
    ///
    /// # Panics
    /// If there is no such group.
    #[must_use]
    pub fn key(&self, group: u32) -> GroupKey {
        self.accumulator.groups.key(group)
    }

    /// What may leave the region, sorted by key.
    pub(super) fn partial(&self, region: &RegionId) -> Result<Partial, SealError> {
        let groups = &self.accumulator.groups;
        let mut totals: Vec<Total> = self.iter().collect();
        groups.sort_by_key(&mut totals, |total| total.group);
        let mut partial = Partial {
            query: self.accumulator.plan.query().clone(),
            window: self.accumulator.window,
            regions: vec![region.clone()],
            groups: Vec::with_capacity(totals.len()),
            counts: totals.iter().map(|total| total.count).collect(),
            sums: Vec::with_capacity(totals.len()),
            devices: totals.iter().map(|total| total.devices).collect(),
            responses: 0,
            shares: vec![],
        };
        for total in totals {
            let group = groups.key(total.group);
            let Ok(sum) = i64::try_from(total.sum) else { return Err(SealError::Sum { group }) };
            partial.groups.push(group);
            partial.sums.push(sum);
        }
        Ok(partial)
    }
}

/// Shows sizes alone.
impl std::fmt::Debug for Totals<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Totals").field("of", self.accumulator).finish_non_exhaustive()
    }
}
