//! The transport under the generated client: a request leaves it serialized, and its answer comes when the room says.
//!
//! A call is started and polled once. The request lies then in the outbox, as bytes, and the call sleeps until the
//! room, which owns time and weather, hands in the answer.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::Future,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::{FutureExt, channel::oneshot};
use http_body_util::BodyExt;
use sha2::{Digest, Sha256};
use tonic::{Status, body::Body};

/// A request as it goes over the network: whole and repeatable.
pub(crate) type WireRequest = http::Request<Bytes>;

/// The client's end of the wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    outbox: Rc<RefCell<Option<Sent>>>,
}

#[derive(Debug)]
struct Sent {
    request: http::Request<Body>,
    answer: oneshot::Sender<http::Response<Body>>,
}

/// Answers arrive or are given up; nothing else can go wrong on this side of the weather.
#[derive(Debug, thiserror::Error)]
#[error("no answer came back")]
pub(crate) struct Unanswered;

impl tower::Service<http::Request<Body>> for Wire {
    type Response = http::Response<Body>;
    type Error = Unanswered;
    type Future = futures::future::MapErr<oneshot::Receiver<Self::Response>, fn(oneshot::Canceled) -> Unanswered>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unanswered>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let (answer, awaited) = oneshot::channel();
        *self.outbox.borrow_mut() = Some(Sent { request, answer });
        futures::TryFutureExt::map_err(awaited, |_| Unanswered)
    }
}

/// A call that waits for its answer.
pub(crate) struct Call<T> {
    future: Pin<Box<dyn Future<Output = Result<tonic::Response<T>, Status>>>>,
    answer: oneshot::Sender<http::Response<Body>>,
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Call")
    }
}

impl Wire {
    /// Starts `call`, which uses a client over this wire, and returns the request that it sent.
    ///
    /// # Errors
    /// The status with which the client ended the call by itself, before sending anything.
    pub(crate) fn start<T>(
        &self,
        call: impl Future<Output = Result<tonic::Response<T>, Status>> + 'static,
    ) -> Result<(WireRequest, Call<T>), Status> {
        let mut future = Box::pin(call);
        if let Poll::Ready(ended) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return Err(ended.err().unwrap_or_else(|| Status::internal("a call ended before it was answered")));
        }
        let sent = self.outbox.borrow_mut().take().ok_or_else(|| Status::internal("a call sent nothing"))?;
        let (head, body) = sent.request.into_parts();
        let body = whole(body).ok_or_else(|| Status::internal("a request was not whole at once"))??;
        Ok((http::Request::from_parts(head, body), Call { future, answer: sent.answer }))
    }
}

impl<T> Call<T> {
    /// Hands the answer in and returns what the client makes of it.
    ///
    /// # Errors
    /// The status that the answer carries, or that the client gave it.
    pub(crate) fn finish(mut self, answer: http::Response<Body>) -> Result<T, Status> {
        self.answer.send(answer).map_err(|_| Status::cancelled("the call was given up"))?;
        match self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => result.map(tonic::Response::into_inner),
            Poll::Pending => Err(Status::internal("an answer was not whole at once")),
        }
    }
}

/// All bytes of a body that is in memory; `None` if it is not.
fn whole(body: Body) -> Option<Result<Bytes, Status>> {
    let collected = body.collect().now_or_never()?;
    Some(collected.map(http_body_util::Collected::to_bytes))
}

/// The checksum by which a transport knows that `bytes` are those that were sent. TLS has a keyed one; nobody forges here.
pub(crate) fn checksum(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// A request as a service takes it.
pub(crate) fn to_service(request: &WireRequest) -> http::Request<Body> {
    let mut copy = http::Request::new(Body::new(http_body_util::Full::new(request.body().clone()).map_err(never)));
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn never(error: Infallible) -> Status {
    match error {}
}
