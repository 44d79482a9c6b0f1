//! What servers stored of an upload that was sent again.

use model::{Arm, CaseFile, CheckName, ClaimKind, Duration, Holding, Report, Verdict};

use crate::{
    case::{Setting, arm, case, expect, name},
    client::Client,
};

/// The case of `client`, of whose first upload each of `stored` is kept: in which region, and how long after it was
/// first sent. The client that repeats sends it again after two seconds.
fn case_storing(client: Client, stored: &[(&str, u64)]) -> CaseFile {
    let mut case = case(client, &Setting::PLAIN);
    case.claims.retain(|claim| claim.id.as_str() == "local");
    case.claims[0].promise = ClaimKind::CountedOnce;
    let record = arm(&mut case, Arm::Main);
    let upload = record.capture.flows.iter().find(|flow| flow.method == "POST").expect("an upload");
    let (_, key) = upload.headers.iter().find(|(name, _)| name == "idempotency-key").expect("a key");
    let held = |(region, after_ms): &(&str, u64)| Holding {
        region: name(region),
        at: upload.at + Duration::from_millis(*after_ms),
        batch: key.clone(),
        report: Report { event: "visit".to_owned(), time: upload.at, device: None, fields: [].into() },
    };
    record.holdings = Some(stored.iter().map(held).collect());
    case
}

const REPEATS: Client = Client { repeats: true, ..Client::HONEST };

fn reason(case: &CaseFile) -> String {
    expect(case, "local", Verdict::Unproven).reason.unwrap_or_default()
}

#[test]
fn an_upload_that_is_sent_again_and_stored_once_is_counted_once() {
    let both_reports_of_it = [("in", 10), ("in", 10)];
    let ruling = expect(&case_storing(REPEATS, &both_reports_of_it), "local", Verdict::Kept);
    let words = "1 upload sent again after they had arrived".to_owned();
    assert!(ruling.coverage.exercised.contains(&words), "{:?}", ruling.coverage.exercised);
}

#[test]
fn an_upload_that_is_stored_again_is_counted_twice() {
    for (region, summary) in [
        ("in", "one upload was stored and then stored again: it is counted twice"),
        ("sg", "one upload was stored and then stored in another region: it is counted twice"),
    ] {
        let finding = expect(&case_storing(REPEATS, &[("in", 10), (region, 2_010)]), "local", Verdict::Broken);
        let finding = &finding.findings[0];
        assert_eq!((finding.check, finding.summary.as_str()), (CheckName::DoubleCount, summary));
        assert_eq!(finding.evidence.path[0], format!("holdings:{region}"));
        assert!(finding.evidence.plaintext.contains(" in in and at "), "{}", finding.evidence.plaintext);
    }
}

#[test]
fn two_regions_that_store_one_upload_at_the_same_time_count_it_twice() {
    expect(&case_storing(REPEATS, &[("in", 10), ("sg", 10)]), "local", Verdict::Broken);
}

#[test]
fn without_an_upload_that_is_sent_again_after_it_arrived_nothing_is_proven() {
    let never_again = case_storing(Client::HONEST, &[("in", 10)]);
    let arrived_by_the_second = case_storing(REPEATS, &[("in", 2_010)]);
    let never_arrived = case_storing(REPEATS, &[]);
    for case in [never_again, arrived_by_the_second, never_arrived] {
        assert_eq!(reason(&case), "no upload was sent again after it had arrived");
    }
}

#[test]
fn batches_without_a_key_and_servers_without_an_inspection_convict_nobody_and_clear_nobody() {
    let mut keyless = case_storing(REPEATS, &[("in", 10), ("in", 2_010)]);
    let holdings = arm(&mut keyless, Arm::Main).holdings.iter_mut().flatten();
    holdings.for_each(|holding| holding.batch.clear());
    assert_eq!(reason(&keyless), "no upload was sent again after it had arrived");

    let mut closed = case_storing(REPEATS, &[("in", 10)]);
    arm(&mut closed, Arm::Main).holdings = None;
    assert_eq!(reason(&closed), "what servers hold was not inspected");
}
