//! The document of `zoo --json`: a contract for CI.

use std::collections::BTreeMap;

use model::{CheckName, ClaimId, Subject, Verdict};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

use super::{Run, Score, Specimen, Zoo};
use crate::Judged;

/// Version of the document's format. Keys may be added under the same number; none changes its meaning or goes away.
const FORMAT: u32 = 1;

/// What `glasshouse zoo --json` writes: the score, and every verdict that it comes from.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(title = "Glasshouse zoo")]
struct Document {
    /// Version of this format.
    #[schemars(extend("const" = 1))]
    format: u32,
    /// The score of everything.
    score: Rated,
    /// The score for each kind of claim.
    claims: BTreeMap<String, Rated>,
    /// The scenarios, by name.
    scenarios: Vec<Scenario>,
}

/// A score with the shares that follow from it.
#[derive(Debug, Serialize, JsonSchema)]
struct Rated {
    #[serde(flatten)]
    score: Score,
    /// Share of the leaks that was found, from 0 to 1; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    recall: Option<f64>,
    /// Share of the accusations that are right, from 0 to 1; absent where nothing was accused.
    #[serde(skip_serializing_if = "Option::is_none")]
    precision: Option<f64>,
}

/// One scenario of the zoo.
#[derive(Debug, Serialize, JsonSchema)]
struct Scenario {
    /// Short name of the scenario.
    scenario: String,
    /// What it is in the zoo for.
    #[schemars(extend("enum" = ["leak", "mended", "decoy"]))]
    kind: &'static str,
    /// What it is about, in one line.
    title: String,
    /// What came of it, once for each seed.
    runs: Vec<Played>,
}

/// A scenario played from one seed.
#[derive(Debug, Serialize, JsonSchema)]
struct Played {
    /// The seed.
    seed: u64,
    /// One verdict for each claim and subject.
    verdicts: Vec<Row>,
}

/// The verdict about one claim and subject.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Row {
    /// The claim.
    claim: ClaimId,
    /// Its kind.
    kind: String,
    /// Whom it is about.
    subject: Subject,
    /// The conclusion.
    verdict: Verdict,
    /// What the scenario expects; absent where it expects nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<Verdict>,
    /// The check that must have found something; absent where the scenario names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    expected_check: Option<CheckName>,
    /// The checks that found something, sorted.
    found_by: Vec<CheckName>,
    /// Whether the expectation holds; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    holds: Option<bool>,
    /// Why it is unproven; absent otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The document about `zoo`, indented, with a line end at the end.
///
/// # Errors
/// If a value cannot be written as JSON.
pub fn zoo_document(zoo: &Zoo) -> Result<String, serde_json::Error> {
    let claims = Score::by_claim(zoo).into_iter().map(|(kind, score)| (kind.to_owned(), rated(score)));
    let document = Document {
        format: FORMAT,
        score: rated(Score::of(zoo)),
        claims: claims.collect(),
        scenarios: zoo.specimens.iter().map(scenario).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The JSON Schema (draft 2020-12) of [`zoo_document`].
#[must_use]
pub fn zoo_schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Document>().to_value()
}

fn rated(score: Score) -> Rated {
    Rated { recall: score.recall(), precision: score.precision(), score }
}

fn scenario(specimen: &Specimen) -> Scenario {
    Scenario {
        scenario: specimen.name.clone(),
        kind: specimen.kind().name(),
        title: specimen.title.clone(),
        runs: specimen.runs.iter().map(played).collect(),
    }
}

fn played(run: &Run) -> Played {
    Played { seed: run.seed, verdicts: run.verdicts.iter().map(|(kind, judged)| row(kind, judged)).collect() }
}

fn row(kind: &str, judged: &Judged) -> Row {
    let ruling = &judged.ruling;
    Row {
        claim: ruling.claim.clone(),
        kind: kind.to_owned(),
        subject: ruling.subject.clone(),
        verdict: ruling.verdict,
        expected: judged.expected,
        expected_check: judged.check,
        found_by: judged.found_by().into_iter().collect(),
        holds: judged.holds(),
        reason: ruling.reason.clone(),
    }
}
