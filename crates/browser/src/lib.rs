//! The simulated client: activities, time and replies in, uploads out, as its policy says.

mod client;
pub mod policy;
mod problem;
mod product;

pub use client::{Browser, Output, Profile};
pub use policy::Policy;
pub use problem::{PathStep, Problem};
pub use product::{Product, UnknownVersion, WrongPolicy};

use encoding::Form;

impl Policy {
    /// Semantic mistakes, such as names of sources and identifiers that do not exist.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// What the vendor's servers need to undo the uploads of `policy`: for each host and path without query, the form.
#[must_use]
pub fn forms(policy: &Policy) -> Vec<(String, String, Form)> {
    let _ = policy;
    Vec::new()
}
