//! The zoo: what counts as found, and how the score is shown.

use model::{CheckName, SwitchState, Verdict};
use serde_json::{Value, json};

use super::{
    judged, subject,
    terminal::{check_golden, widest},
};
use crate::{
    Judged,
    terminal::{Look, zoo as page},
    zoo::{Kind, Mark, Run, Score, Specimen, Zoo, zoo_document, zoo_schema},
};

const PLAIN: Look = Look { width: 100, colour: false };

fn specimen(name: &str, verdicts: Vec<(&str, Judged)>) -> Specimen {
    let verdicts = verdicts.into_iter().map(|(kind, judged)| (kind.to_owned(), judged)).collect();
    let replay = format!("glasshouse run sims/zoo/{name}.toml --seed 7");
    Specimen { name: name.to_owned(), title: "A title".to_owned(), runs: vec![Run { seed: 7, verdicts, replay }] }
}

fn ruled(claim: &str, verdict: Verdict, expected: Verdict, check: Option<CheckName>) -> Judged {
    let subject = subject("browser", "1.0", SwitchState::Absent);
    Judged { check, ..judged(claim, &subject, verdict, Some(expected)) }
}

/// One leak found, one that another check found, one that was called kept; one mended copy cleared, one doubted; one
/// decoy accused.
fn mixed() -> Zoo {
    use Verdict::{Broken, Kept, Unproven};
    let (canary, linkage) = (Some(CheckName::Canary), Some(CheckName::Linkage));
    let incognito = |verdict, expected, check| ("incognito-suppressed", ruled("incognito", verdict, expected, check));
    let unlinkable = |verdict, expected, check| ("unlinkable", ruled("unlinkable", verdict, expected, check));
    Zoo {
        specimens: vec![
            specimen("01-url", vec![incognito(Broken, Broken, canary)]),
            specimen("01-url-mended", vec![incognito(Kept, Kept, None)]),
            specimen("10-one-id", vec![unlinkable(Broken, Broken, linkage)]),
            specimen("10-one-id-mended", vec![unlinkable(Unproven, Kept, None)]),
            specimen("24-icons", vec![incognito(Kept, Broken, canary)]),
            specimen("decoy-heartbeat", vec![incognito(Broken, Kept, None)]),
        ],
    }
}

#[test]
fn leak_counts_as_found_only_if_the_very_check_convicts() {
    let marks: Vec<Mark> = mixed().specimens.iter().flat_map(|s| s.marked().map(|m| m.3).collect::<Vec<_>>()).collect();
    use Mark::{Accused, Cleared, Doubted, Found, Missed};
    assert_eq!(marks, [Found, Cleared, Missed, Doubted, Missed, Accused]);
    assert!(!mixed().holds());
    let mut right = mixed();
    right.specimens.truncate(2);
    assert!(right.holds());
    assert!(!Zoo::default().holds(), "an empty zoo proves nothing");
}

#[test]
fn kind_follows_from_what_is_expected_and_the_name() {
    let kinds: Vec<Kind> = mixed().specimens.iter().map(Specimen::kind).collect();
    assert_eq!(kinds, [Kind::Leak, Kind::Mended, Kind::Leak, Kind::Mended, Kind::Leak, Kind::Decoy]);
}

#[test]
fn recall_and_precision_are_those_of_the_verdicts() {
    let zoo = mixed();
    let all = Score::of(&zoo);
    assert_eq!(all, Score { found: 1, missed: 2, cleared: 1, accused: 1, doubted: 1 });
    assert!((all.recall().unwrap() - 1.0 / 3.0).abs() < 1e-12);
    assert!((all.precision().unwrap() - 0.5).abs() < 1e-12);
    let unlinkable = Score::by_claim(&zoo)["unlinkable"];
    assert_eq!((unlinkable.recall(), unlinkable.precision()), (Some(0.0), None));
}

#[test]
fn hidden_leak_is_found_where_its_check_says_so_and_accused_where_a_claim_is_called_broken() {
    let mut hidden = ruled("incognito", Verdict::Unproven, Verdict::Unproven, Some(CheckName::Canary));
    assert_eq!(Mark::of(&hidden), Some(Mark::Missed), "no check found anything");
    hidden.ruling.findings = ruled("incognito", Verdict::Broken, Verdict::Broken, None).ruling.findings;
    assert_eq!(Mark::of(&hidden), Some(Mark::Found));
    assert_eq!(Mark::of(&Judged { check: None, ..hidden.clone() }), Some(Mark::Cleared), "nobody asked for a finding");
    hidden.ruling.verdict = Verdict::Broken;
    assert_eq!(Mark::of(&hidden), Some(Mark::Accused));
}

#[test]
fn page_reads_as_its_golden_file_and_fits_into_its_width() {
    check_golden("zoo-100.txt", &page(&mixed(), PLAIN));
    let text = page(&mixed(), PLAIN);
    assert!(widest(&text) <= 100, "{text}");
    assert!(page(&mixed(), Look { colour: true, ..PLAIN }).contains("\u{1b}["));
}

#[test]
fn every_check_has_room_at_100_columns() {
    let names = CheckName::ALL.map(|check| {
        let mut judged = ruled("incognito", Verdict::Broken, Verdict::Broken, Some(check));
        judged.ruling.findings.truncate(1);
        judged.ruling.findings[0].check = check;
        specimen(&format!("{:02}-a-name-of-a-leak-that-is-rather-long-{check}", check as u8), vec![("lawful", judged)])
    });
    let text = page(&Zoo { specimens: names.to_vec() }, PLAIN);
    assert!(widest(&text) <= 100, "{text}");
    assert_eq!(text.matches('●').count(), CheckName::ALL.len() + 1, "one for each, and the legend:\n{text}");
}

#[test]
fn document_validates_against_its_schema_and_says_what_was_found_by_which_check() {
    let document: Value = serde_json::from_str(&zoo_document(&mixed()).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&zoo_schema()).unwrap();
    let errors: Vec<_> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(document["score"]["missed"], 2);
    assert_eq!(document["claims"]["unlinkable"]["recall"], 0.0);
    let row = &document["scenarios"][2]["runs"][0]["verdicts"][0];
    let (expected, found, holds) = (&row["expected-check"], &row["found-by"], &row["holds"]);
    assert_eq!((expected, found, holds), (&json!("linkage"), &json!(["canary"]), &json!(false)));
    for (pointer, wrong) in [("/format", json!(2)), ("/scenarios/0/kind", json!("bug")), ("/score/found", json!(-1))] {
        let mut document = document.clone();
        *document.pointer_mut(pointer).unwrap() = wrong;
        assert!(!schema.is_valid(&document), "{pointer}");
    }
}
