//! Shrinks a diary towards what people find simplest to read: fewer activities first, then plain kinds, short addresses
//! and round times. What is impossible without what was taken out goes with it.

use model::{Activity, Duration, Mode, SessionId, Timestamp};

use super::{
    rules::{Line, mended},
    writing,
};

/// Ways to make a diary simpler, in the order in which they are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// So many activities in a row are left out.
    Remove(usize),
    /// A visit in place of something less plain.
    Plain,
    /// A normal session in place of an incognito one.
    Normal,
    /// Short addresses and words, and nothing that need not be said.
    Short,
    /// Sessions are numbered in the order in which they open.
    Number,
    /// All gaps from here on are a second.
    Second,
    /// The gap before is a whole minute, or a whole second.
    Round(u64),
}

/// The ways beside removal.
const WAYS: [Way; 7] =
    [Way::Plain, Way::Normal, Way::Short, Way::Number, Way::Second, Way::Round(60_000), Way::Round(1_000)];

/// Delta debugging over the lines of a diary: what still fails becomes the best; what does not is forgotten.
#[derive(Debug, Clone)]
pub(super) struct Shrinking<L> {
    best: Vec<L>,
    tried: Option<Vec<L>>,
    way: Way,
    at: usize,
    progress: bool, // since the first way was tried last
}

impl<L: Line + PartialEq> Shrinking<L> {
    pub(super) fn of(lines: Vec<L>) -> Self {
        let way = Way::Remove(lines.len().div_ceil(2).max(1));
        Self { best: lines, tried: None, way, at: 0, progress: false }
    }

    pub(super) fn current(&self) -> &[L] {
        self.tried.as_deref().unwrap_or(&self.best)
    }

    /// What was tried fails too: from there on.
    pub(super) fn accept(&mut self) -> bool {
        if let Some(tried) = self.tried.take() {
            self.best = tried;
            self.progress = true;
        }
        self.try_next()
    }

    /// What was tried does not fail: back to the best, and on from there.
    pub(super) fn reject(&mut self) -> bool {
        if self.tried.take().is_none() {
            return false;
        }
        self.at += 1;
        self.try_next()
    }

    fn try_next(&mut self) -> bool {
        loop {
            if self.at >= self.best.len() && !self.turn() {
                return false;
            }
            if let Some(candidate) = self.candidate() {
                self.tried = Some(candidate);
                return true;
            }
            self.at += 1;
        }
    }

    /// Goes on to the next way; after the last, to the first again as long as that leads anywhere.
    fn turn(&mut self) -> bool {
        self.at = 0;
        self.way = match self.way {
            Way::Remove(size) if size > 1 => Way::Remove(size / 2),
            Way::Remove(_) => Way::Plain,
            way => match WAYS.iter().position(|known| *known == way).and_then(|place| WAYS.get(place + 1)) {
                Some(next) => *next,
                None if self.progress => {
                    self.progress = false;
                    Way::Remove(1)
                }
                None => return false,
            },
        };
        !self.best.is_empty()
    }

    /// The best made simpler at `at`; nothing where it is simple there.
    fn candidate(&self) -> Option<Vec<L>> {
        let mut lines = self.best.clone();
        match self.way {
            Way::Remove(size) => {
                lines.drain(self.at..(self.at + size).min(lines.len()));
                let lines = mended(lines);
                return (lines.len() < self.best.len()).then_some(lines);
            }
            Way::Plain => lines[self.at].entry_mut().activity = writing::plainer(&self.best[self.at].entry().activity)?,
            Way::Short => {
                lines[self.at].entry_mut().activity = writing::shortest(&self.best[self.at].entry().activity)?
            }
            Way::Normal => {
                let incognito = Activity::OpenSession { mode: Mode::Incognito };
                let activity = &mut lines[self.at].entry_mut().activity;
                if *activity != incognito {
                    return None;
                }
                *activity = Activity::OpenSession { mode: Mode::Normal };
            }
            Way::Number if self.at == 0 => number(&mut lines),
            Way::Number => return None,
            Way::Second => self.regap(&mut lines, |gap| if gap > 1_000 { 1_000 } else { gap }, true),
            Way::Round(unit) => self.regap(&mut lines, |gap| if gap > unit { gap - gap % unit } else { gap }, false),
        }
        (lines != self.best).then_some(lines)
    }

    /// Changes the gap before line `at`, and with `all` every gap after it, too; what follows moves along.
    fn regap(&self, lines: &mut [L], new: impl Fn(u64) -> u64, all: bool) {
        let at = |place: usize| self.best[place].entry().at;
        for place in self.at.max(1)..lines.len() {
            let gap = at(place).since(at(place - 1)).as_millis();
            let gap = if place == self.at || all { new(gap) } else { gap };
            let before: Timestamp = lines[place - 1].entry().at;
            lines[place].entry_mut().at = before + Duration::from_millis(gap.max(1));
        }
    }
}

/// Gives sessions the numbers 1, 2 … in the order in which they occur.
fn number<L: Line>(lines: &mut [L]) {
    let mut known: Vec<SessionId> = Vec::new();
    for session in lines.iter_mut().filter_map(|line| line.entry_mut().session.as_mut()) {
        let place = known.iter().position(|id| id == session).unwrap_or(known.len());
        if place == known.len() {
            known.push(*session);
        }
        *session = SessionId(u32::try_from(place + 1).unwrap_or(u32::MAX));
    }
}
