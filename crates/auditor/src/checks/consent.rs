//! Consent: nothing about any activity may be collected while consent is not given.

use model::{CheckName, Phase};

use super::{held, sighted};
use crate::{conclusion::Conclusion, exhibit::Exhibit};

/// Looks for tokens of activities without consent at any time, and for any tokens while there is none.
///
/// Consent is what the notebook says: where it was never asked, it was never given.
pub(crate) fn check(exhibit: &Exhibit<'_>) -> Conclusion {
    let mut conclusion = Conclusion::on(exhibit);
    let without = |index| !exhibit.timeline.during(index).consent;
    conclusion.exercise(exhibit, without);
    conclusion.require_phases(exhibit, &[Phase::FirstUse], without);
    if exhibit.case.facts.asks_consent {
        conclusion.require_phases(exhibit, &[Phase::ConsentRefused], without);
    } else {
        conclusion.exercised("consent is never asked");
    }
    conclusion.require_readable(exhibit);
    let summary = if exhibit.case.facts.asks_consent {
        "activity was collected while consent was not given"
    } else {
        "activity is collected, and consent is never asked"
    };
    let early = |token| exhibit.canaries.only_in(token, without);
    if let Some(evidence) = sighted(exhibit, |token, at| early(token) || !exhibit.timeline.at(at).consent) {
        conclusion.convict(CheckName::Consent, summary, evidence);
    } else if let Some(evidence) = held(exhibit, early) {
        conclusion.convict(CheckName::Consent, summary, evidence);
    }
    conclusion
}
