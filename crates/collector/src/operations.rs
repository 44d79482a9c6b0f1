//! How a region is run beside taking uploads in: how long it keeps what came, and what it makes of orders.
//!
//! An honest region is the default. What a vendor does otherwise is written down as what it passes over, so that a
//! scenario can have it and an auditor can find it.

use std::collections::{BTreeMap, BTreeSet};

use model::{Duration, Holding, Ordered, Overlooked, Timestamp};

use crate::Collector;

/// After what time a server's queue brings back what an erasure missed there.
const QUEUE_LASTS: Duration = Duration::from_secs(600);

/// How a region is run. By default nothing is deleted but for room, and every order is obeyed in full.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Operations {
    /// How long reports are kept as they came; `None` for as long as there is room.
    pub retention: Option<Duration>,
    /// Orders that are not obeyed at all.
    pub ignores: BTreeSet<Ordered>,
    /// What an erasure passes over.
    pub erasure_misses: BTreeSet<Overlooked>,
    /// What a report to the authority leaves out.
    pub report_misses: BTreeSet<Overlooked>,
}

/// An order about one device, which the authority names by its uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What must be done.
    pub what: Ordered,
    /// Idempotency keys of uploads that the authority saw the device send.
    pub batches: BTreeSet<String>,
}

/// What a region made of an order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// Whether the vendor turns the device's client off from afar.
    pub client_stopped: bool,
    /// Reports that were erased.
    pub erased: u64,
    /// What is handed over.
    pub reported: Vec<Holding>,
}

impl Collector {
    /// Obeys `notice`, as far as the region's operations have it.
    ///
    /// What is held about the device is what came with one of the named batches, and whatever bears an identifier that
    /// also stands in such a report, or in a report that came with one that does, and so on. An erasure removes all of it
    /// and takes it back from windows that are still open, as far as they are kept as they came; sealed windows keep their
    /// counts, which name no device. Ids of batches are kept, or a replay would bring the device's reports back.
    pub fn serve(&mut self, notice: &Notice, now: Timestamp) -> Answer {
        self.tidy(now);
        if self.config.operations.ignores.contains(&notice.what) {
            return Answer::default();
        }
        match notice.what {
            Ordered::Stop => Answer { client_stopped: true, ..Answer::default() },
            Ordered::Erase => Answer { erased: self.erase(&notice.batches, now), ..Answer::default() },
            Ordered::Report => {
                let about = About::of(&self.raw, &notice.batches, &self.config.operations.report_misses);
                let held = self.raw.holdings().filter(|holding| about.is_about(holding));
                Answer { reported: held.cloned().collect(), ..Answer::default() }
            }
        }
    }

    /// Deletes what was kept for long enough, and stores what a queue brings back.
    pub fn tidy(&mut self, now: Timestamp) {
        let due = self.waiting.extract_if(.., |(at, _)| *at <= now);
        let back: Vec<Holding> = due.map(|(at, holding)| Holding { at, ..holding }).collect();
        self.counts.holdings_dropped += self.raw.keep(back, self.config.limits.holdings_max);
        if let Some(retention) = self.config.operations.retention {
            self.counts.holdings_deleted += self.raw.delete(|holding| holding.at.after(retention) <= now);
        }
    }

    fn erase(&mut self, batches: &BTreeSet<String>, now: Timestamp) -> u64 {
        let misses = &self.config.operations.erasure_misses;
        let about = About::of(&self.raw, batches, misses);
        let gone: Vec<Holding> = self.raw.holdings().filter(|holding| about.is_about(holding)).cloned().collect();
        if !misses.contains(&Overlooked::Aggregate) {
            gone.iter().for_each(|holding| self.windows.take_back(&holding.report));
        }
        if misses.contains(&Overlooked::Queue) {
            let newest = gone.iter().map(|holding| holding.at).max();
            let queued = gone.iter().filter(|holding| Some(holding.at) == newest).cloned();
            self.waiting.extend(queued.map(|holding| (now + QUEUE_LASTS, holding)));
        }
        let erased = self.raw.delete(|holding| about.is_about(holding));
        self.counts.holdings_deleted += erased;
        erased
    }
}

/// What a region takes to be about a device.
struct About {
    devices: BTreeSet<String>,
    batches: BTreeSet<String>,
}

impl About {
    /// Everything that hangs together with `named` batches, or with [`Overlooked::SecondId`] what is filed under the
    /// first identifier in them.
    fn of(raw: &crate::raw::Raw, named: &BTreeSet<String>, misses: &BTreeSet<Overlooked>) -> Self {
        let mut about = Self { devices: BTreeSet::new(), batches: named.clone() };
        let ids = || raw.holdings().filter_map(|holding| Some((&holding.batch, holding.report.device.as_ref()?)));
        if misses.contains(&Overlooked::SecondId) {
            about.devices.extend(ids().find(|(batch, _)| named.contains(*batch)).map(|(_, device)| device.clone()));
            about.batches.clear();
            return about;
        }
        let (mut of_batch, mut of_device) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for (batch, device) in ids() {
            of_batch.entry(batch).or_default().push(device);
            of_device.entry(device).or_default().push(batch);
        }
        let mut unread: Vec<&String> = named.iter().collect();
        while let Some(batch) = unread.pop() {
            for device in of_batch.remove(batch).into_iter().flatten() {
                let more = of_device.remove(device).into_iter().flatten();
                unread.extend(more.filter(|batch| of_batch.contains_key(*batch)));
                about.devices.insert(device.clone());
            }
        }
        about
    }

    fn is_about(&self, holding: &Holding) -> bool {
        holding.report.device.as_ref().is_some_and(|device| self.devices.contains(device))
            || self.batches.contains(&holding.batch)
    }
}
