//! Boundaries between uploads: whether a value crosses them, and whether the examination did.

use std::collections::BTreeMap;

use model::{ActivityKind, Boundary, Mode, Timestamp};

use crate::{
    conclusion::Conclusion,
    exhibit::{Exhibit, Trace},
};

/// Every boundary, in the order in which findings name them.
const ALL: [Boundary; 6] =
    [Boundary::Uploads, Boundary::Sessions, Boundary::Modes, Boundary::LogIn, Boundary::ClearData, Boundary::Reinstall];

/// When the device was reset or logged in.
#[derive(Debug)]
pub(super) struct Turns(BTreeMap<ActivityKind, Vec<Timestamp>>);

impl Turns {
    pub(super) fn of(exhibit: &Exhibit<'_>) -> Self {
        let mut turns: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (_, entry) in exhibit.done() {
            turns.entry(entry.activity.kind()).or_default().push(entry.at);
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
            Boundary::LogIn | Boundary::ClearData | Boundary::Reinstall => {
                turn(boundary).is_some_and(|kind| self.inside(kind, trace.span))
            }
        }
    }

    /// Every boundary that a value crosses.
    pub(super) fn all_crossed(&self, exhibit: &Exhibit<'_>, trace: &Trace) -> Vec<Boundary> {
        ALL.into_iter().filter(|&boundary| self.crossed(exhibit, trace, boundary)).collect()
    }

    /// Whether the activity happened strictly inside the span.
    fn inside(&self, kind: ActivityKind, span: (Timestamp, Timestamp)) -> bool {
        let times = self.0.get(&kind).map_or(&[][..], Vec::as_slice);
        times.get(times.partition_point(|at| *at <= span.0)).is_some_and(|at| *at < span.1)
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
        Boundary::LogIn | Boundary::ClearData | Boundary::Reinstall => {
            let span = planted().next().zip(planted().last()).map(|(first, last)| (first.at, last.at));
            turn(boundary).zip(span).is_some_and(|(kind, span)| Turns::of(exhibit).inside(kind, span))
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
        Boundary::ClearData => "clearing the data",
        Boundary::Reinstall => "a new installation",
    }
}

/// The activity that is the boundary, for boundaries in time.
const fn turn(boundary: Boundary) -> Option<ActivityKind> {
    match boundary {
        Boundary::LogIn => Some(ActivityKind::LogIn),
        Boundary::ClearData => Some(ActivityKind::ClearData),
        Boundary::Reinstall => Some(ActivityKind::Reinstall),
        Boundary::Uploads | Boundary::Sessions | Boundary::Modes => None,
    }
}

fn both(holds: impl Fn(Mode) -> bool) -> bool {
    holds(Mode::Normal) && holds(Mode::Incognito)
}
