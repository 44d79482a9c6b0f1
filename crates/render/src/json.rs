//! The document of `--json`: a contract for CI.

use model::{Accuracy, CheckName, ClaimId, Coverage, Finding, Subject, Verdict};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

use crate::{Digests, Judged, Played};

/// Version of the document's format. Keys may be added under the same number; none changes its meaning or goes away.
const FORMAT: u32 = 1;

/// What `glasshouse run --json` writes: every scenario that was played, with its verdicts and their grounds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Glasshouse results")]
struct Document {
    /// Version of this format.
    #[schemars(extend("const" = 1))]
    format: u32,
    /// Scenarios, in the order in which they were played.
    scenarios: Vec<Scenario>,
}

/// What came of one scenario.
#[derive(Debug, Serialize, JsonSchema)]
struct Scenario {
    /// Short name of the scenario.
    scenario: String,
    /// The seed that it was played with.
    seed: u64,
    /// Digests of everything that the run produced: equal for equal runs.
    digests: Digests,
    /// How many expectations held, and how many did not.
    expectations: Expectations,
    /// One verdict for each claim and subject.
    verdicts: Vec<Row>,
    /// How releases compare with the truth, for each of which the scenario expects something; absent where for none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accuracies: Vec<Accuracy>,
}

/// How many of a scenario's expectations held.
#[derive(Debug, Serialize, JsonSchema)]
struct Expectations {
    /// Verdicts that are what the scenario expects, found by the check that it names, and releases that are.
    held: u64,
    /// Verdicts and releases that are not.
    failed: u64,
}

/// The verdict about one claim and subject.
#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    /// The claim.
    claim: ClaimId,
    /// Whom it is about.
    subject: Subject,
    /// The conclusion.
    verdict: Verdict,
    /// What the scenario expects; absent where it expects nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Verdict>,
    /// The check that the scenario expects to have found something; absent where it names none.
    #[serde(rename = "expected-check", skip_serializing_if = "Option::is_none")]
    expected_check: Option<CheckName>,
    /// Why it is unproven; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What was found: what breaks the claim, the shortest evidence first; then what breaks nothing by itself.
    findings: Vec<Finding>,
    /// What was exercised before the verdict was reached.
    coverage: Coverage,
}

/// The document about `played`, indented, with a line end at the end.
///
/// # Errors
/// If a value cannot be written as JSON.
pub fn document(played: &[Played]) -> Result<String, serde_json::Error> {
    let document = Document { format: FORMAT, scenarios: played.iter().map(scenario).collect() };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The JSON Schema (draft 2020-12) of [`document`].
#[must_use]
pub fn output_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

fn scenario(played: &Played) -> Scenario {
    let (held, failed) = played.expectations();
    Scenario {
        scenario: played.scenario.clone(),
        seed: played.seed,
        digests: played.digests.clone(),
        expectations: Expectations { held, failed },
        verdicts: played.verdicts.iter().map(row).collect(),
        accuracies: played.accuracies.clone(),
    }
}

fn row(Judged { ruling, expected, check, .. }: &Judged) -> Row {
    Row {
        claim: ruling.claim.clone(),
        subject: ruling.subject.clone(),
        verdict: ruling.verdict,
        expected: *expected,
        expected_check: *check,
        reason: ruling.reason.clone(),
        findings: ruling.findings.clone(),
        coverage: ruling.coverage.clone(),
    }
}
