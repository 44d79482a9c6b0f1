//! Retention: nothing may be kept for longer than was promised.
//!
//! # Sees
//!
//! The reports that servers held when they were inspected – at the end of the examination, or before the first order
//! was served – with the time at which each was stored.
//!
//! # Cannot see
//!
//! Copies that the inspection was not shown, such as backups, nor the age of what aggregates still count. An inspection
//! proves deletion only if it comes later than the longest time after something was collected; otherwise the promise is
//! unproven.
//!
//! # Error rates
//!
//! Ages are differences of times in the ledger; up to an hour beyond the promise convicts nobody, since deletion runs
//! now and then. Chance convicts nobody.
//!
//! # Source
//!
//! GDPR Art. 5(1)(e); 152-FZ Art. 5(7); PDPA s. 25; PIPL Art. 19.

use model::{CheckName, Duration, Timestamp};

use super::residency::held_at;
use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// How much later than promised a deletion may be: servers delete now and then, not all the time.
pub(crate) const SLACK: Duration = Duration::from_secs(3_600);

/// Looks for reports that are older than `longest` on the servers.
pub(crate) fn check(exhibit: &Exhibit<'_>, longest: Duration) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.activities = exhibit.done().count() as u64;
    let Some(holdings) = &exhibit.main.holdings else {
        conclusion.lacks("the servers were not inspected");
        return conclusion;
    };
    let inspected = inspected(exhibit);
    let own = || exhibit.flows.iter().filter(|seen| seen.flow.at <= inspected);
    match own().next() {
        None => conclusion.silent(exhibit),
        Some(first) if inspected.since(first.flow.at) > after(longest) => {
            conclusion.exercised(format!("inspection {} after the first upload", days(inspected.since(first.flow.at))));
        }
        Some(first) => conclusion.lacks(format!(
            "the servers were inspected {} after the first upload, not more than {longest}",
            days(inspected.since(first.flow.at))
        )),
    }
    let age = |at: Timestamp| inspected.since(at);
    let oldest = holdings.iter().filter(|holding| age(holding.at) > after(longest)).min_by_key(|holding| holding.at);
    if let Some(holding) = oldest {
        let region = &holding.region;
        let summary = format!("region `{region}` kept a report for {}, longer than {longest}", days(age(holding.at)));
        conclusion.convict(CheckName::Retention, summary, held_at(exhibit, holding));
    }
    conclusion
}

/// When the servers were inspected: before an order changed anything, or at the end.
fn inspected(exhibit: &Exhibit<'_>) -> Timestamp {
    exhibit.main.served.first().map_or(exhibit.main.notebook.ends, |served| served.at)
}

fn after(longest: Duration) -> Duration {
    Duration::from_millis(longest.as_millis().saturating_add(SLACK.as_millis()))
}

/// A span without its minutes: they would only distract.
fn days(span: Duration) -> Duration {
    const HOUR_MS: u64 = 3_600_000;
    Duration::from_millis(span.as_millis() / HOUR_MS * HOUR_MS)
}
