//! Serves a regulator's orders about a lab device, and inspects the servers before and after each.

use std::collections::BTreeSet;

use model::{Duration, Holding, Order, Ordered, Partial, QueryId, RegionId, Served, Timestamp, Window};

use crate::{PlayError, room::Room, setting::Setting};

/// What came of the orders that were served in a room.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What was held before any order was served.
    pub(crate) holdings: Vec<Holding>,
    pub(crate) served: Vec<Served>,
}

/// A sealed window of one query in one region.
type Sealed = BTreeSet<(QueryId, Window, Vec<RegionId>)>;

/// Plays `room` to `ends`, and serves `orders` at their times on the way.
///
/// # Errors
/// If a server refuses, or the network cannot carry a message at all.
pub(crate) fn carry_out(
    setting: &Setting<'_>,
    room: &mut Room<'_>,
    orders: &[(Order, Timestamp)],
    ends: Timestamp,
) -> Result<Outcome, PlayError> {
    room.play_until(orders.first().map_or(ends, |(_, at)| *at))?;
    let holdings = room.links().inspect(orders.first().map_or(ends, |(_, at)| *at))?;
    let mut served = Vec::new();
    let mut sealed_before = Vec::new();
    for (order, at) in orders {
        room.play_until(*at)?;
        let erases = order.what == Ordered::Erase;
        sealed_before.push(if erases { Some(sealed(&room.links().sealed(*at)?)) } else { None });
        served.push(serve(room, order, *at)?);
    }
    room.play_until(ends)?;
    if sealed_before.iter().any(Option::is_some) {
        let counted = room.links().sealed(everything_closed(setting, ends))?;
        for (served, before) in served.iter_mut().zip(sealed_before) {
            served.counted = before.map_or_else(Vec::new, |before| still_open(&counted, &before, served.at));
        }
    }
    Ok(Outcome { holdings, served })
}

/// Serves one order, and plays on until its time is up.
fn serve(room: &mut Room<'_>, order: &Order, at: Timestamp) -> Result<Served, PlayError> {
    let before = room.links().inspect(at)?;
    let obeyed = room.links().order(order.what, &room.keys_seen(), at)?;
    if order.what == Ordered::Stop && obeyed.client_stopped {
        room.stop_clients();
    }
    let due = at + order.within;
    room.play_until(due)?;
    // A moment later, so that what is due at that very time is done.
    let after = room.links().inspect(due + Duration::from_millis(1))?;
    Ok(Served { order: order.clone(), at, before, after, counted: Vec::new(), reported: obeyed.reported })
}

fn key(partial: &Partial) -> (QueryId, Window, Vec<RegionId>) {
    (partial.query.clone(), partial.window, partial.regions.clone())
}

fn sealed(partials: &[Partial]) -> Sealed {
    partials.iter().map(key).collect()
}

/// Windows that took reports when an order was served at `at`: those that were sealed are out of its reach.
fn still_open(counted: &[Partial], before: &Sealed, at: Timestamp) -> Vec<Partial> {
    counted.iter().filter(|partial| partial.window.start <= at && !before.contains(&key(partial))).cloned().collect()
}

/// When every window is closed that took a report by `ends`.
fn everything_closed(setting: &Setting<'_>, ends: Timestamp) -> Timestamp {
    let longest = setting.script.queries.iter().map(|query| query.window).max().unwrap_or(Duration::ZERO);
    Window::holding(ends, longest).end + setting.script.collection.grace
}
