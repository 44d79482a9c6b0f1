//! Evidence in words, shared by the terminal and JUnit.

use model::{CheckName, Evidence, Finding, Ruling, Subject, SwitchState};

/// The shortest finding of a ruling: seen at the tap, fewest steps, then least text, then earliest.
pub(crate) fn shortest(ruling: &Ruling) -> Option<&Finding> {
    ruling.findings.iter().min_by_key(|finding| length(finding))
}

/// How much a reader has to follow in order to believe a finding: a flow that the tap saw least of all. What breaks
/// nothing by itself comes last.
pub(crate) fn length(finding: &Finding) -> (bool, bool, usize, usize, model::Timestamp) {
    let evidence = &finding.evidence;
    (
        finding.check == CheckName::Peel,
        evidence.flow.is_none(),
        evidence.path.len(),
        evidence.plaintext.len(),
        evidence.at,
    )
}

/// The evidence as labelled lines: what was done, what left the device, how to get at it, what stands there.
pub(crate) fn lines(evidence: &Evidence) -> Vec<(&'static str, String)> {
    let mut lines = vec![("activity", evidence.activity.clone()), seen(evidence)];
    if !evidence.path.is_empty() {
        lines.push(("path", evidence.path.join(" › ")));
    }
    lines.push(("plaintext", evidence.plaintext.clone()));
    lines
}

/// `flow: 17 from lab-1 to sa.api.example at 2020-05-01T10:00:15Z`, without what is not known.
fn seen(evidence: &Evidence) -> (&'static str, String) {
    let mut words: Vec<String> = evidence.flow.iter().map(|flow| flow.0.to_string()).collect();
    words.extend(evidence.device.iter().map(|device| format!("from {device}")));
    words.extend(evidence.endpoint.iter().map(|host| format!("to {host}")));
    words.push(format!("at {}", evidence.at));
    (if evidence.flow.is_some() { "flow" } else { "seen" }, words.join(" "))
}

/// `mint-browser 3.4.3, switch at suppress`.
pub(crate) fn subject(subject: &Subject) -> String {
    let switch = match subject.switch {
        SwitchState::Absent => "no switch".to_owned(),
        state => format!("switch at {state}"),
    };
    format!("{} {}, {switch}", subject.product, subject.version)
}
