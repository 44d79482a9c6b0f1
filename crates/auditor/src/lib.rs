//! Turns a case file into findings, and plans the examination that fills one.
//!
//! The auditor knows what an examiner outside could know: the case file, and nothing else. It [`plan`]s what is done
//! with a lab device in each arm; whoever carries that out hands the ledgers back as a [`CaseFile`], which it
//! [`audit`]s: [`peel`] opens what left the device, the checks compare the ledgers, and rulings put the checks together.

mod cause;
mod chance;
pub mod checks;
mod conclusion;
mod conditions;
mod confidence;
mod digest;
pub mod epsilon;
mod exhibit;
mod fragment;
pub mod peel;
mod plan;
pub mod rulebooks;
mod rulings;
#[cfg(test)]
mod samples;
pub mod search;
mod tapped;
mod validate;
mod words;

pub use plan::{EXTRA_ENTRIES_MAX, LONG_DAYS_MAX, PlanRequest, RUNS, plan, plan_orders, runs};
pub use validate::CaseError;

use model::{CaseFile, CheckName, Ruling};

use exhibit::Exhibit;

/// Judges every claim that is about the subject's product, in the order of the claims.
///
/// ```
/// use model::{CaseFile, Claim, ClaimKind, Subject, SwitchState, Verdict, VersionFact};
///
/// let version: model::Version = "3.4.0".parse()?;
/// let case = CaseFile {
///     format: 1,
///     scenario: "nobody looked".into(),
///     subject: Subject { product: "mint-browser".parse()?, version: version.clone(), switch: SwitchState::Absent },
///     facts: VersionFact { version, released: "2020-04-01T00:00:00Z".parse()?, switch: None, asks_consent: false, settings: vec![], next: None },
///     claims: vec![Claim {
///         id: "incognito-suppressed".parse()?, statement: "Incognito browsing is not collected.".into(), source: None,
///         promise: ClaimKind::IncognitoSuppressed, products: vec![],
///     }],
///     regions: vec![], endpoints: vec![], examinations: vec![], releases: vec![], declaration: None,
///     inspection: None, samples: vec![], rulebooks: vec![],
/// };
/// let rulings = auditor::audit(&case)?;
/// assert_eq!(rulings[0].verdict, Verdict::Unproven); // a verdict is earned
/// assert_eq!(rulings[0].reason.as_deref(), Some("no device was examined"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the case file contradicts itself.
pub fn audit(case: &CaseFile) -> Result<Vec<Ruling>, CaseError> {
    judge(case, None)
}

/// Judges as [`audit`] does, as if `check` did not exist: what remains says what that check is needed for.
///
/// # Errors
/// If the case file contradicts itself.
pub fn audit_without(case: &CaseFile, check: CheckName) -> Result<Vec<Ruling>, CaseError> {
    judge(case, Some(check))
}

fn judge(case: &CaseFile, without: Option<CheckName>) -> Result<Vec<Ruling>, CaseError> {
    validate::validate(case)?;
    let mut laboratory = Vec::new();
    for exam in &case.examinations {
        let device = &exam.device.id;
        let exhibit = Exhibit::of(case, exam)
            .map_err(|error| CaseError::Canary { device: device.clone(), reason: error.to_string() })?;
        laboratory.push((device.to_string(), exhibit));
    }
    let faults = rulings::faults(case);
    let concerned = |claim: &&model::Claim| claim.products.is_empty() || claim.products.contains(&case.subject.product);
    let claims = case.claims.iter().filter(concerned);
    Ok(claims.map(|claim| rulings::rule(case, &laboratory, &faults, claim, without)).collect())
}
