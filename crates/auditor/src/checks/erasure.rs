//! Erasure: what was ordered to be erased must be gone once the time is up, wherever it was.
//!
//! # Sees
//!
//! Everything that the servers of every region held about the device once the order's time was up: under any identifier
//! and batch, and what came back since, from a queue or a late upload, though it is about the time before. Of windows
//! that had not been handed on when the order was served, it sees which groups they still count.
//!
//! # Cannot see
//!
//! Backups and copies that the inspection was not shown, nor what was published before: an aggregate that names nobody
//! may stay, and counts nobody can take back. A window convicts only by a group that is named after an identifier of
//! the device, or after what was planted on it.
//!
//! # Error rates
//!
//! What was held is compared by its times, so chance convicts nobody; an identifier that names a group by chance must
//! first be drawn twice.
//!
//! # Source
//!
//! GDPR Art. 17 and 58(2)(g), recital 26; 152-FZ Art. 21; PIPL Art. 47. Precedent: the deletion requests of Firefox for
//! Fire TV that missed a second identifier.

use std::collections::{BTreeMap, BTreeSet};

use model::{CheckName, Evidence, Holding, Partial, Served, Timestamp};

use super::{orders::named, residency::held_at};
use crate::{conclusion::Conclusion, exhibit::Exhibit, words};

/// Looks for what is left of what an order to erase is about.
pub(crate) fn check(exhibit: &Exhibit<'_>, served: &Served) -> Conclusion {
    let mut conclusion = Conclusion::default();
    if served.before.is_empty() {
        conclusion.lacks(format!("nothing was held about the device at {}, so it shows nothing", named(served)));
        return conclusion;
    }
    conclusion.exercised(named(served));
    for region in served.before.iter().map(|holding| &holding.region).collect::<BTreeSet<_>>() {
        conclusion.exercised(format!("sweep of region `{region}`"));
    }
    still_held(exhibit, served, &mut conclusion);
    still_counted(exhibit, served, &mut conclusion);
    conclusion
}

/// One finding for each region, and for each way in which something is left there.
fn still_held(exhibit: &Exhibit<'_>, served: &Served, conclusion: &mut Conclusion) {
    let mut left: BTreeMap<(&str, bool), (&Holding, u64)> = BTreeMap::new();
    let about_before = |holding: &&Holding| holding.at <= served.at || holding.report.time <= served.at;
    for holding in served.after.iter().filter(about_before) {
        let came_back = holding.at > served.at;
        left.entry((holding.region.as_str(), came_back)).or_insert((holding, 0)).1 += 1;
    }
    for ((region, came_back), (holding, count)) in left {
        let reports = words::count(count, "report");
        let summary = if came_back {
            format!("{reports} came back into region `{region}` after {}", named(served))
        } else {
            format!("region `{region}` still held {reports} once the time of {} was up", named(served))
        };
        let mut evidence = held_at(exhibit, holding);
        if let Some(device) = &holding.report.device {
            evidence.path.push("device".to_owned());
            evidence.plaintext = words::excerpt(device, "");
        }
        conclusion.convict(CheckName::Erasure, summary, evidence);
    }
}

/// Groups of windows that name the device.
fn still_counted(exhibit: &Exhibit<'_>, served: &Served, conclusion: &mut Conclusion) {
    let known: BTreeSet<&str> = served.before.iter().filter_map(|holding| holding.report.device.as_deref()).collect();
    let names = |part: &str| known.contains(part) || exhibit.canaries.tokens().iter().any(|token| part.contains(token));
    for partial in served.counted.iter().filter(|partial| partial.window.start <= served.at) {
        let mut parts = partial.groups.iter().flatten();
        if let Some(part) = parts.find(|part| names(part)) {
            let summary = format!(
                "a window of `{}` still counted a group that names the device once the time of {} was up",
                partial.query,
                named(served)
            );
            conclusion.convict(CheckName::Erasure, summary, counted(exhibit, partial, part, served.due()));
        }
    }
}

fn counted(exhibit: &Exhibit<'_>, partial: &Partial, part: &str, at: Timestamp) -> Evidence {
    let regions = partial.regions.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Evidence {
        flow: None,
        device: Some(exhibit.main.device.clone()),
        endpoint: None,
        at,
        path: vec![
            format!("windows:{regions}"),
            format!("query:{}", partial.query),
            format!("window:{}", partial.window),
        ],
        plaintext: words::excerpt(part, ""),
        activity: exhibit.last_before(partial.window.end),
    }
}
