//! Canaries that several flows show together, and none alone.

use model::{CaseFile, Channel, CheckName, Flow, FlowId, Verdict};

use crate::{
    case::{Setting, case, expect, name},
    client::Client,
};

/// The case of an honest client, with bodies sent once more at the end of the main arm, as `bodies` makes them of an
/// incognito canary.
fn with(bodies: impl Fn(&str) -> Vec<String>) -> CaseFile {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    let record = &mut case.examinations[0].records[0];
    let incognito =
        |entry: &&model::NotebookEntry| entry.mode == Some(model::Mode::Incognito) && !entry.canaries.is_empty();
    let token = record.notebook.entries.iter().find(incognito).expect("a canary").canaries[0].token.clone();
    for body in bodies(&token) {
        record.capture.flows.push(Flow {
            id: FlowId(record.capture.flows.len() as u64),
            at: record.notebook.ends,
            channel: Channel::Http,
            host: name("in.stats.example"),
            method: "POST".to_owned(),
            path: "/v1".to_owned(),
            headers: Vec::new(),
            wire_bytes: body.len() as u64,
            connection: None,
            body: body.into_bytes(),
        });
    }
    case
}

fn path_of(case: &CaseFile) -> Option<Vec<String>> {
    let findings = auditor::audit(case).expect("a case file").into_iter().flat_map(|ruling| ruling.findings);
    findings.filter(|finding| finding.check == CheckName::Canary).map(|finding| finding.evidence.path).next()
}

fn thirds(text: &str) -> [&str; 3] {
    let (a, b) = (text.len() / 3, 2 * text.len() / 3);
    [&text[..a], &text[a..b], &text[b..]]
}

#[test]
fn halves_in_two_flows_convict() {
    let case = with(|token| [&token[..7], &token[7..]].map(|half| format!(r#"{{"part":"{half}"}}"#)).to_vec());
    let finding = &expect(&case, "incognito", Verdict::Broken).findings[0];
    let flow = finding.evidence.flow.expect("a flow").0;
    let step = format!("joined:flow {} > body > json:$.part+flow {flow} > body > json:$.part", flow - 1);
    assert_eq!((finding.check, finding.evidence.path.as_slice()), (CheckName::Canary, [step].as_slice()));
}

#[test]
fn pieces_among_those_of_another_batch_are_told_by_a_common_id() {
    let case = with(|token| {
        let digits = data_encoding::BASE64.encode(format!("https://{token}.example/").as_bytes());
        let other = data_encoding::BASE64.encode(b"nothing that anybody looks for, at all");
        let both = thirds(&digits).into_iter().zip(thirds(&other));
        let body = |id: &str, part: &str| format!(r#"{{"batch":"{id}","part":"{part}"}}"#);
        both.flat_map(|(a, b)| [body("b71f", a), body("c820", b)]).collect()
    });
    let path = path_of(&case).expect("a canary");
    assert!(path[0].starts_with("joined:flow ") && path[1] == "base64", "{path:?}");
}

#[test]
fn pieces_in_disorder_are_told_by_their_numbers() {
    let case = with(|token| {
        let [a, b, c] = thirds(token);
        [(2, c), (0, a), (1, b)].map(|(seq, part)| format!(r#"{{"seq":{seq},"part":"{part}"}}"#)).to_vec()
    });
    assert!(path_of(&case).expect("a canary")[0].starts_with("joined:flow "));
}

#[test]
fn pieces_that_are_sent_again_are_taken_once() {
    let case = with(|token| {
        let [a, b, c] = thirds(token).map(|part| format!("part={part}"));
        vec![a, b.clone(), b, c]
    });
    assert!(path_of(&case).expect("a canary")[0].starts_with("joined:flow "));
}

#[test]
fn pieces_in_disorder_without_numbers_show_nothing() {
    let case = with(|token| {
        let [a, b, c] = thirds(token).map(|part| format!("part={part}"));
        vec![c, b, a]
    });
    assert_eq!(path_of(&case), None);
}
