//! Admits batches into a region, each at most once.

use model::{Holding, Report, ReportBatch, Timestamp};

use crate::{Collector, Refusal, windows::Place};

/// Most characters in a batch's id.
const ID_CHARS_MAX: usize = 64;

/// Answer to a batch that was admitted, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Id of the batch.
    pub id: String,
    /// Whether the batch had been admitted before. Nothing was counted now.
    pub duplicate: bool,
    /// Reports counted now.
    pub admitted: u64,
    /// Reports dropped now because every window that could take them is closed.
    pub late: u64,
    /// Reports dropped now because they lie too far ahead.
    pub early: u64,
}

impl Receipt {
    pub(crate) const fn duplicate(id: String) -> Self {
        Self { id, duplicate: true, admitted: 0, late: 0, early: 0 }
    }
}

/// Checks that `id` can name a batch.
pub(crate) fn check_id(id: &str) -> Result<(), Refusal> {
    let fits = (1..=ID_CHARS_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(()).ok_or(Refusal::BatchId { found: id.len(), max: ID_CHARS_MAX })
}

/// The reports of a batch by whether they can be counted now.
struct Sorted {
    timely: Vec<Report>,
    late: u64,
    early: u64,
    /// From when on no window takes any of the timely reports.
    closes: Timestamp,
}

impl Collector {
    /// Admits `batch`, or says why not. An admitted batch is counted exactly once, however often it is sent; reports
    /// of it that are too late or too early are dropped.
    ///
    /// # Errors
    /// If the batch has no proper id or too many reports, if none of its reports can be counted now, or if a bound is
    /// reached. Nothing was counted then.
    pub fn admit(&mut self, batch: ReportBatch, now: Timestamp) -> Result<Receipt, Refusal> {
        let answer = self.take(batch, now);
        self.counted(answer)
    }

    pub(crate) fn take(&mut self, batch: ReportBatch, now: Timestamp) -> Result<Receipt, Refusal> {
        check_id(&batch.id)?;
        // A replay is answered before its reports are judged: they were already counted.
        if self.is_admitted(&batch.id) {
            return Ok(Receipt::duplicate(batch.id));
        }
        let reports_max = self.config.limits.reports_per_batch_max;
        if batch.reports.len() > reports_max {
            return Err(Refusal::TooManyReports { reports_max });
        }
        let sorted = self.sort_out(batch.reports, now)?;
        if self.config.deduplicate {
            self.check_ids()?;
        }
        let placed = self.windows.place(&sorted.timely, now);
        self.windows.make_room(&placed.places, &self.config)?;
        if self.config.deduplicate {
            self.ids.insert(&batch.id, sorted.closes, self.config.limits.batch_ids_max);
        }
        self.counts.windows_missed += placed.missed;
        Ok(self.count(batch.id, sorted, &placed.places, now))
    }

    /// Whether a batch of this id is known to have been admitted.
    pub(crate) fn is_admitted(&self, id: &str) -> bool {
        self.config.deduplicate && self.ids.contains(id)
    }

    fn sort_out(&self, reports: Vec<Report>, now: Timestamp) -> Result<Sorted, Refusal> {
        let limits = &self.config.limits;
        let now = self.windows.judged_at(now);
        let mut sorted = Sorted { timely: Vec::with_capacity(reports.len()), late: 0, early: 0, closes: now };
        let (mut least_late, mut least_early) = (u64::MAX, u64::MAX);
        for report in reports {
            let last_end = self.windows.last_end(report.time);
            if report.time > now.after(limits.early_max) {
                sorted.early += 1;
                least_early = least_early.min(report.time.since(now).as_millis());
            } else if last_end.after(limits.grace) <= now {
                sorted.late += 1;
                least_late = least_late.min(now.since(last_end).as_millis());
            } else {
                sorted.closes = sorted.closes.max(last_end.after(limits.grace));
                sorted.timely.push(report);
            }
        }
        match (sorted.timely.len(), sorted.late, sorted.early) {
            (0, 1.., 0) => Err(Refusal::Late { late_ms: least_late, late_ms_max: limits.grace.as_millis() }),
            // Some may be in time when the batch is sent again.
            (0, _, 1..) => Err(Refusal::Early { early_ms: least_early, early_ms_max: limits.early_max.as_millis() }),
            _ => Ok(sorted),
        }
    }

    fn check_ids(&self) -> Result<(), Refusal> {
        let max = self.config.limits.batch_ids_max;
        let fits = self.ids.has_room(max, self.windows.sealed_at());
        fits.then_some(()).ok_or(Refusal::Overloaded { what: "batches", max })
    }

    fn count(&mut self, id: String, sorted: Sorted, places: &[Place], now: Timestamp) -> Receipt {
        let refused = self.windows.push(&sorted.timely, places);
        self.counts.keys_too_long += refused.keys;
        self.counts.shares_refused += refused.shares;
        let batch = id.clone();
        let receipt = Receipt {
            id,
            duplicate: false,
            admitted: sorted.timely.len() as u64,
            late: sorted.late,
            early: sorted.early,
        };
        if self.config.keep_raw {
            self.tidy(now);
            let region = &self.config.region;
            let kept = sorted.timely.into_iter();
            let kept = kept.map(|report| Holding { region: region.clone(), at: now, batch: batch.clone(), report });
            self.counts.holdings_dropped += self.raw.keep(kept, self.config.limits.holdings_max);
        }
        receipt
    }

    /// Counts the answer to a batch.
    pub(crate) fn counted(&mut self, answer: Result<Receipt, Refusal>) -> Result<Receipt, Refusal> {
        match &answer {
            Err(refusal) => self.counts.refuse(refusal.kind()),
            Ok(Receipt { duplicate: true, .. }) => self.counts.duplicates += 1,
            Ok(receipt) => {
                self.counts.batches += 1;
                self.counts.reports += receipt.admitted;
                self.counts.reports_late += receipt.late;
                self.counts.reports_early += receipt.early;
            }
        }
        answer
    }
}
