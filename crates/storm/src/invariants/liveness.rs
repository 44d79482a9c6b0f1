//! L1 windows-released, L2 queues-drain: once calm returns, everything goes out.

use std::collections::{BTreeMap, BTreeSet};

use browser::policy::{Collected, Store};
use model::{Duration, Timestamp};
use scenario::{FaultKind, Party};

use super::{About, Invariant, Violation};
use crate::{
    grammar::{World, questions::REPORTS_OF},
    oracle::Ledger,
};

/// How much later than everything allows it a window is released at most: the longest pause between two attempts, and a
/// minute for servers that verify shares.
const RELEASED_AFTER_MAX: Duration = Duration::from_secs(360);

pub(super) fn check(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    windows(world, ledger, found);
    in_time(world, ledger, found);
    queues(world, ledger, found);
}

/// Every window of every query is released once, as the log says and as the releases show; and a window in which any
/// region counted a report is released for each question that asks about the same reports, with the region, or the log
/// says that it came too late.
fn windows(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    for release in &ledger.releases {
        *shown.entry(release["query"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    for query in &world.script.queries {
        let logged: u64 = ledger.released.iter().filter(|((of, _), _)| of == query.id.as_str()).map(|(_, n)| n).sum();
        let published = shown.get(query.id.as_str()).copied().unwrap_or_default();
        if logged != published {
            let detail = format!("the log tells of {logged} releases of {}, there are {published}", query.id);
            found.push(Violation::of_world(Invariant::WindowsReleased, detail));
        }
    }
    if let (None, Some((query, window, region))) = (world.script.collection.release_wait, ledger.left_out.first()) {
        let detail =
            format!("{query} of {window} is released without {region}, expected it to wait as long as it takes");
        found.push(Violation::of_world(Invariant::WindowsReleased, detail));
    }
    let published = ledger.regions();
    for region in &world.script.regions {
        let control = format!("{REPORTS_OF}{}", region.id);
        let Some(asked) = world.script.queries.iter().find(|query| query.id.as_str() == control) else { continue };
        let receipts = ledger.of_region(region.id.as_str()).flat_map(|(_, batch)| &batch.receipts);
        let taken = receipts.sum::<u64>() > ledger.lost(&control);
        let counted = windows_of(ledger, &control);
        if taken && counted.is_empty() {
            let detail = format!("{} admitted reports, and no window of them is released", region.id);
            found.push(Violation::of_world(Invariant::WindowsReleased, detail));
        }
        let same = |query: &&model::Query| {
            query.events == asked.events
                && query.window == asked.window
                && (query.regions.is_empty() || query.regions.contains(&region.id))
        };
        for query in world.script.queries.iter().filter(same) {
            if let Some(window) = counted.difference(&windows_of(ledger, query.id.as_str())).next() {
                let detail = format!("{} is not released for {window}, in which {} counted", query.id, region.id);
                found.push(Violation::of_world(Invariant::WindowsReleased, detail));
            }
            let slot = |window: &String| (query.id.to_string(), window.clone(), region.id.to_string());
            let is_told =
                |window: &&String| published.contains(&slot(window)) || ledger.left_out.contains(&slot(window));
            if let Some(window) = counted.iter().find(|window| !is_told(window)) {
                let detail = format!("{} of {window} is released without {}, which counted", query.id, region.id);
                found.push(Violation::of_world(Invariant::WindowsReleased, detail));
            }
        }
    }
}

/// A window is released as soon as it is closed and servers hear one another, at most [`RELEASED_AFTER_MAX`] later.
fn in_time(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let script = &world.script;
    let parted = script.faults.iter().filter_map(|fault| match &fault.kind {
        FaultKind::Partition { from: Party::Region(_), until, .. } => Some(*until),
        _ => None,
    });
    let calm = parted.max().unwrap_or(script.starts);
    for ((query, window), at) in &ledger.released_at {
        let Some(end) = window.split_once('/').and_then(|(_, end)| end.parse::<Timestamp>().ok()) else { continue };
        let closed = end + script.collection.grace;
        if *at < closed || *at > closed.max(calm) + RELEASED_AFTER_MAX {
            let detail = format!(
                "{query} of {window} is released at {at}; it was closed at {closed}, and servers were parted until {calm}"
            );
            found.push(Violation::of_world(Invariant::WindowsReleased, detail));
        }
    }
}

fn windows_of(ledger: &Ledger, query: &str) -> BTreeSet<String> {
    let released = ledger.released.keys().filter(|(of, _)| of == query);
    released.map(|(_, window)| window.clone()).collect()
}

/// What people did in normal mode is counted to the last report, where nothing in the policy may drop it: one version,
/// no switch, no consent.
fn queues(world: &World, ledger: &Ledger, found: &mut Vec<Violation>) {
    let script = &world.script;
    let controls = || script.queries.iter().filter(|query| query.id.as_str().starts_with(REPORTS_OF));
    let ([product], Some(control), true) = (&script.products[..], controls().next(), world.planted.is_empty()) else {
        return;
    };
    let [version] = &product.versions[..] else { return };
    let policy = &script.policies[&version.policy];
    let is_shared = |pipeline: &browser::policy::Pipeline| pipeline.share.is_some() || pipeline.star.is_some();
    if policy.consent || policy.switch.is_some() || policy.pipelines.iter().any(is_shared) {
        return;
    }
    // What a device keeps in memory is lost when it dies.
    let dying = script.faults.iter().any(|fault| matches!(fault.kind, FaultKind::DeviceCrash { .. }));
    if dying && policy.pipelines.iter().any(|pipeline| pipeline.queue.store == Store::Memory) {
        return;
    }
    let mut recorded = 0;
    for event in policy.pipelines.iter().flat_map(|pipeline| &pipeline.events) {
        let asked = control.events.contains(&event.name);
        let plain = event.normal == Collected::Always && event.incognito == Collected::Never && event.filter.is_empty();
        if !asked || !plain {
            return;
        }
        let kind = serde_json::to_value(event.on).ok().and_then(|kind| kind.as_str().map(str::to_owned));
        recorded += ledger.deeds.get(&(kind.unwrap_or_default(), "normal".to_owned())).copied().unwrap_or_default();
    }
    let counted: u64 = controls().map(|query| ledger.total(query.id.as_str())).sum();
    let lost: u64 = controls().map(|query| ledger.lost(query.id.as_str())).sum();
    if counted + lost < recorded {
        let detail = format!(
            "people did {recorded} things that are reported, {counted} were counted in the end and {lost} lost in crashes"
        );
        let about = About::Releases(control.id.clone());
        found.push(Violation { invariant: Invariant::QueuesDrain, detail, about });
    }
}
