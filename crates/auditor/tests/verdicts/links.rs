use model::{Boundary, CheckName, ClaimKind, Mechanism, SwitchState, Verdict};

use crate::{
    case::{Setting, case, expect, noise, release},
    client::{Client, Identifier, Incognito},
};

fn with(identifier: Identifier) -> model::CaseFile {
    case(Client { identifier, ..Client::HONEST }, &Setting::PLAIN)
}

#[test]
fn an_identifier_that_outlives_a_day_is_not_anonymous() {
    for identifier in [Identifier::Install, Identifier::Hardware] {
        for claim in ["aggregated", "unlinkable"] {
            let ruling = expect(&with(identifier), claim, Verdict::Broken);
            let finding = &ruling.findings[0];
            assert_eq!(finding.check, CheckName::Linkage);
            assert_eq!(finding.evidence.path, ["body", "base64", "json:$[0].id"], "{identifier:?}");
            let resets = finding.summary.contains("a new installation");
            assert_eq!(resets, identifier == Identifier::Hardware, "{}", finding.summary);
        }
    }
}

#[test]
fn an_identifier_that_rotates_daily_is_a_pseudonym_but_links_sessions() {
    let case = with(Identifier::Daily);
    expect(&case, "aggregated", Verdict::Kept);
    let ruling = expect(&case, "unlinkable", Verdict::Broken);
    assert!(ruling.findings[0].summary.ends_with("across uploads, sessions, logging in"), "{ruling:#?}");
}

#[test]
fn an_identifier_fresh_for_each_upload_links_nothing() {
    let case = with(Identifier::Upload);
    expect(&case, "aggregated", Verdict::Kept);
    expect(&case, "unlinkable", Verdict::Kept);
}

#[test]
fn a_retry_of_an_upload_is_no_second_upload() {
    let client = Client { identifier: Identifier::Upload, repeats: true, ..Client::HONEST };
    let mut case = case(client, &Setting::PLAIN);
    case.claims[3].promise = ClaimKind::Unlinkable { across: vec![Boundary::Uploads], lifetime_max: None };
    expect(&case, "unlinkable", Verdict::Kept);
}

#[test]
fn one_identifier_in_both_modes_is_named_as_such() {
    let client = Client { identifier: Identifier::Install, incognito: Incognito::Plain, ..Client::HONEST };
    let ruling = expect(&case(client, &Setting::PLAIN), "unlinkable", Verdict::Broken);
    assert!(ruling.findings[0].summary.contains("modes"), "{}", ruling.findings[0].summary);
}

#[test]
fn an_account_name_is_not_anonymous() {
    let ruling = expect(&with(Identifier::Account), "aggregated", Verdict::Broken);
    assert!(ruling.findings[0].summary.contains("account"), "{}", ruling.findings[0].summary);
}

#[test]
fn small_groups_without_noise_are_not_aggregated() {
    let mut case = case(Client::HONEST, &Setting::at(SwitchState::Collect));
    for (mechanism, value, verdict) in [
        (Mechanism::Exact, 4, Verdict::Broken),
        (Mechanism::Exact, 5, Verdict::Kept),
        (Mechanism::Exact, 0, Verdict::Kept),
        (Mechanism::Threshold { devices_min: 2 }, 3, Verdict::Broken),
        (noise(), 1, Verdict::Kept),
        (noise(), -3, Verdict::Kept),
    ] {
        case.releases = vec![release(mechanism.clone(), value)];
        let ruling = expect(&case, "aggregated", verdict);
        if verdict == Verdict::Broken {
            let evidence = &ruling.findings[0].evidence;
            assert_eq!((evidence.flow, evidence.path[2].as_str()), (None, "country=IN,model=POCO X2"));
        }
    }
}
