//! Services on sockets: with health, reflection, limits, logs and an orderly end.
//!
//! Each connection comes in through `accept`, which is where TLS belongs; each call goes through `routes`. A collector
//! on the wall's clock has `forward` beside it, which seals windows and brings them to an aggregator.

mod accept;
mod dial;
mod forward;
mod patience;
mod routes;

use std::{io, net::SocketAddr, time::Duration};

use futures::future::BoxFuture;
use protocol::{FILE_DESCRIPTOR_SET, v1};
use tokio::{net::TcpListener, sync::watch};
use tonic::transport::Server;
use tonic_health::server::HealthReporter;

pub use accept::Listener;
pub use dial::dial;
pub use forward::Forward;
pub use patience::Patience;

use crate::{AggregationApi, AuditApi, Clock, CollectionApi, RandomnessApi};
use routes::Routes;

/// Bytes of a call that may be under way unread: five batches of 1000 reports, so that a client of a stream need not wait
/// for leave to send the next.
const CALL_BYTES_UNREAD: u32 = 512 << 10;
/// The same for all calls of a connection together.
const CONNECTION_BYTES_UNREAD: u32 = 1 << 20;

/// What is served.
#[derive(Debug)]
pub enum Which {
    /// A region's collector, with where its windows go on the wall's clock.
    Collector(CollectionApi, Option<Forward>),
    /// The aggregator.
    Aggregator(AggregationApi),
    /// The auditor.
    Auditor(AuditApi),
    /// The randomness server of STAR.
    Randomness(RandomnessApi),
}

impl Which {
    const fn name(&self) -> &'static str {
        match self {
            Self::Collector(..) => "collector",
            Self::Aggregator(_) => "aggregator",
            Self::Auditor(_) => "auditor",
            Self::Randomness(_) => "randomness",
        }
    }

    /// Whose time holds; the auditor knows none.
    const fn clock(&self) -> Option<&Clock> {
        match self {
            Self::Collector(api, _) => Some(api.clock()),
            Self::Aggregator(api) => Some(api.clock()),
            Self::Auditor(_) => None,
            Self::Randomness(api) => Some(api.clock()),
        }
    }

    /// Names of the gRPC services, for health.
    fn services(&self) -> Vec<&'static str> {
        use v1::{
            aggregation_service_server::SERVICE_NAME as AGGREGATION, audit_service_server::SERVICE_NAME as AUDIT,
            collection_service_server::SERVICE_NAME as COLLECTION,
            inspection_service_server::SERVICE_NAME as INSPECTION, oversight_service_server::SERVICE_NAME as OVERSIGHT,
            randomness_service_server::SERVICE_NAME as RANDOMNESS,
            verification_service_server::SERVICE_NAME as VERIFICATION,
        };
        match self {
            Self::Collector(..) => vec![COLLECTION, INSPECTION, OVERSIGHT, VERIFICATION],
            Self::Aggregator(_) => vec![AGGREGATION, OVERSIGHT],
            Self::Auditor(_) => vec![AUDIT],
            Self::Randomness(_) => vec![RANDOMNESS],
        }
    }

    fn routes(&self) -> Routes {
        match self {
            Self::Collector(api, _) => {
                let routes = Routes::default().with(api.service()).with(api.inspection_service());
                routes.with(api.oversight_service()).with(api.verification_service())
            }
            Self::Aggregator(api) => Routes::default().with(api.service()).with(api.oversight_service()),
            Self::Auditor(api) => Routes::default().with(api.service()),
            Self::Randomness(api) => Routes::default().with(api.service()),
        }
    }
}

/// What a server takes at most, and how long things may last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServeOptions {
    /// Connections at the same time; others wait to be accepted. Default 1024.
    pub connections_max: usize,
    /// Calls at the same time on one connection. Default 256.
    pub calls_per_connection_max: u32,
    /// How long a call may take until its answer begins. Default 60 s.
    pub call_max: Duration,
    /// How long a connection may take to say that it speaks HTTP/2. Default 10 s.
    pub greeting_max: Duration,
    /// How often a silent connection is asked whether it is still there. Default 60 s.
    pub keepalive: Duration,
    /// How long open calls may take to end once the server is to stop. Default 10 s.
    pub drain_max: Duration,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            connections_max: 1024,
            calls_per_connection_max: 256,
            call_max: Duration::from_secs(60),
            greeting_max: Duration::from_secs(10),
            keepalive: Duration::from_secs(60),
            drain_max: Duration::from_secs(10),
        }
    }
}

/// Why a server ended other than by being told to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The socket cannot be used.
    #[error("the listening socket cannot be used: {0}")]
    Socket(#[from] io::Error),
    /// The transport failed.
    #[error("the transport failed: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The contract that is built in cannot be shown by reflection.
    #[error("reflection cannot show the contract: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The task beside a collector that forwards its windows failed.
    #[error("forwarding failed")]
    Forward,
}

/// Serves `which` on `listener` until `shutdown` ends; then lets open calls end for `drain_max` at most.
///
/// With a listener on any address but a loopback one, everything is sent in the clear to whoever can listen.
///
/// # Errors
/// If the socket or the transport fails.
pub fn serve(
    listener: TcpListener,
    which: Which,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> BoxFuture<'static, Result<(), ServeError>> {
    boxed(listener, which, options, Box::pin(shutdown))
}

/// Serves as [`serve`] does, on whatever network `listener` listens.
///
/// # Errors
/// If the socket or the transport fails.
pub fn serve_on<L: Listener + Sync>(
    listener: L,
    which: Which,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> BoxFuture<'static, Result<(), ServeError>> {
    Box::pin(run(listener, which, options, Box::pin(shutdown)))
}

/// Compiled here, whoever polls it (see `dial`).
fn boxed(
    listener: TcpListener,
    which: Which,
    options: ServeOptions,
    shutdown: BoxFuture<'static, ()>,
) -> BoxFuture<'static, Result<(), ServeError>> {
    Box::pin(run(listener, which, options, shutdown))
}

async fn run<L: Listener + Sync>(
    listener: L,
    which: Which,
    options: ServeOptions,
    shutdown: BoxFuture<'static, ()>,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let health = HealthReporter::new();
    let routes = observed(&which, &health).await?;
    announce(&which, address);

    let (stop, stopping) = watch::channel(false);
    let forwarding = forward::start(&which, stopping.clone(), options.drain_max);
    let signal = async {
        shutdown.await;
        tracing::info!(service = which.name(), %address, "stopping");
        for service in which.services() {
            health.set_service_status(service, tonic_health::ServingStatus::NotServing).await;
        }
        // A receiver that is gone needs no telling.
        let _ = stop.send(true);
    };
    let incoming = accept::incoming(listener, options.connections_max, options.greeting_max);
    let server = server(options).serve_with_incoming_shutdown(routes, incoming, signal);
    tokio::select! {
        ended = server => ended?,
        () = overdue(stopping, options.drain_max) => {
            tracing::warn!(drain_s = options.drain_max.as_secs(), "calls were still open and are cut");
        }
    }
    if let Some(task) = forwarding {
        task.await.map_err(|_| ServeError::Forward)?;
    }
    tracing::info!(service = which.name(), %address, "stopped");
    Ok(())
}

/// The routes of `which`, with health and reflection beside them.
async fn observed(which: &Which, health: &HealthReporter) -> Result<Routes, ServeError> {
    for service in which.services() {
        health.set_service_status(service, tonic_health::ServingStatus::Serving).await;
    }
    let health_service = tonic_health::server::HealthService::from_health_reporter(health.clone());
    let mut reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.reflection.v1.ServerReflection")
        .with_service_name("grpc.health.v1.Health");
    for service in which.services() {
        reflection = reflection.with_service_name(service); // the contract has more services than are served here
    }
    let reflection = reflection.build_v1()?;
    Ok(which.routes().with(tonic_health::pb::health_server::HealthServer::new(health_service)).with(reflection))
}

fn announce(which: &Which, address: SocketAddr) {
    let clock = match which.clock() {
        Some(Clock::Scenario { .. }) => "scenario",
        Some(Clock::Wall) => "wall",
        None => "none",
    };
    tracing::info!(service = which.name(), %address, clock, "listening");
    if !address.ip().is_loopback() {
        tracing::warn!(%address, "the address can be reached from other machines, and nothing is encrypted");
    }
}

fn server(options: ServeOptions) -> Server {
    Server::builder()
        .max_concurrent_streams(options.calls_per_connection_max)
        .timeout(options.call_max)
        .http2_keepalive_interval(Some(options.keepalive))
        .http2_keepalive_timeout(Some(options.keepalive))
        .http2_max_pending_accept_reset_streams(Some(32))
        .initial_stream_window_size(CALL_BYTES_UNREAD)
        .initial_connection_window_size(CONNECTION_BYTES_UNREAD)
}

/// Ends `drain_max` after the stop.
async fn overdue(mut stopping: watch::Receiver<bool>, drain_max: Duration) {
    // If the sender is gone, the server has ended already.
    let _ = stopping.wait_for(|stop| *stop).await;
    tokio::time::sleep(drain_max).await;
}
