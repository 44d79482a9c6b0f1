//! Double counts: an upload that is sent again must be counted once.
//!
//! # Sees
//!
//! In what servers held about the lab device, whether one batch was stored twice, by one region at two times or by two
//! regions, as happens where an answer is lost and the server does not know the batch again.
//!
//! # Cannot see
//!
//! Batches without a key, nor servers that store once and count twice. A retry must have happened: an upload must have
//! been sent again, with the same `idempotency-key`, after the first copy was stored; without one, or without an
//! inspection, the claim is unproven.
//!
//! # Error rates
//!
//! None, an admitted batch is stored at once.
//!
//! # Source
//!
//! Drafts of the Distributed Aggregation Protocol, on replay; the IETF draft "The Idempotency-Key HTTP Header Field".

use std::collections::BTreeMap;

use model::{CheckName, Evidence, Holding};

use crate::{conclusion::Conclusion, exhibit::Exhibit, words};

const KEY: &str = "idempotency-key";

/// Looks for batches that were stored twice.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    conclusion.exercise(exhibit, |_| true);
    let Some(holdings) = &exhibit.main.holdings else {
        conclusion.lacks("what servers hold was not inspected");
        return conclusion;
    };
    let mut batches: BTreeMap<&str, Vec<&Holding>> = BTreeMap::new();
    for holding in holdings.iter().filter(|holding| !holding.batch.is_empty()) {
        batches.entry(&holding.batch).or_default().push(holding);
    }
    let resent = resent(exhibit, &batches);
    if resent == 0 {
        conclusion.lacks("no upload was sent again after it had arrived");
    } else {
        conclusion.exercised(format!("{} sent again after they had arrived", words::count(resent, "upload")));
    }
    let twice = batches.values().find_map(|held| {
        let first = held.first()?;
        let again = held.iter().find(|other| (other.at, &other.region) != (first.at, &first.region))?;
        Some((*first, *again))
    });
    if let Some((first, again)) = twice {
        let where_again = if first.region == again.region { "again" } else { "in another region" };
        let summary = format!("one upload was stored and then stored {where_again}: it is counted twice");
        conclusion.convict(CheckName::DoubleCount, summary, evidence(exhibit, first, again));
    }
    conclusion
}

/// How many uploads were sent once more after their batch was stored.
fn resent(exhibit: &Exhibit<'_>, batches: &BTreeMap<&str, Vec<&Holding>>) -> u64 {
    let mut sent: BTreeMap<&str, u64> = BTreeMap::new();
    let mut resent = 0;
    for flow in exhibit.flows.iter().map(|seen| seen.flow) {
        let Some((_, key)) = flow.headers.iter().find(|(name, _)| name == KEY) else { continue };
        let before = sent.entry(key).or_default();
        let stored = batches.get(key.as_str()).into_iter().flatten().any(|holding| holding.at < flow.at);
        resent += u64::from(*before > 0 && stored);
        *before += 1;
    }
    resent
}

fn evidence(exhibit: &Exhibit<'_>, first: &Holding, again: &Holding) -> Evidence {
    Evidence {
        flow: None,
        device: Some(exhibit.main.device.clone()),
        endpoint: None,
        at: again.at,
        path: vec![format!("holdings:{}", again.region), format!("batch:{}", words::excerpt(&again.batch, ""))],
        plaintext: format!("stored at {} in {} and at {} in {}", first.at, first.region, again.at, again.region),
        activity: exhibit.last_before(again.at),
    }
}
