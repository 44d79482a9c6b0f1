use model::{ActivityKind, Arm, Boundary, CheckName, ClaimKind, Duration, Mechanism, SwitchState, Timestamp, Verdict};

use crate::{
    case::{Setting, add, arm, case, expect, noise, release},
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
    assert!(ruling.findings[0].summary.contains("across uploads, sessions, logging in; up to 64 bits"), "{ruling:#?}");
}

#[test]
fn a_pseudonym_is_as_old_as_what_its_reports_tell_however_late_they_leave() {
    for (tells, verdict) in [(true, Verdict::Kept), (false, Verdict::Broken)] {
        let mut case = with(Identifier::None);
        for record in &mut case.examinations[0].records {
            let id = if record.arm == Arm::Sibling { "fedcba9876543210" } else { "0123456789abcdef" };
            let visits = record.notebook.entries.iter().filter(|entry| !entry.canaries.is_empty());
            let visits: Vec<Timestamp> = visits.map(|entry| entry.at).take(2).collect();
            for (visit, hours) in visits.into_iter().zip([1, 30]) {
                let time = if tells { visit.as_millis() } else { 7 };
                add(record, visit + Duration::from_secs(hours * 3_600), format!(r#"{{"id":"{id}","at":"{time}"}}"#));
            }
        }
        let ruling = expect(&case, "aggregated", verdict);
        if let Some(finding) = ruling.findings.first() {
            assert_eq!((finding.check, finding.evidence.plaintext.as_str()), (CheckName::Linkage, "0123456789abcdef"));
        }
    }
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

/// The same, with a switch, and a promise about these boundaries alone.
fn across(client: Client, across: &[Boundary]) -> model::CaseFile {
    promise(case(client, &Setting::at(SwitchState::Collect)), across)
}

fn promise(mut case: model::CaseFile, across: &[Boundary]) -> model::CaseFile {
    case.claims[3].promise = ClaimKind::Unlinkable { across: across.to_vec(), lifetime_max: None };
    case
}

#[test]
fn the_day_of_the_first_start_joins_what_comes_before_and_after_an_opt_out() {
    let client = Client { identifier: Identifier::FirstRun, ..Client::HONEST };
    let ruling = expect(&across(client, &[Boundary::OptOut]), "unlinkable", Verdict::Broken);
    assert_eq!(ruling.findings[0].check, CheckName::Linkage);
    assert_eq!(ruling.findings[0].evidence.plaintext, "2020-05-01");
    assert!(ruling.findings[0].summary.contains("up to 16 bits"), "{}", ruling.findings[0].summary);
    // Made anew by each reset, it joins nothing across one; and a day alone names nobody.
    let made_anew = across(client, &[Boundary::ClearData, Boundary::Reinstall]);
    expect(&made_anew, "unlinkable", Verdict::Kept);
    expect(&made_anew, "aggregated", Verdict::Kept);
}

#[test]
fn an_identifier_in_the_ping_of_an_opt_out_convicts() {
    let client = Client { identifier: Identifier::OptOutPing, ..Client::HONEST };
    let ruling = expect(&across(client, &[Boundary::OptOut]), "unlinkable", Verdict::Broken);
    assert_eq!(ruling.findings[0].evidence.path, ["body", "json:$.id"], "{ruling:#?}");
    expect(&across(Client::HONEST, &[Boundary::OptOut]), "unlinkable", Verdict::Kept);
}

#[test]
fn a_cookie_is_an_identifier_although_another_one_beside_it_changes() {
    let ruling = expect(&with(Identifier::Cookie), "unlinkable", Verdict::Broken);
    assert_eq!(ruling.findings[0].evidence.path, ["header:cookie", "parameter:sid"], "{ruling:#?}");
}

#[test]
fn pieces_that_are_too_short_to_identify_alone_do_so_together() {
    for claim in ["aggregated", "unlinkable"] {
        let ruling = expect(&with(Identifier::Pieces), claim, Verdict::Broken);
        let finding = &ruling.findings[0];
        assert!(
            finding.summary.starts_with("4 values, none an identifier alone, together: up to 64 bits"),
            "{finding:#?}"
        );
        assert!(finding.evidence.plaintext.contains(".p3 = "), "{finding:#?}");
    }
}

#[test]
fn one_upload_with_the_identifiers_of_before_and_after_a_reset_joins_them() {
    let honest = Client { identifier: Identifier::Install, waits: Duration::from_secs(240), ..Client::HONEST };
    let boundaries = [Boundary::ClearData];
    expect(&across(honest, &boundaries), "unlinkable", Verdict::Kept);
    let joins = Client { keeps_queue: true, ..honest };
    let ruling = expect(&across(joins, &boundaries), "unlinkable", Verdict::Broken);
    let summary = &ruling.findings[0].summary;
    assert!(summary.starts_with("one upload holds `") && summary.ends_with("across clearing the data"), "{summary}");
}

#[test]
fn one_identifier_in_both_modes_is_found_where_no_record_says_what_was_done() {
    let silent =
        Client { identifier: Identifier::Install, incognito: Incognito::Plain, silent: true, ..Client::HONEST };
    let ruling = expect(&promise(case(silent, &Setting::PLAIN), &[Boundary::Modes]), "unlinkable", Verdict::Broken);
    assert!(ruling.findings[0].summary.contains(" more with incognito activity than without"), "{ruling:#?}");
    let apart = Client { identifier: Identifier::Modes, ..silent };
    expect(&promise(case(apart, &Setting::PLAIN), &[Boundary::Modes]), "unlinkable", Verdict::Kept);
    expect(&across(apart, &[Boundary::Modes]), "unlinkable", Verdict::Kept);
}

#[test]
fn a_connection_that_both_modes_open_with_one_token_links_them() {
    for (shared, verdict) in [(true, Verdict::Broken), (false, Verdict::Kept)] {
        let mut case = promise(case(Client::HONEST, &Setting::PLAIN), &[Boundary::Modes]);
        for record in &mut case.examinations[0].records {
            let sibling = record.arm == model::Arm::Sibling;
            let flows = &mut record.capture.flows;
            let upload = flows.iter().find(|flow| flow.method == "POST").expect("an upload").clone();
            let visits = record.notebook.entries.iter().filter(|entry| entry.activity.kind() == ActivityKind::Visit);
            for entry in visits {
                let token = match (sibling, shared || entry.mode == Some(model::Mode::Normal)) {
                    (false, true) => "0123456789abcdef",
                    (false, false) => "fedcba9876543210",
                    (true, true) => "89abcdef01234567",
                    (true, false) => "76543210fedcba98",
                };
                let path = format!("/push/{token}");
                let (channel, body, headers) = (model::Channel::Socket, Vec::new(), Vec::new());
                flows.push(model::Flow { at: entry.at, channel, path, body, headers, ..upload.clone() });
            }
            flows.sort_by_key(|flow| flow.at);
            flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = model::FlowId(id));
        }
        expect(&case, "unlinkable", verdict);
    }
}

#[test]
fn a_value_that_outlives_a_reset_names_the_identifiers_that_it_joins() {
    let mut case = across(Client { identifier: Identifier::Install, ..Client::HONEST }, &[Boundary::ClearData]);
    for record in &mut case.examinations[0].records {
        let cookie = ("x-install-time".to_owned(), format!("{}", record.notebook.starts.as_millis()));
        let posts = record.capture.flows.iter_mut().filter(|flow| flow.method == "POST");
        posts.for_each(|flow| flow.headers.push(cookie.clone()));
    }
    let ruling = expect(&case, "unlinkable", Verdict::Broken);
    assert_eq!(ruling.findings[0].evidence.path, ["header:x-install-time"]);
    assert!(ruling.findings[0].summary.contains("; it joins `"), "{}", ruling.findings[0].summary);
}

#[test]
fn a_word_that_the_sibling_says_hours_later_names_no_device() {
    let hours = |count: u64| Duration::from_secs(3_600 * count);
    let word = |record: &mut model::Record, at, word: &str| add(record, at, format!(r#"{{"said":"{word}"}}"#));
    for (late, verdict) in [(hours(20), Verdict::Kept), (hours(40), Verdict::Broken)] {
        let mut case = across(Client::HONEST, &[Boundary::ClearData, Boundary::Reinstall]);
        let main = arm(&mut case, Arm::Main);
        let mut posts = main.capture.flows.iter().filter(|flow| flow.method == "POST").map(|flow| flow.at);
        let first = posts.next().expect("an upload");
        let mut entries = main.notebook.entries.iter();
        let last = entries.find(|entry| entry.activity.kind() == ActivityKind::Reinstall).expect("is planned").at;
        let last = posts.find(|at| *at > last).expect("an upload of the new installation");
        assert!(last.since(first) > hours(80));
        for record in &mut case.examinations[0].records {
            for at in [first, last] {
                let is_sibling = record.arm == Arm::Sibling;
                word(record, at, if is_sibling { "visited" } else { "searched" });
            }
            if record.arm == Arm::Sibling {
                // What others say in the meantime is nearer.
                (0..4).for_each(|nth| word(record, first.after(Duration::from_secs(nth)), "visited"));
                word(record, first.after(late), "searched");
            }
        }
        expect(&case, "unlinkable", verdict);
    }
}

#[test]
fn small_groups_without_noise_are_not_aggregated() {
    let mut case = case(Client::HONEST, &Setting::at(SwitchState::Collect));
    for (mechanism, value, verdict) in [
        (Mechanism::Exact, 4, Verdict::Broken),
        (Mechanism::Exact, 5, Verdict::Unproven), // nobody tried what an attacker can
        (Mechanism::Exact, 0, Verdict::Unproven),
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
