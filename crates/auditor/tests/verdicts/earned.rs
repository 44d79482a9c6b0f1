//! A verdict is earned: where a leak could have gone unseen, nothing is kept, or it is said what was not seen.

use model::{
    Arm, Boundary, CaseFile, Channel, CheckName, ClaimKind, ConnectionId, Duration, Flow, FlowId, Mode, Navigation,
    Outcome, Phase, SwitchState, Timestamp, Verdict,
};

use crate::{
    case::{Setting, arm, case, case_of, expect, name, request},
    client::{Client, Incognito, Obeys},
};

const CLAIMS: [&str; 5] = ["incognito", "unlinkable", "local", "consent", "aggregated"];

fn honest() -> CaseFile {
    case(Client::HONEST, &Setting::PLAIN)
}

fn keep_flows(case: &mut CaseFile, of: Arm, keep: impl Fn(&Flow) -> bool) {
    let flows = &mut arm(case, of).capture.flows;
    flows.retain(keep);
    flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = FlowId(id));
}

#[test]
fn a_tap_that_was_off_shows_nothing() {
    for of in Arm::ALL.into_iter().filter(|of| *of != Arm::Quiet) {
        let mut case = honest();
        keep_flows(&mut case, of, |_| false);
        for claim in CLAIMS {
            let reason = expect(&case, claim, Verdict::Unproven).reason.unwrap_or_default();
            let named = format!("in the {} arm on lab-1, none of ", of.name());
            assert!(reason.starts_with(&named) && reason.contains("passed the tap"), "{claim}: {reason}");
        }
    }
}

#[test]
fn a_client_that_goes_around_the_tap_for_some_of_its_pages_shows_nothing() {
    let mut case = honest();
    let is_page = |flow: &Flow| flow.method == "GET";
    let pages: Vec<FlowId> =
        arm(&mut case, Arm::Main).capture.flows.iter().filter(|flow| is_page(flow)).map(|flow| flow.id).collect();
    let last = pages[pages.len() / 2];
    keep_flows(&mut case, Arm::Main, |flow| !is_page(flow) || flow.id < last);
    let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("did not pass the tap, first the visit in "), "{reason}");
}

#[test]
fn another_page_of_the_host_is_not_the_page_that_was_visited() {
    let mut case = case_of(Client::HONEST, &Setting::PLAIN, |_| {});
    let main = arm(&mut case, Arm::Main);
    let visit = main.notebook.entries.iter().position(|entry| matches!(entry.activity, model::Activity::Visit { .. }));
    let entry = &mut main.notebook.entries[visit.expect("a visit")];
    let model::Activity::Visit { url, .. } = &mut entry.activity else { return };
    let (host, path) = url.trim_start_matches("https://").split_once('/').expect("a path");
    let (host, path) = (host.to_owned(), path.to_owned());
    *url = format!("https://www.example/{path}");
    let page = main.capture.flows.iter_mut().find(|flow| flow.host.as_str() == host).expect("the page");
    (page.host, page.path) = (name("www.example"), format!("/{path}"));
    let seen = |case: &CaseFile| {
        let reason = auditor::audit(case).expect("a case file").swap_remove(0).reason.unwrap_or_default();
        !reason.contains("did not pass the tap")
    };
    assert!(seen(&case));
    let page = arm(&mut case, Arm::Main).capture.flows.iter_mut().find(|flow| flow.host.as_str() == "www.example");
    page.expect("the page").path = "/favicon.ico".to_owned();
    assert!(!seen(&case));
}

#[test]
fn captures_that_hold_no_pages_by_their_nature_need_a_word_and_something_that_shows_the_tap() {
    let mut case = honest();
    for of in Arm::ALL.into_iter().filter(|of| *of != Arm::Quiet) {
        keep_flows(&mut case, of, |flow| flow.method == "POST");
    }
    expect(&case, "incognito", Verdict::Unproven);
    case.examinations[0].navigation = Navigation::Elsewhere;
    expect(&case, "incognito", Verdict::Kept);
    keep_flows(&mut case, Arm::Main, |_| false);
    let reason = expect(&case, "consent", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("nothing passed the tap"), "{reason}");
}

#[test]
fn what_waits_for_days_is_found_and_what_waits_longer_is_said_to_be_missed() {
    let slow = |days| Client { incognito: Incognito::Plain, waits: Duration::from_days(days), ..Client::HONEST };
    expect(&case(slow(7), &Setting::PLAIN), "incognito", Verdict::Broken);
    let coverage = expect(&case(slow(60), &Setting::PLAIN), "incognito", Verdict::Kept).coverage;
    let said = |what: &str| coverage.missed.iter().any(|line| line.starts_with(what));
    assert!(said("what waits for more than 17d ") && said("whatever the client sends of its own"), "{coverage:#?}");
    assert!(coverage.exercised.iter().any(|line| line.starts_with("the tap watched for 8d ")), "{coverage:#?}");
    let coverage = expect(&honest(), "incognito", Verdict::Kept).coverage;
    assert!(!coverage.missed.iter().any(|line| line.starts_with("whatever")), "{coverage:#?}");
}

#[test]
fn a_switch_without_effect_is_found_although_nothing_that_leaves_says_anything() {
    let useless = Client { switch: Obeys::Never, silent: true, ..Client::HONEST };
    for state in [SwitchState::Collect, SwitchState::Suppress] {
        let ruling = expect(&case(useless, &Setting::at(state)), "switch", Verdict::Broken);
        let finding = &ruling.findings[0];
        assert_eq!(finding.check, CheckName::Twin);
        assert!(finding.summary.contains("quiet twin"), "{finding:?}");
        expect(&case(Client { silent: true, ..Client::HONEST }, &Setting::at(state)), "switch", Verdict::Kept);
        let mut lacking = case(Client::HONEST, &Setting::at(state));
        lacking.examinations[0].records.retain(|record| record.arm != Arm::Quiet);
        let reason = expect(&lacking, "switch", Verdict::Unproven).reason.unwrap_or_default();
        assert!(reason.contains("the quiet arm was not played"), "{reason}");
    }
}

/// Adds a small upload `after` each visit that `fits`, in every arm.
fn report(
    case: &mut CaseFile,
    after: Duration,
    fits: impl Fn(&model::NotebookEntry) -> bool,
    body: impl Fn(Timestamp) -> String,
) {
    for record in &mut case.examinations[0].records {
        let visits = record.notebook.entries.iter().filter(|entry| !entry.canaries.is_empty() && fits(entry));
        let like = record.capture.flows.iter().find(|flow| flow.method == "POST").expect("an upload").clone();
        let sent = visits.map(|visit| Flow {
            at: visit.at + after,
            body: body(visit.at).into_bytes(),
            headers: Vec::new(),
            ..like.clone()
        });
        let sent: Vec<Flow> = sent.collect();
        record.capture.flows.extend(sent);
        record.capture.flows.sort_by_key(|flow| flow.at);
        record.capture.flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = FlowId(id));
    }
}

#[test]
fn without_consent_the_time_of_an_activity_is_collected_too() {
    let unasked = Setting { asks_consent: false, ..Setting::PLAIN };
    for (late_ms, verdict) in [(0, Verdict::Broken), (1, Verdict::Kept)] {
        let mut case = case(Client::HONEST, &unasked);
        let time = |at: Timestamp| format!(r#"{{"t":{}}}"#, at.as_millis() + late_ms);
        case.examinations[0].records.iter_mut().for_each(|record| record.capture.flows.push(upload(record)));
        report(&mut case, Duration::from_secs(3), |entry| entry.mode == Some(Mode::Normal), time);
        let ruling = expect(&case, "consent", verdict);
        if let Some(finding) = ruling.findings.first() {
            assert_eq!(
                (finding.check, finding.evidence.path.last().map(String::as_str)),
                (CheckName::Consent, Some("json:$.t"))
            );
            assert!(finding.evidence.activity.contains(" in normal at "), "{finding:?}");
        }
    }
}

#[test]
fn consent_that_was_never_withdrawn_offline_is_not_kept_unless_the_client_cannot_be_offline() {
    let offline = |entry: &model::NotebookEntry| entry.activity == model::Activity::SetOnline { online: false };
    for (outcome, verdict) in [
        (Outcome::Done, Verdict::Kept),
        (Outcome::Failed("busy".to_owned()), Verdict::Unproven),
        (Outcome::Unsupported, Verdict::Kept),
    ] {
        let mut case = case(Client::HONEST, &Setting::PLAIN);
        for record in &mut case.examinations[0].records {
            let lines = record.notebook.entries.iter_mut().filter(|entry| offline(entry));
            lines.for_each(|entry| entry.outcome = outcome.clone());
            record.capture = Client::HONEST.play(&record.notebook, record.device.as_str(), 0);
        }
        let ruling = expect(&case, "consent", verdict);
        let told = format!("{ruling:?}");
        let words = match outcome {
            Outcome::Done => "consent is withdrawn offline, right after use",
            Outcome::Unsupported => "consent cannot be withdrawn offline: the client cannot be taken offline",
            _ => "consent was not withdrawn offline, right after use",
        };
        assert!(told.contains(words), "{told}");
    }
}

/// An upload that says nothing, at the end of a record.
fn upload(record: &model::Record) -> Flow {
    Flow {
        id: FlowId(0),
        at: record.notebook.ends,
        channel: Channel::Http,
        host: name("in.stats.example"),
        method: "POST".to_owned(),
        path: "/v1".to_owned(),
        headers: Vec::new(),
        body: b"{}".to_vec(),
        wire_bytes: 100,
        connection: None,
    }
}

#[test]
fn salts_that_were_not_tried_are_no_salts_that_were_exercised() {
    let unasked = Setting { asks_consent: false, ..Setting::PLAIN };
    for (constants, verdict) in [(40, Verdict::Kept), (300, Verdict::Unproven)] {
        let mut case = case(Client::HONEST, &unasked);
        case.examinations[0].records.iter_mut().for_each(|record| record.capture.flows.push(upload(record)));
        let values: String = (0..constants).map(|n| format!(r#""c{n}":"setting number {n}","#)).collect();
        let id = |at: Timestamp| {
            let drawn = (at.as_millis() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!(
                "{{{values}\"id\":\"{drawn:016x}{:016x}\"}}",
                drawn.rotate_left(17).wrapping_mul(0xbf58_476d_1ce4_e5b9)
            )
        };
        report(&mut case, Duration::from_secs(3), |entry| entry.phase == Phase::Use, id);
        let ruling = expect(&case, "consent", verdict);
        assert!(!ruling.coverage.exercised.iter().any(|line| line.contains("not exercised")), "{ruling:#?}");
        if verdict == Verdict::Unproven {
            let reason = ruling.reason.unwrap_or_default();
            assert!(reason.contains("salted and keyed digests with "), "{reason}");
        }
    }
}

#[test]
fn a_setting_that_is_shown_must_be_tried() {
    let shown = || model::Setting { name: "debug".to_owned(), values: vec!["off".to_owned(), "on".to_owned()] };
    let mut case = honest();
    case.facts.settings = vec![shown()];
    let reason = expect(&case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert_eq!(reason, "setting `debug` at `on` was not exercised");
    let mut asked = request(&Setting::PLAIN);
    asked.facts.settings = vec![shown()];
    for record in &mut case.examinations[0].records {
        let mut notebook = auditor::plan(&asked, record.arm);
        notebook.entries.iter_mut().for_each(|entry| entry.outcome = Outcome::Done);
        record.capture = Client::HONEST.play(&notebook, record.device.as_str(), 0);
        record.notebook = notebook;
    }
    let coverage = expect(&case, "incognito", Verdict::Kept).coverage;
    assert!(coverage.exercised.iter().any(|line| line == "setting `debug` at `on`"), "{coverage:#?}");
}

#[test]
fn a_connection_that_carries_both_modes_links_them_although_nothing_in_them_does() {
    for (apart, verdict) in [(false, Verdict::Broken), (true, Verdict::Kept)] {
        let mut case = case(
            Client { incognito: Incognito::Plain, waits: Duration::from_secs(1), ..Client::HONEST },
            &Setting::PLAIN,
        );
        case.claims[3].promise = ClaimKind::Unlinkable { across: vec![Boundary::Modes], lifetime_max: None };
        for record in &mut case.examinations[0].records {
            for flow in record.capture.flows.iter_mut().filter(|flow| flow.method == "POST") {
                let visit =
                    record.notebook.entries.iter().rfind(|entry| !entry.canaries.is_empty() && entry.at < flow.at);
                // What waited while offline leaves in one upload, which by itself would carry both modes.
                let Some(visit) = visit.filter(|visit| flow.at.since(visit.at) < Duration::from_secs(3)) else {
                    continue;
                };
                let incognito = visit.mode == Some(Mode::Incognito);
                flow.connection = Some(ConnectionId(1 + u64::from(apart && incognito)));
            }
        }
        let ruling = expect(&case, "unlinkable", verdict);
        if let Some(finding) = ruling.findings.first() {
            assert_eq!(
                (finding.check, finding.evidence.path.as_slice()),
                (CheckName::Linkage, ["connection".to_owned()].as_slice())
            );
            assert!(finding.summary.contains("across ") && finding.summary.contains("modes"), "{finding:?}");
        } else {
            assert!(ruling.coverage.exercised.iter().any(|line| line == "linkage by 2 connections"), "{ruling:#?}");
        }
    }
}

#[test]
fn every_reason_is_named() {
    let mut case = honest();
    let main = arm(&mut case, Arm::Main);
    main.faults = (0..9).map(|n| format!("fault {n}")).collect();
    let reason = expect(&case, "consent", Verdict::Unproven).reason.unwrap_or_default();
    assert!((0..9).all(|n| reason.contains(&format!("fault {n}"))), "{reason}");
}
