//! Puts the checks together into one ruling for each claim.

use model::{Arm, CaseFile, CheckName, Claim, ClaimKind, Finding, Ruling, Verdict};

use crate::{
    checks::{
        access, aggregated, canary, consent, endpoints, lawful, linkage, minimality, orders, residency, retention,
        switch, twin, uniqueness,
    },
    conclusion::Conclusion,
    exhibit::Exhibit,
};

/// Most findings in a ruling: the rest adds nothing to the verdict.
const FINDINGS_MAX: usize = 16;
/// Most reasons that a ruling names.
const REASONS_MAX: usize = 4;

/// What is known about one lab device: its exhibit, or why there is none.
pub(crate) type Laboratory<'a> = Vec<(String, Option<Exhibit<'a>>)>;

/// Judges one claim on all examinations.
pub(crate) fn rule(case: &CaseFile, laboratory: &Laboratory<'_>, claim: &Claim) -> Ruling {
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
    ruling(case, claim, conclusion, &faults(case))
}

/// Why ledgers are not whole: then nothing that they do not show is proven, whatever the checks say.
fn faults(case: &CaseFile) -> Vec<String> {
    let mut faults = Vec::new();
    for exam in &case.examinations {
        for record in &exam.records {
            let told = record
                .faults
                .iter()
                .map(|fault| format!("in the {} arm on {}, {fault}", record.arm.name(), exam.device.id));
            faults.extend(told);
        }
    }
    faults
}

/// What the case file says about all examinations together.
fn over_case(case: &CaseFile, laboratory: &Laboratory<'_>, promise: &ClaimKind) -> Conclusion {
    match promise {
        ClaimKind::AggregatedAnonymous { smallest_group, .. } => {
            aggregated::check(case, *smallest_group).also(uniqueness::check(case))
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
        ClaimKind::IncognitoSuppressed => {
            canary::check(exhibit).also(twin::check(exhibit, &[Arm::Content, Arm::Presence], |_| true))
        }
        ClaimKind::SwitchHonored => switch::check(exhibit),
        ClaimKind::AggregatedAnonymous { .. } => linkage::anonymous(exhibit),
        ClaimKind::Unlinkable { across, lifetime_max } => linkage::unlinkable(exhibit, across, *lifetime_max),
        ClaimKind::RegionLocal { within } => {
            residency::check(exhibit, within).also(access::check(exhibit, &residency::allowed(exhibit, within)))
        }
        ClaimKind::Retained { longest } => retention::check(exhibit, *longest),
        ClaimKind::OrdersObeyed => orders::check(exhibit),
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
    findings.truncate(FINDINGS_MAX);
    Ruling { claim: claim.id.clone(), subject: case.subject.clone(), verdict, reason, findings, coverage }
}

/// What convicts before what does not; what the tap saw before what servers held or published; then the shortest path, then the earliest. Differences
/// between twins come last, for what is seen says more.
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
