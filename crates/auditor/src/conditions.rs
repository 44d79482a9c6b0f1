//! What holds on a device at each line of a notebook: the switch, consent, the network, the version.

use model::{Activity, Notebook, Outcome, Promise, SwitchState, Timestamp, VersionFact};

/// What holds after a line of the notebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Conditions {
    /// What the switch promises where it stands; `None` where the version has no switch.
    pub(crate) promise: Option<Promise>,
    /// Which of the switch's positions that is.
    pub(crate) position: Option<usize>,
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
        let position = default_position(facts);
        Self { promise: promise_at(facts, position), position, consent: false, online: true, updated: false }
    }

    /// Takes in that `activity` was performed.
    pub(crate) fn apply(&mut self, activity: &Activity, facts: &VersionFact) {
        match activity {
            Activity::FlipSwitch { position } => self.stand(facts, place_of(facts, position).or(self.position)),
            Activity::Consent { given } => self.consent = *given,
            Activity::SetOnline { online } => self.online = *online,
            Activity::Update { .. } => self.updated = true,
            // Both bring the client, though not the network, back to where it was after its first start.
            Activity::ClearData | Activity::Reinstall => {
                self.stand(facts, default_position(facts));
                self.consent = false;
            }
            _ => {}
        }
    }

    fn stand(&mut self, facts: &VersionFact, position: Option<usize>) {
        (self.position, self.promise) = (position, promise_at(facts, position));
    }

    /// Where the switch stands, by what its label promises.
    pub(crate) fn state(&self) -> SwitchState {
        self.promise.map_or(SwitchState::Absent, Promise::state)
    }
}

/// What the position named `position` promises.
pub(crate) fn promise_of(facts: &VersionFact, position: &str) -> Option<Promise> {
    promise_at(facts, place_of(facts, position))
}

/// Whether some position promises that nothing at all is collected.
pub(crate) fn may_be_silenced(facts: &VersionFact) -> bool {
    let mut positions = facts.switch.iter().flat_map(|control| &control.positions);
    positions.any(|position| position.promise == Promise::Suppress)
}

/// The place of the position at which a subject is examined: the default if it promises the state, else the first that
/// does.
pub(crate) fn examined_position(facts: &VersionFact, state: SwitchState) -> Option<usize> {
    let positions = &facts.switch.as_ref()?.positions;
    let fits = |place: &usize| positions.get(*place).is_some_and(|position| position.promise.state() == state);
    default_position(facts).filter(fits).or_else(|| (0..positions.len()).find(fits))
}

fn place_of(facts: &VersionFact, position: &str) -> Option<usize> {
    facts.switch.as_ref()?.positions.iter().position(|known| known.name == position)
}

fn default_position(facts: &VersionFact) -> Option<usize> {
    place_of(facts, &facts.switch.as_ref()?.default)
}

fn promise_at(facts: &VersionFact, place: Option<usize>) -> Option<Promise> {
    facts.switch.as_ref()?.positions.get(place?).map(|position| position.promise)
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
