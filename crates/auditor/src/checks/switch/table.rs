//! What must have been done before a switch counts as honored: something in each mode at each position, and every
//! transition in every way.

use model::{Activity, ActivityKind, Duration, Mode, NotebookEntry, Outcome, SwitchState};

use crate::{
    conclusion::Conclusion,
    conditions::{Conditions, examined_position},
    exhibit::Exhibit,
};

/// How close before a flip an activity must be for its report to wait in a queue.
const NEAR: Duration = Duration::from_secs(30);
/// How long after a flip reports may wait for what comes next.
const WAITS: Duration = Duration::from_secs(120);
const MODES: [Mode; 2] = [Mode::Normal, Mode::Incognito];

/// How a flip is made, always with reports waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    AmidUse,
    Restart,
    Offline,
    OfflineRestart,
    OfflineCrash,
    Update,
}

impl Way {
    /// The ways that each transition is made in.
    const EACH: [Self; 5] = [Self::AmidUse, Self::Restart, Self::Offline, Self::OfflineRestart, Self::OfflineCrash];

    const fn words(self) -> &'static str {
        match self {
            Self::AmidUse => "amid use",
            Self::Restart => "and a restart at once",
            Self::Offline => "while offline, then back",
            Self::OfflineRestart => "while offline, a restart, then back",
            Self::OfflineCrash => "while offline, a crash, then back",
            Self::Update => "while reports wait, then an update",
        }
    }

    /// What a client must be able to do for it.
    const fn needs(self) -> &'static [ActivityKind] {
        match self {
            Self::AmidUse => &[],
            Self::Restart => &[ActivityKind::Restart],
            Self::Offline => &[ActivityKind::SetOnline],
            Self::OfflineRestart => &[ActivityKind::SetOnline, ActivityKind::Restart],
            Self::OfflineCrash => &[ActivityKind::SetOnline, ActivityKind::CrashApp],
            Self::Update => &[ActivityKind::Update],
        }
    }
}

/// A flip as it was made: from and to the positions of these places.
type Flip = (usize, usize, Way);

/// Demands that the truth table is filled, and every transition between the position that is examined and each other one
/// was made in both directions and every way that the client has.
pub(super) fn require(exhibit: &Exhibit<'_>, conclusion: &mut Conclusion) {
    let Some(control) = &exhibit.case.facts.switch else { return };
    let name = |place: usize| control.positions.get(place).map_or("", |position| position.name.as_str());
    for place in 0..control.positions.len() {
        for mode in MODES {
            let cell = format!("position `{}` in {mode}", name(place));
            require_that(conclusion, stood_at(exhibit, place, mode), &cell);
        }
    }
    let Some(home) = examined_position(&exhibit.case.facts, exhibit.case.subject.switch) else { return };
    let flips: Vec<Flip> = exhibit.done().filter_map(|(index, _)| flip(exhibit, index)).collect();
    let others = (0..control.positions.len()).filter(|place| *place != home);
    for (from, to) in others.flat_map(|other| [(home, other), (other, home)]) {
        for way in Way::EACH.into_iter().filter(|way| has(exhibit, *way)) {
            let made = format!("from `{}` to `{}` {}", name(from), name(to), way.words());
            require_that(conclusion, flips.contains(&(from, to, way)), &made);
        }
    }
    let next = exhibit.case.facts.next.is_some() && has(exhibit, Way::Update);
    if next && control.positions.len() > 1 && exhibit.case.subject.switch == SwitchState::Suppress {
        let made = flips.iter().any(|(_, to, way)| (*to, *way) == (home, Way::Update));
        require_that(conclusion, made, &format!("to `{}` {}", name(home), Way::Update.words()));
    }
}

fn require_that(conclusion: &mut Conclusion, holds: bool, what: &str) {
    if holds {
        conclusion.exercised(format!("switch {what}"));
    } else {
        conclusion.lacks(format!("the switch {what} was not exercised"));
    }
}

/// Whether something was done in `mode` while the switch stood at the position.
fn stood_at(exhibit: &Exhibit<'_>, place: usize, mode: Mode) -> bool {
    exhibit.done().any(|(index, entry)| {
        let now = exhibit.timeline.during(index);
        entry.mode == Some(mode) && !entry.canaries.is_empty() && now.position == Some(place) && !now.updated
    })
}

/// Whether the client has what it takes, as far as it was asked.
fn has(exhibit: &Exhibit<'_>, way: Way) -> bool {
    let lacks = |kind: &ActivityKind| {
        let entries = exhibit.main.notebook.entries.iter();
        let mut asked = entries.filter(|entry| entry.activity.kind() == *kind).peekable();
        asked.peek().is_some() && asked.all(|entry| entry.outcome == Outcome::Unsupported)
    };
    !way.needs().iter().any(lacks)
}

/// The flip that line `index` is, if it is one right after activity whose fate it changes.
fn flip(exhibit: &Exhibit<'_>, index: usize) -> Option<Flip> {
    let entries = &exhibit.main.notebook.entries;
    let line = entries.get(index).filter(|line| matches!(line.activity, Activity::FlipSwitch { .. }))?;
    let before = index
        .checked_sub(1)
        .map_or_else(|| Conditions::factory(&exhibit.case.facts), |last| exhibit.timeline.during(last));
    let now = exhibit.timeline.during(index);
    let (from, to) = (before.position?, now.position?);
    let near = entries[..index].iter().rev().take_while(|entry| line.at.since(entry.at) <= NEAR);
    let recent: Vec<&NotebookEntry> = near.filter(|e| e.outcome == Outcome::Done && !e.canaries.is_empty()).collect();
    let done_in = |mode: Mode| recent.iter().any(|entry| entry.mode == Some(mode));
    let (was, is) = (before.promise?, now.promise?);
    let affected = MODES.into_iter().filter(|mode| was.suppresses(*mode) != is.suppresses(*mode));
    (from != to && !recent.is_empty() && affected.into_iter().all(done_in)).then_some(())?;
    Some((from, to, way(entries.get(index + 1..)?, line, now.online)?))
}

/// What came of the reports that waited at the flip.
fn way(after: &[NotebookEntry], flip: &NotebookEntry, online: bool) -> Option<Way> {
    let soon = after.iter().take_while(|entry| entry.at.since(flip.at) <= WAITS);
    let mut done = soon.filter(|entry| entry.outcome == Outcome::Done);
    let turn = done.find_map(|entry| match (&entry.activity, online) {
        (Activity::FlipSwitch { .. }, _) => Some(None),
        (Activity::Update { .. }, _) => Some(Some(Way::Update)),
        (Activity::Restart, true) => Some(Some(Way::Restart)),
        (Activity::Restart, false) => Some(Some(Way::OfflineRestart)),
        (Activity::CrashApp, false) => Some(Some(Way::OfflineCrash)),
        (Activity::SetOnline { online: true }, false) => Some(Some(Way::Offline)),
        (Activity::SetOnline { online: false } | Activity::CrashApp, true) => Some(None),
        _ => None,
    });
    turn.unwrap_or(online.then_some(Way::AmidUse))
}
