//! Reports with their device, column by column.

/// What one report contributes to one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Row {
    /// Keyed hash of the device.
    pub(super) device: u64,
    /// Place of the group among all groups sorted by key.
    pub(super) group: u32,
    /// Value to be summed.
    pub(super) value: i64,
}

/// Rows that a partition should have: as many as are sorted without leaving the second-level cache.
const PARTITION_ROWS: usize = 1 << 13;

#[derive(Clone)]
pub(super) struct Rows {
    devices: Vec<u64>,
    groups: Vec<u32>,
    /// Absent where nothing is summed, or everything is: the tally has the sum then.
    values: Option<Vec<i64>>,
}

impl Rows {
    pub(super) fn new(with_values: bool) -> Self {
        Self { devices: Vec::new(), groups: Vec::new(), values: with_values.then(Vec::new) }
    }

    pub(super) const fn len(&self) -> usize {
        self.devices.len()
    }

    pub(super) fn push(&mut self, device: u64, group: u32, value: i64) {
        self.devices.push(device);
        self.groups.push(group);
        if let Some(values) = &mut self.values {
            values.push(value);
        }
    }

    /// Removes one row like this; `false` if there is none. Rows stand for a multiset, so their order means nothing.
    pub(super) fn remove(&mut self, device: u64, group: u32, value: i64) -> bool {
        let alike = |at: &usize| {
            self.devices[*at] == device
                && self.groups[*at] == group
                && self.values.as_ref().is_none_or(|values| values[*at] == value)
        };
        let Some(at) = (0..self.len()).find(alike) else { return false };
        self.devices.swap_remove(at);
        self.groups.swap_remove(at);
        if let Some(values) = &mut self.values {
            values.swap_remove(at);
        }
        true
    }

    /// Takes the rows of `other`, whose groups have the given numbers here.
    pub(super) fn extend(&mut self, other: &Self, numbers: &[u32]) {
        self.devices.extend_from_slice(&other.devices);
        self.groups.extend(other.groups.iter().map(|&group| numbers[group as usize]));
        if let (Some(own), Some(others)) = (&mut self.values, &other.values) {
            own.extend_from_slice(others);
        }
    }

    /// Calls `each` with the rows of every device, sorted; group `g` becomes `places[g]`.
    ///
    /// Device keys are uniform, so their leading bits cut the rows into even parts, small enough to be sorted in cache.
    pub(super) fn each_device(&self, places: &[u32], mut each: impl FnMut(&[Row])) {
        let bits = (self.len() / PARTITION_ROWS).checked_ilog2().map_or(0, |log| (log + 1).min(16));
        let (mut rows, starts) = self.partition(places, bits);
        let ends = starts.iter().skip(1).copied().chain([rows.len()]);
        for (start, end) in starts.iter().zip(ends) {
            let part = &mut rows[*start..end];
            part.sort_unstable();
            part.chunk_by(|a, b| a.device == b.device).for_each(&mut each);
        }
    }

    /// The rows brought together by the leading `bits` of their device, with the start of each part.
    fn partition(&self, places: &[u32], bits: u32) -> (Vec<Row>, Vec<usize>) {
        let part = |device: u64| usize::try_from(device.checked_shr(64 - bits).unwrap_or(0)).unwrap_or(0);
        let mut next = vec![0_usize; 1 << bits];
        for &device in &self.devices {
            next[part(device)] += 1;
        }
        let mut start = 0;
        for slot in &mut next {
            start += std::mem::replace(slot, start);
        }
        let starts = next.clone();
        let mut rows = vec![Row::default(); self.len()];
        for (index, (&device, &group)) in self.devices.iter().zip(&self.groups).enumerate() {
            let value = self.values.as_ref().map_or(0, |values| values[index]);
            let slot = &mut next[part(device)];
            rows[*slot] = Row { device, group: places[group as usize], value };
            *slot += 1;
        }
        (rows, starts)
    }
}
