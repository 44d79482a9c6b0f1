//! Diaries: what a person does with the device, written by hand or made by a strategy.

mod rules;
mod shrink;
mod strategy;
mod writing;

use std::fmt;

use model::{Activity, Duration, Entry, Mode, SessionId, Timestamp};

pub use rules::Repertoire;
pub use strategy::{DiaryStrategy, DiaryTree, Twins, TwinsStrategy, TwinsTree, diaries, twins};
pub(crate) use writing::{told, visit};

/// Time between two activities of a diary that is written by hand.
const PAUSE: Duration = Duration::from_secs(1);
/// The page that is visited after a diary.
const LAST_PAGE: &str = "https://after.example/";

/// What one person does with one device, in order of time.
///
/// ```
/// let diary = testkit::Diary::new().incognito().visit("https://a.example/").offline().wait("1h").online();
/// assert_eq!(format!("\n{diary}"), "
///   +0s        open incognito session 1
///   +1s        visit https://a.example/ in session 1
///   +2s        offline
///   +1h 3s     online
/// ");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Diary {
    entries: Vec<Entry>,
    gap: Duration, // waited beyond the pause before what comes next
    session: Option<SessionId>,
}

impl Diary {
    /// A diary in which nothing is done yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The diary of `entries`, which must be ordered by time.
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    /// What is done.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Does `activity` in no session.
    #[must_use]
    pub fn does(self, activity: Activity) -> Self {
        self.then(None, activity)
    }

    /// Opens a normal session, in which what follows is done.
    #[must_use]
    pub fn normal(self) -> Self {
        self.open(Mode::Normal)
    }

    /// Opens an incognito session, in which what follows is done.
    #[must_use]
    pub fn incognito(self) -> Self {
        self.open(Mode::Incognito)
    }

    /// Does `activity` in the session opened last.
    #[must_use]
    pub fn does_inside(self, activity: Activity) -> Self {
        let session = self.session;
        self.then(session, activity)
    }

    /// Visits `url`.
    #[must_use]
    pub fn visit(self, url: &str) -> Self {
        self.does_inside(writing::visit(url))
    }

    /// Searches for `terms`.
    #[must_use]
    pub fn search(self, terms: &str) -> Self {
        let engine = writing::ENGINE.to_owned();
        self.does_inside(Activity::Search { engine, terms: terms.to_owned(), typed: false })
    }

    /// Closes the session opened last.
    #[must_use]
    pub fn close(self) -> Self {
        self.does_inside(Activity::CloseSession)
    }

    /// Loses the network.
    #[must_use]
    pub fn offline(self) -> Self {
        self.does(Activity::SetOnline { online: false })
    }

    /// Regains the network.
    #[must_use]
    pub fn online(self) -> Self {
        self.does(Activity::SetOnline { online: true })
    }

    /// Puts the switch into `position`.
    #[must_use]
    pub fn flip(self, position: &str) -> Self {
        self.does(Activity::FlipSwitch { position: position.to_owned() })
    }

    /// Lets `span` pass, such as `90s` or `1d 12h`.
    ///
    /// # Panics
    /// If `span` is no span of time.
    #[must_use]
    pub fn wait(self, span: &str) -> Self {
        let more: Duration = span.parse().unwrap_or_else(|error| panic!("{error}"));
        let gap = Duration::from_millis(self.gap.as_millis().saturating_add(more.as_millis()));
        Self { gap, ..self }
    }

    /// The same with the network back, and one page visited in normal mode.
    pub(crate) fn with_last_visit(self) -> Self {
        let network = self.entries.iter().rev().find_map(|entry| match entry.activity {
            Activity::SetOnline { online } => Some(online),
            _ => None,
        });
        let there = if network == Some(false) { self.wait("1m").online() } else { self };
        there.wait("1m").normal().visit(LAST_PAGE).close()
    }

    fn open(mut self, mode: Mode) -> Self {
        let number = self.entries.iter().filter_map(|entry| entry.session).map(|session| session.0).max();
        self.session = Some(SessionId(number.map_or(1, |number| number.saturating_add(1))));
        self.does_inside(Activity::OpenSession { mode })
    }

    fn then(mut self, session: Option<SessionId>, activity: Activity) -> Self {
        let at = self.entries.last().map_or_else(Timestamp::default, |last| last.at + PAUSE) + self.gap;
        self.entries.push(Entry { at, session, activity });
        self.gap = Duration::ZERO;
        self
    }
}

impl fmt::Display for Diary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let starts = self.entries.first().map(|entry| entry.at).unwrap_or_default();
        for entry in &self.entries {
            let session = match (entry.session, &entry.activity) {
                (Some(session), Activity::OpenSession { .. }) => format!(" {}", session.0),
                (Some(session), _) => format!(" in session {}", session.0),
                (None, _) => String::new(),
            };
            let after = entry.at.since(starts);
            let after = if after == Duration::ZERO { "0s".to_owned() } else { after.to_string() };
            writeln!(f, "  +{after:<9} {}{session}", told(&entry.activity))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Diary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} activities\n{self}", self.entries.len())
    }
}
