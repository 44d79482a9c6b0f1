//! What twins do otherwise in incognito: less, more, or nothing.

use std::collections::BTreeSet;

use model::{Activity, Canary, Duration, Mode, NotebookEntry, Outcome, SessionId, Timestamp};

use super::{
    tokens::{Planting, Tokens},
    writer::Line,
};

/// One in so many lines with canaries is left out of the amount twin.
const FEWER_EVERY: usize = 5;
/// One in so many gaps gets a session more in the amount twin.
const MORE_EVERY: usize = 4;
/// Shortest gap in which a whole session fits without hurry.
const GAP_MIN: Duration = Duration::from_secs(55);
/// Sessions that only the amount twin has are numbered from here, above all that a plan opens.
const MORE_SESSIONS_FROM: u32 = 1 << 24;

/// The lines without those that are `left_out`.
///
/// A session of which only a part is left out, because the switch was flipped while it was open, keeps its opening and
/// its close: what it holds beside must still be possible.
pub(super) fn without(lines: Vec<Line>, left_out: impl Fn(&Line) -> bool) -> Vec<Line> {
    let kept: BTreeSet<SessionId> =
        lines.iter().filter(|line| !left_out(line)).filter_map(|line| line.entry.session).collect();
    let stays = |line: &Line| {
        let frame = matches!(line.entry.activity, Activity::OpenSession { .. } | Activity::CloseSession);
        !left_out(line) || (frame && line.entry.session.is_some_and(|id| kept.contains(&id)))
    };
    lines.into_iter().filter(stays).collect()
}

/// The lines with another amount of incognito activity that is examined: sessions more in gaps while the switch stands
/// where it is examined, with tokens from `more`, and some activities fewer. There is more in all, so that nothing
/// cancels out.
pub(super) fn with_other_amount(lines: Vec<Line>, more: &mut Tokens) -> Vec<Line> {
    let (mut gaps, mut planted, mut sessions) = (0_usize, 0_usize, 0);
    let mut other = Vec::with_capacity(lines.len());
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        let until = lines.peek().map(|next| next.entry.at);
        let gap = until.filter(|until| line.home && until.since(line.entry.at) >= GAP_MIN);
        let before = (line.entry.at, line.entry.phase);
        planted += usize::from(line.examined && !line.entry.canaries.is_empty());
        if !line.examined || line.entry.canaries.is_empty() || !planted.is_multiple_of(FEWER_EVERY) {
            other.push(line);
        }
        let Some(until) = gap else { continue };
        gaps += 1;
        if gaps.is_multiple_of(MORE_EVERY) {
            let id = SessionId(MORE_SESSIONS_FROM + sessions);
            sessions += 1;
            other.extend(session(id, before, until, more));
        }
    }
    other
}

/// A short session in incognito between the line before and `until`.
fn session(id: SessionId, before: (Timestamp, model::Phase), until: Timestamp, tokens: &mut Tokens) -> [Line; 4] {
    let bare = |activity| (activity, Vec::new());
    let activities: [(Activity, Vec<Canary>); 4] = [
        bare(Activity::OpenSession { mode: Mode::Incognito }),
        Planting::from(tokens).visit(false),
        Planting::from(tokens).search("duckduckgo.com", false),
        bare(Activity::CloseSession),
    ];
    // No more than an hour long, however long the gap is.
    let step_ms = (until.since(before.0).as_millis() / 5).min(3_600_000 / 5);
    let mut at = before.0;
    activities.map(|(activity, canaries)| {
        at = at + Duration::from_millis(step_ms);
        let (session, mode) = (Some(id), Some(Mode::Incognito));
        let entry = NotebookEntry { at, phase: before.1, session, mode, activity, canaries, outcome: Outcome::Planned };
        Line { entry, examined: true, home: true, silenced: false }
    })
}
