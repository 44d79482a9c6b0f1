//! Puts the checks together into one ruling for each claim.

use std::collections::BTreeSet;

use model::{CaseFile, CheckName, Claim, ClaimKind, Finding, Ruling, Verdict};

use crate::{
    checks::{
        access, addresses, canary, consent, double_count, endpoints, lawful, linkage, minimality, orders, releases,
        residency, retention, switch, twin, uniqueness,
    },
    conclusion::Conclusion,
    exhibit::Exhibit,
    tapped,
};

/// Most findings in a ruling, beside the first of each check: the rest adds nothing to the verdict.
const FINDINGS_MAX: usize = 16;
/// Most reasons that a ruling names: as many as there are in any examination that is worth reading about.
const REASONS_MAX: usize = 1_000;

/// What is known about one lab device: its exhibit, or why there is none.
pub(crate) type Laboratory<'a> = Vec<(String, Option<Exhibit<'a>>)>;

/// Judges one claim on all examinations, as if the check `without` did not exist.
pub(crate) fn rule(
    case: &CaseFile,
    laboratory: &Laboratory<'_>,
    faults: &[String],
    claim: &Claim,
    without: Option<CheckName>,
) -> Ruling {
    let mut conclusion = over_case(case, laboratory, &claim.promise);
    if laboratory.is_empty() && needs_examination(&claim.promise) {
        conclusion.lacks("no device was examined");
    }
    for (device, exhibit) in laboratory.iter().filter(|_| needs_examination(&claim.promise)) {
        match exhibit {
            Some(exhibit) => conclusion = conclusion.and(on_device(exhibit, &claim.promise)),
            None => conclusion.lacks(format!("the main arm was not played on {device}")),
        }
    }
    for findings in [&mut conclusion.findings, &mut conclusion.noted] {
        findings.retain(|finding| Some(finding.check) != without);
    }
    ruling(case, claim, conclusion, faults)
}

/// Why ledgers are not whole: then nothing that they do not show is proven, whatever the checks say.
///
/// A capture that lacks what the notebook's visits must have caused is not whole either.
pub(crate) fn faults(case: &CaseFile) -> Vec<String> {
    let mut faults = Vec::new();
    for exam in &case.examinations {
        for record in &exam.records {
            let gap = tapped::gap(record, &case.facts, exam.navigation);
            for fault in record.faults.iter().chain(&gap) {
                let told = format!("in the {} arm on {}, {fault}", record.arm.name(), exam.device.id);
                if !faults.contains(&told) {
                    faults.push(told); // runs of one arm mostly have the same
                }
            }
        }
    }
    faults
}

/// What the case file says about all examinations together.
fn over_case(case: &CaseFile, laboratory: &Laboratory<'_>, promise: &ClaimKind) -> Conclusion {
    match promise {
        ClaimKind::AggregatedAnonymous { smallest_group, epsilon_max } => {
            releases::check(case, *smallest_group, *epsilon_max).also(uniqueness::check(case))
        }
        ClaimKind::Declared => minimality::logged(case),
        ClaimKind::Lawful { jurisdictions } => lawful::check(case, laboratory, jurisdictions, on_device),
        _ => Conclusion::default(),
    }
}

/// Whether each examination is judged by itself. The law binds some of them only.
const fn needs_examination(promise: &ClaimKind) -> bool {
    !matches!(promise, ClaimKind::Lawful { .. })
}

fn on_device(exhibit: &Exhibit<'_>, promise: &ClaimKind) -> Conclusion {
    match promise {
        ClaimKind::IncognitoSuppressed => canary::check(exhibit).also(twin::check(exhibit, &twin::ARMS, |_| true)),
        ClaimKind::SwitchHonored => switch::check(exhibit),
        ClaimKind::AggregatedAnonymous { .. } => linkage::anonymous(exhibit),
        ClaimKind::CountedOnce => double_count::check(exhibit),
        ClaimKind::Unlinkable { across, lifetime_max } => linkage::unlinkable(exhibit, across, *lifetime_max),
        ClaimKind::RegionLocal { within } => {
            residency::check(exhibit, within).also(access::check(exhibit, &residency::allowed(exhibit, within)))
        }
        ClaimKind::Retained { longest } => retention::check(exhibit, *longest),
        ClaimKind::OrdersObeyed => orders::check(exhibit),
        ClaimKind::UrlsOnlyOf { hosts } => addresses::check(exhibit, hosts),
        ClaimKind::Consent => consent::check(exhibit),
        ClaimKind::Declared => minimality::check(exhibit).also(endpoints::check(exhibit)),
        _ => {
            let mut conclusion = Conclusion::default();
            conclusion.lacks("no check knows this kind of promise");
            conclusion
        }
    }
}

fn ruling(case: &CaseFile, claim: &Claim, conclusion: Conclusion, faults: &[String]) -> Ruling {
    let verdict = match (conclusion.findings.is_empty(), faults.is_empty() && conclusion.missing.is_empty()) {
        (false, _) => Verdict::Broken,
        (true, true) => Verdict::Kept,
        (true, false) => Verdict::Unproven,
    };
    let coverage = conclusion.coverage();
    let reason = (verdict == Verdict::Unproven).then(|| reason(faults, &conclusion));
    let mut findings = conclusion.findings;
    findings.extend(conclusion.noted);
    findings.sort_by(|a, b| order(a).cmp(&order(b)));
    findings.dedup(); // what is found about servers is found again for each device
    let (claim, subject, findings) = (claim.id.clone(), case.subject.clone(), shortest(findings));
    Ruling { claim, subject, verdict, reason, findings, coverage }
}

/// The first finding of each check, and of the others as many as there is room for.
fn shortest(findings: Vec<Finding>) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let is_first: Vec<bool> = findings.iter().map(|finding| seen.insert(finding.check)).collect();
    let mut room = FINDINGS_MAX.saturating_sub(seen.len());
    let mut stays = |is_first: bool| {
        let fits = is_first || room > 0;
        room -= usize::from(fits && !is_first);
        fits
    };
    findings.into_iter().zip(is_first).filter_map(|(finding, first)| stays(first).then_some(finding)).collect()
}

/// What convicts before what does not; what the tap saw before what servers held or published; then the shortest path,
/// then the earliest. Differences between twins come last, for what is seen says more.
fn order(finding: &Finding) -> impl Ord + '_ {
    let evidence = &finding.evidence;
    (
        finding.check == CheckName::Peel,
        finding.check == CheckName::Twin,
        evidence.flow.is_none(),
        evidence.path.len(),
        evidence.at,
        evidence.device.as_ref(),
        evidence.flow,
        finding.check,
    )
}

/// What is missing, faults of the ledgers first: the rest mostly follows from them.
fn reason(faults: &[String], conclusion: &Conclusion) -> String {
    let all = || faults.iter().chain(&conclusion.missing);
    let mut named: Vec<String> = all().take(REASONS_MAX).cloned().collect();
    let more = all().count().saturating_sub(REASONS_MAX);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    named.join("; ")
}

#[cfg(test)]
mod tests {
    use model::{Evidence, Timestamp};

    use super::*;

    fn finding(check: CheckName, at: i64) -> Finding {
        let (path, plaintext, activity) = (Vec::new(), String::new(), String::new());
        let at = Timestamp::from_millis(at);
        let evidence = Evidence { flow: None, device: None, endpoint: None, at, path, plaintext, activity };
        Finding { check, summary: String::new(), evidence }
    }

    #[test]
    fn first_finding_of_each_check_stays_however_many_another_has() {
        let many = (0..40).map(|at| finding(CheckName::Canary, at));
        let others = CheckName::ALL.map(|check| finding(check, 100));
        let kept = shortest(many.chain(others.clone()).collect());
        let checks: Vec<CheckName> = kept.iter().map(|finding| finding.check).collect();
        assert!(CheckName::ALL.iter().all(|check| checks.contains(check)), "{checks:?}");
        let few =
            shortest((0..40).map(|at| finding(CheckName::Canary, at)).chain(others.into_iter().take(4)).collect());
        assert_eq!(few.len(), FINDINGS_MAX);
        assert!(few.is_sorted_by_key(|finding| finding.evidence.at), "the order stays");
    }
}
