//! Windows of event time: which takes a report, and when it is sealed.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::Range,
};

use aggregation::{Accumulator, PushError, SealError, prio3::ShareWindow};
use model::{Duration, Partial, Query, QueryId, RegionId, Report, Reports, Timestamp, Window};

use crate::{Config, Counts, MergeError, Refusal};

/// A window of one of the queries, by the query's place among them.
pub(crate) type Slot = (usize, Window);

/// Reports that stand together in their batch and go into one window.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    slot: Slot,
    reports: Range<usize>,
}

/// Which windows could take a report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reach {
    /// Times for which it is the same windows.
    pub(crate) times: Window,
    /// End of the last of them; where there is no query, the report's time.
    pub(crate) last_end: Timestamp,
}

impl Reach {
    /// That of no time at all.
    pub(crate) const NONE: Self =
        Self { times: Window { start: Timestamp::MAX, end: Timestamp::MAX }, last_end: Timestamp::MAX };
}

/// Where the reports of a batch go.
#[derive(Debug)]
pub(crate) struct Placed {
    /// Sorted by slot.
    pub(crate) places: Vec<Place>,
    /// How often a window was closed that would have taken a report.
    pub(crate) missed: u64,
}

/// A window of which nothing can be handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostWindow {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// Why.
    pub error: SealError,
}

/// A window that a collector forgot while it took reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forgotten {
    /// The query.
    pub query: QueryId,
    /// The window.
    pub window: Window,
    /// Reports that were counted in it, or whose shares were held.
    pub reports: u64,
}

/// A window that is about to be opened.
enum Fresh {
    Open(Box<Accumulator>),
    Shared(Box<ShareWindow>),
}

impl Fresh {
    fn has_room_for(&self, reports: usize) -> bool {
        match self {
            Self::Open(window) => window.has_room_for(reports),
            Self::Shared(window) => window.has_room_for(reports),
        }
    }
}

/// The windows of a region's queries.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    pub(crate) queries: Vec<Query>, // those that this region answers
    grace: Duration,
    open: BTreeMap<Slot, Accumulator>,
    /// Windows whose reports come in shares, until both servers are done with them.
    pub(crate) shared: BTreeMap<Slot, ShareWindow>,
    sealed: BTreeMap<(QueryId, Window), Partial>,
    /// No window takes reports that was to be closed by then.
    sealed_at: Timestamp,
}

impl Windows {
    pub(crate) fn new(config: &Config) -> Self {
        let asked = |query: &&Query| query.regions.is_empty() || query.regions.contains(&config.region);
        Self {
            queries: config.queries.iter().filter(asked).cloned().collect(),
            grace: config.limits.grace,
            open: BTreeMap::new(),
            shared: BTreeMap::new(),
            sealed: BTreeMap::new(),
            sealed_at: Timestamp::from_millis(i64::MIN),
        }
    }

    /// Windows that take up room.
    pub(crate) fn len(&self) -> usize {
        self.open.len() + self.shared.len() + self.sealed.len()
    }

    pub(crate) const fn sealed_at(&self) -> Timestamp {
        self.sealed_at
    }

    /// The time by which reports are judged that come in at `now`: a clock that went back does not open windows again.
    pub(crate) fn judged_at(&self, now: Timestamp) -> Timestamp {
        now.max(self.sealed_at)
    }

    /// Which windows could take a report of that time.
    pub(crate) fn reach(&self, time: Timestamp) -> Reach {
        let mut windows = self.queries.iter().map(|query| Window::holding(time, query.window));
        let Some(first) = windows.next() else {
            let alone = Window { start: time, end: time.after(Duration::from_millis(1)) };
            return Reach { times: alone, last_end: time };
        };
        windows.fold(Reach { times: first, last_end: first.end }, |Reach { times, last_end }, window| {
            let times = Window { start: times.start.max(window.start), end: times.end.min(window.end) };
            Reach { times, last_end: last_end.max(window.end) }
        })
    }

    pub(crate) fn is_closed(&self, window: Window, now: Timestamp) -> bool {
        window.end.after(self.grace) <= self.judged_at(now)
    }

    /// Where the `timely` ones of `reports` go at `now`.
    pub(crate) fn place(&self, reports: &Reports<'_>, timely: &[Range<usize>], now: Timestamp) -> Placed {
        let mut placed = Placed { places: Vec::with_capacity(timely.len() * self.queries.len()), missed: 0 };
        for (number, query) in self.queries.iter().enumerate() {
            for Range { mut start, end } in timely.iter().cloned() {
                while start < end {
                    let window = Window::holding(reports.time(start), query.window);
                    let apart = (start + 1..end).find(|&index| !window.holds(reports.time(index)));
                    let run = start..apart.unwrap_or(end);
                    start = run.end;
                    if self.is_closed(window, now) {
                        placed.missed += run.len() as u64;
                    } else {
                        placed.places.push(Place { slot: (number, window), reports: run });
                    }
                }
            }
        }
        placed.places.sort_by_key(|place| place.slot);
        placed
    }

    /// Opens the windows of `places`, sorted by slot, if all of them have room for what goes there.
    pub(crate) fn make_room(&mut self, places: &[Place], config: &Config) -> Result<(), Refusal> {
        let slots = || places.chunk_by(|a, b| a.slot == b.slot);
        let is_open = |slot: &Slot| self.open.contains_key(slot) || self.shared.contains_key(slot);
        let fresh = slots().filter(|group| !is_open(&group[0].slot)).count();
        if self.len() + fresh > config.limits.windows_max {
            return Err(Refusal::Overloaded { what: "windows", max: config.limits.windows_max });
        }
        let mut opened = Vec::new();
        for group in slots() {
            let slot = group[0].slot;
            let made = if is_open(&slot) { None } else { Some(self.fresh(slot, config)) };
            let reports = group.iter().map(|place| place.reports.len()).sum();
            let has_room = match &made {
                Some(made) => made.has_room_for(reports),
                None => {
                    self.open.get(&slot).is_none_or(|window| window.has_room_for(reports))
                        && self.shared.get(&slot).is_none_or(|window| window.has_room_for(reports))
                }
            };
            if !has_room {
                let max = config.limits.window.rows_max.min(config.limits.window.groups_max);
                return Err(Refusal::Overloaded { what: "reports in a window", max });
            }
            opened.extend(made.map(|made| (slot, made)));
        }
        for (slot, made) in opened {
            match made {
                Fresh::Open(window) => drop(self.open.insert(slot, *window)),
                Fresh::Shared(window) => drop(self.shared.insert(slot, *window)),
            }
        }
        Ok(())
    }

    fn fresh(&self, (number, window): Slot, config: &Config) -> Fresh {
        let (query, limits) = (&self.queries[number], &config.limits);
        let (sampling, verification) = (&config.sampling, &config.verification);
        match ShareWindow::new(query, &config.region, window, sampling, verification, limits.shares) {
            Some(shared) => Fresh::Shared(Box::new(shared)),
            None => Fresh::Open(Box::new(Accumulator::new(query, window, sampling, limits.window))),
        }
    }

    /// Counts `reports` where they go, and in `counts` those that cannot be.
    pub(crate) fn push(&mut self, reports: &Reports<'_>, places: &[Place], counts: &mut Counts) {
        for place in places {
            if let Some(shared) = self.shared.get_mut(&place.slot) {
                let before: u64 = shared.refused().values().sum();
                place.reports.clone().for_each(|index| _ = shared.push(&reports.get(index).into()));
                counts.shares_refused += shared.refused().values().sum::<u64>() - before;
            } else if let Some(accumulator) = self.open.get_mut(&place.slot) {
                accumulator.push_batch(reports, place.reports.clone(), |refusal| match refusal {
                    PushError::Response(_) => counts.responses_malformed += 1,
                    // Room was made before: only its own key can be too long.
                    _ => counts.keys_too_long += 1,
                });
            }
        }
    }

    /// Takes `report` back from every open window that counts it.
    pub(crate) fn take_back(&mut self, report: &Report) {
        for accumulator in self.open.values_mut() {
            accumulator.take_back(report);
        }
        for shared in self.shared.values_mut() {
            shared.take_back(report);
        }
    }

    /// Forgets every window that takes reports at `now`.
    pub(crate) fn forget(&mut self, now: Timestamp) -> Vec<Forgotten> {
        let (grace, now) = (self.grace, self.judged_at(now));
        let takes_reports = |slot: &Slot| slot.1.end.after(grace) > now;
        let open = self.open.extract_if(.., |slot, _| takes_reports(slot)).map(|(slot, window)| (slot, window.len()));
        let mut gone: BTreeMap<Slot, u64> = open.collect();
        let shared = self.shared.extract_if(.., |slot, _| takes_reports(slot));
        gone.extend(shared.map(|(slot, window)| (slot, window.held())));
        let forgotten = |((number, window), reports)| {
            let query: &Query = &self.queries[number];
            Forgotten { query: query.id.clone(), window, reports }
        };
        gone.into_iter().map(forgotten).collect()
    }

    /// Seals every window that is closed at `now`.
    pub(crate) fn seal(&mut self, region: &RegionId, now: Timestamp) -> Vec<LostWindow> {
        self.sealed_at = self.judged_at(now);
        let (grace, sealed_at) = (self.grace, self.sealed_at);
        let mut lost = Vec::new();
        for ((number, window), accumulator) in
            self.open.extract_if(.., |(_, window), _| window.end.after(grace) <= sealed_at)
        {
            let query = self.queries[number].id.clone();
            match accumulator.seal(region) {
                Ok(partial) => drop(self.sealed.insert((query, window), partial)),
                Err(error) => lost.push(LostWindow { query, window, error }),
            }
        }
        self.seal_shared(region);
        lost
    }

    /// Seals the windows whose reports came in shares once both servers are done with them, which takes its time.
    fn seal_shared(&mut self, region: &RegionId) {
        for ((number, window), shared) in self.shared.extract_if(.., |_, shared| shared.is_over()) {
            if let Some(partial) = shared.seal(region) {
                self.sealed.insert((self.queries[number].id.clone(), window), partial);
            }
        }
    }

    /// Gives up the windows whose reports came in shares and that the other server left alone until `until`.
    pub(crate) fn give_up(&mut self, until: Timestamp) -> u64 {
        self.shared.extract_if(.., |(_, window), _| window.end <= until).count() as u64
    }

    pub(crate) fn sealed(&self) -> impl Iterator<Item = &Partial> {
        self.sealed.values()
    }

    pub(crate) fn handed_on(&mut self, windows: &[(QueryId, Window)]) {
        for window in windows {
            self.sealed.remove(window);
        }
    }

    /// Takes the windows of another shard too, at most `max` in all. After an error, some were taken and some were not.
    pub(crate) fn absorb(&mut self, other: &Self, max: usize) -> Result<(), MergeError> {
        self.sealed_at = self.sealed_at.max(other.sealed_at);
        for (slot, accumulator) in &other.open {
            match self.open.entry(*slot) {
                Entry::Vacant(entry) => drop(entry.insert(accumulator.clone())),
                Entry::Occupied(mut entry) => entry.get_mut().merge(accumulator).map_err(|source| {
                    MergeError::Shard { query: self.queries[slot.0].id.clone(), window: slot.1, source }
                })?,
            }
        }
        for (slot, shared) in &other.shared {
            let query = || self.queries[slot.0].id.clone();
            match self.shared.entry(*slot) {
                Entry::Vacant(entry) => drop(entry.insert(shared.clone())),
                Entry::Occupied(mut entry) => {
                    if !entry.get_mut().merge(shared) {
                        return Err(MergeError::Shares { query: query(), window: slot.1 });
                    }
                }
            }
        }
        let apart = self.open.keys().find(|(_, window)| self.is_closed(*window, self.sealed_at));
        if let Some((number, window)) = apart {
            return Err(MergeError::SealedApart { query: self.queries[*number].id.clone(), window: *window });
        }
        for (key, partial) in &other.sealed {
            if self.sealed.insert(key.clone(), partial.clone()).is_some() {
                return Err(MergeError::SealedApart { query: key.0.clone(), window: key.1 });
            }
        }
        if self.len() > max {
            return Err(MergeError::Room { what: "windows", max });
        }
        Ok(())
    }
}
