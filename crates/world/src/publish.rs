//! Brings what the regions hand on to the aggregator and publishes every window of every query.

use std::collections::BTreeSet;

use model::{Partial, QueryId, Release, Timestamp, Window};
use scenario::{FaultKind, Keeps};

use crate::{
    PlayError,
    log::{Event, Log},
    servers::Servers,
    setting::Setting,
};

/// Publishes all windows, in order of time and of queries in the file, each as often as the vendor's conduct is. Tells in
/// the log what regions handed on again, because the aggregator was started again.
///
/// # Errors
/// If the aggregator refuses a contribution or a release, or cannot be started again.
pub(crate) fn publish(
    setting: &Setting<'_>,
    servers: &mut Servers,
    partials: Vec<Partial>,
) -> Result<(Vec<Release>, Log), PlayError> {
    let mut restarts = restarts(setting);
    // Regions keep what they handed on until it is released.
    let mut kept = if restarts.is_empty() { Vec::new() } else { partials.clone() };
    let mut due: BTreeSet<(Window, usize, QueryId)> = BTreeSet::new();
    for partial in partials {
        let place = setting.script.queries.iter().position(|query| query.id == partial.query);
        due.insert((partial.window, place.unwrap_or(usize::MAX), partial.query.clone()));
        servers.contribute(partial)?;
    }
    let often = |query: &QueryId| setting.script.conduct.get(query).map_or(1, |conduct| conduct.publications.get());
    let (mut releases, mut log) = (Vec::new(), Log::default());
    for (window, _, query) in &due {
        let now = window.end + setting.script.collection.grace;
        while let Some((_, keeps)) = restarts.pop_if(|(at, _)| *at <= now) {
            if keeps == Keeps::Nothing {
                servers.restart_aggregator(setting)?;
            }
            hand_on_again(servers, &kept, now, &mut log)?;
        }
        for _ in 0..often(query) {
            releases.push(servers.release(query, *window)?);
        }
        kept.retain(|partial| (&partial.query, &partial.window) != (query, window));
    }
    Ok((releases, log))
}

/// When the aggregator is started again, the last first.
fn restarts(setting: &Setting<'_>) -> Vec<(Timestamp, Keeps)> {
    let restart = |fault: &scenario::Fault| match fault.kind {
        FaultKind::AggregatorRestart { keeps } => Some((fault.at, keeps)),
        _ => None,
    };
    let mut restarts: Vec<_> = setting.script.faults.iter().filter_map(restart).collect();
    restarts.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    restarts
}

/// Regions hand on what they kept, since they do not know whether the aggregator has it.
fn hand_on_again(servers: &Servers, kept: &[Partial], now: Timestamp, log: &mut Log) -> Result<(), PlayError> {
    for partial in kept {
        let known = servers.contribute(partial.clone())?;
        for region in &partial.regions {
            let (query, window) = (&partial.query, partial.window.to_string());
            log.record("aggregator", now, None, Event::HandedOnAgain { region, query, window, known });
        }
    }
    Ok(())
}
