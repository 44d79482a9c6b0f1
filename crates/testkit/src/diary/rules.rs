//! Which diaries are possible: sessions are opened before they are used, times rise, whoever loses the network regains it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Activity, ActivityKind, Duration, Entry, Mode, SessionId, Setting, Version};

/// Longest that a diary can be, in activities.
pub(super) const ACTIVITIES_MAX: usize = 200;

/// What a client can be asked to do, and how much of it.
#[derive(Debug, Clone)]
pub struct Repertoire {
    /// Most activities of a diary; 1 to 200, by default 24.
    pub activities_max: usize,
    /// Kinds that there are; by default all.
    pub kinds: BTreeSet<ActivityKind>,
    /// Positions of the switch; by default there is none.
    pub positions: Vec<String>,
    /// Versions to which it can be updated, one after the other; by default none.
    pub updates: Vec<Version>,
    /// Settings beside the switch; by default none.
    pub settings: Vec<Setting>,
    /// Whether it asks for consent; by default not.
    pub asks_consent: bool,
}

impl Default for Repertoire {
    fn default() -> Self {
        use ActivityKind as K;
        let kinds = [
            K::OpenSession,
            K::CloseSession,
            K::Visit,
            K::Search,
            K::TypeText,
            K::Download,
            K::Share,
            K::ShowScreen,
            K::ChangeSetting,
            K::SetOnline,
            K::FlipSwitch,
            K::Consent,
            K::LogIn,
            K::LogOut,
            K::Update,
            K::Restart,
            K::ClearData,
            K::Reinstall,
            K::CrashTab,
            K::CrashApp,
        ];
        Self {
            activities_max: 24,
            kinds: kinds.into_iter().collect(),
            positions: Vec::new(),
            updates: Vec::new(),
            settings: Vec::new(),
            asks_consent: false,
        }
    }
}

impl Repertoire {
    /// What a client that is described so can do, beginning with its first version.
    #[must_use]
    pub fn of(description: &crate::Description) -> Self {
        let mut repertoire = Self::default();
        repertoire.kinds.retain(|kind| !description.lacks.contains(kind));
        let Some((first, later)) = description.versions.split_first() else { return repertoire };
        let switch = first.switch.iter().flat_map(|control| &control.positions);
        Self {
            positions: switch.map(|position| position.name.clone()).collect(),
            updates: later.iter().map(|fact| fact.version.clone()).collect(),
            settings: first.settings.clone(),
            asks_consent: first.asks_consent,
            ..repertoire
        }
    }

    /// The same without `kinds`.
    #[must_use]
    pub fn without(mut self, kinds: impl IntoIterator<Item = ActivityKind>) -> Self {
        kinds.into_iter().for_each(|kind| {
            self.kinds.remove(&kind);
        });
        self
    }

    /// The same with at most so many activities in a diary.
    #[must_use]
    pub fn at_most(self, activities_max: usize) -> Self {
        Self { activities_max, ..self }
    }
}

/// What holds at one point of a diary.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    open: BTreeMap<SessionId, Mode>,
    opened: BTreeSet<SessionId>,
    offline: bool,
    account: bool,
    consent: Option<bool>,
    position: Option<String>,
    version: Option<Version>,
}

impl State {
    /// Sessions that are open.
    pub(super) const fn open(&self) -> &BTreeMap<SessionId, Mode> {
        &self.open
    }

    /// A number that no session had.
    pub(super) fn next_session(&self) -> SessionId {
        SessionId(self.opened.last().map_or(1, |last| last.0.saturating_add(1)))
    }

    pub(super) const fn is_offline(&self) -> bool {
        self.offline
    }

    pub(super) const fn is_logged_in(&self) -> bool {
        self.account
    }

    pub(super) const fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }

    /// Whether `entry` can be done now, and changes something where that is what it is for.
    pub(super) fn allows(&self, entry: &Entry) -> bool {
        let inside = entry.session.is_some_and(|session| self.open.contains_key(&session));
        let outside = entry.session.is_none();
        match &entry.activity {
            Activity::OpenSession { .. } => entry.session.is_some_and(|session| !self.opened.contains(&session)),
            Activity::CloseSession
            | Activity::Visit { .. }
            | Activity::Search { .. }
            | Activity::TypeText { .. }
            | Activity::Download { .. }
            | Activity::Share { .. }
            | Activity::CrashTab => inside,
            Activity::ShowScreen { .. } | Activity::ChangeSetting { .. } => inside || outside,
            Activity::SetOnline { online } => outside && *online == self.offline,
            Activity::FlipSwitch { position } => outside && self.position.as_ref() != Some(position),
            Activity::Consent { given } => outside && self.consent != Some(*given),
            Activity::LogIn { .. } => outside && !self.account,
            Activity::LogOut => outside && self.account,
            Activity::Update { version } => outside && self.version.as_ref() != Some(version),
            Activity::Restart | Activity::ClearData | Activity::Reinstall | Activity::CrashApp => outside,
        }
    }

    /// Takes in that `entry` was done.
    pub(super) fn apply(&mut self, entry: &Entry) {
        match (&entry.activity, entry.session) {
            (Activity::OpenSession { mode }, Some(session)) => {
                self.open.insert(session, *mode);
                self.opened.insert(session);
            }
            (Activity::CloseSession, Some(session)) => drop(self.open.remove(&session)),
            (Activity::SetOnline { online }, _) => self.offline = !online,
            (Activity::FlipSwitch { position }, _) => self.position = Some(position.clone()),
            (Activity::Consent { given }, _) => self.consent = Some(*given),
            (Activity::LogIn { .. }, _) => self.account = true,
            (Activity::LogOut, _) => self.account = false,
            (Activity::Update { version }, _) => {
                self.version = Some(version.clone());
                self.open.clear();
            }
            (Activity::Restart | Activity::CrashApp, _) => self.open.clear(),
            (Activity::ClearData | Activity::Reinstall, _) => {
                self.open.clear();
                (self.account, self.consent, self.position) = (false, None, None);
            }
            _ => {}
        }
    }
}

/// Something that has the shape of a line of a diary.
pub(super) trait Line: Clone {
    fn entry(&self) -> &Entry;
    fn entry_mut(&mut self) -> &mut Entry;
    /// A line that everybody does.
    fn common(entry: Entry) -> Self;
}

/// The same lines without those that are impossible; times rise, and the network is back at the end.
pub(super) fn mended<L: Line>(lines: impl IntoIterator<Item = L>) -> Vec<L> {
    let mut state = State::default();
    let mut kept: Vec<L> = Vec::new();
    for mut line in lines {
        if let Some(last) = kept.last() {
            let earliest = last.entry().at + Duration::from_millis(1);
            line.entry_mut().at = line.entry().at.max(earliest);
        }
        if state.allows(line.entry()) {
            state.apply(line.entry());
            kept.push(line);
        }
    }
    if state.offline
        && let Some(last) = kept.last()
    {
        let at = last.entry().at + Duration::from_secs(60);
        kept.push(L::common(Entry { at, session: None, activity: Activity::SetOnline { online: true } }));
    }
    kept
}
