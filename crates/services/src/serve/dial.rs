//! The other end of a socket.
//!
//! Whatever this crate returns to be polled is boxed: the bodies of `async` functions, and all of the transport below
//! them, would otherwise be compiled in each crate that polls them, at that crate's level of optimisation.

use futures::future::BoxFuture;
use tonic::transport::{Channel, Endpoint, Error};

/// Connects to `endpoint`.
///
/// # Errors
/// If nobody listens there, or does not answer as HTTP/2 asks.
pub fn dial(endpoint: Endpoint) -> BoxFuture<'static, Result<Channel, Error>> {
    Box::pin(async move { endpoint.connect().await })
}
