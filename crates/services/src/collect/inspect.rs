//! Inspections: what is held, page by page, for whoever shows a warrant. Each is logged, let in or not.

use model::Holding;
use prost::Message;
use protocol::{
    metadata,
    v1::{self, inspection_service_server::InspectionService},
};
use tonic::{Request, Response, Status};

use super::{Answers, CollectionApi, CollectionError, refused, room_name};
use crate::{RoomError, access::require_token};

/// Most reports that one call shows.
const PAGE_MAX: usize = 100_000;
/// Bytes of reports, as encoded, after which a page ends.
const PAGE_BYTES: usize = 64 << 20;

#[tonic::async_trait]
impl InspectionService for CollectionApi {
    type InspectStream = Answers<v1::InspectResponse>;
    type ServeOrderStream = Answers<v1::ServeOrderResponse>;

    async fn inspect(&self, request: Request<v1::InspectRequest>) -> Result<Response<Self::InspectStream>, Status> {
        let from = request.remote_addr().map_or_else(|| "in process".to_owned(), |address| address.to_string());
        let wanted = request.get_ref();
        let (device, place_min) = (wanted.device.clone(), wanted.place_min);
        match self.page(&request) {
            Ok(page) => {
                tracing::info!(from, device, place_min, reports = page.len(), "inspection");
                Ok(Response::new(Box::pin(tokio_stream::iter(page.into_iter().map(Ok)))))
            }
            Err(error @ CollectionError::Room(RoomError::Absent)) => {
                tracing::info!(from, device, %error, "inspection of nothing");
                Err(refused(error))
            }
            Err(error) => {
                tracing::warn!(from, device, %error, "inspection refused");
                Err(refused(error))
            }
        }
    }

    async fn serve_order(
        &self,
        request: Request<v1::ServeOrderRequest>,
    ) -> Result<Response<Self::ServeOrderStream>, Status> {
        let from = request.remote_addr().map_or_else(|| "in process".to_owned(), |address| address.to_string());
        let what = request.get_ref().what().as_str_name();
        match self.order(request) {
            Ok(parts) => {
                tracing::info!(from, what, parts = parts.len(), "order");
                Ok(Response::new(Box::pin(tokio_stream::iter(parts.into_iter().map(Ok)))))
            }
            Err(error) => {
                tracing::warn!(from, what, %error, "order refused");
                Err(refused(error))
            }
        }
    }
}

impl CollectionApi {
    fn page(&self, request: &Request<v1::InspectRequest>) -> Result<Vec<v1::InspectResponse>, CollectionError> {
        require_token(request.metadata(), metadata::WARRANT_SCHEME, self.warrant.as_ref())?;
        // A warrant reaches every room that there is, and opens none.
        let room = self.rooms.find(room_name(request.metadata())?)?;
        let v1::InspectRequest { device, place_min, count_max } = request.get_ref();
        let count_max = match usize::try_from(*count_max).unwrap_or(PAGE_MAX) {
            0 => PAGE_MAX,
            asked => asked.min(PAGE_MAX),
        };
        let wanted = |holding: &Holding| device.is_none() || holding.report.device == *device;
        let now = self.clock.now(request.metadata()).ok();
        Ok(room.with(|collector| {
            // What is due to go is gone before anybody looks, wherever it is known what time it is.
            now.into_iter().for_each(|now| collector.tidy(now));
            let gone = collector.counts().holdings_dropped + collector.counts().holdings_deleted;
            let held = (gone..).zip(collector.holdings());
            let matching = held.filter(|(place, holding)| place >= place_min && wanted(holding)).take(count_max);
            let mut bytes = 0_usize;
            let page = matching.map(|(place, holding)| response(place, holding.clone())).take_while(|response| {
                // The first is shown however large it is, or nobody would get past it.
                let fits = bytes < PAGE_BYTES;
                bytes = bytes.saturating_add(response.encoded_len());
                fits
            });
            page.collect()
        })?)
    }
}

fn response(place: u64, holding: Holding) -> v1::InspectResponse {
    v1::InspectResponse { place, holding: Some(holding.into()) }
}
