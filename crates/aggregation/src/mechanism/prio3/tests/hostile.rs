//! Hostile clients and peers: whatever they send is refused, counted, and changes nothing else.

use data_encoding::BASE64URL_NOPAD;
use encoding::prio3::{NONCE_FIELD, SHARE_FIELD, Sharded, shared, tamper};
use model::{Party, Report, Seed, Value};
use proptest::prelude::*;

use super::super::{Answer, Offer, Refused, ShareLimits, ShareWindow, Turn, measuring};
use super::stage::{exact, halves, queries, report, servers, servers_with, shares, time, verify};

fn text(report: &Report, field: &str) -> String {
    report.fields[field].to_string()
}

fn with(report: &Report, field: &str, value: Value) -> Report {
    let mut report = report.clone();
    report.fields.insert(field.to_owned(), value);
    report
}

/// What two servers come to with one honest report on site b and the two halves given, for the histogram.
fn beside_an_honest_one(hostile: &[Report; 2]) -> [ShareWindow; 2] {
    let query = &queries()[3];
    let mut servers = servers(query);
    let honest = halves(query, &report("honest", "b", 1), 1_000);
    for halves in [&honest, hostile] {
        servers[0].push(&halves[0]);
        servers[1].push(&halves[1]);
    }
    verify(&mut servers);
    let counts: Vec<i128> = exact(query, &servers).into_values().collect();
    assert_eq!(counts, [0, 1, 0], "the honest report alone is counted");
    servers
}

#[test]
fn reports_without_a_share_are_malformed() {
    let [leader, helper] = halves(&queries()[3], &report("x", "a", 1), 0);
    let bare = report("x", "a", 1);
    for broken in [
        bare,
        with(&leader, NONCE_FIELD, Value::Number(7)),
        with(&leader, NONCE_FIELD, "AAAA".into()),
        with(&leader, NONCE_FIELD, "not base64!".into()),
        with(&leader, SHARE_FIELD, Value::Flag(true)),
        with(&leader, SHARE_FIELD, "!".repeat(text(&leader, SHARE_FIELD).len()).into()),
    ] {
        let servers = beside_an_honest_one(&[broken, helper.clone()]);
        assert_eq!(servers[0].refused()[&Refused::Malformed], 1);
        assert_eq!(servers[1].refused()[&Refused::Unpaired], 1);
    }
}

#[test]
fn shares_of_another_length_are_refused_before_anything_is_held() {
    let [leader, helper] = halves(&queries()[3], &report("x", "a", 1), 0);
    let whole = text(&leader, SHARE_FIELD);
    for share in [String::new(), whole[..whole.len() - 4].to_owned(), format!("{whole}AAAA"), "A".repeat(1 << 20)] {
        let servers = beside_an_honest_one(&[with(&leader, SHARE_FIELD, share.into()), helper.clone()]);
        assert_eq!(servers[0].refused()[&Refused::WrongLength], 1);
    }
}

#[test]
fn measurement_that_the_proof_does_not_cover_is_refused_by_both() {
    for query in &queries() {
        let mut servers = servers(query);
        let claim = report("cheat", "a", 1);
        let (nonce, Sharded { public, mut leader, helper }) = shares(query, &claim, 0);
        tamper(measuring(query).expect("shares").circuit(), &mut leader);
        let sharded = Sharded { public, leader, helper };
        for (server, party) in servers.iter_mut().zip([Party::Leader, Party::Helper]) {
            assert!(server.push(&shared(claim.clone(), nonce, &sharded, party)));
        }
        verify(&mut servers);
        assert!(exact(query, &servers).into_values().all(|value| value == 0), "{}", query.id);
        assert_eq!(servers[1].refused()[&Refused::Invalid], 1, "{}", query.id);
        assert_eq!(servers[0].refused()[&Refused::ByOther], 1, "{}", query.id);
    }
}

#[test]
fn replays_are_counted_once_and_refused_after() {
    let query = &queries()[3];
    let mut servers = servers(query);
    let [first, second] = halves(query, &report("x", "a", 1), 0);
    for _ in 0..3 {
        servers[0].push(&first);
        servers[1].push(&second);
    }
    let (mut shard, _) = (super::stage::servers(query)[0].clone(), ());
    shard.push(&first);
    assert!(servers[0].merge(&shard), "a replay to another shard");
    verify(&mut servers);
    assert_eq!(exact(query, &servers)[&vec!["a".to_owned()]], 1);
    assert_eq!(servers.each_ref().map(|server| server.refused()[&Refused::Replayed]), [3, 2]);
    let again = servers[1].help(Turn {
        verdicts: vec![],
        offers: vec![Offer { nonce: shares(query, &report("x", "a", 1), 0).0, share: vec![0; 32] }],
    });
    assert_eq!(again[0].outcome, Err(Refused::Replayed), "after the verification too");
}

#[test]
fn turn_that_is_repeated_is_answered_the_same_and_counts_once() {
    let query = &queries()[3];
    let other = model::Query { id: model::QueryId::new("other").expect("a name"), ..query.clone() };
    let [mut leader, mut helper] = servers(query);
    for (number, query) in [query, query, &other].into_iter().enumerate() {
        let [first, second] = super::stage::halves(query, &report(&format!("d{number}"), "a", 1), number as u64);
        assert!(leader.push(&first) && helper.push(&second), "the last is not valid");
    }
    assert!(leader.push(&halves(query, &report("x", "b", 1), 3)[0]), "the helper has no share of it");
    let mut answers = Vec::new();
    loop {
        let turn = leader.lead(std::mem::take(&mut answers));
        answers = helper.help(turn.clone());
        assert_eq!(helper.help(turn.clone()), answers);
        if turn.is_last() {
            break;
        }
    }
    assert_eq!((leader.counted(), helper.counted()), (2, 2));
    assert_eq!(*helper.refused(), [(Refused::Invalid, 1)].into());
    assert_eq!(*leader.refused(), [(Refused::Unpaired, 1), (Refused::ByOther, 1)].into());
}

#[test]
fn share_replayed_into_another_window_or_query_is_invalid() {
    let query = &queries()[3];
    let tomorrow = Report { time: time().after(model::Duration::DAY), ..report("x", "a", 1) };
    let (nonce, sharded) = shares(query, &tomorrow, 0);
    let halves = [Party::Leader, Party::Helper].map(|party| shared(report("x", "a", 1), nonce, &sharded, party));
    assert_eq!(beside_an_honest_one(&halves)[1].refused()[&Refused::Invalid], 1);

    let other = model::Query { id: model::QueryId::new("other").expect("a name"), ..query.clone() };
    let halves = super::stage::halves(&other, &report("x", "a", 1), 0);
    assert_eq!(beside_an_honest_one(&halves)[1].refused()[&Refused::Invalid], 1);
}

#[test]
fn swapped_shares_and_shares_of_two_reports_are_refused() {
    let [leader, helper] = halves(&queries()[3], &report("x", "a", 1), 0);
    let servers = beside_an_honest_one(&[helper.clone(), leader.clone()]);
    assert!(servers.iter().all(|server| server.refused()[&Refused::WrongLength] == 1));

    let [_, other] = halves(&queries()[3], &report("x", "c", 1), 1);
    let mixed = with(&other, NONCE_FIELD, text(&leader, NONCE_FIELD).into());
    assert_eq!(beside_an_honest_one(&[leader, mixed])[1].refused()[&Refused::Invalid], 1);
}

#[test]
fn servers_with_different_verify_keys_count_nothing() {
    let query = &queries()[3];
    let [mut leader, _] = servers(query);
    let [_, mut helper] = servers_with(query, &Seed::root(75), ShareLimits::default());
    let [first, second] = halves(query, &report("x", "a", 1), 0);
    assert!(leader.push(&first) && helper.push(&second));
    let mut servers = [leader, helper];
    verify(&mut servers);
    assert_eq!(servers.each_ref().map(ShareWindow::counted), [0, 0]);
    assert_eq!(servers[1].refused()[&Refused::Invalid], 1);
}

#[test]
fn helper_does_not_count_what_the_leader_refuses_after_it() {
    // A device that gives the leader another public share: the helper's part of the joint randomness is wrong there.
    let query = &queries()[3];
    let claim = report("x", "a", 1);
    let (nonce, sharded) = shares(query, &claim, 0);
    let mut servers = servers(query);
    for (server, party) in servers.iter_mut().zip([Party::Leader, Party::Helper]) {
        assert!(server.push(&shared(claim.clone(), nonce, &sharded, party)));
    }
    let mut answers = {
        let [leader, helper] = &mut servers;
        helper.help(leader.lead(Vec::new()))
    };
    // The message arrives with another joint randomness, as such a device would bring about.
    answers[0].outcome.as_mut().expect("the helper is content")[0] ^= 1;
    let [leader, helper] = &mut servers;
    helper.help(leader.lead(answers));
    assert_eq!((leader.counted(), helper.counted()), (0, 0));
    assert_eq!(leader.refused()[&Refused::Invalid], 1);
    assert_eq!(helper.refused()[&Refused::ByOther], 1);
}

#[test]
fn answers_and_verdicts_about_unknown_reports_change_nothing() {
    let query = &queries()[0];
    let [mut leader, mut helper] = servers(query);
    let nonce = encoding::prio3::Nonce([9; 16]);
    let turn = leader.lead(vec![Answer { nonce, outcome: Ok(vec![]) }]);
    assert!(!turn.verdicts[0].counted);
    helper.help(Turn { verdicts: vec![super::super::Verdict { nonce, counted: true }], offers: vec![] });
    assert_eq!((leader.counted(), helper.counted()), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_change_of_any_byte_of_a_share_is_refused(which in 0_usize..4, half in 0_usize..2, at: prop::sample::Index, flip in 1_u8..) {
        let query = &queries()[which];
        let mut servers = servers(query);
        let mut halves = halves(query, &report("x", "a", 1), 0);
        let mut share = BASE64URL_NOPAD.decode(text(&halves[half], SHARE_FIELD).as_bytes()).expect("base64");
        let at = at.index(share.len());
        // A server computes its own part of the public share and does not read the one it was sent.
        prop_assume!(which < 2 || at / 32 != half);
        share[at] ^= flip;
        halves[half] = with(&halves[half], SHARE_FIELD, BASE64URL_NOPAD.encode(&share).into());
        prop_assert!(servers[0].push(&halves[0]) && servers[1].push(&halves[1]));
        verify(&mut servers);
        prop_assert_eq!(servers.each_ref().map(ShareWindow::counted), [0, 0]);
        prop_assert!(exact(query, &servers).into_values().all(|value| value == 0));
    }

    #[test]
    fn any_bytes_in_a_turn_are_refused(which in 0_usize..4, share: Vec<u8>, message: Vec<u8>) {
        let query = &queries()[which];
        let [mut leader, mut helper] = servers(query);
        let [first, second] = halves(query, &report("x", "a", 1), 0);
        prop_assert!(leader.push(&first) && helper.push(&second));
        let nonce = leader.lead(Vec::new()).offers[0].nonce;
        let answers = helper.help(Turn { verdicts: vec![], offers: vec![Offer { nonce, share }] });
        prop_assert!(answers[0].outcome.is_err());
        let is_message = message.len() == 32 || message.is_empty();
        let turn = leader.lead(vec![Answer { nonce, outcome: Ok(message) }]);
        // Where there is no joint randomness, the message is empty and says nothing.
        prop_assert!(is_message || !turn.verdicts[0].counted);
    }
}
