//! Shows findings to people and to machines: a story for the terminal, JSON and JUnit for CI.
//!
//! Nothing here knows how a scenario is played. Whoever played one fills a [`Played`]; the same [`Played`] always
//! gives the same text, byte for byte: no clocks, no durations.
//!
//! ```
//! use render::{Digests, Played, terminal::{Look, story}};
//!
//! let played = Played {
//!     scenario: "empty".into(),
//!     title: "Nothing happens".into(),
//!     seed: 1,
//!     digests: Digests::default(),
//!     timeline: Vec::new(),
//!     verdicts: Vec::new(),
//!     claims: Vec::new(),
//!     accuracies: Vec::new(),
//!     tallies: vec![("devices".into(), 10_000)],
//!     replay: "glasshouse run empty.toml".into(),
//! };
//! let text = story(&played, Look { width: 80, colour: false });
//! assert!(text.contains("empty · seed 1 · 10,000 devices"));
//! assert!(render::document(&[played])?.starts_with("{\n  \"format\": 1"));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod evidence;
mod json;
mod junit;
mod played;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod zoo;

pub use json::{document, output_schema};
pub use junit::{JunitError, junit};
pub use played::{Demand, Digests, Judged, Moment, Played, Standing};
