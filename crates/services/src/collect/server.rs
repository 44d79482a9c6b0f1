//! The collection service with a codec of its own for batches in the native form.

use std::{
    convert::Infallible,
    future::ready,
    task::{Context, Poll},
};

use futures::future::BoxFuture;
use http::{Request, Response};
use protocol::v1::{
    SubmitRequest, SubmitResponse, SubmitStreamRequest, SubmitStreamResponse,
    collection_service_server::{CollectionServiceServer, SERVICE_NAME},
};
use tonic::{
    body::Body,
    server::{Grpc, NamedService},
};
use tower::{Service, service_fn};

use super::{CollectionApi, native::InPlace};

/// The collection service, the same in process and on sockets. It reads batches in the native form in place; any client
/// of `glasshouse.v1` can send them.
#[derive(Debug, Clone)]
pub struct CollectionServer {
    api: CollectionApi,
    generated: CollectionServiceServer<CollectionApi>,
}

impl CollectionServer {
    pub(super) fn new(api: &CollectionApi) -> Self {
        let generated = CollectionServiceServer::new(api.clone()).max_decoding_message_size(api.message_bytes_max);
        Self { api: api.clone(), generated }
    }
}

impl NamedService for CollectionServer {
    const NAME: &'static str = SERVICE_NAME;
}

impl Service<Request<Body>> for CollectionServer {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match request.uri().path() {
            _ if !self.api.in_place => self.generated.call(request),
            "/glasshouse.v1.CollectionService/Submit" => Box::pin(submit(self.api.clone(), request)),
            "/glasshouse.v1.CollectionService/SubmitStream" => Box::pin(submit_stream(self.api.clone(), request)),
            _ => self.generated.call(request),
        }
    }
}

async fn submit(api: CollectionApi, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let codec = InPlace::<SubmitRequest, SubmitResponse>::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(api.message_bytes_max);
    let method = service_fn(|request: tonic::Request<_>| {
        let (call, _, batch) = request.into_parts();
        ready(api.take_batch(&call, batch))
    });
    Ok(grpc.unary(method, request).await)
}

async fn submit_stream(api: CollectionApi, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    let codec = InPlace::<SubmitStreamRequest, SubmitStreamResponse>::default();
    let mut grpc = Grpc::new(codec).max_decoding_message_size(api.message_bytes_max);
    let method = service_fn(|request: tonic::Request<_>| {
        let (call, _, batches) = request.into_parts();
        ready(api.answer_each(call, batches))
    });
    Ok(grpc.streaming(method, request).await)
}
