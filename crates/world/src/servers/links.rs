//! What goes over the lines of one room.

use std::collections::BTreeMap;

use collector::{Collector, Forgotten};
use futures::executor::block_on;
use http_body_util::BodyExt;
use model::{Holding, Ordered, Partial, RegionId, Timestamp};
use protocol::{
    metadata,
    v1::{self, inspection_service_client::InspectionServiceClient},
};
use services::RoomError;
use tonic::{Status, body::Body};
use tower::{BoxError, Service, ServiceExt};

use super::{Line, Links, Obeyed, Region, handed_on, refused};
use crate::{
    PlayError,
    wire::{self, WireRequest},
};

impl Links {
    /// Hands `request` to the collector of `region`, or to the randomness server, as it arrives there at `now`.
    ///
    /// # Errors
    /// If there is no such region. A server that cannot be reached answers as such.
    pub(crate) fn deliver(
        &mut self,
        region: &RegionId,
        request: &WireRequest,
        now: Timestamp,
    ) -> Result<http::Response<Body>, PlayError> {
        let line = self.regions.get_mut(region).ok_or_else(|| PlayError::UnknownRegion(region.clone()))?;
        let (line, stamp) = match &mut self.randomness {
            Some(randomness) if asks_for_randomness(request) => (&mut randomness.line, &randomness.stamp),
            _ => (&mut line.collection, &self.stamp),
        };
        let mut call = wire::to_service(request);
        call.headers_mut().extend(stamp.clone());
        call.headers_mut().insert(metadata::NOW, now.as_millis().into());
        Ok(block_on(answer(line, call)))
    }

    /// Shows the warrant in every region and yields what is held from this room.
    ///
    /// # Errors
    /// If a region refuses.
    pub(crate) fn inspect(&self, now: Timestamp) -> Result<Vec<Holding>, PlayError> {
        let mut held = Vec::new();
        for region in self.regions.values() {
            held.extend(block_on(self.inspect_one(region.inspection.clone(), now))?);
        }
        Ok(held)
    }

    async fn inspect_one(&self, line: Line, now: Timestamp) -> Result<Vec<Holding>, PlayError> {
        let service = "a collector under inspection";
        let found = |error: protocol::ConvertError| PlayError::Answer { service, found: error.to_string() };
        let mut call = self.driver.request(v1::InspectRequest::default(), now);
        services::stamp_warrant(&mut call, &self.warrant);
        let mut client = InspectionServiceClient::new(line);
        let mut answers = match client.inspect(call).await {
            Ok(answers) => answers.into_inner(),
            // A room into which nothing was ever sent does not exist at the collector.
            Err(status) if status.code() == tonic::Code::NotFound => return Ok(Vec::new()),
            Err(status) => return Err(refused(service)(status)),
        };
        let mut held = Vec::new();
        while let Some(answer) = answers.message().await.map_err(refused(service))? {
            held.push(answer.holding.unwrap_or_default().try_into().map_err(found)?);
        }
        Ok(held)
    }

    /// Serves an order in every region about the device that sent the uploads named `batches`.
    ///
    /// # Errors
    /// If a region refuses.
    pub(crate) fn order(&self, what: Ordered, batches: &[String], now: Timestamp) -> Result<Obeyed, PlayError> {
        let mut obeyed = Obeyed { client_stopped: true, reported: Vec::new() };
        for region in self.regions.values() {
            let line = region.inspection.clone();
            if let Some(one) = block_on(self.order_one(line, what, batches, now))? {
                obeyed.client_stopped &= one.client_stopped;
                obeyed.reported.extend(one.reported);
            }
        }
        Ok(obeyed)
    }

    /// What one region makes of an order; `None` from one that never heard of the device.
    async fn order_one(
        &self,
        line: Line,
        what: Ordered,
        batches: &[String],
        now: Timestamp,
    ) -> Result<Option<Obeyed>, PlayError> {
        let service = "a collector that was ordered";
        let found = |error: String| PlayError::Answer { service, found: error };
        let message = v1::ServeOrderRequest { what: v1::Ordered::from(what).into(), batches: batches.to_vec() };
        let mut call = self.driver.request(message, now);
        services::stamp_warrant(&mut call, &self.warrant);
        let mut parts = match InspectionServiceClient::new(line).serve_order(call).await {
            Ok(parts) => parts.into_inner(),
            Err(status) if status.code() == tonic::Code::NotFound => return Ok(None),
            Err(status) => return Err(refused(service)(status)),
        };
        let mut obeyed = Obeyed { client_stopped: false, reported: Vec::new() };
        while let Some(part) = parts.message().await.map_err(refused(service))? {
            match part.part {
                Some(v1::serve_order_response::Part::Answer(answer)) => obeyed.client_stopped = answer.client_stopped,
                Some(v1::serve_order_response::Part::Reported(holding)) => {
                    obeyed.reported.push(holding.try_into().map_err(|error| found(format!("{error}")))?);
                }
                None => return Err(found("an empty part".to_owned())),
            }
        }
        Ok(Some(obeyed))
    }

    /// What every region has sealed by `now`, without forgetting it.
    ///
    /// # Errors
    /// If a region refuses.
    pub(crate) fn sealed(&self, now: Timestamp) -> Result<Vec<Partial>, PlayError> {
        let mut sealed = Vec::new();
        for region in self.regions.values() {
            let call = self.driver.request(v1::HandOnRequest::default(), now);
            sealed.extend(block_on(handed_on(region.collection.clone(), call))?);
        }
        Ok(sealed)
    }

    /// The collector of `region` ends at `now` and is started again with nothing. Answers what is lost of this room.
    ///
    /// # Errors
    /// If there is no such region, or its collector is a process of its own.
    pub(crate) fn forget(&self, region: &RegionId, now: Timestamp) -> Result<Vec<Forgotten>, PlayError> {
        let known = self.regions.get(region).ok_or_else(|| PlayError::UnknownRegion(region.clone()))?;
        let here = known.here.as_ref().ok_or_else(|| PlayError::NotLive { fault: "crash".to_owned() })?;
        match here.with_collector(&self.room, |collector| collector.forget(now)) {
            // A room into which nothing was ever sent does not exist at the collector.
            Err(RoomError::Absent) => Ok(Vec::new()),
            forgotten => forgotten.map_err(|error| PlayError::Configuration(error.to_string())),
        }
    }

    /// Closes the room and yields its collectors, where they are in this process.
    pub(crate) fn into_collectors(self) -> BTreeMap<RegionId, Collector> {
        let take = |(id, region): (RegionId, Region)| Some((id, region.here?.take(&self.room)?));
        self.regions.into_iter().filter_map(take).collect()
    }
}

/// Whether `request` is for the randomness server.
pub(crate) fn asks_for_randomness(request: &WireRequest) -> bool {
    let name = request.uri().path().strip_prefix('/').and_then(|path| path.split_once('/')).map(|(name, _)| name);
    name == Some(v1::randomness_service_server::SERVICE_NAME)
}

/// The whole answer to one call; a line that is down answers that it is unavailable.
async fn answer(line: &mut Line, call: http::Request<Body>) -> http::Response<Body> {
    let down = |error: BoxError| Status::unavailable(format!("cannot be reached: {error}")).into_http();
    let ready = match line.ready().await {
        Ok(ready) => ready.call(call).await,
        Err(error) => return down(error),
    };
    let (head, body) = match ready {
        Ok(response) => response.into_parts(),
        Err(error) => return down(error),
    };
    match body.collect().await {
        Ok(whole) => http::Response::from_parts(head, Body::new(whole)),
        Err(status) => status.into_http(),
    }
}
