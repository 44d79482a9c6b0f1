//! Takes examined incognito activity out of a plan.

use std::collections::BTreeSet;

use model::{Activity, SessionId};

use super::writer::Line;

/// The lines without incognito activity that is examined.
///
/// A session that is examined only in part, because the switch was flipped while it was open, keeps its opening and
/// its close: what it holds beside must still be possible.
pub(super) fn without_incognito(lines: Vec<Line>) -> Vec<Line> {
    let kept: BTreeSet<SessionId> =
        lines.iter().filter(|line| !line.examined).filter_map(|line| line.entry.session).collect();
    let stays = |line: &Line| {
        let frame = matches!(line.entry.activity, Activity::OpenSession { .. } | Activity::CloseSession);
        !line.examined || (frame && line.entry.session.is_some_and(|id| kept.contains(&id)))
    };
    lines.into_iter().filter(stays).collect()
}
