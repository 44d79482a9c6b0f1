//! What checks conclude: findings, what was exercised, and what is missing.

use std::collections::BTreeSet;

use model::{ActivityKind, CheckName, Coverage, Duration, Evidence, Finding, Mode, Outcome, Phase, Timestamp};

use crate::{checks::peel, exhibit::Exhibit, words};

/// Least time that the tap must stay on after the last activity, for queues to drain.
pub(crate) const DRAIN_MIN: Duration = Duration::from_secs(3_600);

/// What one or more checks conclude about one claim.
#[derive(Debug, Default)]
pub(crate) struct Conclusion {
    /// What breaks the claim.
    pub(crate) findings: Vec<Finding>,
    /// What is shown beside, and breaks nothing by itself.
    pub(crate) noted: Vec<Finding>,
    /// Why the claim is not proven, where nothing breaks it.
    pub(crate) missing: BTreeSet<String>,
    pub(crate) activities: u64,
    pub(crate) canaries: u64,
    pub(crate) flows: u64,
    pub(crate) exercised: BTreeSet<String>,
    /// What could have been missed all the same.
    pub(crate) missed: BTreeSet<String>,
}

impl Conclusion {
    /// A check that looked at all telemetry of an examination.
    pub(crate) fn on(exhibit: &Exhibit<'_>) -> Self {
        let mut conclusion = Self { flows: amount(exhibit.flows.len()), ..Self::default() };
        let notebook = &exhibit.main.notebook;
        let last = notebook.entries.last().map_or(notebook.starts, |entry| entry.at);
        if notebook.ends.since(last) < DRAIN_MIN {
            conclusion.lacks(format!("the capture ends less than {DRAIN_MIN} after the last activity"));
        }
        if !exhibit.timeline.at(notebook.ends).online {
            conclusion.lacks("the device was offline when the capture ended");
        }
        conclusion
    }

    /// Takes in the conclusion of another check about the same claim and examination.
    #[must_use]
    pub(crate) fn also(mut self, other: Self) -> Self {
        self.activities = self.activities.max(other.activities);
        self.canaries = self.canaries.max(other.canaries);
        self.flows = self.flows.max(other.flows);
        self.join(other);
        self
    }

    /// Takes in the conclusion about the same claim on another examination.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.activities += other.activities;
        self.canaries += other.canaries;
        self.flows += other.flows;
        self.join(other);
        self
    }

    fn join(&mut self, other: Self) {
        self.findings.extend(other.findings);
        for finding in other.noted {
            self.note_once(finding);
        }
        self.missing.extend(other.missing);
        self.exercised.extend(other.exercised);
        self.missed.extend(other.missed);
    }

    /// Lists a finding that breaks nothing by itself.
    pub(crate) fn note(&mut self, check: CheckName, summary: impl Into<String>, evidence: Evidence) {
        self.note_once(Finding { check, summary: summary.into(), evidence });
    }

    fn note_once(&mut self, finding: Finding) {
        if !self.noted.contains(&finding) {
            self.noted.push(finding);
        }
    }

    pub(crate) fn convict(&mut self, check: CheckName, summary: impl Into<String>, evidence: Evidence) {
        self.findings.push(Finding { check, summary: summary.into(), evidence });
    }

    pub(crate) fn lacks(&mut self, what: impl Into<String>) {
        self.missing.insert(what.into());
    }

    pub(crate) fn exercised(&mut self, what: impl Into<String>) {
        self.exercised.insert(what.into());
    }

    pub(crate) fn misses(&mut self, what: impl Into<String>) {
        self.missed.insert(what.into());
    }

    /// Says for how long the tap watched after what was done in lines that `fit`, until a reset or the end, and so what
    /// waits too long to be seen.
    fn watch(&mut self, exhibit: &Exhibit<'_>, fits: impl Fn(usize) -> bool) {
        let is_reset = |kind| matches!(kind, ActivityKind::ClearData | ActivityKind::Reinstall);
        let resets: Vec<Timestamp> =
            exhibit.done().filter(|(_, entry)| is_reset(entry.activity.kind())).map(|(_, entry)| entry.at).collect();
        let ends = exhibit.main.notebook.ends;
        let until = |at| resets.get(resets.partition_point(|reset| *reset <= at)).copied().unwrap_or(ends);
        let planted = exhibit.done().filter(|(index, entry)| !entry.canaries.is_empty() && fits(*index));
        let times: Vec<Timestamp> = planted.map(|(_, entry)| entry.at).collect();
        let longest = times.iter().map(|at| until(*at).since(*at)).max();
        let (Some(longest), Some(last)) = (longest, times.last()) else { return };
        self.exercised(format!("the tap watched for {} after the last of it", words::rounded(ends.since(*last))));
        self.misses(format!("what waits for more than {} before it leaves", words::rounded(longest)));
        if exhibit.flows.is_empty() {
            self.misses("whatever the client sends of its own: it sent nothing at all".to_owned());
        }
    }

    /// Counts the lines that `fit` as exercised, and what could not be done as missing.
    pub(crate) fn exercise(&mut self, exhibit: &Exhibit<'_>, fits: impl Fn(usize) -> bool) {
        for (_, entry) in exhibit.done().filter(|(index, _)| fits(*index)) {
            self.activities += 1;
            self.canaries += amount(entry.canaries.len());
            self.exercised(words::kind(entry.activity.kind(), entry.mode));
            self.exercised(words::phase(entry.phase));
        }
        for (_, entry) in exhibit.main.notebook.entries.iter().enumerate().filter(|(index, _)| fits(*index)) {
            match &entry.outcome {
                Outcome::Failed(reason) => self.lacks(format!("{} went wrong: {reason}", words::activity(entry))),
                Outcome::Planned => self.lacks(format!("{} was not done", words::activity(entry))),
                Outcome::Done | Outcome::Unsupported => {}
            }
        }
        self.watch(exhibit, fits);
        peel::note(exhibit, self);
    }

    /// Says that nothing left the device, and demands that something could have: what waits for a timer is lost where its
    /// process ends, and needs a network meanwhile and a version that is still there.
    pub(crate) fn silent(&mut self, exhibit: &Exhibit<'_>) {
        if left_alone(exhibit) < DRAIN_MIN {
            self.lacks(format!(
                "nothing left the device, which was never left alone and online for {DRAIN_MIN} after use"
            ));
        } else {
            self.exercised("nothing left the device");
        }
    }

    /// Demands that what left the device can be read: for checks that look for tokens and values without a twin.
    pub(crate) fn require_readable(&mut self, exhibit: &Exhibit<'_>) {
        if exhibit.sealed > 0 {
            self.lacks(format!("{} could not be read", words::count(exhibit.sealed, "flow")));
        }
    }

    /// Demands that a line that `fits` was done in each phase, and what makes the phase what it is. A phase whose turn
    /// the client does not have cannot be gone through, and nothing is missing without it.
    pub(crate) fn require_phases(&mut self, exhibit: &Exhibit<'_>, phases: &[Phase], fits: impl Fn(usize) -> bool) {
        for &phase in phases {
            let mut done = exhibit.done().filter(|(_, entry)| entry.phase == phase);
            let turn = turn(phase);
            if let Some(kind) = turn.filter(|kind| lacks_activity(exhibit, phase, *kind)) {
                self.exercised(format!("no {}: the client has none", kind.words()));
                continue;
            }
            let turned = turn.is_none_or(|kind| done.clone().any(|(_, entry)| entry.activity.kind() == kind));
            if !turned || !done.any(|(index, entry)| fits(index) && !entry.canaries.is_empty()) {
                self.lacks(format!("{} was not exercised", words::phase(phase)));
            }
        }
    }

    /// Demands that each kind of activity was done in a line that `fits`, unless the client has no such activity.
    pub(crate) fn require_kinds(
        &mut self,
        exhibit: &Exhibit<'_>,
        kinds: &[ActivityKind],
        fits: impl Fn(usize) -> bool,
    ) {
        let entries = &exhibit.main.notebook.entries;
        for &kind in kinds {
            let mut fitting =
                entries.iter().enumerate().filter(|(index, entry)| entry.activity.kind() == kind && fits(*index));
            if !fitting.any(|(_, entry)| matches!(entry.outcome, Outcome::Done | Outcome::Unsupported)) {
                self.lacks(format!("{} was not exercised", kind.words()));
            }
        }
    }

    /// What was exercised, for a ruling.
    pub(crate) fn coverage(&self) -> Coverage {
        Coverage {
            activities: self.activities,
            canaries: self.canaries,
            flows: self.flows,
            exercised: self.exercised.iter().cloned().collect(),
            missed: self.missed.iter().cloned().collect(),
        }
    }
}

/// For how long at most the client ran on, with a network, after something was done in normal mode.
fn left_alone(exhibit: &Exhibit<'_>) -> Duration {
    let mut longest = Duration::ZERO;
    let mut used = None;
    let since = |used: Option<Timestamp>, at: Timestamp| used.map_or(Duration::ZERO, |used| at.since(used));
    for (index, entry) in exhibit.done() {
        longest = longest.max(since(used, entry.at));
        let now = exhibit.timeline.during(index);
        let ends = matches!(
            entry.activity.kind(),
            ActivityKind::Restart | ActivityKind::CrashApp | ActivityKind::ClearData | ActivityKind::Reinstall
        );
        if ends || !now.online || now.updated {
            used = None;
        } else if entry.mode == Some(Mode::Normal) && !entry.canaries.is_empty() {
            used = used.or(Some(entry.at));
        }
    }
    longest.max(since(used, exhibit.main.notebook.ends))
}

/// The activity without which a phase is none.
const fn turn(phase: Phase) -> Option<ActivityKind> {
    match phase {
        Phase::ConsentRefused => Some(ActivityKind::Consent),
        Phase::Restart => Some(ActivityKind::Restart),
        Phase::Switch => Some(ActivityKind::FlipSwitch),
        Phase::Account => Some(ActivityKind::LogIn),
        Phase::Offline => Some(ActivityKind::SetOnline),
        Phase::Crash => Some(ActivityKind::CrashApp),
        Phase::ClearData => Some(ActivityKind::ClearData),
        Phase::Reinstall => Some(ActivityKind::Reinstall),
        Phase::Update => Some(ActivityKind::Update),
        Phase::FirstUse | Phase::Use | Phase::Idle | Phase::Long | Phase::Order | Phase::Scenario => None,
    }
}

/// Whether the client was asked for the activity in this phase and never had it.
fn lacks_activity(exhibit: &Exhibit<'_>, phase: Phase, kind: ActivityKind) -> bool {
    let entries = exhibit.main.notebook.entries.iter();
    let mut asked = entries.filter(|entry| entry.phase == phase && entry.activity.kind() == kind).peekable();
    asked.peek().is_some() && asked.all(|entry| entry.outcome == Outcome::Unsupported)
}

/// A number of things as coverage counts them.
pub(crate) fn amount(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
