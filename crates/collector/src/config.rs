//! What a collector is made of, and its bounds.

use std::collections::{BTreeMap, BTreeSet};

use aggregation::prio3::ShareLimits;
use encoding::{DecodeLimits, Form, LayoutError};
use model::{Duration, Host, Query, QueryId, RegionId, Seed};

use crate::Operations;

/// What a collector is made of. Shards of a region have equal configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The region.
    pub region: RegionId,
    /// Where uploads come in, and in which form.
    pub forms: Vec<Intake>,
    /// Questions to be answered. Those for other regions are passed over.
    pub queries: Vec<Query>,
    /// Decides which contributions of a device are kept. A secret of the region, the same for all its shards.
    pub sampling: Seed,
    /// What the servers that hold shares of the same reports have in common, and nobody else may know: their verify keys
    /// come from it.
    pub verification: Seed,
    /// Bounds.
    pub limits: Limits,
    /// Whether reports are kept as they came, next to what is accumulated.
    pub keep_raw: bool,
    /// How long they are kept, and what becomes of orders about them.
    pub operations: Operations,
    /// Whether a batch that was admitted before is known as such. A collector that forgets counts it again.
    pub deduplicate: bool,
}

/// A place where uploads come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Host that uploads go to.
    pub host: Host,
    /// Path without query.
    pub path: String,
    /// Form of the bodies.
    pub form: Form,
}

/// Bounds on what peers can make a collector do or keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long after its end a window still takes reports. Reports that come later are dropped.
    pub grace: Duration,
    /// How far ahead of `now` a report may lie. Reports further ahead are dropped.
    pub early_max: Duration,
    /// Most bytes of a body, as it came and after each step of its chain. Larger ones are refused.
    pub body_bytes_max: usize,
    /// Most levels of nesting in the name of a field. Bodies with more are refused.
    pub nesting_max: usize,
    /// Most reports in a batch. Larger batches are refused.
    pub reports_per_batch_max: usize,
    /// Most windows, over all queries, that are open, or sealed and not yet handed on. Batches that need another are
    /// refused until some are handed on.
    pub windows_max: usize,
    /// Bounds of what is accumulated for each window. Batches that might pass them are refused until the window is
    /// sealed.
    pub window: aggregation::Limits,
    /// Bounds of what is held of each window whose reports come in shares. Batches that might pass them are refused until
    /// the window is sealed.
    pub shares: ShareLimits,
    /// Most ids of admitted batches. At the bound, the id whose windows were sealed first is forgotten; an id with a
    /// window that is not sealed never is: batches are then refused until some are.
    pub batch_ids_max: usize,
    /// How long after the last of its windows was closed the id of a batch is remembered. It could not be counted
    /// again in any case, but until then a replay is answered as what it is and not as late.
    pub remember: Duration,
    /// Most reports kept as they came. The oldest make room for new ones.
    pub holdings_max: usize,
}

impl Default for Limits {
    /// A grace of 2 days; 5 minutes early; bodies of 1 MiB with 16 levels; 10 000 reports in a batch; 4096 windows with
    /// the bounds of [`aggregation::Limits`] and [`ShareLimits`]; 2^20 ids, remembered for 7 days; 2^20 reports kept.
    fn default() -> Self {
        Self {
            grace: Duration::from_days(2),
            early_max: Duration::from_secs(300),
            body_bytes_max: 1 << 20,
            nesting_max: Form::NESTING_MAX,
            reports_per_batch_max: 10_000,
            windows_max: 4096,
            window: aggregation::Limits::default(),
            shares: ShareLimits::default(),
            batch_ids_max: 1 << 20,
            remember: Duration::from_days(7),
            holdings_max: 1 << 20,
        }
    }
}

impl Limits {
    pub(crate) const fn decode(&self) -> DecodeLimits {
        DecodeLimits {
            body_bytes_max: self.body_bytes_max,
            reports_max: self.reports_per_batch_max,
            nesting_max: self.nesting_max,
        }
    }
}

/// A configuration that no collector can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A query cannot be answered.
    #[error("query {query} at {path}: {message}")]
    Query {
        /// The query.
        query: QueryId,
        /// Where in the query, with dots between the levels.
        path: String,
        /// What was found and what was expected.
        message: String,
    },
    /// Two queries have the same name.
    #[error("query {query} stands twice, expected each name once")]
    QueryTwice {
        /// The name.
        query: QueryId,
    },
    /// Uploads to one place come in two forms.
    #[error("{host}{path} takes two forms, expected one")]
    TwoForms {
        /// The host.
        host: Host,
        /// The path.
        path: String,
    },
    /// No report can be read in the layout of an intake.
    #[error("{host}{path}: {source}")]
    Layout {
        /// The host.
        host: Host,
        /// The path.
        path: String,
        /// What is wrong with it.
        source: LayoutError,
    },
    /// The path of an intake has a query, and so takes nothing.
    #[error("{host}{path} has a query, expected a path without one")]
    Path {
        /// The host.
        host: Host,
        /// The path.
        path: String,
    },
}

impl Config {
    /// Checks what the types do not.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut seen = BTreeSet::new();
        for query in &self.queries {
            if let Some(problem) = aggregation::problems(query).into_iter().next() {
                let (query, path) = (query.id.clone(), problem.path.join("."));
                return Err(ConfigError::Query { query, path, message: problem.message });
            }
            if !seen.insert(&query.id) {
                return Err(ConfigError::QueryTwice { query: query.id.clone() });
            }
        }
        let mut forms = BTreeMap::new();
        for Intake { host, path, form } in &self.forms {
            let place = || (host.clone(), path.clone());
            if let Err(source) = form.layout.check() {
                let (host, path) = place();
                return Err(ConfigError::Layout { host, path, source });
            }
            if path.contains('?') {
                let (host, path) = place();
                return Err(ConfigError::Path { host, path });
            }
            // Policies of several versions may well name one place with one form.
            if *forms.entry((host, path)).or_insert(form) != form {
                let (host, path) = place();
                return Err(ConfigError::TwoForms { host, path });
            }
        }
        Ok(())
    }
}
