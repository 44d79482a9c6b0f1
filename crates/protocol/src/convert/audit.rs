//! `audit.proto`: rulings with their grounds.

use model::{CheckName, FlowId, SwitchState, Timestamp, Verdict};

use super::{ConvertError, each, name, required};
use crate::v1;

impl From<model::Subject> for v1::Subject {
    fn from(subject: model::Subject) -> Self {
        let state = match subject.switch {
            SwitchState::Absent => v1::SwitchState::Absent,
            SwitchState::Collect => v1::SwitchState::Collect,
            SwitchState::Suppress => v1::SwitchState::Suppress,
        };
        Self { product: subject.product.into(), version: subject.version.into(), switch_state: state.into() }
    }
}

impl TryFrom<v1::Subject> for model::Subject {
    type Error = ConvertError;

    fn try_from(subject: v1::Subject) -> Result<Self, ConvertError> {
        let switch = match v1::SwitchState::try_from(subject.switch_state) {
            Ok(v1::SwitchState::Absent) => SwitchState::Absent,
            Ok(v1::SwitchState::Collect) => SwitchState::Collect,
            Ok(v1::SwitchState::Suppress) => SwitchState::Suppress,
            Ok(v1::SwitchState::Unspecified) | Err(_) => {
                return Err(unknown("switch_state", subject.switch_state, "absent, collect or suppress"));
            }
        };
        Ok(Self { product: name(subject.product, "product")?, version: name(subject.version, "version")?, switch })
    }
}

fn unknown(field: &str, found: i32, expected: &str) -> ConvertError {
    ConvertError::new(field, format!("{found} is none of {expected}"))
}

impl From<model::Evidence> for v1::Evidence {
    fn from(evidence: model::Evidence) -> Self {
        Self {
            flow: evidence.flow.map(|flow| flow.0),
            device: evidence.device.map(Into::into),
            endpoint: evidence.endpoint.map(Into::into),
            at_ms: evidence.at.as_millis(),
            path: evidence.path,
            plaintext: evidence.plaintext,
            activity: evidence.activity,
        }
    }
}

impl TryFrom<v1::Evidence> for model::Evidence {
    type Error = ConvertError;

    fn try_from(evidence: v1::Evidence) -> Result<Self, ConvertError> {
        Ok(Self {
            flow: evidence.flow.map(FlowId),
            device: evidence.device.map(|device| name(device, "device")).transpose()?,
            endpoint: evidence.endpoint.map(|endpoint| name(endpoint, "endpoint")).transpose()?,
            at: Timestamp::from_millis(evidence.at_ms),
            path: evidence.path,
            plaintext: evidence.plaintext,
            activity: evidence.activity,
        })
    }
}

impl From<model::Finding> for v1::Finding {
    fn from(finding: model::Finding) -> Self {
        Self { check: finding.check.to_string(), summary: finding.summary, evidence: Some(finding.evidence.into()) }
    }
}

impl TryFrom<v1::Finding> for model::Finding {
    type Error = ConvertError;

    fn try_from(finding: v1::Finding) -> Result<Self, ConvertError> {
        let known = CheckName::ALL.into_iter().find(|check| check.name() == finding.check);
        Ok(Self {
            check: known.ok_or_else(|| ConvertError::new("check", format!("no check is named `{}`", finding.check)))?,
            summary: finding.summary,
            evidence: required(finding.evidence, "evidence")?,
        })
    }
}

impl From<model::Coverage> for v1::Coverage {
    fn from(coverage: model::Coverage) -> Self {
        let model::Coverage { activities, canaries, flows, exercised, missed } = coverage;
        Self { activities, canaries, flows, exercised, missed }
    }
}

impl From<v1::Coverage> for model::Coverage {
    fn from(coverage: v1::Coverage) -> Self {
        let v1::Coverage { activities, canaries, flows, exercised, missed } = coverage;
        Self { activities, canaries, flows, exercised, missed }
    }
}

impl From<model::Ruling> for v1::Ruling {
    fn from(ruling: model::Ruling) -> Self {
        let verdict = match ruling.verdict {
            Verdict::Kept => v1::Verdict::Kept,
            Verdict::Broken => v1::Verdict::Broken,
            Verdict::Unproven => v1::Verdict::Unproven,
        };
        Self {
            claim: ruling.claim.into(),
            subject: Some(ruling.subject.into()),
            verdict: verdict.into(),
            reason: ruling.reason,
            findings: ruling.findings.into_iter().map(Into::into).collect(),
            coverage: Some(ruling.coverage.into()),
        }
    }
}

impl TryFrom<v1::Ruling> for model::Ruling {
    type Error = ConvertError;

    fn try_from(ruling: v1::Ruling) -> Result<Self, ConvertError> {
        let verdict = match v1::Verdict::try_from(ruling.verdict) {
            Ok(v1::Verdict::Kept) => Verdict::Kept,
            Ok(v1::Verdict::Broken) => Verdict::Broken,
            Ok(v1::Verdict::Unproven) => Verdict::Unproven,
            Ok(v1::Verdict::Unspecified) | Err(_) => {
                return Err(unknown("verdict", ruling.verdict, "kept, broken or unproven"));
            }
        };
        Ok(Self {
            claim: name(ruling.claim, "claim")?,
            subject: required(ruling.subject, "subject")?,
            verdict,
            reason: ruling.reason,
            findings: each(ruling.findings, "findings")?,
            coverage: ruling.coverage.ok_or_else(|| ConvertError::new("coverage", "is not set"))?.into(),
        })
    }
}
