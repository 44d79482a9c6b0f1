//! What holds on a device at each line of a notebook: the switch, consent, the network, the version.

use model::{Activity, Notebook, Outcome, Promise, SwitchState, Timestamp, VersionFact};

/// What holds after a line of the notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// What the switch promises where it stands; `None` where the version has no switch.
    pub(crate) promise: Option<Promise>,
    /// Whether consent was given; never asked counts as not given.
    pub(crate) consent: bool,
    /// Whether there is a network.
    pub(crate) online: bool,
    /// Whether the client was updated: from then on it is another subject's.
    pub(crate) updated: bool,
}

impl Conditions {
    /// A device in its factory state.
    pub(crate) fn factory(facts: &VersionFact) -> Self {
        Self { promise: default_promise(facts), consent: false, online: true, updated: false }
    }

    /// Takes in that `activity` was performed.
    pub(crate) fn apply(&mut self, activity: &Activity, facts: &VersionFact) {
        match activity {
            Activity::FlipSwitch { position } => self.promise = promise_of(facts, position).or(self.promise),
            Activity::Consent { given } => self.consent = *given,
            Activity::SetOnline { online } => self.online = *online,
            Activity::Update { .. } => self.updated = true,
            // Both bring the client, though not the network, back to where it was after its first start.
            Activity::ClearData | Activity::Reinstall => {
                self.promise = default_promise(facts);
                self.consent = false;
            }
            _ => {}
        }
    }

    /// Where the switch stands, by what its label promises.
    pub(crate) fn state(&self) -> SwitchState {
        self.promise.map_or(SwitchState::Absent, Promise::state)
    }
}

/// What the position named `position` promises.
pub(crate) fn promise_of(facts: &VersionFact, position: &str) -> Option<Promise> {
    let control = facts.switch.as_ref()?;
    control.positions.iter().find(|known| known.name == position).map(|known| known.promise)
}

fn default_promise(facts: &VersionFact) -> Option<Promise> {
    promise_of(facts, &facts.switch.as_ref()?.default)
}

/// The conditions along a notebook.
#[derive(Debug)]
pub(crate) struct Timeline {
    factory: Conditions,
    marks: Vec<(Timestamp, Conditions)>, // one for each line: what holds after it
}

impl Timeline {
    /// Walks through `notebook`; what was not done changes nothing.
    pub(crate) fn of(notebook: &Notebook, facts: &VersionFact) -> Self {
        let factory = Conditions::factory(facts);
        let mut now = factory;
        let mut marks = Vec::with_capacity(notebook.entries.len());
        for entry in &notebook.entries {
            if entry.outcome == Outcome::Done {
                now.apply(&entry.activity, facts);
            }
            marks.push((entry.at, now));
        }
        Self { factory, marks }
    }

    /// What holds during line `index`.
    pub(crate) fn during(&self, index: usize) -> Conditions {
        self.marks.get(index).map_or(self.factory, |mark| mark.1)
    }

    /// What holds at `time`. A line counts from its own time on.
    pub(crate) fn at(&self, time: Timestamp) -> Conditions {
        let after = self.marks.partition_point(|mark| mark.0 <= time);
        after.checked_sub(1).map_or(self.factory, |last| self.during(last))
    }
}
