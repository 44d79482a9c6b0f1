//! Boundaries between uploads: whether a value crosses them, and whether the examination did.

use std::collections::BTreeMap;

use model::{Activity, Boundary, Mode, SwitchState, Timestamp};

use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
};

/// Every boundary, in the order in which findings name them.
const ALL: [Boundary; 7] = [
    Boundary::Uploads,
    Boundary::Sessions,
    Boundary::Modes,
    Boundary::LogIn,
    Boundary::OptOut,
    Boundary::ClearData,
    Boundary::Reinstall,
];

/// When each boundary in time was crossed.
#[derive(Debug)]
pub(super) struct Turns(BTreeMap<Boundary, Vec<Timestamp>>);

impl Turns {
    pub(super) fn of(exhibit: &Exhibit<'_>) -> Self {
        let mut turns: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, entry) in exhibit.done() {
            if let Some(boundary) = turn(exhibit, index) {
                turns.entry(boundary).or_default().push(entry.at);
            }
        }
        Self(turns)
    }

    /// Whether a value occurs on both sides of a boundary.
    pub(super) fn crossed(&self, exhibit: &Exhibit<'_>, trace: &Trace, boundary: Boundary) -> bool {
        let lines = || trace.entries.iter().map(|&index| &exhibit.main.notebook.entries[index]);
        match boundary {
            Boundary::Uploads => trace.uploads >= 2,
            Boundary::Sessions => {
                let mut sessions = lines().filter_map(|entry| entry.session);
                let first = sessions.next();
                sessions.any(|session| Some(session) != first)
            }
            Boundary::Modes => both(|mode| lines().any(|line| line.mode == Some(mode))),
            Boundary::LogIn | Boundary::OptOut | Boundary::ClearData | Boundary::Reinstall => {
                self.inside(boundary, trace.span)
            }
        }
    }

    /// Every boundary that a value crosses.
    pub(super) fn all_crossed(&self, exhibit: &Exhibit<'_>, trace: &Trace) -> Vec<Boundary> {
        ALL.into_iter().filter(|&boundary| self.crossed(exhibit, trace, boundary)).collect()
    }

    /// Whether the boundary was crossed inside the span. What leaves at that very moment was caused by it.
    pub(super) fn inside(&self, boundary: Boundary, span: (Timestamp, Timestamp)) -> bool {
        let times = self.0.get(&boundary).map_or(&[][..], Vec::as_slice);
        times.get(times.partition_point(|at| *at <= span.0)).is_some_and(|at| *at <= span.1)
    }
}

/// Demands that the examination crossed the boundary, with something done on both sides.
pub(super) fn require(exhibit: &Exhibit<'_>, boundary: Boundary, conclusion: &mut Conclusion) {
    let planted = || exhibit.done().map(|(_, entry)| entry).filter(|entry| !entry.canaries.is_empty());
    let crossed = match boundary {
        Boundary::Uploads => planted().nth(1).is_some(),
        Boundary::Sessions => {
            let first = planted().find_map(|entry| entry.session);
            planted().any(|entry| entry.session.is_some() && entry.session != first)
        }
        Boundary::Modes => both(|mode| planted().any(|line| line.mode == Some(mode))),
        Boundary::LogIn | Boundary::OptOut | Boundary::ClearData | Boundary::Reinstall => {
            let span = planted().next().zip(planted().last()).map(|(first, last)| (first.at, last.at));
            span.is_some_and(|span| Turns::of(exhibit).inside(boundary, span))
        }
    };
    if crossed {
        conclusion.exercised(format!("linkage across {}", name(boundary)));
    } else {
        conclusion.lacks(format!("nothing was done on both sides of {}", name(boundary)));
    }
}

/// The boundary as findings name it.
pub(super) const fn name(boundary: Boundary) -> &'static str {
    match boundary {
        Boundary::Uploads => "uploads",
        Boundary::Sessions => "sessions",
        Boundary::Modes => "modes",
        Boundary::LogIn => "logging in",
        Boundary::OptOut => "switching collection off",
        Boundary::ClearData => "clearing the data",
        Boundary::Reinstall => "a new installation",
    }
}

/// The boundary in time that line `index` is.
fn turn(exhibit: &Exhibit<'_>, index: usize) -> Option<Boundary> {
    match exhibit.main.notebook.entries[index].activity {
        Activity::LogIn { .. } => Some(Boundary::LogIn),
        Activity::ClearData => Some(Boundary::ClearData),
        Activity::Reinstall => Some(Boundary::Reinstall),
        Activity::FlipSwitch { .. } if exhibit.timeline.during(index).state() == SwitchState::Suppress => {
            Some(Boundary::OptOut)
        }
        _ => None,
    }
}

fn both(holds: impl Fn(Mode) -> bool) -> bool {
    holds(Mode::Normal) && holds(Mode::Incognito)
}
