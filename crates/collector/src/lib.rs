//! Decides what one region does with each batch: admit, refuse, store, hand on.
//!
//! A [`Collector`] does no I/O and has no clock: it takes `now` and answers with what it decided. Time does not run
//! backwards for it: what it sealed stays sealed.
//!
//! Invariants:
//! - A batch is counted at most once, however often, in whatever order and on whatever way it is delivered, unless
//!   [`Config::deduplicate`] is off, as misconduct to be found.
//! - A refusal leaves everything but [`Counts`] as it was.
//! - Everything that a peer can fill is bounded by [`Limits`], which say what happens at each bound.
//! - No device key leaves but in [`Collector::holdings`], which are for a warrant.
//!
//! ```
//! use collector::{Collector, Config, Limits, Operations};
//! use model::{Duration, Measure, Mechanism, Query, QueryId, RegionId, Report, ReportBatch, Seed};
//!
//! let query = Query {
//!     id: QueryId::new("visits")?,
//!     events: vec![],
//!     group_by: vec!["event".to_owned()],
//!     measure: Measure::Count,
//!     window: Duration::DAY,
//!     regions: vec![],
//!     mechanism: Mechanism::Exact,
//!     domain: [].into(),
//! };
//! let mut collector = Collector::new(Config {
//!     region: RegionId::new("sg")?,
//!     forms: vec![],
//!     queries: vec![query],
//!     sampling: Seed::root(1),
//!     verification: Seed::root(2),
//!     limits: Limits::default(),
//!     keep_raw: false,
//!     operations: Operations::default(),
//!     deduplicate: true,
//! })?;
//! let time: model::Timestamp = "2020-05-01T10:00:00Z".parse()?;
//! let visit = Report { event: "visit".to_owned(), time, device: None, fields: [].into() };
//! let batch = ReportBatch { id: "b1".to_owned(), reports: vec![visit] };
//!
//! assert!(!collector.admit(batch.clone(), time)?.duplicate);
//! assert!(collector.admit(batch, time)?.duplicate);
//! collector.seal(time.after(Duration::from_days(4)));
//! let partial = collector.sealed().next().expect("one window was closed");
//! assert_eq!(partial.counts, [1]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod config;
mod counts;
mod ids;
mod merge;
mod operations;
mod raw;
mod refusal;
#[cfg(test)]
mod tests;
mod upload;
mod verification;
mod windows;

use std::fmt;

use model::{Holding, Partial, QueryId, Timestamp, Window};

pub use admission::Receipt;
pub use config::{Config, ConfigError, Intake, Limits};
pub use counts::Counts;
pub use merge::MergeError;
pub use operations::{Answer, Notice, Operations};
pub use refusal::{Refusal, RefusalKind};
pub use verification::{Heard, Led, Tally, VerificationError};
pub use windows::{Forgotten, LostWindow};

use ids::Ids;
use raw::Raw;
use upload::Intakes;
use windows::Windows;

/// Decides what one region does with each batch.
pub struct Collector {
    config: Config,
    intakes: Intakes,
    ids: Ids,
    windows: Windows,
    raw: Raw,
    /// What a queue brings back, and when.
    waiting: Vec<(Timestamp, Holding)>,
    counts: Counts,
}

impl Collector {
    /// A collector that has admitted nothing.
    ///
    /// # Errors
    /// If a query cannot be answered, or two queries or intakes get in each other's way.
    pub fn new(config: Config) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            intakes: Intakes::new(&config.forms),
            ids: Ids::default(),
            windows: Windows::new(&config),
            raw: Raw::default(),
            waiting: Vec::new(),
            counts: Counts::default(),
            config,
        })
    }

    /// What the collector was made of.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Closes every window whose grace is over, and forgets what only served those. Answers with the windows of which
    /// nothing can be handed on, and why.
    pub fn seal(&mut self, now: Timestamp) -> Vec<LostWindow> {
        let lost = self.windows.seal(&self.config.region, now);
        self.counts.windows_lost += lost.len() as u64;
        let Limits { grace, remember, .. } = self.config.limits;
        self.counts.windows_lost += self.windows.give_up(self.windows.sealed_at().before(remember).before(grace));
        self.ids.forget(self.windows.sealed_at(), self.config.limits.remember);
        lost
    }

    /// Loses what a process loses that ends at `now` and kept nothing durable: windows that still take reports, which
    /// batches were admitted, and reports kept as they came. Windows that are closed stay: they are handed on as soon as
    /// they are. Answers what was counted in the windows that are gone.
    pub fn forget(&mut self, now: Timestamp) -> Vec<Forgotten> {
        (self.ids, self.raw) = (Ids::default(), Raw::default());
        self.waiting.clear();
        self.windows.forget(now)
    }

    /// What is sealed and not yet acknowledged, sorted by query and window. May be asked for again.
    pub fn sealed(&self) -> impl Iterator<Item = &Partial> {
        self.windows.sealed()
    }

    /// Acknowledges that the partials of these windows arrived where they are merged, so that they need not be kept.
    /// Windows of which nothing is kept are passed over.
    pub fn handed_on(&mut self, windows: &[(QueryId, Window)]) {
        self.windows.handed_on(windows);
    }

    /// The reports kept as they came, oldest first; none where the configuration keeps none.
    pub fn holdings(&self) -> impl Iterator<Item = &Holding> {
        self.raw.holdings()
    }

    /// What was admitted and refused so far.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }
}

/// Shows sizes alone: devices stay out of logs.
impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector")
            .field("region", &self.config.region)
            .field("ids", &self.ids.len())
            .field("windows", &self.windows.len())
            .field("holdings", &self.raw.holdings().count())
            .field("counts", &self.counts)
            .finish_non_exhaustive()
    }
}
