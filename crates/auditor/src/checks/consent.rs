//! Consent: nothing about any activity may be collected while consent is not given.

use model::{CheckName, Phase};

use super::{digest, planted};
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
    let unasked = |token, at| early(token) || !exhibit.timeline.at(at).consent;
    if let Some(shown) = planted::sent(exhibit, unasked) {
        conclusion.convict(CheckName::Consent, shown.charge(summary), shown.evidence);
    } else if let Some(shown) = planted::held(exhibit, early) {
        conclusion.convict(CheckName::Consent, shown.charge(summary), shown.evidence);
    }
    digest::check(exhibit, &mut conclusion, summary, unasked, early);
    conclusion
}
