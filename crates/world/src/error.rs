//! Why a scenario could not be played to its end.

use model::{ProductId, RegionId};
use tonic::Status;

/// Why a scenario could not be played to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlayError {
    /// A product that the script does not define, or none of whose versions is out when the world starts.
    #[error("product {0} is not defined, or has no version that is out when the world starts and is not rolled out")]
    UnknownProduct(ProductId),
    /// A version that its product does not have.
    #[error(transparent)]
    UnknownVersion(#[from] browser::UnknownVersion),
    /// A region without servers.
    #[error("region {0} has no servers in this world")]
    UnknownRegion(RegionId),
    /// A collector that cannot be set up as the script says.
    #[error("collector cannot be set up: {0}")]
    Configuration(String),
    /// An upload that cannot be sent as it is.
    #[error("upload cannot be sent: {0}")]
    Upload(String),
    /// A request that the tap cannot open.
    #[error("tap cannot open a request: {0}")]
    Tap(String),
    /// A call that the client ended by itself.
    #[error("client ended a call by itself: {0}")]
    Call(Status),
    /// A service that refused what it must do.
    #[error("{service} refused: {status}")]
    Refused {
        /// Which service.
        service: &'static str,
        /// What it said.
        status: Status,
    },
    /// An answer that says what cannot be.
    #[error("{service} answered what cannot be: {found}")]
    Answer {
        /// Which service.
        service: &'static str,
        /// What it said.
        found: String,
    },
    /// Shards of one region that do not fit together.
    #[error("shards of region {region} do not fit together: {reason}")]
    Shards {
        /// The region.
        region: RegionId,
        /// Why.
        reason: String,
    },
    /// A fault that the world cannot play in servers that are processes of their own.
    #[error(
        "fault `{fault}` takes what a server holds, which cannot be done to processes of their own: expected \
         `--network glass`, or a fault without it"
    )]
    NotLive {
        /// Its name, as files write it.
        fault: String,
    },
    /// An aggregator that cannot go on with what it had.
    #[error("the aggregator cannot be started again: {reason}")]
    Restart {
        /// Why.
        reason: String,
    },
    /// A process that cannot be started or spoken to.
    #[error("service {name} cannot be started: {reason}")]
    Process {
        /// Which service.
        name: String,
        /// Why.
        reason: String,
    },
}
