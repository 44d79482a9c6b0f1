//! Plays a scenario: clock, network weather, tap, twins, crowds, and the score.
//!
//! A world is made of *rooms*. A shard of the crowd is one, and each arm of each examination is one; every room is a
//! pure function of (script, seed, room), so any number of threads plays them to the same end. In a room the clock
//! jumps from event to event. Devices are [`browser::Browser`]s; what they send goes through the generated gRPC
//! client, past the tap and through the weather, to the collector of a region, in process or on a socket.

pub mod bench;
mod capture;
mod configuration;
mod crowd;
mod error;
mod examine;
mod hostile;
pub mod ingest;
mod inspection;
mod journeys;
mod lab;
mod live;
mod log;
mod orders;
mod oversight;
mod play;
pub mod pool;
mod publish;
mod request_log;
mod room;
mod samples;
mod servers;
mod setting;
mod story;
mod sybils;
mod tap;
mod trial;
mod troubles;
mod truth;
mod verification;
mod weather;
mod wire;

pub use capture::{CaptureError, HarError, HarFile, audit_captures, read_har};
pub use configuration::{aggregator_config, collector_config, randomness_config};
pub use error::PlayError;
pub use examine::{
    ExamineError, ExamineLimits, ExamineOptions, check_controls, check_description, default_claims, examine,
};
pub use play::{Artifacts, Digests, Judged, Network, Options, Played, Progress, play, reaudited, replay};
pub use services::tap::TapLimits;
pub use story::Moment;
