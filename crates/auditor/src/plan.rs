//! The examination plan: what the examiner does with a lab device, after published browser measurement studies.
//!
//! The steps follow D. J. Leith, "Web Browser Privacy: What Do Browsers Say When They Phone Home?" (2020) – fresh
//! start, pasted URL, restart, typed URL, idle – each in both modes, and go on to what breaks promises in
//! practice: flips of the switch, being offline, crashes, resets, long use, an update.

mod arms;
mod flips;
mod moves;
mod orders;
mod protocol;
mod tokens;
mod writer;

use std::collections::BTreeSet;

use model::{Arm, Duration, Entry, LabDevice, Notebook, Phase, Seed, Subject, Timestamp, VersionFact};

use crate::conditions;
pub use orders::plan_orders;
use writer::Writer;

/// How often each arm of a client is run that may behave differently when prepared alike. From 20 on a permutation test can convict at a false-alarm rate of 10⁻⁹; with
/// these it still can when it looks at thousands of things at once.
pub const RUNS: u32 = 24;
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
    /// When the device is brought to its factory state.
    pub starts: Timestamp,
    /// Tokens and spacing derive from it, the subject and the device.
    pub seed: Seed,
    /// Days of daily use, at most [`LONG_DAYS_MAX`].
    pub long_days: u32,
    /// Phases that are left out. What they alone exercise stays unproven.
    pub skip: BTreeSet<Phase>,
    /// The scenario's own diary, at most [`EXTRA_ENTRIES_MAX`] lines; times count from its first line.
    pub extra: Vec<Entry>,
}

/// Writes the notebook of one arm, every line still planned.
///
/// Arms differ only in incognito activity that is done while the switch stands where it is examined: `Content` plants
/// other tokens of the same shape in it, `Amount` does more of it here and less of it there, `Presence` leaves it out,
/// and the rest are alike. `Quiet` leaves out instead what is done in any mode while the switch promises that nothing is
/// collected. What is done in incognito at another position stays in every arm, so that whatever differs
/// afterwards is this subject's doing. The sibling does what the main device does at the same times, but was first
/// started eight days earlier.
///
/// ```
/// use auditor::{PlanRequest, plan};
/// use model::{Arm, LabDevice, Mode, Seed, Subject, SwitchState, VersionFact};
///
/// let (version, starts): (model::Version, model::Timestamp) = ("3.4.0".parse()?, "2020-05-01T10:00:00Z".parse()?);
/// let request = PlanRequest {
///     subject: Subject { product: "mint-browser".parse()?, version: version.clone(), switch: SwitchState::Absent },
///     device: LabDevice {
///         id: "lab-1".parse()?, model: "Redmi Note 8".into(), country: "IN".parse()?, locale: "en-IN".into(),
///         products: vec![],
///     },
///     facts: VersionFact { version, released: starts, switch: None, asks_consent: false, settings: vec![], next: None },
///     starts, seed: Seed::root(2020), long_days: 0, skip: Default::default(), extra: vec![],
/// };
/// let presence = plan(&request, Arm::Presence);
/// assert!(presence.entries.iter().all(|entry| entry.mode != Some(Mode::Incognito)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn plan(request: &PlanRequest, arm: Arm) -> Notebook {
    let mut writer = Writer::new(request, arm);
    protocol::carry_out(&mut writer, request);
    let (lines, last, mut more) = writer.finish();
    let lines = match arm {
        Arm::Amount => arms::with_other_amount(lines, &mut more),
        Arm::Presence => arms::without(lines, |line| line.examined),
        Arm::Quiet => arms::without(lines, |line| line.silenced),
        Arm::Main | Arm::Repeat | Arm::Content | Arm::Sibling => lines,
    };
    let starts = if arm == Arm::Sibling { request.starts.before(SIBLING_OLDER) } else { request.starts };
    Notebook { starts, ends: last + DRAIN, entries: lines.into_iter().map(|line| line.entry).collect() }
}

/// How often `arm` is run on a version of which `facts` are known; 0 where it would do what the main one does.
#[must_use]
pub fn runs(arm: Arm, facts: &VersionFact, nondeterministic: bool) -> u32 {
    match arm {
        Arm::Quiet if !conditions::may_be_silenced(facts) => 0,
        _ if nondeterministic => RUNS,
        _ => 1,
    }
}

/// How much earlier the sibling is first started: on another day and in another week, at the same time of day. So what
/// a client keeps of its first start tells the two devices apart, as it does among people.
const SIBLING_OLDER: Duration = Duration::from_days(8);

/// How long the tap stays on after the last activity, for queues to drain, and how long nothing is done before the first
/// answer about consent and before the first reset: longer than a week, so that what goes out once a week goes out.
const DRAIN: Duration = Duration::from_days(8);
/// Most settings that are tried, and most values of each beside the first.
const SETTINGS_MAX: usize = 16;
const VALUES_MAX: usize = 4;

#[cfg(test)]
mod tests;
