//! The model: what an outsider knows of the device, and what follows from it.

use std::{fmt, marker::PhantomData};

use ::model::{Activity, Control, Duration, Mode, Position, Promise, VersionFact};
use proptest::strategy::{BoxedStrategy, Just, Strategy, Union};
use proptest_state_machine::ReferenceStateMachine;

use super::{Step, Switched};
use crate::client::{Client, Description};

/// Spans of time that pass without anything being done, beside [`Switched::REPORTS_WITHIN`].
const WAITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(90)];

/// The state machine that the client of `S` is compared with.
#[derive(Debug)]
pub struct Model<S>(PhantomData<S>);

/// Where the device stands, as an outsider knows it.
#[derive(Clone)]
pub struct Stand {
    description: Description,
    version: usize,
    position: Option<Position>,
    online: bool,
    visits: Vec<Visited>,
    waiting: Vec<usize>, // visits that may be collected and need not have left yet
}

/// A page that was visited.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visited {
    pub(super) mode: Mode,
    /// Whether it was promised then that it is not collected.
    pub(super) promised: bool,
    /// Whether it must have left.
    pub(super) awaited: bool,
}

impl fmt::Debug for Stand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "version {}, {}", self.facts().version, self.words())
    }
}

impl Stand {
    /// The device just after installation.
    ///
    /// # Panics
    /// If the description has no version: it is written in a test.
    fn first(description: Description) -> Self {
        assert!(!description.versions.is_empty(), "a description has at least one version");
        let (visits, waiting) = (Vec::new(), Vec::new());
        let stand = Self { description, version: 0, position: None, online: true, visits, waiting };
        Self { position: stand.default_position(), ..stand }
    }

    /// Where the switch stands, in words.
    pub(super) fn words(&self) -> String {
        self.position.as_ref().map_or_else(|| "no switch".to_owned(), |at| format!("the switch at {}", at.name))
    }

    pub(super) fn facts(&self) -> &VersionFact {
        &self.description.versions[self.version]
    }

    pub(super) fn visits(&self) -> &[Visited] {
        &self.visits
    }

    /// Whether it is promised that what is done in `mode` is not collected: in incognito mode unless a label says otherwise.
    pub(super) fn promises(&self, mode: Mode) -> bool {
        match self.position.as_ref().map(|position| position.promise) {
            Some(Promise::Collect | Promise::CollectInIncognito) => false,
            Some(promise) => promise.suppresses(mode),
            None => mode == Mode::Incognito,
        }
    }

    fn control(&self) -> Option<&Control> {
        self.facts().switch.as_ref()
    }

    fn named(&self, name: &str) -> Option<&Position> {
        self.control()?.positions.iter().find(|position| position.name == name)
    }

    fn default_position(&self) -> Option<Position> {
        self.named(&self.control()?.default).cloned()
    }

    fn is_possible(&self, step: &Step) -> bool {
        let Step::Does(activity) = step else { return true };
        let has = !self.description.lacks.contains(&activity.kind());
        has && match activity {
            Activity::SetOnline { online } => *online != self.online,
            Activity::FlipSwitch { position } => {
                self.named(position).is_some_and(|found| Some(found) != self.position.as_ref())
            }
            Activity::Update { version } => {
                self.description.versions.iter().skip(self.version + 1).any(|fact| fact.version == *version)
            }
            _ => true,
        }
    }

    fn visit(&mut self, mode: Mode) {
        let promised = self.promises(mode);
        if mode == Mode::Normal && !promised {
            self.waiting.push(self.visits.len());
        }
        self.visits.push(Visited { mode, promised, awaited: false });
    }

    /// Nothing is done for `span`, and reports wait for `longest` at most.
    fn wait(&mut self, span: Duration, longest: Option<Duration>) {
        if self.online && !self.promises(Mode::Normal) && longest.is_some_and(|longest| span >= longest) {
            std::mem::take(&mut self.waiting).into_iter().for_each(|visit| self.visits[visit].awaited = true);
        }
    }

    fn change(&mut self, activity: &Activity) {
        if let Activity::SetOnline { online } = activity {
            self.online = *online;
            return;
        }
        self.waiting.clear(); // a client may lose what waits, or throw it away
        match activity {
            Activity::FlipSwitch { position } => self.position = self.named(position).cloned(),
            Activity::Update { version } => {
                let place = self.description.versions.iter().position(|fact| fact.version == *version);
                self.version = place.unwrap_or(self.version);
                let kept = self.position.as_ref().and_then(|position| self.named(&position.name)).cloned();
                self.position = kept.or_else(|| self.default_position());
            }
            Activity::ClearData | Activity::Reinstall => self.position = self.default_position(),
            _ => {}
        }
    }
}

impl<S: Switched> ReferenceStateMachine for Model<S> {
    type State = Stand;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Stand> {
        Just(Stand::first(S::client().description())).boxed()
    }

    fn transitions(stand: &Stand) -> BoxedStrategy<Step> {
        let longest = S::REPORTS_WITHIN.unwrap_or(Duration::from_secs(3_600));
        let waits = WAITS.into_iter().chain([longest]).map(|span| (1, Step::Wait(span)));
        let visits = [(3, Step::Visit(Mode::Normal)), (3, Step::Visit(Mode::Incognito))];
        let plain = [Activity::Restart, Activity::CrashApp, Activity::ClearData, Activity::Reinstall];
        let positions = stand.control().into_iter().flat_map(|control| &control.positions);
        let flips = positions.map(|position| (3, Activity::FlipSwitch { position: position.name.clone() }));
        let update = stand.description.versions.get(stand.version + 1);
        let update = update.map(|fact| (2, Activity::Update { version: fact.version.clone() }));
        let network = (3, Activity::SetOnline { online: !stand.online });
        let does = plain.into_iter().map(|activity| (1, activity)).chain(flips).chain(update).chain([network]);
        let steps =
            visits.into_iter().chain(waits).chain(does.map(|(weight, activity)| (weight, Step::Does(activity))));
        let steps = steps.filter(|(_, step)| stand.is_possible(step));
        Union::new_weighted(steps.map(|(weight, step)| (weight, Just(step))).collect()).boxed()
    }

    fn preconditions(stand: &Stand, step: &Step) -> bool {
        stand.is_possible(step)
    }

    fn apply(mut stand: Stand, step: &Step) -> Stand {
        match step {
            Step::Visit(mode) => stand.visit(*mode),
            Step::Wait(span) => stand.wait(*span, S::REPORTS_WITHIN),
            Step::Does(activity) => stand.change(activity),
        }
        stand
    }
}
