//! Writes notebook lines: keeps the time, the sessions, the switch, and which tokens go where.

use model::{
    Activity, Arm, Canary, Duration, Mode, NotebookEntry, Outcome, Phase, Promise, Seed, SessionId, SwitchState,
    Timestamp, VersionFact,
};

use super::{
    PlanRequest,
    tokens::{Planted, Planting, Tokens},
};
use crate::conditions::{Conditions, promise_of};

/// Of how many lines before it a line steps aside: they reach back hours, and leave most of a second free.
const STEPPED_ASIDE: usize = 200;

/// A line, and whether it is incognito activity at the position that is examined.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) entry: NotebookEntry,
    pub(super) examined: bool,
    /// Whether the switch stands at that position after it.
    pub(super) home: bool,
    /// Whether it is activity in a session while the switch promises that nothing is collected.
    pub(super) silenced: bool,
}

/// A browsing session that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tabs {
    pub(super) id: SessionId,
    pub(super) mode: Mode,
}

/// The notebook as it is being written.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    facts: &'a VersionFact,
    examined: SwitchState,
    phase: Phase,
    starts: Timestamp,
    now: Timestamp,
    conditions: Conditions,
    spacing: Seed,
    spaces: u64,
    sessions: u32,
    normal: Tokens,
    incognito: Tokens,
    more: Tokens,
    elsewhere: Tokens, // for incognito at a position that is not examined: alike in all arms
    lines: Vec<Line>,
    in_second: Vec<i64>, // of each line, how far into its second it is, in milliseconds
}

impl<'a> Writer<'a> {
    pub(super) fn new(request: &'a PlanRequest, arm: Arm) -> Self {
        let seed = request.seed.derive(&format!("plan for {} on {}", request.subject, request.device.id));
        let incognito = if arm == Arm::Content { "other incognito" } else { "incognito" };
        Self {
            facts: &request.facts,
            examined: request.subject.switch,
            phase: Phase::FirstUse,
            starts: request.starts,
            now: request.starts,
            conditions: Conditions::factory(&request.facts),
            spacing: seed.derive("spacing"),
            spaces: 0,
            sessions: 0,
            normal: Tokens::new(seed.derive("normal")),
            incognito: Tokens::new(seed.derive(incognito)),
            more: Tokens::new(seed.derive("more incognito")),
            elsewhere: Tokens::new(seed.derive("incognito elsewhere")),
            lines: Vec::new(),
            in_second: Vec::new(),
        }
    }

    /// The lines, the time of the last, and tokens for incognito activity that the amount twin alone has.
    pub(super) fn finish(self) -> (Vec<Line>, Timestamp, Tokens) {
        (self.lines, self.now, self.more)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Lets about a minute pass: longer than the usual flush intervals of 15 s and 60 s.
    pub(super) fn pause(&mut self) {
        self.wait(Duration::from_secs(61));
    }

    /// Lets about five seconds pass: shorter than the usual flush intervals.
    pub(super) fn breath(&mut self) {
        self.wait(Duration::from_secs(4));
    }

    /// Lets `span` pass and up to four seconds more, so that nothing keeps in step with a timer.
    pub(super) fn wait(&mut self, span: Duration) {
        let drawn = self.spacing.nth(self.spaces);
        self.spaces += 1;
        let jitter_ms = u64::from(drawn.as_bytes()[0]) * 16 + u64::from(drawn.as_bytes()[1] % 16);
        self.now = self.now + span + Duration::from_millis(jitter_ms.max(1));
    }

    /// Moves on to `time`, if that is later.
    pub(super) fn until(&mut self, time: Timestamp) {
        let later = self.now + Duration::from_millis(1);
        self.now = time.max(later);
    }

    /// A session that no line speaks of yet.
    pub(super) fn session(&mut self, mode: Mode) -> Tabs {
        self.sessions += 1;
        Tabs { id: SessionId(self.sessions), mode }
    }

    pub(super) fn open(&mut self, mode: Mode) -> Tabs {
        let tabs = self.session(mode);
        self.write(Some(tabs), Activity::OpenSession { mode });
        tabs
    }

    pub(super) fn close(&mut self, tabs: Tabs) {
        self.breath();
        self.write(Some(tabs), Activity::CloseSession);
    }

    /// Puts the switch into `position`.
    pub(super) fn flip(&mut self, position: &str) {
        self.write(None, Activity::FlipSwitch { position: position.to_owned() });
    }

    /// Whether the switch already promises what `position` promises.
    pub(super) fn stands_at(&self, position: &str) -> bool {
        self.conditions.promise == promise_of(self.facts, position)
    }

    /// Performs an activity without canaries.
    pub(super) fn write(&mut self, tabs: Option<Tabs>, activity: Activity) {
        self.write_planted(tabs, (activity, Vec::new()));
    }

    /// Performs an activity with canaries from the stream that belongs to `tabs` and the switch.
    pub(super) fn plant(&mut self, tabs: Option<Tabs>, make: impl FnOnce(Planting<'_>) -> Planted) {
        let incognito = tabs.is_some_and(|tabs| tabs.mode == Mode::Incognito);
        let tokens = match incognito {
            false => &mut self.normal,
            true if self.conditions.state() == self.examined => &mut self.incognito,
            true => &mut self.elsewhere,
        };
        let planted = make(Planting::from(tokens));
        self.write_planted(tabs, planted);
    }

    /// Moves on until no line of late, nor the start, is a number of whole seconds away: a client that uploads every so
    /// many seconds would do so within the millisecond of another activity.
    fn step_aside(&mut self) {
        let late = &self.in_second[self.in_second.len().saturating_sub(STEPPED_ASIDE)..];
        let starts = in_second(self.starts);
        while late.contains(&in_second(self.now)) || in_second(self.now) == starts {
            self.now = self.now + Duration::from_millis(1);
        }
    }

    fn write_planted(&mut self, tabs: Option<Tabs>, (activity, canaries): (Activity, Vec<Canary>)) {
        self.step_aside();
        self.conditions.apply(&activity, self.facts);
        let incognito = tabs.is_some_and(|tabs| tabs.mode == Mode::Incognito);
        let entry = NotebookEntry {
            at: self.now,
            phase: self.phase,
            session: tabs.map(|tabs| tabs.id),
            mode: tabs.map(|tabs| tabs.mode),
            activity,
            canaries,
            outcome: Outcome::Planned,
        };
        let home = self.conditions.state() == self.examined;
        let silenced = tabs.is_some() && self.conditions.promise == Some(Promise::Suppress);
        self.in_second.push(in_second(self.now));
        self.lines.push(Line { entry, examined: incognito && home, home, silenced });
        self.now = self.now + Duration::from_millis(1); // two lines never share a time
    }
}

fn in_second(time: Timestamp) -> i64 {
    time.as_millis() % 1_000
}
