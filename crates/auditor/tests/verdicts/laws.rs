//! What the rulebooks demand, of whom, and when.

use model::{CaseFile, CheckName, ClaimKind, Demand, Duration, Holding, Report, Rule, Rulebook, Value, Verdict};

use crate::{
    case::{Setting, case, expect, name},
    client::Client,
};

/// A case about a device in `country`, whose law is that of `jurisdiction`.
fn under(client: Client, jurisdiction: &str, country: &str) -> CaseFile {
    let mut case = case(client, &Setting::PLAIN);
    let claim = case.claims.iter_mut().find(|claim| claim.id.as_str() == "lawful").expect("the claim");
    claim.promise = ClaimKind::Lawful { jurisdictions: vec![jurisdiction.to_owned()] };
    case.examinations.iter_mut().for_each(|exam| exam.device.country = name(country));
    case
}

fn reason(case: &CaseFile) -> String {
    expect(case, "lawful", Verdict::Unproven).reason.unwrap_or_default()
}

/// A rulebook of one rule for India, in force from `from`.
fn book(from: &str, demand: Demand) -> Rulebook {
    let rule = Rule {
        id: "one".to_owned(),
        article: "s. 1".to_owned(),
        in_force_from: name(from),
        in_force_until: None,
        gist: "A sentence.".to_owned(),
        demand,
    };
    Rulebook {
        jurisdiction: "IN".to_owned(),
        law: "Act".to_owned(),
        title: "An act".to_owned(),
        source: "a test".to_owned(),
        countries: vec![name("IN")],
        rules: vec![rule],
    }
}

fn with_book(client: Client, book: Rulebook) -> CaseFile {
    let mut case = under(client, "IN", "IN");
    case.rulebooks.push(book);
    case
}

const HASTY: Client = Client { waits_for_consent: false, ..Client::HONEST };

#[test]
fn a_jurisdiction_without_a_rulebook_is_named() {
    assert_eq!(reason(&under(Client::HONEST, "IN", "IN")), "there is no rulebook for IN");
    assert_eq!(reason(&under(Client::HONEST, "EU", "IN")), "no device in EU was examined under the GDPR");
    assert!(reason(&under(Client::HONEST, "CN", "CN")).starts_with("the PIPL had no rule in force on 2020-05-01"));
}

#[test]
fn collecting_without_consent_is_evidence_against_whoever_names_consent_as_its_ground() {
    let case = under(HASTY, "EU", "DE");
    let finding = expect(&case, "lawful", Verdict::Broken).findings.remove(0);
    assert_eq!(finding.check, CheckName::Consent);
    assert!(finding.summary.starts_with("evidence of a breach of GDPR Art. 6(1)(a) and 7(1): "), "{}", finding.summary);
    let mut case = with_book(HASTY, book("2020-01-01T00:00:00Z", Demand::Consent { other_grounds: true }));
    expect(&case, "lawful", Verdict::Broken);
    case.claims.retain(|claim| claim.promise != ClaimKind::Consent);
    assert!(reason(&case).contains("whether another ground allows it cannot be seen"));
}

#[test]
fn a_rulebook_of_ones_own_decides_and_its_date_too() {
    let consent = || Demand::Consent { other_grounds: false };
    let broken = with_book(HASTY, book("2020-01-01T00:00:00Z", consent()));
    let ruling = expect(&broken, "lawful", Verdict::Broken);
    assert!(ruling.findings[0].summary.starts_with("evidence of a breach of Act s. 1: "));
    let kept = with_book(Client::HONEST, book("2020-01-01T00:00:00Z", consent()));
    assert_eq!(expect(&kept, "lawful", Verdict::Kept).coverage.exercised, ["Act s. 1"]);
    let later = with_book(HASTY, book("2021-01-01T00:00:00Z", consent()));
    assert!(reason(&later).starts_with("the Act had no rule in force"));
    // The device is in its factory state from 2020-05-01 on; the rule binds from some hours later.
    let meanwhile = with_book(Client::HONEST, book("2020-05-02T00:00:00Z", consent()));
    assert!(reason(&meanwhile).contains("during a part of the examination only"));
}

#[test]
fn a_transfer_is_free_unproven_but_never_a_breach() {
    let client = Client { host: "sg.stats.example", ..Client::HONEST };
    let free = |country: &str, from: Option<&str>| model::FreeTransfer {
        country: name(country),
        from: from.map(name),
        until: None,
    };
    let to = |freely| with_book(client, book("2020-01-01T00:00:00Z", Demand::Transfer { freely }));
    expect(&to(vec![free("SG", None)]), "lawful", Verdict::Kept);
    assert!(reason(&to(vec![])).contains("whether the safeguards exist"));
    assert!(reason(&to(vec![free("SG", Some("2020-06-01T00:00:00Z"))])).contains("whether the safeguards exist"));
}

/// The token of a normal visit, held in `region`.
fn recorded(case: &mut CaseFile, regions: &[&str]) {
    let main = &mut case.examinations[0].records[0];
    let entry = main.notebook.entries.iter().find(|entry| !entry.canaries.is_empty()).expect("a canary");
    let (at, token) = (entry.at, entry.canaries[0].token.clone());
    let fields = [("url".to_owned(), Value::from(token))];
    let report = Report { event: "visit".to_owned(), time: at, device: None, fields: fields.into() };
    let held = |region: &&str| Holding { region: name(region), at, batch: String::new(), report: report.clone() };
    main.holdings = Some(regions.iter().map(held).collect());
}

#[test]
fn a_copy_at_home_is_enough_until_collection_abroad_is_forbidden() {
    for (regions, verdict) in [(&["in"][..], Verdict::Kept), (&["in", "sg"], Verdict::Kept), (&["sg"], Verdict::Broken)]
    {
        let mut case = with_book(Client::HONEST, book("2020-01-01T00:00:00Z", Demand::RecordedAtHome));
        recorded(&mut case, regions);
        let ruling = expect(&case, "lawful", verdict);
        assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Residency), "{regions:?}");
    }
    let abroad = Client { host: "sg.stats.example", ..Client::HONEST };
    let case = with_book(abroad, book("2020-01-01T00:00:00Z", Demand::CollectedAtHome));
    expect(&case, "lawful", Verdict::Broken);
    expect(&with_book(Client::HONEST, book("2020-01-01T00:00:00Z", Demand::CollectedAtHome)), "lawful", Verdict::Kept);
}

#[test]
fn where_the_law_names_no_time_the_vendors_promise_does() {
    let mut case = with_book(Client::HONEST, book("2020-01-01T00:00:00Z", Demand::Retention { longest: None }));
    assert_eq!(reason(&case), "Act s. 1: nobody says for how long data is needed");
    case.claims[0].promise = ClaimKind::Retained { longest: Duration::DAY };
    expect(&case, "lawful", Verdict::Kept);
    recorded(&mut case, &["in"]);
    let ruling = expect(&case, "lawful", Verdict::Broken);
    assert_eq!(ruling.findings[0].check, CheckName::Retention);
}

#[test]
fn rulebooks_that_contradict_themselves_are_refused() {
    let once = book("2020-01-01T00:00:00Z", Demand::Orders);
    let mut twice = with_book(Client::HONEST, once.clone());
    twice.rulebooks.push(once.clone());
    assert!(auditor::audit(&twice).expect_err("refused").to_string().contains("occurs twice"));
    let mut nowhere = once;
    nowhere.countries.clear();
    let error = auditor::audit(&with_book(Client::HONEST, nowhere)).expect_err("refused").to_string();
    assert!(error.starts_with("the rulebook of `IN`: "), "{error}");
}
