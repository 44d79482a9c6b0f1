//! JUnit XML: one test suite for each scenario, one test case for each claim and subject that can fail or is broken.

use model::{Accuracy, Finding, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{Demand, Judged, Played, Standing, evidence};

/// Why there is no JUnit document.
#[derive(Debug, thiserror::Error)]
#[error("the results cannot be written as JUnit XML: {0}")]
pub struct JunitError(String);

/// The results as JUnit XML. A test case fails exactly where the exit status of a run with `demand` says so; a claim
/// that is broken while its scenario expects nothing about it is shown as skipped.
///
/// # Errors
/// If a value cannot be written as XML.
pub fn junit(played: &[Played], demand: Demand) -> Result<String, JunitError> {
    let mut report = Report::new("glasshouse");
    report.add_test_suites(played.iter().map(|scenario| suite(scenario, demand)));
    report.to_string().map_err(|error| JunitError(error.to_string()))
}

fn suite(played: &Played, demand: Demand) -> TestSuite {
    let mut suite = TestSuite::new(played.scenario.as_str());
    suite.add_property(("seed", played.seed.to_string().as_str()));
    suite.add_property(("replay", played.replay.as_str()));
    suite.add_test_cases(played.verdicts.iter().filter_map(|judged| case(played, judged, demand)));
    suite.add_test_cases(played.accuracies.iter().map(|accuracy| release(played, accuracy)));
    suite
}

fn case(played: &Played, judged: &Judged, demand: Demand) -> Option<TestCase> {
    let ruling = &judged.ruling;
    let standing = played.standing(judged, demand);
    if judged.expected.is_none() && ruling.verdict != Verdict::Broken && standing != Standing::Failed {
        return None;
    }
    let mut status = match standing {
        Standing::Held => TestCaseStatus::success(),
        Standing::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Standing::Open => TestCaseStatus::skipped(),
    };
    let grounds = grounds(judged);
    status.set_message(message(judged, standing)).set_type(ruling.verdict.to_string());
    status.set_description(format!("{grounds}replay: {}\n", played.replay));
    let mut case = TestCase::new(format!("{}: {}", ruling.claim, evidence::subject(&ruling.subject)), status);
    case.set_classname(played.scenario.as_str());
    if standing == Standing::Held && !grounds.is_empty() {
        case.set_system_out(grounds);
    }
    Some(case)
}

fn release(played: &Played, accuracy: &Accuracy) -> TestCase {
    let mut status = match accuracy.holds() {
        true => TestCaseStatus::success(),
        false => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_message(accuracy.to_string()).set_description(format!("replay: {}\n", played.replay));
    let mut case = TestCase::new(format!("releases of {}", accuracy.query), status);
    case.set_classname(played.scenario.as_str());
    case
}

fn message(judged: &Judged, standing: Standing) -> String {
    let found = format!("{} is {}", judged.ruling.claim, judged.ruling.verdict);
    match (judged.expectation(), &judged.source) {
        (Some(expected), Some(source)) => format!("{found}, expected {expected} ({source})"),
        (Some(expected), None) => format!("{found}, expected {expected}"),
        (None, _) if standing == Standing::Open => format!("{found}, and the scenario expects nothing here"),
        (None, _) => found,
    }
}

fn grounds(judged: &Judged) -> String {
    let reason = judged.ruling.reason.iter().map(|reason| format!("reason: {reason}\n"));
    reason.chain(evidence::shortest(&judged.ruling).map(finding_text)).collect()
}

fn finding_text(finding: &Finding) -> String {
    let lines = evidence::lines(&finding.evidence).into_iter().map(|(label, text)| format!("{label}: {text}\n"));
    format!("{}: {}\n", finding.check, finding.summary) + &lines.collect::<String>()
}
