//! The auditor through its generated client, in process.

use futures::FutureExt;
use protocol::{
    status::reason,
    v1::{self, audit_service_client::AuditServiceClient},
};
use services::{AuditApi, AuditLimits};
use tonic::{Code, Status};

const CASE: &str = r#"{
  "format": 1,
  "scenario": "smallest",
  "subject": {"product": "mint-browser", "version": "3.4.0", "switch": "absent"},
  "facts": {"version": "3.4.0", "released": "2020-04-01T00:00:00Z", "asks-consent": false},
  "claims": [{"id": "incognito", "statement": "Nothing is collected.", "promise": "incognito-suppressed"}],
  "regions": [],
  "endpoints": [],
  "examinations": [],
  "releases": []
}"#;

async fn audit(api: &AuditApi, file: &str, part_bytes: usize) -> Result<Vec<v1::Ruling>, Status> {
    let parts = file.as_bytes().chunks(part_bytes).map(|part| v1::AuditRequest { case_file: part.to_vec() });
    let request = futures::stream::iter(parts.collect::<Vec<_>>());
    Ok(AuditServiceClient::new(api.service()).audit(request).await?.into_inner().rulings)
}

#[tokio::test]
async fn every_claim_of_a_case_file_is_ruled_on_however_it_is_cut() {
    let api = AuditApi::new(AuditLimits::default());
    for part_bytes in [1, 7, 4096] {
        let rulings = audit(&api, CASE, part_bytes).await.expect("a well-formed case file");
        let rulings: Vec<model::Ruling> = rulings.into_iter().map(|r| r.try_into().expect("a ruling")).collect();
        assert_eq!(rulings.len(), 1);
        assert_eq!(rulings[0].verdict, model::Verdict::Unproven);
    }
}

#[tokio::test]
async fn malformed_case_file_is_refused_with_the_place() {
    let api = AuditApi::new(AuditLimits::default());
    let wrong = CASE.replace("\"regions\"", "\"reigons\"");
    let error = audit(&api, &wrong, 100).await.expect_err("an unknown field");
    assert_eq!((error.code(), reason(&error)), (Code::InvalidArgument, Some("malformed-case-file")));
    assert!(error.message().contains("line 7, column 11"), "{}", error.message());
    assert!(error.message().contains("unknown field `reigons`"), "{}", error.message());
    for cut in ["", "{", "[]", "\u{0}"] {
        assert_eq!(audit(&api, cut, 100).await.expect_err(cut).code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn contradictory_case_file_is_refused() {
    let api = AuditApi::new(AuditLimits::default());
    let error = audit(&api, &CASE.replace("\"format\": 1", "\"format\": 2"), 100).await.expect_err("another format");
    assert_eq!((error.code(), reason(&error)), (Code::InvalidArgument, Some("contradictory-case-file")));
}

#[tokio::test]
async fn case_file_beyond_the_limit_is_refused() {
    let limits = AuditLimits { case_file_bytes_max: CASE.len() - 1, ..AuditLimits::default() };
    let error = audit(&AuditApi::new(limits), CASE, 100).await.expect_err("one byte too many");
    assert_eq!((error.code(), reason(&error)), (Code::ResourceExhausted, Some("too-large")));
}

#[test]
fn audit_needs_no_runtime() {
    let api = AuditApi::new(AuditLimits::default());
    let ruled = audit(&api, CASE, 100).now_or_never().expect("whole at once");
    assert_eq!(ruled.expect("a well-formed case file").len(), 1);
}
