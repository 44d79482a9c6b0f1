//! Names of the metadata that calls and answers carry beside their messages.

/// The time that holds for a call on a scenario's clock, in decimal milliseconds since the Unix epoch.
pub const NOW: &str = "glasshouse-now-ms";
/// The token of the driver, who alone may set the time of a scenario's clock.
pub const DRIVER: &str = "glasshouse-driver";
/// The room that a call is for; [`MAIN_ROOM`] if absent.
pub const ROOM: &str = "glasshouse-room";
/// The room of calls that name none.
pub const MAIN_ROOM: &str = "main";
/// A warrant or a peer's token: a scheme, one space and the token.
pub const AUTHORIZATION: &str = "authorization";
/// Scheme of [`AUTHORIZATION`] for inspections.
pub const WARRANT_SCHEME: &str = "Warrant";
/// Scheme of [`AUTHORIZATION`] between services of one vendor.
pub const PEER_SCHEME: &str = "Peer";
/// In the trailing metadata of a refusal: the name of the reason, such as `late`.
pub const REASON: &str = "glasshouse-reason";
