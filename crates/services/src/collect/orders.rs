//! Orders of an authority: served under a warrant, each logged, and answered part by part.

use collector::Notice;
use protocol::{ConvertError, metadata, v1};
use tonic::Request;

use super::{CollectionApi, CollectionError, room_name};
use crate::access::require_token;

/// Most uploads by which an order names a device.
const BATCHES_MAX: usize = 100_000;

impl CollectionApi {
    /// Has the collector obey an order, and yields the answer with what is handed over.
    pub(super) fn order(
        &self,
        request: Request<v1::ServeOrderRequest>,
    ) -> Result<Vec<v1::ServeOrderResponse>, CollectionError> {
        require_token(request.metadata(), metadata::WARRANT_SCHEME, self.warrant.as_ref())?;
        let now = self.clock.now(request.metadata())?;
        // Like an inspection, an order reaches every room that there is, and opens none.
        let room = self.rooms.find(room_name(request.metadata())?)?;
        let notice = notice(request.into_inner())?;
        let done = room.with(|collector| collector.serve(&notice, now))?;
        let answer = v1::OrderAnswer { client_stopped: done.client_stopped, erased: done.erased };
        let first = v1::serve_order_response::Part::Answer(answer);
        let reported = done.reported.into_iter().map(|held| v1::serve_order_response::Part::Reported(held.into()));
        Ok(std::iter::once(first).chain(reported).map(|part| v1::ServeOrderResponse { part: Some(part) }).collect())
    }
}

fn notice(order: v1::ServeOrderRequest) -> Result<Notice, ConvertError> {
    let what = order.what().try_into()?;
    if order.batches.len() > BATCHES_MAX {
        let found = format!("{} uploads, expected at most {BATCHES_MAX}", order.batches.len());
        return Err(ConvertError { field: "batches".to_owned(), problem: found });
    }
    Ok(Notice { what, batches: order.batches.into_iter().collect() })
}
