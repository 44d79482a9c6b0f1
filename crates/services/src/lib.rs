//! Collector, aggregation and auditor behind gRPC: one implementation, in process and on sockets.
//!
//! [`CollectionApi`], [`AggregationApi`] and [`AuditApi`] wrap the cores, which know neither transport nor clock. Each
//! yields the service that `protocol` generated: a `tower` service that answers in process, without any runtime, or
//! behind [`serve()`] on a socket. On the clock of a scenario a [`Driver`] sends the time with each call.
//!
//! What is to be durable goes through `rooms::Room::with` in a collector and `aggregate::board::Board` in an
//! aggregator; what comes over the network through `serve::accept`.

mod access;
mod aggregate;
mod apart;
mod audit;
mod clock;
mod collect;
mod driver;
mod rooms;
mod serve;

pub use access::{AccessError, Credential, CredentialError};
pub use aggregate::{AggregationApi, AggregationConfig, AggregationError, AggregationLimits, Contribution};
pub use audit::{AuditApi, AuditError, AuditLimits, rule};
pub use clock::Clock;
pub use collect::{CollectionApi, CollectionError};
pub use driver::{Driver, stamp_peer, stamp_warrant};
pub use rooms::RoomError;
pub use serve::{Forward, ServeError, ServeOptions, Which, serve};
