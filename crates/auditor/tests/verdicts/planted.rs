//! What is left of planted words, their digests, and the addresses of other sites.

use model::{CanaryRole, CheckName, Claim, ClaimKind, Finding, Flow, Mode, NotebookEntry, SwitchState, Verdict};

use crate::{
    case::{Setting, case, expect, name},
    client::{Client, Incognito, Obeys},
};

/// Adds an upload to the main arm five seconds after each line that `fits`, with what `body` makes of it.
fn leak(case: &mut model::CaseFile, fits: impl Fn(&NotebookEntry) -> bool, body: impl Fn(&NotebookEntry) -> String) {
    let main = &mut case.examinations[0].records[0];
    let template = main.capture.flows.iter().find(|flow| flow.method == "POST").expect("an upload").clone();
    for entry in main.notebook.entries.iter().filter(|entry| !entry.canaries.is_empty() && fits(entry)) {
        let at = entry.at + model::Duration::from_secs(5);
        let body = body(entry).into_bytes();
        main.capture.flows.push(Flow { at, headers: Vec::new(), body, ..template.clone() });
    }
    main.capture.flows.sort_by_key(|flow| flow.at);
    main.capture.flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = model::FlowId(id));
}

fn in_incognito(entry: &NotebookEntry) -> bool {
    entry.mode == Some(Mode::Incognito)
}

fn path_token(entry: &NotebookEntry) -> String {
    let planted = entry.canaries.iter().find(|canary| canary.role == CanaryRole::Path).or(entry.canaries.first());
    planted.expect("a canary").token.clone()
}

fn finding(findings: &[Finding], check: CheckName) -> &Finding {
    findings.iter().find(|finding| finding.check == check).expect("a finding of the check")
}

#[test]
fn a_whole_token_says_how_improbable_chance_is() {
    let case = case(Client { incognito: Incognito::Plain, ..Client::HONEST }, &Setting::PLAIN);
    let ruling = expect(&case, "incognito", Verdict::Broken);
    let summary = &finding(&ruling.findings, CheckName::Canary).summary;
    let (_, odds) = summary.split_once("by chance: ").expect("the odds");
    let expected: f64 = odds.split(' ').next().expect("a number").parse().expect("a number");
    assert!(expected < 1e-9 && expected > 0.0, "{summary}");
}

#[test]
fn twelve_characters_of_one_token_convict_and_eight_of_several_do() {
    let mut case_file = case(Client::HONEST, &Setting::PLAIN);
    leak(&mut case_file, in_incognito, |entry| format!(r#"{{"page":"https://{}"}}"#, &path_token(entry)[..8]));
    let ruling = expect(&case_file, "incognito", Verdict::Broken);
    let shown = finding(&ruling.findings, CheckName::Canary);
    assert!(shown.summary.contains("8 characters of what was planted; by chance: "), "{}", shown.summary);
    assert_eq!(shown.evidence.path, ["body", "json:$.page"]);

    let once = std::cell::Cell::new(true);
    let mut case_file = case(Client::HONEST, &Setting::PLAIN);
    let first = |entry: &NotebookEntry| in_incognito(entry) && once.replace(false);
    leak(&mut case_file, first, |entry| format!(r#"{{"page":"…{}…"}}"#, path_token(entry)[2..15].to_uppercase()));
    let ruling = expect(&case_file, "incognito", Verdict::Broken);
    let shown = finding(&ruling.findings, CheckName::Canary);
    assert!(shown.summary.contains("13 characters of what was planted"), "{}", shown.summary);
}

#[test]
fn eight_characters_of_one_token_are_no_evidence() {
    let once = std::cell::Cell::new(true);
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    let first = |entry: &NotebookEntry| in_incognito(entry) && once.replace(false);
    leak(&mut case, first, |entry| format!(r#"{{"page":"{}"}}"#, &path_token(entry)[..8]));
    let ruling = crate::case::ruling(&case, "incognito");
    assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Twin), "{:#?}", ruling.findings);
}

/// CRC-32 as gzip has it, bit by bit.
fn crc32(text: &str) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
    !text.bytes().fold(!0, |crc: u32, byte| (0..8).fold(crc ^ u32::from(byte), bit))
}

#[test]
fn a_digest_is_shown_with_its_derivation_its_place_and_its_odds() {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    leak(&mut case, in_incognito, |entry| format!(r#"{{"page":{{"h":{}}}}}"#, crc32(&path_token(entry))));
    let ruling = expect(&case, "incognito", Verdict::Broken);
    let shown = finding(&ruling.findings, CheckName::Digest);
    assert!(shown.summary.contains("left the device, as crc32 of "), "{}", shown.summary);
    assert!(shown.summary.contains("; by chance: "), "{}", shown.summary);
    assert_eq!(shown.evidence.path, ["body", "json:$.page.h"]);
    assert!(shown.evidence.plaintext.parse::<u32>().is_ok(), "{shown:?}");
    assert!(shown.evidence.activity.contains(" in incognito at "), "{shown:?}");
}

#[test]
fn digests_convict_under_the_switch_and_without_consent_as_tokens_do() {
    let digested = |entry: &NotebookEntry| format!(r#"{{"h":{}}}"#, crc32(&path_token(entry)));
    let mut case_file = case(Client { switch: Obeys::Fully, ..Client::HONEST }, &Setting::at(SwitchState::Suppress));
    leak(&mut case_file, |_| true, digested);
    for claim in ["switch", "consent"] {
        let ruling = expect(&case_file, claim, Verdict::Broken);
        finding(&ruling.findings, CheckName::Digest);
    }
}

#[test]
fn kept_verdicts_list_the_digests() {
    let ruling = expect(&case(Client::HONEST, &Setting::PLAIN), "incognito", Verdict::Kept);
    let digests = ruling.coverage.exercised.iter().find(|line| line.starts_with("digests: sha256, md5, sha1"));
    assert!(digests.is_some_and(|line| line.ends_with(" texts")), "{:?}", ruling.coverage.exercised);
}

/// The honest client's case, which reports pages in normal mode, under the claim that it sends addresses of `hosts` alone.
fn under(client: Client, hosts: &[&str]) -> model::CaseFile {
    let mut case = case(client, &Setting::PLAIN);
    case.claims = vec![Claim {
        id: name("addresses"),
        statement: "Only addresses of sites that you follow are sent.".to_owned(),
        source: None,
        promise: ClaimKind::UrlsOnlyOf { hosts: hosts.iter().map(|&host| host.to_owned()).collect() },
        products: Vec::new(),
    }];
    case
}

#[test]
fn addresses_of_other_sites_convict_in_either_mode_and_those_of_the_named_sites_do_not() {
    let ruling = expect(&under(Client::HONEST, &["follow.test"]), "addresses", Verdict::Broken);
    let shown = finding(&ruling.findings, CheckName::Canary);
    assert!(shown.evidence.activity.contains(" in normal at "), "{shown:?}");
    // Every page of the plan is below `example`.
    let ruling = expect(&under(Client::HONEST, &["example"]), "addresses", Verdict::Unproven);
    assert!(ruling.reason.is_some_and(|reason| reason.contains("visit was not exercised")), "nothing was elsewhere");
}

#[test]
fn a_client_that_sends_no_addresses_keeps_to_the_named_sites() {
    let mut silent = under(Client::HONEST, &["follow.test"]);
    for record in &mut silent.examinations[0].records {
        record
            .capture
            .flows
            .iter_mut()
            .filter(|flow| flow.method == "POST")
            .for_each(|flow| flow.body = b"{}".to_vec());
    }
    expect(&silent, "addresses", Verdict::Kept);
    leak(
        &mut silent,
        |entry| entry.mode == Some(Mode::Normal),
        |entry| format!(r#"{{"h":{}}}"#, crc32(&path_token(entry))),
    );
    let ruling = expect(&silent, "addresses", Verdict::Broken);
    assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Digest));
}
