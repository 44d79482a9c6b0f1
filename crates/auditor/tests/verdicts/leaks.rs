use model::{CheckName, Duration, SwitchState, Verdict};

use crate::{
    case::{Setting, arm, case, case_of, expect, name, ruling},
    client::{Client, Incognito, Obeys},
};

const CLAIMS: [&str; 6] = ["incognito", "switch", "aggregated", "unlinkable", "local", "consent"];

#[test]
fn an_honest_client_keeps_every_promise_but_the_law() {
    for state in [SwitchState::Collect, SwitchState::Suppress] {
        let case = case(Client::HONEST, &Setting::at(state));
        for claim in CLAIMS {
            let ruling = expect(&case, claim, Verdict::Kept);
            assert!(ruling.coverage.activities > 0 && ruling.coverage.flows > 0, "{claim}: {:?}", ruling.coverage);
        }
        let lawful = expect(&case, "lawful", Verdict::Unproven);
        assert_eq!(lawful.reason.as_deref(), Some("there is no rulebook for IN"));
    }
}

#[test]
fn without_a_switch_there_is_none_to_honor() {
    let case = case(Client::HONEST, &Setting::PLAIN);
    let ruling = expect(&case, "switch", Verdict::Unproven);
    assert_eq!(ruling.reason.as_deref(), Some("the version has no switch"));
    expect(&case, "incognito", Verdict::Kept);
}

#[test]
fn a_plain_leak_is_shown_with_its_path_and_activity() {
    let leaky = Client { incognito: Incognito::Plain, ..Client::HONEST };
    let case = case(leaky, &Setting::PLAIN);
    let ruling = expect(&case, "incognito", Verdict::Broken);
    let finding = &ruling.findings[0];
    assert_eq!(finding.check, CheckName::Canary);
    assert_eq!(finding.evidence.path, ["body", "base64", "json:$[1].what"]);
    assert!(finding.evidence.plaintext.starts_with("https://"), "{finding:?}");
    assert!(finding.evidence.activity.starts_with("visit in incognito at 2020-05-09T1"), "{finding:?}");
    let flow = finding.evidence.flow.expect("a flow");
    let main = &case.examinations[0].records[0];
    assert_eq!(main.capture.flows[usize::try_from(flow.0).expect("small")].at, finding.evidence.at);
    assert_eq!(finding.evidence.device.as_ref(), Some(&main.device));
}

#[test]
fn what_no_decoder_can_open_is_found_by_the_twins_alone() {
    for (incognito, seen_in) in [
        (Incognito::Sealed, "seen in the plaintext"),
        (Incognito::Size, "seen from lengths and times alone"),
        (Incognito::Timing, "seen from lengths and times alone"),
    ] {
        let case = case(Client { incognito, ..Client::HONEST }, &Setting::PLAIN);
        let ruling = expect(&case, "incognito", Verdict::Broken);
        assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Twin), "{incognito:?}");
        assert!(ruling.findings[0].summary.ends_with(seen_in), "{incognito:?}: {}", ruling.findings[0].summary);
        // A difference does not say which activity made it, and nothing else is to be blamed.
        let activity = &ruling.findings[0].evidence.activity;
        assert!(activity.starts_with("some activity in incognito up to ") && activity.ends_with("not known which"));
    }
}

#[test]
fn one_byte_more_is_seen_by_somebody_who_sees_lengths_alone() {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    let presence = arm(&mut case, model::Arm::Presence);
    let upload = presence.capture.flows.iter_mut().find(|flow| flow.method == "POST").expect("an upload");
    upload.wire_bytes += 1;
    let ruling = expect(&case, "incognito", Verdict::Broken);
    assert!(ruling.findings[0].summary.ends_with("seen from lengths and times alone"), "{ruling:#?}");
}

#[test]
fn a_page_that_was_visited_in_normal_mode_too_convicts_nobody() {
    let case = case_of(Client::HONEST, &Setting::PLAIN, |notebook| {
        let place = |mode, phase| {
            let fits = |entry: &model::NotebookEntry| {
                entry.mode == Some(mode) && entry.phase == phase && entry.activity.kind() == model::ActivityKind::Visit
            };
            notebook.entries.iter().position(fits)
        };
        let normal = place(model::Mode::Normal, model::Phase::Use).expect("a visit");
        if let Some(incognito) = place(model::Mode::Incognito, model::Phase::Use) {
            notebook.entries[incognito].activity = notebook.entries[normal].activity.clone();
            notebook.entries[incognito].canaries = notebook.entries[normal].canaries.clone();
        }
    });
    expect(&case, "incognito", Verdict::Kept);
}

#[test]
fn encryption_hides_no_leak_from_twins_and_no_promise_is_cleared_by_it() {
    for (incognito, verdict) in [(Incognito::Nothing, Verdict::Kept), (Incognito::Plain, Verdict::Broken)] {
        let case = case(Client { incognito, encrypts: true, ..Client::HONEST }, &Setting::at(SwitchState::Collect));
        let ruling = expect(&case, "incognito", verdict);
        assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Twin));
        for claim in ["consent", "switch", "aggregated", "unlinkable"] {
            let reason = expect(&case, claim, Verdict::Unproven).reason.unwrap_or_default();
            assert!(reason.contains("could not be read"), "{claim}: {reason}");
        }
    }
}

#[test]
fn a_leak_through_a_private_position_is_seen_by_twins_although_the_other_position_leaks_too() {
    let sealed = Client { incognito: Incognito::Sealed, switch: Obeys::Never, ..Client::HONEST };
    let case_file = case(sealed, &Setting::incognito_at(SwitchState::Suppress));
    expect(&case_file, "incognito", Verdict::Broken);
    assert_eq!(expect(&case_file, "switch", Verdict::Broken).findings[0].check, CheckName::Twin);

    // Mended: what the open position collects is no business of the private one.
    let mended = Client { incognito: Incognito::Sealed, switch: Obeys::Fully, ..Client::HONEST };
    let case_file = case(mended, &Setting::incognito_at(SwitchState::Collect));
    expect(&case_file, "incognito", Verdict::Broken);
}

#[test]
fn a_switch_that_is_obeyed_everywhere_is_honored() {
    for state in [SwitchState::Collect, SwitchState::Suppress] {
        let case = case(Client { incognito: Incognito::Plain, ..Client::HONEST }, &Setting::at(state));
        expect(&case, "switch", Verdict::Kept);
        let incognito = if state == SwitchState::Collect { Verdict::Broken } else { Verdict::Kept };
        expect(&case, "incognito", incognito);
    }
}

#[test]
fn what_waits_at_a_flip_must_not_leave_after_it() {
    for state in [SwitchState::Collect, SwitchState::Suppress] {
        let late = Client { switch: Obeys::AtRecording, ..Client::HONEST };
        let ruling = expect(&case(late, &Setting::at(state)), "switch", Verdict::Broken);
        assert!(ruling.findings[0].summary.contains("left the device after it"), "{ruling:#?}");
    }
}

#[test]
fn what_was_recorded_at_suppression_must_not_leave_later() {
    for state in [SwitchState::Collect, SwitchState::Suppress] {
        let backfill = Client { switch: Obeys::AtSending, ..Client::HONEST };
        let ruling = expect(&case(backfill, &Setting::at(state)), "switch", Verdict::Broken);
        assert!(ruling.findings.iter().any(|finding| finding.summary.contains("sent later")), "{ruling:#?}");
    }
}

#[test]
fn collection_before_consent_is_broken_consent() {
    let hasty = Client { waits_for_consent: false, ..Client::HONEST };
    let ruling = expect(&case(hasty, &Setting::PLAIN), "consent", Verdict::Broken);
    assert!(ruling.findings[0].evidence.activity.starts_with("visit in normal at"), "{ruling:#?}");
    let never_asks = Setting { asks_consent: false, ..Setting::PLAIN };
    expect(&case(hasty, &never_asks), "consent", Verdict::Broken);
    expect(&case(Client::HONEST, &never_asks), "consent", Verdict::Kept); // it waits for ever
}

#[test]
fn what_waits_when_consent_is_withdrawn_must_not_leave_any_more() {
    let late = Client { late_without_consent: true, ..Client::HONEST };
    let ruling = expect(&case(late, &Setting::PLAIN), "consent", Verdict::Broken);
    assert_eq!(ruling.findings[0].check, CheckName::Consent);
}

/// Honest or not: a client that is never left alone without an answer may purge, when one comes, what it would have sent.
#[test]
fn consent_that_is_answered_at_once_proves_nothing() {
    let asked_after = |open: Duration| {
        case_of(Client::HONEST, &Setting::PLAIN, |notebook| {
            let is_answer = |entry: &model::NotebookEntry| matches!(entry.activity, model::Activity::Consent { .. });
            let first = notebook.entries.iter().position(is_answer).expect("an answer");
            let (last, answer) = (notebook.entries[first - 1].at, notebook.entries[first].at);
            let moved = answer.since(last).as_millis() - open.as_millis();
            for entry in &mut notebook.entries[..first] {
                entry.at = entry.at + Duration::from_millis(moved);
            }
        })
    };
    expect(&asked_after(Duration::from_secs(3_601)), "consent", Verdict::Kept);
    let reason = expect(&asked_after(Duration::from_secs(1_200)), "consent", Verdict::Unproven).reason;
    assert_eq!(reason.as_deref(), Some("consent was answered less than 1h after the first use"));
}

#[test]
fn data_abroad_is_not_local() {
    let abroad = Client { host: "sg.stats.example", ..Client::HONEST };
    let ruling = expect(&case(abroad, &Setting::PLAIN), "local", Verdict::Broken);
    assert_eq!(ruling.findings[0].evidence.endpoint, Some(name("sg.stats.example")));
    let nowhere = Client { host: "stats.elsewhere.example", ..Client::HONEST };
    let ruling = expect(&case(nowhere, &Setting::PLAIN), "local", Verdict::Unproven);
    assert_eq!(ruling.reason.as_deref(), Some("nobody knows where `stats.elsewhere.example` is served"));
}

/// Leaves pages alone, as if the client had sent nothing of its own.
fn keep_pages(record: &mut model::Record) {
    record.capture.flows.retain(|flow| flow.method == "GET");
    record.capture.flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = model::FlowId(id));
}

#[test]
fn silence_is_local_and_says_so() {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    for record in &mut case.examinations[0].records {
        keep_pages(record);
    }
    let ruling = expect(&case, "local", Verdict::Kept);
    assert_eq!(ruling.coverage.exercised, ["nothing left the device"]);
}

/// A case file of a client that says nothing, on a device whose network goes and comes back before the lines that `turns`
/// gives, of so many lines.
fn cut_off(turns: impl Fn(usize) -> Vec<(usize, bool)>) -> model::CaseFile {
    let mut case = case_of(Client { silent: true, ..Client::HONEST }, &Setting::PLAIN, |notebook| {
        notebook.entries.retain(|entry| !matches!(entry.activity, model::Activity::SetOnline { .. }));
        for (place, online) in turns(notebook.entries.len()) {
            let mut turn = notebook.entries[place.min(notebook.entries.len() - 1)].clone();
            (turn.session, turn.mode, turn.canaries) = (None, None, Vec::new());
            turn.activity = model::Activity::SetOnline { online };
            notebook.entries.insert(place, turn);
        }
    });
    for record in &mut case.examinations[0].records {
        keep_pages(record);
    }
    case
}

#[test]
fn silence_of_a_device_without_a_network_shows_nothing() {
    let reason = |case: &model::CaseFile| expect(case, "local", Verdict::Unproven).reason.unwrap_or_default();
    let never = "nothing left the device, which was never left alone and online for 1h after use";
    let at_the_end = "the device was offline when the capture ended";
    let always = reason(&cut_off(|_| vec![(0, false)]));
    assert!(always.contains(never) && always.contains(at_the_end), "{always}");
    let until_the_update = reason(&cut_off(|lines| vec![(0, false), (lines + 1, true)]));
    assert!(until_the_update.contains(never) && !until_the_update.contains(at_the_end), "{until_the_update}");
    expect(&cut_off(|_| vec![(0, false), (10, true)]), "local", Verdict::Kept);
    assert!(reason(&cut_off(|lines| vec![(lines - 3, false)])).contains(at_the_end));
}

/// What waits in memory is lost at a restart, and after that only incognito mode is used.
#[test]
fn silence_of_a_client_that_is_never_left_alone_shows_nothing() {
    let restarted = |after: Duration| {
        let mut case = case_of(Client { silent: true, ..Client::HONEST }, &Setting::PLAIN, |notebook| {
            let is_used = |entry: &model::NotebookEntry| entry.mode == Some(model::Mode::Normal);
            let used = notebook.entries.iter().position(is_used).expect("a use");
            let opened = notebook.entries[used].at;
            notebook.entries.truncate(used + 2);
            let mut restart = notebook.entries[used].clone();
            (restart.session, restart.mode, restart.canaries) = (None, None, Vec::new());
            restart.activity = model::Activity::Restart;
            restart.at = opened + after;
            notebook.entries.push(restart);
        });
        for record in &mut case.examinations[0].records {
            keep_pages(record);
        }
        case
    };
    expect(&restarted(Duration::from_secs(4_000)), "local", Verdict::Kept);
    let reason = expect(&restarted(Duration::from_secs(600)), "local", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("never left alone and online for 1h after use"), "{reason}");
}

#[test]
fn navigation_never_convicts() {
    let mut case = case(Client { host: "a-site.example", ..Client::HONEST }, &Setting::PLAIN);
    for record in &mut case.examinations[0].records {
        keep_pages(record);
        assert!(record.capture.flows.len() > 50);
    }
    for claim in CLAIMS.into_iter().filter(|claim| *claim != "switch") {
        expect(&case, claim, Verdict::Kept);
    }
}

#[test]
fn a_page_that_is_fetched_without_a_visit_is_no_navigation() {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    let main = &mut case.examinations[0].records[0];
    let visit = main
        .notebook
        .entries
        .iter()
        .find(|entry| entry.mode == Some(model::Mode::Incognito) && !entry.canaries.is_empty());
    let visit = visit.expect("a visit").clone();
    let model::Activity::Visit { links, .. } = &visit.activity else { panic!("a visit comes first") };
    let host = links[0].trim_start_matches("https://").split('/').next().expect("a host").to_owned();
    let host = host.as_str();
    let mut prefetch = main.capture.flows.iter().find(|flow| flow.at > visit.at).expect("a flow").clone();
    prefetch.host = name(host);
    let place = usize::try_from(prefetch.id.0).expect("small");
    main.capture.flows.insert(place, prefetch);
    main.capture.flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = model::FlowId(id));
    let ruling = expect(&case, "incognito", Verdict::Broken);
    assert_eq!(ruling.findings[0].evidence.endpoint, Some(name(host)));
}

#[test]
fn what_servers_hold_convicts_although_no_decoder_sees_it_leave() {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    let main = &mut case.examinations[0].records[0];
    let entry = main
        .notebook
        .entries
        .iter()
        .find(|entry| entry.mode == Some(model::Mode::Incognito) && !entry.canaries.is_empty());
    let token = entry.expect("a canary").canaries[0].token.clone();
    let fields = [("url".to_owned(), model::Value::from(format!("https://{token}.example/")))].into_iter().collect();
    let report = model::Report { event: "page".to_owned(), time: name("2020-05-01T10:01:00Z"), device: None, fields };
    main.holdings = Some(vec![model::Holding {
        region: name("in"),
        at: name("2020-05-01T10:02:00Z"),
        batch: String::new(),
        report,
    }]);
    let finding = &ruling(&case, "incognito").findings[0];
    assert_eq!(finding.evidence.path, ["holdings:in", "url"]);
    assert_eq!(finding.evidence.flow, None);
}
