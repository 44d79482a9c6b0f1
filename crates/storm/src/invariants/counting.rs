//! S1 admitted-is-counted, S2 counted-once, S3 counted-was-admitted: exact controls of each region against the log.

use std::collections::BTreeSet;

use model::QueryId;

use super::{About, Invariant, Violation};
use crate::{
    grammar::{
        World,
        questions::{DEVICES_OF, REPORTS_OF},
    },
    oracle::{Batch, Ledger, cells},
};

pub(super) fn check(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    for query in &world.script.queries {
        if let Some(region) = query.id.as_str().strip_prefix(REPORTS_OF) {
            count_reports(world, ledger, &query.id, region, found);
        } else if let Some(region) = query.id.as_str().strip_prefix(DEVICES_OF) {
            count_devices(ledger, &query.id, region, found);
        }
    }
}

fn count_reports(world: &World, ledger: &Ledger, query: &QueryId, region: &str, found: &mut Vec<Violation>) {
    let counted = ledger.total(query.as_str());
    let once = |batch: &Batch| batch.receipts.first().copied();
    let admitted: u64 = ledger.of_region(region).filter_map(|(_, batch)| once(batch)).sum();
    // A batch whose receipt was lost may have been admitted with any number of reports that an upload can have.
    let largest = largest_batch(world);
    let unsure =
        ledger.of_region(region).filter(|(_, batch)| once(batch).is_none() && batch.sent > 0 && !batch.refused);
    let most = admitted + unsure.count() as u64 * largest;
    let mut tell =
        |invariant, detail| found.push(Violation { invariant, detail, about: About::Releases(query.clone()) });
    let lost = ledger.lost(query.as_str());
    if counted + lost < admitted {
        let detail = format!("{region} gave receipts for {admitted} reports, lost {lost} and published {counted}");
        tell(Invariant::AdmittedIsCounted, detail);
    }
    let twice = ledger.of_region(region).find(|(_, batch)| batch.receipts.len() > 1);
    if let Some((key, batch)) = twice {
        let detail = format!("{region} gave {} receipts for batch {key}, expected one", batch.receipts.len());
        tell(Invariant::CountedOnce, detail);
    } else if counted > most {
        let detail = format!("{region} published {counted} reports, at most {most} were sent to it, each once");
        tell(Invariant::CountedOnce, detail);
    }
    if let Some((key, _)) = ledger.of_region(region).find(|(_, batch)| batch.sent == 0) {
        tell(Invariant::CountedWasAdmitted, format!("{region} gave a receipt for batch {key}, which nobody sent"));
    }
}

/// Most reports in one upload of any policy.
fn largest_batch(world: &World) -> u64 {
    let pipelines = world.script.policies.values().flat_map(|policy| &policy.pipelines);
    pipelines.map(|pipeline| u64::from(pipeline.send.reports_per_upload_max)).max().unwrap_or_default()
}

/// No window holds more devices than sent anything to the region. A device that updates or rotates counts once a day.
fn count_devices(ledger: &Ledger, query: &QueryId, region: &str, found: &mut Vec<Violation>) {
    let senders: BTreeSet<&String> =
        ledger.of_region(region).filter(|(_, batch)| !batch.refused).flat_map(|(_, batch)| &batch.devices).collect();
    for release in ledger.of_query(query.as_str()) {
        let devices: u64 = cells(release).map(|cell| cell["value"].as_u64().unwrap_or_default()).sum();
        if devices > senders.len() as u64 {
            let detail = format!(
                "{region} published {devices} devices in {}, {} sent anything to it",
                release["window"],
                senders.len()
            );
            let about = About::Releases(query.clone());
            found.push(Violation { invariant: Invariant::CountedWasAdmitted, detail, about });
        }
    }
}
