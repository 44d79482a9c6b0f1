//! Brings what the regions hand on to the aggregator and publishes every window of every query, each thing at its time.

use std::collections::{BTreeMap, BTreeSet};

use model::{Partial, QueryId, RegionId, Release, Timestamp, Window};
use scenario::{FaultKind, Keeps, Party};

use crate::{
    PlayError,
    journeys::Journey,
    log::{Event, Log},
    servers::{Contributed, Servers},
    setting::Setting,
    verification::{self, Verified},
};

/// What was published, and how.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) releases: Vec<Release>,
    /// When each window was published.
    pub(crate) times: BTreeMap<(QueryId, Window), Timestamp>,
    pub(crate) log: Log,
    /// Attempts to hand on that nobody answered.
    pub(crate) unanswered: u64,
    /// Reports that came too late for the release.
    pub(crate) left_out: u64,
}

/// A window of a query, by the query's place in the file.
type Slot = (Window, usize);

/// What one region knows of one window, on its way to the aggregator.
struct Handed {
    partial: Partial,
    /// When the aggregator first has it, unless it forgets it.
    arrives: Timestamp,
    journey: Journey,
    /// Whether it is handed on again, since the aggregator was started again.
    again: bool,
    /// Whether the release did without it.
    is_left_out: bool,
}

/// Publishes all windows, each as often as the vendor's conduct is: as soon as a window is closed and what regions know of
/// it is there, at equal times in order of windows and of queries in the file. Regions hand on what they know as soon as
/// it is sealed, and again for as long as there is no answer, or if the aggregator was started again.
///
/// # Errors
/// If the aggregator refuses a contribution or a release, or cannot be started again.
pub(crate) fn publish(
    setting: &Setting<'_>,
    servers: &mut Servers,
    partials: Vec<Partial>,
    verified: &[Verified],
) -> Result<Outcome, PlayError> {
    let mut press = Press::new(setting, servers, partials, verified);
    press.run()?;
    Ok(press.outcome)
}

struct Press<'a> {
    setting: &'a Setting<'a>,
    servers: &'a mut Servers,
    handed: Vec<Handed>,
    /// What is to arrive, by its place in `handed`.
    arrivals: BTreeSet<(Timestamp, usize)>,
    /// What is handed on of each window that is not published yet.
    open: BTreeMap<Slot, Vec<usize>>,
    /// When each of these is published, as things stand.
    due: BTreeSet<(Timestamp, Slot)>,
    /// When the aggregator is started again, the last first.
    restarts: Vec<(Timestamp, Keeps)>,
    outcome: Outcome,
}

impl<'a> Press<'a> {
    fn new(setting: &'a Setting<'a>, servers: &'a mut Servers, partials: Vec<Partial>, verified: &[Verified]) -> Self {
        let (done, grace) = (verification::done(verified), setting.script.collection.grace);
        let mut press = Self {
            setting,
            servers,
            handed: Vec::with_capacity(partials.len()),
            arrivals: BTreeSet::new(),
            open: BTreeMap::new(),
            due: BTreeSet::new(),
            restarts: restarts(setting),
            outcome: Outcome::default(),
        };
        for (place, partial) in partials.into_iter().enumerate() {
            let of_query = setting.script.queries.iter().position(|query| query.id == partial.query);
            let slot = (partial.window, of_query.unwrap_or(usize::MAX));
            let verified = region_of(&partial)
                .and_then(|region| done.get(&(region, partial.query.as_str(), partial.window)).copied());
            let sealed = (partial.window.end + grace).max(verified.unwrap_or(Timestamp::from_millis(i64::MIN)));
            let journey = press.journey(&partial, sealed);
            press.arrivals.insert((journey.arrives, place));
            press.open.entry(slot).or_default().push(place);
            press.handed.push(Handed { partial, arrives: journey.arrives, journey, again: false, is_left_out: false });
        }
        press.due = press.all_due();
        press
    }

    /// What becomes of what is first handed on at `sent`.
    fn journey(&self, partial: &Partial, sent: Timestamp) -> Journey {
        match region_of(partial) {
            Some(region) => {
                Journey::of(&self.setting.script.faults, &Party::Region(region.clone()), &Party::Aggregator, sent)
            }
            None => Journey { arrives: sent, heard: sent, unanswered: 0 },
        }
    }

    fn all_due(&self) -> BTreeSet<(Timestamp, Slot)> {
        self.open.iter().map(|(slot, handed)| (self.published_at(slot, handed), *slot)).collect()
    }

    /// When a window is published: when it is closed, and all is there that regions hand on, or as much as came as long as
    /// a release waits. With nothing at all, there is nothing to publish.
    fn published_at(&self, (window, _): &Slot, handed: &[usize]) -> Timestamp {
        let collection = &self.setting.script.collection;
        let closed = window.end + collection.grace;
        let limit = collection.release_wait.map_or(Timestamp::MAX, |wait| closed + wait);
        let arrivals = || handed.iter().map(|place| self.handed[*place].arrives);
        let (first, last) = (arrivals().min().unwrap_or(closed), arrivals().max().unwrap_or(closed));
        last.max(closed).min(limit.max(first))
    }

    fn run(&mut self) -> Result<(), PlayError> {
        loop {
            let release = self.due.first().copied();
            let arrival = self.arrivals.first().copied();
            match (arrival, release) {
                (Some((at, place)), release) if release.is_none_or(|(due, _)| at <= due) => {
                    self.arrivals.pop_first();
                    self.arrive(place, at)?;
                }
                (_, Some((now, slot))) => {
                    // It is started again when it has all that it needs and before it publishes.
                    if !self.start_again(now)? {
                        self.release(slot, now)?;
                    }
                }
                (_, None) => return Ok(()),
            }
        }
    }

    /// What one region hands on arrives at `now`.
    fn arrive(&mut self, place: usize, now: Timestamp) -> Result<(), PlayError> {
        let Handed { partial, journey, again, is_left_out, .. } = &self.handed[place];
        let contributed = self.servers.contribute(partial.clone(), now)?;
        if now < journey.heard {
            self.arrivals.insert((journey.heard, place));
            return Ok(());
        }
        let Some(region) = region_of(partial) else { return Ok(()) };
        let (query, window, unanswered) = (&partial.query, partial.window.to_string(), journey.unanswered);
        self.outcome.unanswered += unanswered;
        if *is_left_out || contributed == Contributed::TooLate {
            let reports = partial.counts.iter().chain(partial.shares.iter().map(|share| &share.reports)).sum();
            self.outcome.left_out += reports;
            self.outcome.log.record("aggregator", now, None, Event::LeftOut { region, query, window, reports });
        } else if *again || unanswered > 0 {
            let known = contributed == Contributed::Known;
            let event = Event::HandedOnAgain { region, query, window, known, unanswered };
            self.outcome.log.record("aggregator", now, None, event);
        }
        Ok(())
    }

    /// Starts the aggregator again as often as that happens until `now`, upon which regions hand on again what is not
    /// published yet, since they do not know whether it has that. Whether it happened at all.
    fn start_again(&mut self, now: Timestamp) -> Result<bool, PlayError> {
        let mut happened = false;
        while let Some((_, keeps)) = self.restarts.pop_if(|(at, _)| *at <= now) {
            happened = true;
            self.servers.restart_aggregator(self.setting, keeps)?;
            let arrived = |place: &usize| self.handed[*place].arrives <= now;
            for place in self.open.values().flatten().copied().filter(arrived).collect::<Vec<_>>() {
                let journey = self.journey(&self.handed[place].partial, now);
                let handed = &mut self.handed[place];
                self.arrivals.remove(&(handed.journey.heard, place));
                self.arrivals.insert((journey.arrives, place));
                handed.arrives = if keeps == Keeps::Nothing { journey.arrives } else { handed.arrives };
                (handed.journey, handed.again) = (journey, true);
            }
        }
        if happened {
            self.due = self.all_due();
        }
        Ok(happened)
    }

    /// Publishes one window of one query.
    fn release(&mut self, slot: Slot, now: Timestamp) -> Result<(), PlayError> {
        self.due.remove(&(now, slot));
        let (Some(places), window) = (self.open.remove(&slot), slot.0) else { return Ok(()) };
        let Some(query) = places.first().map(|place| self.handed[*place].partial.query.clone()) else { return Ok(()) };
        for place in places {
            self.handed[place].is_left_out = self.handed[place].arrives > now;
        }
        let often = self.setting.script.conduct.get(&query).map_or(1, |conduct| conduct.publications.get());
        for _ in 0..often {
            let release = self.servers.release(&query, window, now)?;
            let withheld = release.withheld.iter().map(|(_, groups)| groups).sum();
            let (cells, window) = (release.cells.len(), window.to_string());
            self.outcome.log.record(
                "aggregator",
                now,
                None,
                Event::Released { query: &query, window, cells, withheld },
            );
            self.outcome.releases.push(release);
        }
        self.outcome.times.insert((query, window), now);
        Ok(())
    }
}

/// The region that handed `partial` on.
fn region_of(partial: &Partial) -> Option<&RegionId> {
    partial.regions.first()
}

/// When the aggregator is started again, the last first.
fn restarts(setting: &Setting<'_>) -> Vec<(Timestamp, Keeps)> {
    let restart = |fault: &scenario::Fault| match fault.kind {
        FaultKind::AggregatorRestart { keeps } => Some((fault.at, keeps)),
        _ => None,
    };
    let mut restarts: Vec<_> = setting.script.faults.iter().filter_map(restart).collect();
    restarts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    restarts
}
