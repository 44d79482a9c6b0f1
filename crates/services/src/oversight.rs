//! What an inspector sees of an aggregation: what each party was configured with, and over what was published.

use aggregation::configuration_digest;
use model::{Batch, Configuration, Query};
use protocol::{
    metadata,
    status::status,
    v1::{
        self,
        oversight_service_server::{OversightService, OversightServiceServer},
    },
};
use tonic::{Request, Response, Status, metadata::MetadataMap};

use crate::{AggregationApi, CollectionApi, Credential, access::require_token, collect::Answers};

/// Batches in one message.
const MESSAGE_BATCHES: usize = 1_000;

impl CollectionApi {
    /// The oversight service for a server or for calls in process.
    #[must_use]
    pub fn oversight_service(&self) -> OversightServiceServer<Self> {
        OversightServiceServer::new(self.clone())
    }
}

impl AggregationApi {
    /// The oversight service for a server or for calls in process.
    #[must_use]
    pub fn oversight_service(&self) -> OversightServiceServer<Self> {
        OversightServiceServer::new(self.clone())
    }
}

#[tonic::async_trait]
impl OversightService for CollectionApi {
    type BatchesStream = Answers<v1::BatchesResponse>;

    async fn configurations(
        &self,
        request: Request<v1::ConfigurationsRequest>,
    ) -> Result<Response<v1::ConfigurationsResponse>, Status> {
        inspected(request.metadata(), self.warrant.as_ref())?;
        let config = self.rooms.config();
        let asked = |query: &&Query| query.regions.is_empty() || query.regions.contains(&config.region);
        let queries: Vec<Query> = config.queries.iter().filter(asked).cloned().collect();
        Ok(Response::new(stated(&format!("region {}", config.region), &queries)))
    }

    async fn batches(&self, request: Request<v1::BatchesRequest>) -> Result<Response<Self::BatchesStream>, Status> {
        inspected(request.metadata(), self.warrant.as_ref())?;
        Ok(Response::new(Box::pin(tokio_stream::empty())))
    }
}

#[tonic::async_trait]
impl OversightService for AggregationApi {
    type BatchesStream = Answers<v1::BatchesResponse>;

    async fn configurations(
        &self,
        request: Request<v1::ConfigurationsRequest>,
    ) -> Result<Response<v1::ConfigurationsResponse>, Status> {
        inspected(request.metadata(), self.warrant.as_ref())?;
        Ok(Response::new(stated("aggregator", &self.configured().map_err(|error| status(&error))?)))
    }

    async fn batches(&self, request: Request<v1::BatchesRequest>) -> Result<Response<Self::BatchesStream>, Status> {
        inspected(request.metadata(), self.warrant.as_ref())?;
        let batches = Self::batches(self).map_err(|error| status(&error))?;
        let message = |some: &[Batch]| {
            let batches = some.iter().cloned().map(Into::into).collect();
            Ok(v1::BatchesResponse { batches })
        };
        let messages: Vec<_> = batches.chunks(MESSAGE_BATCHES).map(message).collect();
        Ok(Response::new(Box::pin(tokio_stream::iter(messages))))
    }
}

fn inspected(call: &MetadataMap, warrant: Option<&Credential>) -> Result<(), Status> {
    require_token(call, metadata::WARRANT_SCHEME, warrant).map_err(|error| {
        tracing::warn!(%error, "oversight refused");
        status(&error)
    })
}

fn stated(party: &str, queries: &[Query]) -> v1::ConfigurationsResponse {
    let stated = |query: &Query| {
        let (party, query, digest) = (party.to_owned(), query.id.clone(), configuration_digest(query));
        v1::Configuration::from(Configuration { party, query, digest })
    };
    let mut configurations: Vec<v1::Configuration> = queries.iter().map(stated).collect();
    configurations.sort_by(|a, b| a.query.cmp(&b.query));
    v1::ConfigurationsResponse { configurations }
}
