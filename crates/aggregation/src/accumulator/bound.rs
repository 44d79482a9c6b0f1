//! Bounds what each device contributes, and counts distinct devices.
//!
//! A device with more than L0 groups keeps those with the smallest keyed hash of (device, group); of more than L∞
//! reports in one group it keeps those with the smallest keyed hash of (device, group, value, occurrence). Reports of
//! equal value in one group are interchangeable, since they contribute the same; numbering them after sorting gives
//! each report a hash of its own whatever the order in which they came, so that every choice of L∞ reports is
//! equally likely.

use super::{
    rows::{Row, Rows},
    sampling::Sampling,
    tally::Tally,
};
use crate::mechanism::Bounds;

/// Adds each group's distinct devices to `tally`.
pub(super) fn count_devices(rows: &Rows, places: &[u32], tally: &mut Tally) {
    rows.each_device(places, |device| {
        for run in device.chunk_by(|a, b| a.group == b.group) {
            tally.add(run[0].group, 0, 0, 1);
        }
    });
}

/// Chooses what each device may contribute.
pub(super) struct Sampler<'a> {
    bounds: Bounds,
    sampling: &'a Sampling,
    /// Keyed hash of each group, by place.
    hashes: &'a [u64],
    /// (hash, place) of each group of the device at hand; kept for its allocation.
    groups: Vec<(u64, u32)>,
    /// (hash, value) of each report of the group at hand; kept for its allocation.
    reports: Vec<(u64, i64)>,
}

impl<'a> Sampler<'a> {
    pub(super) const fn new(bounds: Bounds, sampling: &'a Sampling, hashes: &'a [u64]) -> Self {
        Self { bounds, sampling, hashes, groups: Vec::new(), reports: Vec::new() }
    }

    /// Adds what each device may contribute to `tally`.
    pub(super) fn keep(mut self, rows: &Rows, places: &[u32], tally: &mut Tally) {
        rows.each_device(places, |device| self.keep_device(device, tally));
    }

    fn keep_device(&mut self, device: &[Row], tally: &mut Tally) {
        let last = self.last_group(device);
        for run in device.chunk_by(|a, b| a.group == b.group) {
            let Row { device, group, .. } = run[0];
            if last.is_none_or(|last| self.priority(device, group) <= last) {
                let (count, sum) = self.keep_reports(run);
                tally.add(group, count, sum, 1);
            }
        }
    }

    /// The last group that the device keeps, where it must leave some out. Equal hashes are ordered by place, which
    /// is the order of keys.
    fn last_group(&mut self, device: &[Row]) -> Option<(u64, u32)> {
        let groups_max = self.bounds.groups_max as usize;
        let runs = || device.chunk_by(|a, b| a.group == b.group);
        if device.len() <= groups_max || runs().nth(groups_max).is_none() {
            return None;
        }
        let mut groups = std::mem::take(&mut self.groups);
        groups.clear();
        groups.extend(runs().map(|run| self.priority(run[0].device, run[0].group)));
        let (_, last, _) = groups.select_nth_unstable(groups_max - 1);
        let last = *last;
        self.groups = groups;
        Some(last)
    }

    fn priority(&self, device: u64, group: u32) -> (u64, u32) {
        (self.sampling.group_priority(device, self.hashes[group as usize]), group)
    }

    /// Number and sum of the reports that count, of one device in one group, sorted by value.
    fn keep_reports(&mut self, run: &[Row]) -> (u64, i128) {
        let reports_max = self.bounds.reports_max as usize;
        if run.len() <= reports_max {
            return (run.len() as u64, run.iter().map(|row| i128::from(row.value)).sum());
        }
        let (first, last) = (run[0], run[run.len() - 1]);
        if first.value == last.value {
            // All alike: which of them are kept makes no difference.
            return (reports_max as u64, i128::from(first.value) * i128::from(self.bounds.reports_max));
        }
        let hash = self.hashes[first.group as usize];
        self.reports.clear();
        for equal in run.chunk_by(|a, b| a.value == b.value) {
            let value = equal[0].value;
            let priority = |nth| (self.sampling.report_priority(first.device, hash, value, nth), value);
            self.reports.extend((0..equal.len() as u64).map(priority));
        }
        self.reports.select_nth_unstable(reports_max - 1);
        (reports_max as u64, self.reports[..reports_max].iter().map(|(_, value)| i128::from(*value)).sum())
    }
}
