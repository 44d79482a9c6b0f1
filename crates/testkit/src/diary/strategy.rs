//! Strategies: any possible diary, and pairs of diaries that differ in incognito activity alone.

use std::fmt;

use model::{Activity, ActivityKind as Kind, Duration, Entry, Mode, Seed, SessionId, Timestamp};
use proptest::{
    strategy::{NewTree, Strategy, ValueTree},
    test_runner::TestRunner,
};

use super::{
    Diary,
    rules::{ACTIVITIES_MAX, Line, Repertoire, State, mended},
    shrink::Shrinking,
    writing,
};

/// Any diary that is possible with `repertoire`.
///
/// ```
/// use testkit::{Repertoire, diaries, proptest::{strategy::{Strategy, ValueTree}, test_runner::TestRunner}};
///
/// let diary = diaries(Repertoire::default()).new_tree(&mut TestRunner::deterministic())?.current();
/// assert!((1..=25).contains(&diary.entries().len())); // one more where the network was gone at the end
/// # Ok::<(), testkit::proptest::test_runner::Reason>(())
/// ```
#[must_use]
pub const fn diaries(repertoire: Repertoire) -> DiaryStrategy {
    DiaryStrategy(repertoire)
}

/// Two diaries that agree in everything but incognito activity.
#[must_use]
pub const fn twins(repertoire: Repertoire) -> TwinsStrategy {
    TwinsStrategy(repertoire)
}

/// See [`diaries`].
#[derive(Debug, Clone)]
pub struct DiaryStrategy(Repertoire);

/// See [`twins`].
#[derive(Debug, Clone)]
pub struct TwinsStrategy(Repertoire);

/// A diary that shrinks.
#[derive(Debug, Clone)]
pub struct DiaryTree(Shrinking<Lived>);

/// A pair that shrinks, both diaries at once where they agree.
#[derive(Debug, Clone)]
pub struct TwinsTree(Shrinking<Lived>);

/// Two diaries that agree in everything but incognito activity.
#[derive(Clone, PartialEq, Eq)]
pub struct Twins {
    /// The one.
    pub main: Diary,
    /// The other.
    pub other: Diary,
}

impl fmt::Debug for Twins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "main: {:?}other: {:?}", self.main, self.other)
    }
}

/// Whose line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Both,
    Main,
    Other,
}

/// A line, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Lived {
    entry: Entry,
    whose: Whose,
}

impl Line for Lived {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    fn entry_mut(&mut self) -> &mut Entry {
        &mut self.entry
    }

    fn common(entry: Entry) -> Self {
        Self { entry, whose: Whose::Both }
    }
}

impl Strategy for DiaryStrategy {
    type Tree = DiaryTree;
    type Value = Diary;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(DiaryTree(Shrinking::of(drawn(&self.0, runner)?)))
    }
}

impl Strategy for TwinsStrategy {
    type Tree = TwinsTree;
    type Value = Twins;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let mut lines = drawn(&self.0, runner)?;
        let hidden = incognito_sessions(&lines);
        let mut other = drawn(&self.0, runner)?;
        let others = incognito_sessions(&other);
        let is_of = |line: &Lived, sessions: &[SessionId]| line.entry.session.is_some_and(|id| sessions.contains(&id));
        for line in lines.iter_mut().filter(|line| is_of(line, &hidden)) {
            line.whose = Whose::Main;
        }
        other.retain(|line| is_of(line, &others));
        for line in &mut other {
            line.whose = Whose::Other;
            // Numbers that no session of the one has.
            line.entry.session = line.entry.session.map(|id| SessionId(id.0.saturating_add(OTHERS_FROM)));
        }
        lines.extend(other);
        lines.sort_by_key(|line| line.entry.at);
        Ok(TwinsTree(Shrinking::of(mended(lines))))
    }
}

/// Sessions of the other twin alone are numbered from here: no diary has as many.
const OTHERS_FROM: u32 = 1_000;

fn incognito_sessions(lines: &[Lived]) -> Vec<SessionId> {
    let incognito = Activity::OpenSession { mode: Mode::Incognito };
    let opening = lines.iter().filter(|line| line.entry.activity == incognito);
    opening.filter_map(|line| line.entry.session).collect()
}

impl ValueTree for DiaryTree {
    type Value = Diary;

    fn current(&self) -> Diary {
        Diary::of(self.0.current().iter().map(|line| line.entry.clone()).collect())
    }

    fn simplify(&mut self) -> bool {
        self.0.accept()
    }

    fn complicate(&mut self) -> bool {
        self.0.reject()
    }
}

impl ValueTree for TwinsTree {
    type Value = Twins;

    fn current(&self) -> Twins {
        let without = |not: Whose| {
            let lines = self.0.current().iter().filter(|line| line.whose != not);
            Diary::of(lines.map(|line| line.entry.clone()).collect())
        };
        Twins { main: without(Whose::Other), other: without(Whose::Main) }
    }

    fn simplify(&mut self) -> bool {
        self.0.accept()
    }

    fn complicate(&mut self) -> bool {
        self.0.reject()
    }
}

/// When diaries begin.
const STARTS_MS: i64 = 1_588_327_200_000; // 2020-05-01T10:00:00Z

/// A diary, drawn line by line: whatever is drawn is possible when it is.
fn drawn(repertoire: &Repertoire, runner: &mut TestRunner) -> Result<Vec<Lived>, proptest::test_runner::Reason> {
    let seed = proptest::prelude::any::<u64>().new_tree(runner)?.current();
    let mut dice = Dice { seed: Seed::root(seed).derive("diary"), thrown: 0 };
    let mut state = State::default();
    let mut lines: Vec<Lived> = Vec::new();
    let mut at = Timestamp::from_millis(STARTS_MS);
    let count = 1 + dice.below(repertoire.activities_max.clamp(1, ACTIVITIES_MAX) as u64);
    for _ in 0..count {
        let Some((session, activity)) = dice.activity(repertoire, &state) else { continue };
        let entry = Entry { at, session, activity };
        if state.allows(&entry) {
            state.apply(&entry);
            lines.push(Lived::common(entry));
            at = at + dice.gap();
        }
    }
    if lines.is_empty() {
        let open = Activity::OpenSession { mode: Mode::Normal };
        lines.push(Lived::common(Entry { at, session: Some(SessionId(1)), activity: open }));
    }
    Ok(mended(lines))
}

/// Chance for one diary.
struct Dice {
    seed: Seed,
    thrown: u64,
}

impl Dice {
    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: u64) -> u64 {
        let drawn = self.seed.nth(self.thrown);
        self.thrown += 1;
        let bytes = drawn.as_bytes().first_chunk::<8>().copied().unwrap_or_default();
        u64::from_le_bytes(bytes) % bound.max(1)
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let place = usize::try_from(self.below(all.len() as u64)).unwrap_or_default();
        all.get(place)
    }

    fn yes(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Within a page's time, around the usual flush intervals, or long.
    fn gap(&mut self) -> Duration {
        let longest_ms = self.one_of(&[5_000, 5_000, 40_000, 40_000, 150_000, 7_200_000]).copied().unwrap_or(1);
        Duration::from_millis(1 + self.below(longest_ms))
    }

    fn page(&mut self) -> String {
        format!("https://site{}.example/page", self.below(9))
    }

    /// Something that can be done now. A person mostly browses.
    fn activity(&mut self, repertoire: &Repertoire, state: &State) -> Option<(Option<SessionId>, Activity)> {
        let open: Vec<SessionId> = state.open().keys().copied().collect();
        let inside = self.below(10) < 6;
        let (session, kind) = match self.one_of(&open) {
            Some(session) if inside => (Some(*session), *self.one_of(&INSIDE)?),
            _ if self.below(10) < 4 => (Some(state.next_session()), Kind::OpenSession),
            _ => (None, *self.one_of(&OUTSIDE)?),
        };
        if !repertoire.kinds.contains(&kind) {
            return None;
        }
        let activity = match kind {
            Kind::OpenSession => {
                Activity::OpenSession { mode: if self.yes() { Mode::Incognito } else { Mode::Normal } }
            }
            Kind::SetOnline => Activity::SetOnline { online: state.is_offline() },
            Kind::LogIn | Kind::LogOut if state.is_logged_in() => Activity::LogOut,
            Kind::LogIn | Kind::LogOut => Activity::LogIn { account: "alice".to_owned() },
            Kind::Update => Activity::Update { version: next_version(repertoire, state)? },
            kind => self.plain(kind, repertoire)?,
        };
        Some((session, activity))
    }

    /// An activity of `kind` whose possibility does not depend on what was done before.
    fn plain(&mut self, kind: Kind, repertoire: &Repertoire) -> Option<Activity> {
        Some(match kind {
            Kind::CloseSession => Activity::CloseSession,
            Kind::Visit => self.visit(),
            Kind::Search => {
                let (engine, terms) = (writing::ENGINE.to_owned(), format!("words {}", self.below(9)));
                Activity::Search { engine, terms, typed: self.yes() }
            }
            Kind::TypeText => Activity::TypeText { text: "abc".to_owned() },
            Kind::Download => Activity::Download { url: self.page() },
            Kind::Share => Activity::Share { url: self.page() },
            Kind::ShowScreen => Activity::ShowScreen { name: "settings".to_owned() },
            Kind::ChangeSetting => {
                let setting = self.one_of(&repertoire.settings)?;
                Activity::ChangeSetting { name: setting.name.clone(), value: self.one_of(&setting.values)?.clone() }
            }
            Kind::FlipSwitch => Activity::FlipSwitch { position: self.one_of(&repertoire.positions)?.clone() },
            Kind::Consent if repertoire.asks_consent => Activity::Consent { given: self.yes() },
            Kind::Restart => Activity::Restart,
            Kind::ClearData => Activity::ClearData,
            Kind::Reinstall => Activity::Reinstall,
            Kind::CrashTab => Activity::CrashTab,
            Kind::CrashApp => Activity::CrashApp,
            _ => return None,
        })
    }

    fn visit(&mut self) -> Activity {
        let url = self.page();
        Activity::Visit {
            title: format!("Title of {url}"),
            text: "words".to_owned(),
            links: vec![format!("{url}/next")],
            embeds: vec!["https://cdn.example/pixel".to_owned()],
            typed: self.yes(),
            dwell_ms: 900,
            url,
        }
    }
}

/// The version after the one that is installed.
fn next_version(repertoire: &Repertoire, state: &State) -> Option<model::Version> {
    let place = state.version().and_then(|version| repertoire.updates.iter().position(|known| known == version));
    repertoire.updates.get(place.map_or(0, |place| place + 1)).cloned()
}

/// Kinds of what is done in a session, as often as they are drawn.
const INSIDE: [Kind; 12] = [
    Kind::Visit,
    Kind::Visit,
    Kind::Visit,
    Kind::Visit,
    Kind::Search,
    Kind::Search,
    Kind::TypeText,
    Kind::Download,
    Kind::Share,
    Kind::CrashTab,
    Kind::CloseSession,
    Kind::CloseSession,
];

/// Kinds of what is done with the client itself.
const OUTSIDE: [Kind; 14] = [
    Kind::SetOnline,
    Kind::SetOnline,
    Kind::SetOnline,
    Kind::FlipSwitch,
    Kind::FlipSwitch,
    Kind::Consent,
    Kind::LogIn,
    Kind::Update,
    Kind::Restart,
    Kind::CrashApp,
    Kind::ClearData,
    Kind::Reinstall,
    Kind::ChangeSetting,
    Kind::ShowScreen,
];
