//! Turns a case file into findings, and plans the examination that fills one.
//!
//! The auditor knows what an examiner outside could know: the case file, and nothing else.

mod conditions;
pub mod peel;
mod plan;
#[cfg(test)]
mod samples;
pub mod search;
mod validate;

pub use plan::{EXTRA_ENTRIES_MAX, LONG_DAYS_MAX, PlanRequest, plan};
pub use validate::CaseError;

use model::{CaseFile, Ruling};

/// Judges every claim that is about the subject's product, in the order of the claims.
///
/// # Errors
/// If the case file contradicts itself.
pub fn audit(case: &CaseFile) -> Result<Vec<Ruling>, CaseError> {
    validate::validate(case)?;
    Ok(Vec::new())
}
