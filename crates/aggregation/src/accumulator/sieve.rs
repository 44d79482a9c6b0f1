//! Turns rows away before they take memory: those that their device keeps not, whatever else comes.
//!
//! A few devices send most reports. For those that come most often, the sieve holds the smallest priorities so far, as
//! many as the device may keep groups. A row behind the last of them is of a group that at least so many others of the
//! device come before: no later row changes that. What the sieve does not know passes.

use super::{
    groups::{Groups, Hashes},
    sampling::Sampling,
};
use crate::mechanism::Bounds;

/// Most groups of a device for which it pays to hold priorities.
const GROUPS_MAX: u32 = 16;
/// Devices that are held at once, by the low bits of their keys: few enough that their slots stay close to the processor.
const SLOTS: usize = 1 << 15;
/// Fewest rows for which it pays.
const ROWS_MIN: usize = 2 * SLOTS;
/// One of so many rows of another device takes a place over: who comes often holds it most of the time.
const TAKEN_OVER: u64 = 64;

/// The smallest priorities of the devices that come most often.
pub(super) struct Sieve {
    groups_max: usize,
    hashes: Hashes,
    slots: Vec<Slot>,
    /// By slot, priorities in order; `u64::MAX` where there are fewer.
    lists: Vec<u64>,
    /// Kept for its allocation.
    priorities: Vec<u64>,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    device: u64,
    /// The last priority in its list: what comes behind it is turned away.
    last: u64,
}

impl Sieve {
    /// A sieve for so many rows, if it pays. Groups keep their numbers while it is in use.
    pub(super) fn of(bounds: Bounds, groups: &Groups, rows: usize) -> Option<Self> {
        let pays = (1..=GROUPS_MAX).contains(&bounds.groups_max) && rows >= ROWS_MIN;
        let hashes = pays.then(|| Hashes::of(groups)).filter(Hashes::is_fast)?;
        Some(Self::new(bounds.groups_max as usize, hashes, SLOTS))
    }

    /// A sieve that holds so many devices, a power of two.
    fn new(groups_max: usize, hashes: Hashes, slots: usize) -> Self {
        Self {
            groups_max,
            hashes,
            slots: vec![Slot { device: 0, last: u64::MAX }; slots],
            lists: vec![u64::MAX; slots * groups_max],
            priorities: Vec::new(),
        }
    }

    /// Where a device is held, if it is.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the low bits")]
    fn place(&self, device: u64) -> usize {
        device as usize & (self.slots.len() - 1)
    }

    /// Writes the places of the rows that may be kept into `passed`, given the device and the group of each.
    pub(super) fn sift(
        &mut self,
        sampling: &Sampling,
        groups: &Groups,
        (devices, numbers): (&[u64], &[u32]),
        passed: &mut Vec<u32>,
    ) {
        let hashes = self.hashes.over(groups);
        self.priorities.clear();
        let rows = devices.iter().zip(numbers);
        self.priorities.extend(rows.map(|(&device, &number)| sampling.group_priority(device, hashes.get(number))));
        passed.clear();
        passed.resize(devices.len(), 0);
        let mut len = 0;
        // Without a branch, which nobody could foresee.
        for ((&device, &priority), place) in devices.iter().zip(&self.priorities).zip(0..) {
            let slot = self.slots[self.place(device)];
            passed[len] = place;
            len += usize::from(slot.device != device || priority <= slot.last);
        }
        passed.truncate(len);
        for &place in passed.iter() {
            self.note(devices[place as usize], self.priorities[place as usize]);
        }
    }

    fn note(&mut self, device: u64, priority: u64) {
        let at = self.place(device);
        let slot = &mut self.slots[at];
        let list = &mut self.lists[at * self.groups_max..][..self.groups_max];
        if slot.device != device {
            if !priority.is_multiple_of(TAKEN_OVER) {
                return;
            }
            slot.device = device;
            list.fill(u64::MAX);
        }
        let place = list.iter().filter(|other| **other < priority).count();
        if list.get(place).is_none_or(|other| *other == priority) {
            return;
        }
        for behind in (place + 1..list.len()).rev() {
            list[behind] = list[behind - 1];
        }
        list[place] = priority;
        slot.last = list[list.len() - 1];
    }
}

#[cfg(test)]
mod tests;
