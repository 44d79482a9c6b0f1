//! Collector, aggregation and auditor behind gRPC: one implementation, in process and on sockets.
//!
//! [`CollectionApi`], [`AggregationApi`] and [`AuditApi`] wrap the cores, which know neither transport nor clock. Each
//! yields the service that `protocol` generated: a `tower` service that answers in process, without any runtime, or
//! behind [`serve()`] on a socket. On the clock of a scenario a [`Driver`] sends the time with each call.
//!
//! ```
//! use futures::FutureExt;
//! use protocol::v1::{SubmitRequest, collection_service_client::CollectionServiceClient};
//! use services::{Clock, CollectionApi, Credential, Driver};
//!
//! let credential = Credential::new("a-token-of-the-driver")?;
//! let config = collector::Config {
//!     region: model::RegionId::new("sg")?,
//!     forms: vec![],
//!     queries: vec![],
//!     sampling: model::Seed::root(1),
//!     verification: model::Seed::root(2),
//!     limits: collector::Limits::default(),
//!     keep_raw: true,
//!     operations: collector::Operations::default(),
//!     deduplicate: true,
//! };
//! let driver = Driver::new(&credential);
//! let api = CollectionApi::new(config, Clock::Scenario { credential })?;
//!
//! let now: model::Timestamp = "2020-05-01T10:00:00Z".parse()?;
//! let visit = model::Report { event: "visit".to_owned(), time: now, device: None, fields: [].into() };
//! let batch = model::ReportBatch { id: "b1".to_owned(), reports: vec![visit] };
//! let call = driver.request(SubmitRequest { batch: Some(batch.into()) }, now);
//! let mut client = CollectionServiceClient::new(api.service());
//! let answer = client.submit(call).now_or_never().ok_or("in process, answers come at once")??;
//! assert_eq!(answer.into_inner().receipt.ok_or("no receipt")?.reports_counted, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is to be durable goes through `rooms::Room::with` in a collector; in an aggregator it is what
//! [`AggregationApi::stored`] gives and [`AggregationApi::restored`] takes. What comes over the network goes through
//! `serve::accept`.

mod access;
mod aggregate;
mod apart;
mod audit;
mod clock;
mod collect;
mod driver;
mod oversight;
mod randomness;
mod rooms;
mod serve;
pub mod tap;

pub use access::{AccessError, Credential, CredentialError};
pub use aggregate::{
    AggregationApi, AggregationConfig, AggregationError, AggregationLimits, Contribution, StoredError,
};
pub use audit::{AuditApi, AuditError, AuditLimits, rule};
pub use clock::Clock;
pub use collect::{CollectionApi, CollectionError, CollectionServer};
pub use driver::{Driver, stamp_peer, stamp_warrant};
pub use randomness::{RandomnessApi, RandomnessConfig, RandomnessError, RandomnessLimits, Secret};
pub use rooms::RoomError;
pub use serve::{Forward, Listener, Patience, ServeError, ServeOptions, Which, dial, serve, serve_on};
