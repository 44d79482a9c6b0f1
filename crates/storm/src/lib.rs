//! Random worlds under weather and faults, the invariants that they must keep, and the shrinking of those that do not.
//!
//! [`grammar::draw`] makes a world of a seed, [`engine::examine`] plays it twice and holds it against every
//! [`invariants::Invariant`]
//! and [`invariants::Invariant`] lists what must hold. What is checked is plain
//! text: [`oracle`] reads the lines of the event log and of the releases, and knows nothing of the code under test.
//!
//! ```
//! let world = storm::grammar::draw(7, &[]);
//! assert_eq!(world, storm::grammar::draw(7, &[]), "a seed is a world");
//! assert!(scenario::parse("world.toml", &scenario::write(&world.script)).is_ok());
//! ```

pub mod engine;
pub mod grammar;
pub mod invariants;
pub mod oracle;
pub mod shrink;
