use model::{
    CaseFile, Channel, CheckName, ClaimKind, Declaration, DeclaredField, Endpoint, Finding, FlowId, Holding,
    Inspection, LoggedRequest, Mode, Report, Value, Verdict,
};

use crate::{
    case::{Setting, case, expect, name},
    client::{Client, Identifier, Incognito},
};

fn field(name: &str, modes: &[Mode]) -> DeclaredField {
    DeclaredField { name: name.to_owned(), purpose: "to make it better".to_owned(), modes: modes.to_vec() }
}

/// A vendor that says what `Client::HONEST` sends, and whose servers were inspected.
fn declared(client: Client) -> CaseFile {
    let mut case = case(client, &Setting::PLAIN);
    case.claims.truncate(1);
    case.claims[0].promise = ClaimKind::Declared;
    let fields = ["event", "what", "version"].map(|name| field(name, &[])).to_vec();
    case.declaration = Some(Declaration { fields, logged: vec!["time".to_owned()] });
    case.inspection = Some(Inspection { requests: vec![request("time")], ..Inspection::default() });
    case
}

fn request(noted: &str) -> LoggedRequest {
    LoggedRequest {
        at: name("2020-05-01T10:02:00Z"),
        region: name("in"),
        host: name("in.stats.example"),
        noted: vec![(noted.to_owned(), "203.0.113.7".to_owned())],
    }
}

#[track_caller]
fn convicted(case: &CaseFile, check: CheckName) -> Finding {
    let ruling = expect(case, "incognito", Verdict::Broken);
    assert!(ruling.findings.iter().all(|finding| finding.check == check), "{:#?}", ruling.findings);
    ruling.findings[0].clone()
}

#[track_caller]
fn unproven(case: &CaseFile, because: &str) {
    let reason = expect(case, "incognito", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains(because), "{reason}");
}

#[test]
fn what_is_declared_may_be_collected() {
    expect(&declared(Client::HONEST), "incognito", Verdict::Kept);
}

#[test]
fn a_field_that_nobody_declared_is_named_with_its_value() {
    let case = declared(Client { identifier: Identifier::Install, ..Client::HONEST });
    let finding = convicted(&case, CheckName::Minimality);
    assert!(finding.summary.starts_with("`id` is collected, in "), "{}", finding.summary);
    assert_eq!(finding.evidence.path, ["body", "base64", "json:$[0].id"]);
    assert_eq!(finding.evidence.plaintext.len(), 16);
}

#[test]
fn a_field_that_is_declared_for_one_mode_may_not_be_collected_in_the_other() {
    let mut leaky = declared(Client { incognito: Incognito::Plain, ..Client::HONEST });
    let mut honest = declared(Client::HONEST);
    for case in [&mut leaky, &mut honest] {
        case.declaration.as_mut().expect("a declaration").fields[1].modes = vec![Mode::Normal];
    }
    expect(&honest, "incognito", Verdict::Kept);
    let finding = convicted(&leaky, CheckName::Minimality);
    assert!(finding.summary.starts_with("`what` is collected in incognito, in "), "{}", finding.summary);
}

#[test]
fn headers_and_queries_are_fields_too_but_for_ordinary_headers() {
    for (header, query, verdict) in [
        (("user-agent", "fake/1.0"), "/v1", Verdict::Kept),
        (("cookie", "sid=0123456789abcdef"), "/v1", Verdict::Broken),
        (("x-client", "0123456789abcdef"), "/v1", Verdict::Broken),
        (("accept", "*/*"), "/v1?device=0123456789abcdef", Verdict::Broken),
    ] {
        let mut case = declared(Client::HONEST);
        for record in &mut case.examinations[0].records {
            for flow in record.capture.flows.iter_mut().filter(|flow| flow.method == "POST") {
                flow.headers.push((header.0.to_owned(), header.1.to_owned()));
                flow.path = query.to_owned();
            }
        }
        expect(&case, "incognito", verdict);
    }
}

#[test]
fn what_servers_hold_must_be_declared_although_it_was_never_seen_to_leave() {
    for (name_of_field, verdict) in [("what", Verdict::Kept), ("address", Verdict::Broken)] {
        let mut case = declared(Client::HONEST);
        let fields = [(name_of_field.to_owned(), Value::from("203.0.113.7"))].into_iter().collect();
        let report = Report { event: "visit".to_owned(), time: name("2020-05-01T10:02:00Z"), device: None, fields };
        let holding = Holding { region: name("in"), at: report.time, batch: String::new(), report };
        case.examinations[0].records[0].holdings = Some(vec![holding]);
        let ruling = expect(&case, "incognito", verdict);
        let paths: Vec<_> = ruling.findings.iter().map(|finding| finding.evidence.path.as_slice()).collect();
        assert_eq!(paths.iter().filter(|path| path.last().is_some_and(|last| last == "address")).count(), paths.len());
    }
}

#[test]
fn what_servers_note_about_requests_must_be_declared() {
    let mut case = declared(Client::HONEST);
    case.inspection.as_mut().expect("an inspection").requests.push(request("address"));
    let finding = convicted(&case, CheckName::Minimality);
    assert_eq!(finding.evidence.path, ["request log:in", "address"]);
    assert_eq!(finding.evidence.plaintext, "203.0.113.7");
}

#[test]
fn a_second_sdk_with_a_host_of_its_own_convicts() {
    let mut case = declared(Client { host: "stats.elsewhere.example", ..Client::HONEST });
    let finding = convicted(&case, CheckName::Endpoints);
    assert!(finding.summary.ends_with("go to `stats.elsewhere.example`, which nobody declared"), "{}", finding.summary);
    let mut known = Endpoint { host: name("stats.elsewhere.example"), declared: false, ..case.endpoints[0].clone() };
    case.endpoints.push(known.clone());
    convicted(&case, CheckName::Endpoints); // known to the examiner, not from the vendor
    known.declared = true;
    case.endpoints[2] = known;
    expect(&case, "incognito", Verdict::Kept);
}

#[test]
fn a_resolver_of_the_vendors_own_must_be_declared() {
    let mut case = declared(Client::HONEST);
    let main = &mut case.examinations[0].records[0];
    let mut lookup = main.capture.flows[4].clone();
    (lookup.channel, lookup.path) = (Channel::Dns, "a-site.example".to_owned());
    (lookup.host, lookup.method, lookup.body) = (name("resolver.vendor.example"), String::new(), Vec::new());
    lookup.headers.clear();
    main.capture.flows.insert(4, lookup);
    main.capture.flows.iter_mut().zip(0..).for_each(|(flow, id)| flow.id = FlowId(id));
    let finding = convicted(&case, CheckName::Endpoints);
    assert_eq!(finding.summary, "1 flow looks up a name at `resolver.vendor.example`, which nobody declared");
}

#[test]
fn without_a_declaration_or_an_inspection_nothing_is_proven() {
    let mut case = declared(Client::HONEST);
    case.inspection = None;
    unproven(&case, "no request log was inspected");
    let mut case = declared(Client::HONEST);
    case.declaration = None;
    unproven(&case, "nothing was declared");
    let mut case = declared(Client::HONEST);
    case.endpoints.iter_mut().for_each(|endpoint| endpoint.declared = false);
    unproven(&case, "no host was declared");
}

#[test]
fn fields_without_names_are_matched_by_what_servers_hold_or_not_at_all() {
    let mut case = declared(Client::HONEST);
    for flow in case.examinations[0].records[0].capture.flows.iter_mut().filter(|flow| flow.method == "POST") {
        flow.body = b"\x0a\x05visit\x12\x08a-string\x18\x96\x01".to_vec(); // protobuf: 1: visit, 2: a-string, 3: 150
    }
    unproven(&case, "fields that have no names");
    let report = Report {
        event: "visit".to_owned(),
        time: name("2020-05-01T10:02:00Z"),
        device: None,
        fields: [("what".to_owned(), Value::from("a-string"))].into_iter().collect(),
    };
    let holding = Holding { region: name("in"), at: report.time, batch: String::new(), report };
    let main = &mut case.examinations[0].records[0];
    main.holdings = Some(vec![holding.clone()]);
    expect(&case, "incognito", Verdict::Kept);
    let held = &mut case.examinations[0].records[0].holdings.as_mut().expect("holdings")[0];
    held.report.device = Some("0123456789abcdef".to_owned());
    assert!(convicted(&case, CheckName::Minimality).summary.starts_with("`device` is collected"));
}
