//! The truth about what is released, which the world alone knows: what the crowd's devices recorded and the regions
//! admitted, before any mechanism encoded or bounded it.
//!
//! It is kept where the scenario expects something of releases. It goes into no case file.

use std::collections::{BTreeMap, BTreeSet};

use aggregation::{Accumulator, Ledger, Limits, merge_partials, release};
use model::{
    Accuracy, Duration, GroupKey, Measure, Mechanism, Partial, Query, QueryId, Ratio, RegionId, Release, Report, Seed,
    Timestamp, Window,
};
use scenario::ReleaseExpectation;

use crate::{PlayError, setting::Setting};

/// What was recorded and admitted, for each query of which something is expected.
#[derive(Debug)]
pub(crate) struct Truth {
    queries: Vec<Query>,
    seed: Seed,
    grace: Duration,
    early_max: Duration,
    /// By region, place among the queries, and window.
    open: BTreeMap<(RegionId, usize, Window), Accumulator>,
    /// Uploads that were admitted, by region and idempotency key: each counts once.
    admitted: BTreeSet<(RegionId, String)>,
}

impl Truth {
    /// Nothing admitted yet; `None` where nothing is expected of releases.
    pub(crate) fn of(setting: &Setting<'_>) -> Option<Self> {
        let script = setting.script;
        let expected =
            |query: &&Query| script.release_expectations.iter().any(|expected| told_by(expected) == &query.id);
        let plain = |query: &Query| Query {
            // Both servers of a query over shares take the same reports: the leader's are counted.
            regions: match query.mechanism {
                Mechanism::Prio3 { .. } => query.regions.iter().take(1).cloned().collect(),
                _ => query.regions.clone(),
            },
            // A device seals each group once in a window, and says nowhere which device it is: reports are devices.
            measure: match query.mechanism {
                Mechanism::Star { .. } => Measure::Count,
                _ => query.measure.clone(),
            },
            mechanism: Mechanism::Exact,
            domain: BTreeMap::new(),
            ..query.clone()
        };
        let queries: Vec<Query> = script.queries.iter().filter(expected).map(plain).collect();
        (!queries.is_empty()).then(|| Self {
            queries,
            seed: setting.seed.derive("truth"),
            grace: script.collection.grace,
            early_max: script.collection.early_max,
            open: BTreeMap::new(),
            admitted: BTreeSet::new(),
        })
    }

    /// The upload named `key` was admitted in `region` at `now`: `reports` count as far as their windows are open, once.
    ///
    /// # Errors
    /// If there are more than can be held.
    pub(crate) fn admit(
        &mut self,
        region: &RegionId,
        key: &str,
        reports: &[Report],
        now: Timestamp,
    ) -> Result<(), PlayError> {
        if !self.admitted.insert((region.clone(), key.to_owned())) {
            return Ok(());
        }
        let (grace, early_max) = (self.grace, self.early_max);
        for (place, query) in self.queries.iter().enumerate() {
            if !query.regions.is_empty() && !query.regions.contains(region) {
                continue;
            }
            for report in reports {
                let window = Window::holding(report.time, query.window);
                // As collectors do: what comes too late or too early is dropped.
                if window.end.after(grace) <= now || report.time > now.after(early_max) {
                    continue;
                }
                let fresh = || Accumulator::new(query, window, &self.seed, Limits::default());
                let accumulator = self.open.entry((region.clone(), place, window)).or_insert_with(fresh);
                accumulator.push(report).map_err(|error| too_much(&error))?;
            }
        }
        Ok(())
    }

    /// The collector of `region` forgot at `now` what it had not handed on: it is not counted, and what is sent again is
    /// counted anew. What is lost is told in the log; a release is judged by what the region could know.
    pub(crate) fn forget(&mut self, region: &RegionId, now: Timestamp) {
        let grace = self.grace;
        self.open.retain(|(of, _, window), _| of != region || window.end.after(grace) <= now);
        self.admitted.retain(|(of, _)| of != region);
    }

    /// Takes what another room admitted.
    ///
    /// # Errors
    /// If there is more than can be held.
    pub(crate) fn merge(&mut self, other: Self) -> Result<(), PlayError> {
        for (slot, accumulator) in other.open {
            match self.open.get_mut(&slot) {
                Some(own) => own.merge(&accumulator).map_err(|error| too_much(&error))?,
                None => drop(self.open.insert(slot, accumulator)),
            }
        }
        Ok(())
    }

    /// Compares `releases` with the truth.
    ///
    /// # Errors
    /// If the truth has no form in 64 bits.
    pub(crate) fn judge(
        &self,
        expected: &[ReleaseExpectation],
        releases: &[Release],
    ) -> Result<Vec<Accuracy>, PlayError> {
        expected.iter().map(|expected| self.judge_one(expected, releases)).collect()
    }

    fn judge_one(&self, expected: &ReleaseExpectation, releases: &[Release]) -> Result<Accuracy, PlayError> {
        let (mut cells, mut covered, mut withheld) = (0, 0, 0);
        let mut stated: Option<Ratio> = None;
        for release in releases.iter().filter(|release| release.query == expected.query) {
            let truth = self.about(told_by(expected), release)?;
            withheld += release.withheld.iter().map(|(_, groups)| groups).sum::<u64>();
            for cell in &release.cells {
                let Some(truth) = truth.get(&cell.group).copied().or_else(|| of_nothing(&release.measure)) else {
                    continue;
                };
                cells += 1;
                covered += u64::from(cell.error.is_some_and(|error| error.covers(truth)));
                let coverage = cell.error.map_or(Ratio::ONE, |error| error.coverage);
                stated = Some(stated.map_or(coverage, |least| least.min(coverage)));
            }
        }
        let covered_min = expected.covered_min.or(stated).unwrap_or(Ratio::ONE);
        let ReleaseExpectation { query, cells_min, withheld_max, .. } = expected.clone();
        Ok(Accuracy { query, cells, covered, withheld, covered_min, cells_min, withheld_max })
    }

    /// The true value of every group that occurred in the window and regions of `release`, as `query` asks for it.
    fn about(&self, query: &QueryId, release: &Release) -> Result<BTreeMap<GroupKey, i64>, PlayError> {
        let Some(place) = self.queries.iter().position(|known| known.id == *query) else {
            return Ok(BTreeMap::new());
        };
        let mut whole: Option<Partial> = None;
        for region in &release.regions {
            let Some(accumulator) = self.open.get(&(region.clone(), place, release.window)) else { continue };
            let partial = accumulator.seal(region).map_err(|error| too_much(&error))?;
            match &mut whole {
                Some(whole) => merge_partials(whole, &partial).map_err(|error| too_much(&error))?,
                None => whole = Some(partial),
            }
        }
        let Some(whole) = whole else { return Ok(BTreeMap::new()) };
        let exact = release_exactly(&self.queries[place], &whole)?;
        Ok(exact.cells.into_iter().map(|cell| (cell.group, cell.value)).collect())
    }
}

/// The query that asks for the truth beside which releases are put.
fn told_by(expected: &ReleaseExpectation) -> &QueryId {
    expected.control.as_ref().unwrap_or(&expected.query)
}

/// The true value of a group that did not occur, where there is one.
const fn of_nothing(measure: &Measure) -> Option<i64> {
    match measure {
        Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Histogram { .. } => Some(0),
        Measure::Mean { .. } | Measure::Quantiles { .. } => None,
    }
}

fn release_exactly(query: &Query, whole: &Partial) -> Result<Release, PlayError> {
    release(query, whole, &Seed::root(0), &mut Ledger::new(None)).map_err(|error| too_much(&error))
}

fn too_much(reason: &dyn std::fmt::Display) -> PlayError {
    PlayError::Configuration(format!("the truth about releases cannot be told: {reason}"))
}
