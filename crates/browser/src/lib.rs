//! The simulated client: activities, time and replies in, uploads out, as its policy says.
//!
//! A [`Policy`] writes down how one version of a product reports. A [`Product`] reads the policies of its versions once;
//! any number of [`Browser`]s follow them. Nothing here does input or output, knows the time or draws from any chance
//! but the streams that derive from a device's seed.

mod client;
mod forms;
mod plan;
pub mod policy;
mod problem;
mod product;

pub use client::{Answer, Ask, Browser, KEY_HEADER, Output, Profile};
pub use forms::forms;
pub use policy::Policy;
pub use problem::{PathStep, Problem};
pub use product::{Product, UnknownVersion, WrongPolicy};

impl Policy {
    /// Mistakes that types cannot rule out: names of sources, identifiers and transforms that do not exist, and parts
    /// that do not fit together. Paths count from the policy down.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut findings = problem::Findings::default();
        plan::Plan::read(self, &mut findings);
        findings.problems
    }

    /// The randomizer that answers in place of a field whose value is written as `expression`; nothing where none does.
    #[must_use]
    pub fn randomization(&self, expression: &str) -> Option<&policy::Randomization> {
        let (_, name) = plan::randomizer_in(expression)?;
        self.randomizers.iter().find(|known| known.name == name)
    }
}
