//! The examination plan: what the examiner does with a lab device, after published browser measurement studies.
//!
//! The steps follow D. J. Leith, "Web Browser Privacy: What Do Browsers Say When They Phone Home?" (2020) – fresh
//! start, pasted URL, restart, typed URL, idle – each in both modes, and go on to what breaks promises in
//! practice: flips of the switch, being offline, crashes, resets, long use, an update.

mod arms;
mod protocol;
mod tokens;
mod writer;

use model::{Arm, Duration, Entry, LabDevice, Notebook, Seed, Subject, Timestamp, Version, VersionFact};

use writer::Writer;

/// Most days of the long phase; what is asked beyond is not done.
pub const LONG_DAYS_MAX: u32 = 1_000;
/// Most lines taken from a scenario's diary.
pub const EXTRA_ENTRIES_MAX: usize = 10_000;

/// What a plan depends on.
#[derive(Debug, Clone)]
pub struct PlanRequest {
    /// Who is examined.
    pub subject: Subject,
    /// On what.
    pub device: LabDevice,
    /// What is known about the version.
    pub facts: VersionFact,
    /// The version to update to at the very end, where there is one.
    pub next: Option<Version>,
    /// When the device is brought to its factory state.
    pub starts: Timestamp,
    /// Tokens and spacing derive from it, the subject and the device.
    pub seed: Seed,
    /// Days of daily use, at most [`LONG_DAYS_MAX`].
    pub long_days: u32,
    /// The scenario's own diary, at most [`EXTRA_ENTRIES_MAX`] lines; times count from its first line.
    pub extra: Vec<Entry>,
}

/// Writes the notebook of one arm, every line still planned.
///
/// Arms differ only in incognito activity that is done while the switch stands where it is examined: `Content` plants
/// other tokens of the same shape in it, `Presence` leaves it out, and the rest are alike. What is done in incognito
/// at another position stays in every arm, so that whatever differs afterwards is this subject's doing.
#[must_use]
pub fn plan(request: &PlanRequest, arm: Arm) -> Notebook {
    let mut writer = Writer::new(request, arm);
    protocol::carry_out(&mut writer, request);
    let (entries, last) = writer.finish();
    let entries = if arm == Arm::Presence { arms::without_incognito(entries) } else { entries };
    Notebook {
        starts: request.starts,
        ends: last + DRAIN,
        entries: entries.into_iter().map(|line| line.entry).collect(),
    }
}

/// How long the tap stays on after the last activity, for queues to drain.
const DRAIN: Duration = Duration::from_secs(12 * 3_600);

#[cfg(test)]
mod tests;
