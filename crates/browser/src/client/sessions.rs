//! Browsing sessions: which are open, in which mode, with which page in their tab.

use std::collections::BTreeMap;

use model::{Mode, SessionId};

use super::device::place;

/// Most sessions of one mode that are open at once. One more closes the one of its mode that was used longest ago.
const SESSIONS_MAX: usize = 64;

/// The page open in a tab.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) url: String,
    pub(super) title: String,
}

#[derive(Debug)]
struct Session {
    mode: Mode,
    number: u64, // among those of its mode, from 1
    used: u64,   // larger is later
    page: Option<Page>,
}

/// The browsing sessions of one client.
#[derive(Debug)]
pub(super) struct Sessions {
    open: BTreeMap<SessionId, Session>,
    opened: [u64; 2], // for each mode
    uses: u64,
    front: Mode,
}

impl Sessions {
    pub(super) const fn new() -> Self {
        Self { open: BTreeMap::new(), opened: [0; 2], uses: 0, front: Mode::Normal }
    }

    /// The mode of the session that was used last; normal if none is open.
    pub(super) const fn front(&self) -> Mode {
        self.front
    }

    /// The mode of `session`, if it is open.
    pub(super) fn mode(&self, session: SessionId) -> Option<Mode> {
        self.open.get(&session).map(|session| session.mode)
    }

    /// The number of `session` among all of its mode.
    pub(super) fn number(&self, session: SessionId) -> Option<u64> {
        self.open.get(&session).map(|session| session.number)
    }

    pub(super) fn open(&mut self, id: SessionId, mode: Mode) {
        self.open.remove(&id);
        let same_mode = || self.open.iter().filter(|(_, session)| session.mode == mode);
        if same_mode().count() >= SESSIONS_MAX {
            let oldest = same_mode().min_by_key(|(_, session)| session.used).map(|(id, _)| *id);
            oldest.and_then(|oldest| self.open.remove(&oldest));
        }
        self.opened[place(mode)] += 1;
        let session = Session { mode, number: self.opened[place(mode)], used: 0, page: None };
        self.open.insert(id, session);
        self.touch(id);
    }

    /// Brings `session` to the front.
    pub(super) fn touch(&mut self, session: SessionId) {
        self.uses += 1;
        if let Some(session) = self.open.get_mut(&session) {
            session.used = self.uses;
            self.front = session.mode;
        }
    }

    /// The mode in front once `session` is closed.
    pub(super) fn front_without(&self, session: SessionId) -> Mode {
        let others = self.open.iter().filter(|(id, _)| **id != session).map(|(_, session)| session);
        others.max_by_key(|session| session.used).map_or(Mode::Normal, |session| session.mode)
    }

    pub(super) fn close(&mut self, session: SessionId) {
        self.front = self.front_without(session);
        self.open.remove(&session);
    }

    pub(super) fn show(&mut self, session: SessionId, page: Page) {
        if let Some(session) = self.open.get_mut(&session) {
            session.page = Some(page);
        }
    }

    /// The page open in `session`; without a session, the one in the normal session used last.
    pub(super) fn page(&self, session: Option<SessionId>) -> Option<&Page> {
        match session {
            Some(session) => self.open.get(&session)?.page.as_ref(),
            None => self.latest_page(|session| session.mode == Mode::Normal),
        }
    }

    /// The page in the session used last, whatever its mode.
    pub(super) fn front_page(&self) -> Option<&Page> {
        self.latest_page(|_| true)
    }

    fn latest_page(&self, counts: impl Fn(&Session) -> bool) -> Option<&Page> {
        let shown = self.open.values().filter(|session| counts(session) && session.page.is_some());
        shown.max_by_key(|session| session.used)?.page.as_ref()
    }

    /// Forgets the pages of sessions of `mode`. The sessions stay open, so that their mode stays known.
    pub(super) fn forget_pages(&mut self, mode: Mode) {
        for session in self.open.values_mut().filter(|session| session.mode == mode) {
            session.page = None;
        }
    }
}
