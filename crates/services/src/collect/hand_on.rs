//! Handing sealed windows on, again and again until they are acknowledged.

use collector::Collector;
use model::{Partial, QueryId, Timestamp, Window};
use protocol::{parts, v1};
use tonic::Status;

use super::CollectionError;
use crate::rooms::Room;

/// Forgets the windows that arrived and yields the others that are sealed by `now`.
pub(super) fn exchange(
    room: &Room,
    arrived: Vec<v1::SealedWindow>,
    now: Timestamp,
) -> Result<Vec<Partial>, CollectionError> {
    let arrived = arrived.into_iter().map(TryInto::try_into).collect::<Result<Vec<(QueryId, Window)>, _>>()?;
    Ok(room.with(|collector| {
        collector.handed_on(&arrived);
        sealed_by(collector, now)
    })?)
}

/// What is sealed by `now` and not acknowledged.
pub(crate) fn sealed_by(collector: &mut Collector, now: Timestamp) -> Vec<Partial> {
    for lost in collector.seal(now) {
        tracing::error!(query = %lost.query, window = %lost.window, error = %lost.error, "window lost");
    }
    collector.sealed().cloned().collect()
}

/// A sealed window as messages.
pub(super) fn messages(partial: Partial) -> impl Iterator<Item = Result<v1::HandOnResponse, Status>> + Send {
    let parts = parts(partial);
    let last = parts.len().saturating_sub(1);
    let message = move |(place, part)| Ok(v1::HandOnResponse { part: Some(part), last: place == last });
    parts.into_iter().enumerate().map(message)
}
