//! What is measured: how fast the core answers, next to the obvious program with hash maps, and what each mechanism costs.
//!
//! The command line runs each row in a process of its own, so that peak memory is the row's own.

mod error;
mod input;
mod machine;
mod mechanisms;
mod oracle;
mod ours;
mod queries;

pub use error::BenchError;
pub use input::{Input, KINDS, REGIONS, Size};
pub use machine::{bandwidth_bytes_per_s, memory_peak_bytes};
pub use mechanisms::{Contender, Cost, contenders, measure_mechanism};
pub use oracle::answer as oracle_answer;
pub use ours::answer;
pub use queries::{Answer, QUERIES, Question, Rate, Timing, measure_query};

#[cfg(test)]
mod tests;
