//! Takes randomized responses of one region for one window, bounded by device, in any order and any split.

use std::hash::Hasher as _;

use encoding::local::{LocalRandomizer, ResponseError};
use model::{Mechanism, Query, Seed};
use siphasher::sip::SipHasher13;

use super::{randomizer, tally::Tally};

/// Responses that were taken: a multiset of (device, response).
#[derive(Debug, Clone)]
pub(crate) struct Responses {
    randomizer: LocalRandomizer,
    reports_per_device_max: u32,
    /// Decides which responses of a device count, where it made too many.
    choice: SipHasher13,
    /// What came without a device: each is bounded as if from a device of its own.
    settled: Tally,
    /// Keyed hashes of devices, and the response of each, `width` bytes long.
    devices: Vec<u64>,
    responses: Vec<u8>,
}

/// What one window came to: support of each known value, in order, and responses that were counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Supports {
    pub(crate) values: Vec<String>,
    pub(crate) supports: Vec<u128>,
    pub(crate) responses: u64,
}

impl Responses {
    /// No responses, where `query` is answered by some and has no mistake.
    pub(crate) fn of(query: &Query, sampling: &Seed) -> Option<Self> {
        let Mechanism::Local { reports_per_device_max, .. } = query.mechanism else { return None };
        let randomizer = randomizer(query)?;
        let mut key = [0; 16];
        key.copy_from_slice(&sampling.derive("responses").as_bytes()[..16]);
        let (settled, choice) = (Tally::new(&randomizer), SipHasher13::new_with_key(&key));
        Some(Self { randomizer, reports_per_device_max, choice, settled, devices: Vec::new(), responses: Vec::new() })
    }

    /// Responses that are kept until they are bounded.
    pub(crate) const fn kept(&self) -> usize {
        self.devices.len()
    }

    /// Most responses that may be kept where the rows of other mechanisms may be `rows_max`: in about the same memory.
    pub(crate) const fn kept_max(&self, rows_max: usize) -> usize {
        rows_max.saturating_mul(16) / (8 + self.randomizer.width())
    }

    /// Whether both take the same kind of responses and bound them alike.
    pub(crate) fn is_like(&self, other: &Self) -> bool {
        self.randomizer == other.randomizer && self.reports_per_device_max == other.reports_per_device_max
    }

    /// Takes a response of a device, or of nobody knows whom.
    pub(crate) fn push(&mut self, device: Option<u64>, text: &str) -> Result<(), ResponseError> {
        match device {
            Some(device) => {
                self.randomizer.read(text, &mut self.responses)?;
                self.devices.push(device);
            }
            None => {
                let mut response = Vec::with_capacity(self.randomizer.width());
                self.randomizer.read(text, &mut response)?;
                self.settled.add(&self.randomizer, &response);
            }
        }
        Ok(())
    }

    /// Takes a response back; `false` if there is none like it.
    pub(crate) fn take_back(&mut self, device: Option<u64>, text: &str) -> bool {
        let mut response = Vec::with_capacity(self.randomizer.width());
        if self.randomizer.read(text, &mut response).is_err() {
            return false;
        }
        let Some(device) = device else { return self.settled.take(&self.randomizer, &response) };
        let found = (0..self.devices.len()).find(|&at| self.devices[at] == device && *self.at(at) == *response);
        let Some(found) = found else { return false };
        // Their order means nothing: the last takes its place.
        let last = self.at(self.devices.len() - 1).to_vec();
        let width = self.randomizer.width();
        self.responses[found * width..][..width].copy_from_slice(&last);
        self.responses.truncate(self.responses.len() - width);
        self.devices.swap_remove(found);
        true
    }

    /// Takes all that another shard took. The caller sees to it that their number fits.
    pub(crate) fn extend(&mut self, other: &Self) {
        self.settled.extend(&other.settled);
        self.devices.extend_from_slice(&other.devices);
        self.responses.extend_from_slice(&other.responses);
    }

    /// Bounds each device and counts what is left.
    pub(crate) fn seal(&self) -> Supports {
        let mut tally = self.settled.clone();
        let mut order: Vec<usize> = (0..self.devices.len()).collect();
        order.sort_unstable_by_key(|&at| (self.devices[at], self.at(at)));
        for of_device in order.chunk_by(|&a, &b| self.devices[a] == self.devices[b]) {
            self.chosen(of_device).into_iter().for_each(|at| tally.add(&self.randomizer, self.at(at)));
        }
        let (values, supports) = (self.randomizer.values().to_vec(), tally.supports(&self.randomizer));
        Supports { values, supports, responses: tally.responses }
    }

    /// The responses of one device, sorted, that count: those first by a keyed hash of what they say, and of how many
    /// say the same before. It looks at nothing else, so that order and split make no difference.
    fn chosen(&self, of_device: &[usize]) -> Vec<usize> {
        let most = usize::try_from(self.reports_per_device_max).unwrap_or(usize::MAX);
        if of_device.len() <= most {
            return of_device.to_vec();
        }
        let mut ranked: Vec<(u64, usize)> = Vec::with_capacity(of_device.len());
        for alike in of_device.chunk_by(|&a, &b| self.at(a) == self.at(b)) {
            ranked.extend((0..).zip(alike).map(|(occurrence, &at)| (self.priority(at, occurrence), at)));
        }
        ranked.sort_unstable_by_key(|&(priority, at)| (priority, self.at(at)));
        ranked.into_iter().take(most).map(|(_, at)| at).collect()
    }

    fn priority(&self, at: usize, occurrence: u64) -> u64 {
        let mut hasher = self.choice;
        hasher.write(&self.devices[at].to_le_bytes());
        hasher.write(&occurrence.to_le_bytes());
        hasher.write(self.at(at));
        hasher.finish()
    }

    fn at(&self, at: usize) -> &[u8] {
        let width = self.randomizer.width();
        &self.responses[at * width..(at + 1) * width]
    }
}
