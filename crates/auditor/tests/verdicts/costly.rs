//! Flows that cost more to decode than anything honest does.

use model::{CaseFile, Channel, CheckName, Flow, FlowId, Verdict};

use crate::{
    bombs::Bomb,
    case::{Setting, case, expect, name},
    client::{Client, Incognito},
};

const TEN_GB: u64 = 10_000_000_000;

/// The case of `client`, with `body` sent once more at the end of each arm; and that flow's number in the main arm.
fn with(client: Client, body: &[u8]) -> (CaseFile, FlowId) {
    let mut case = case(client, &Setting::PLAIN);
    for record in &mut case.examinations[0].records {
        let flows = &mut record.capture.flows;
        flows.push(Flow {
            id: FlowId(flows.len() as u64),
            at: record.notebook.ends,
            channel: Channel::Http,
            host: name("in.stats.example"),
            method: "POST".to_owned(),
            path: "/v1".to_owned(),
            headers: Vec::new(),
            body: body.to_vec(),
            wire_bytes: body.len() as u64,
            connection: None,
        });
    }
    let main = &case.examinations[0].records[0].capture.flows;
    let id = main.last().expect("just pushed").id;
    (case, id)
}

#[test]
fn a_bomb_is_a_finding_that_convicts_nobody_and_clears_nobody() {
    for bomb in Bomb::ALL {
        let body = bomb.of(TEN_GB);
        let (case, id) = with(Client::HONEST, &body);
        let ruling = expect(&case, "incognito", Verdict::Unproven);
        let reason = ruling.reason.unwrap_or_default();
        assert_eq!(reason, format!("{id} could not be looked at whole"), "{bomb:?}");
        let [finding] = ruling.findings.as_slice() else { panic!("{bomb:?}: {:#?}", ruling.findings) };
        assert_eq!((finding.check, finding.evidence.flow), (CheckName::Peel, Some(id)), "{bomb:?}");
        assert_eq!(finding.evidence.path, ["body"], "{bomb:?}");
        let sizes = [body.len().to_string(), (8 << 20).to_string()];
        assert!(sizes.iter().all(|size| finding.evidence.plaintext.contains(size)), "{}", finding.evidence.plaintext);
    }
}

#[test]
fn a_bomb_does_not_stand_before_what_convicts() {
    let (case, _) = with(Client { incognito: Incognito::Plain, ..Client::HONEST }, &Bomb::Gzip.of(TEN_GB));
    let findings = expect(&case, "incognito", Verdict::Broken).findings;
    assert_ne!(findings[0].check, CheckName::Peel);
    assert_eq!(findings.last().map(|finding| finding.check), Some(CheckName::Peel));
}
