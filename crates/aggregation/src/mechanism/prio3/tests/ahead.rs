//! Turns of which the costly part was computed ahead come to the same as others, whatever was prepared.

use encoding::prio3::shared;
use model::{Party, QueryId, Report, Seed};

use super::super::{Answer, Prepared, ShareLimits, ShareWindow, TURN_REPORTS_MAX, Turn};
use super::stage::{exact, halves, queries, report, servers, servers_with, shares};

/// Reports of which some are no shares at one of the servers, some are no valid ones, and some come twice.
fn push_all(query: &model::Query, servers: &mut [ShareWindow; 2], reports: u64) {
    for number in 0..reports {
        let report = report(&format!("d{number}"), "a", 1);
        let [leader, helper] = halves(query, &report, number);
        match number % 10 {
            0 => _ = servers[0].push(&leader),
            // The halves of two reports under one nonce: together no valid one.
            1 => {
                let ((nonce, _), (_, others)) = (shares(query, &report, number), shares(query, &report, 1000 + number));
                _ = [servers[0].push(&leader), servers[1].push(&shared(report, nonce, &others, Party::Helper))];
            }
            2 => _ = [servers[0].push(&leader), servers[0].push(&leader), servers[1].push(&helper)],
            _ => _ = [servers[0].push(&leader), servers[1].push(&helper)],
        }
    }
}

fn lead_prepared(leader: &mut ShareWindow, answers: Vec<Answer>) -> Turn {
    let prepared = leader.ahead_of_lead(&answers).prepare();
    leader.lead_with(answers, prepared)
}

fn help_prepared(helper: &mut ShareWindow, turn: Turn) -> Vec<Answer> {
    let prepared = helper.ahead_of_help(&turn).prepare();
    helper.help_with(turn, prepared)
}

#[test]
fn turns_prepared_ahead_are_the_same_as_others() {
    for query in queries() {
        let [mut plain, mut prepared] = [servers(&query), servers(&query)];
        for servers in [&mut plain, &mut prepared] {
            push_all(&query, servers, 300);
        }
        let (mut answers, mut turns) = (Vec::new(), 0);
        loop {
            let turn = plain[0].lead(answers.clone());
            assert_eq!(lead_prepared(&mut prepared[0], answers.clone()), turn, "{}", query.id);
            // The same again, as if the answer had been lost: nothing is counted twice.
            assert_eq!(lead_prepared(&mut prepared[0], answers), turn, "{}", query.id);
            answers = plain[1].help(turn.clone());
            assert_eq!(help_prepared(&mut prepared[1], turn.clone()), answers, "{}", query.id);
            assert_eq!(help_prepared(&mut prepared[1], turn.clone()), answers, "{}", query.id);
            turns += 1;
            if turn.is_last() {
                break;
            }
        }
        assert!(turns == 3 && prepared.iter().all(ShareWindow::is_over), "{turns} turns of {TURN_REPORTS_MAX}");
        assert_eq!(exact(&query, &prepared), exact(&query, &plain));
        for (prepared, plain) in prepared.iter().zip(&plain) {
            assert_eq!((prepared.counted(), prepared.refused()), (plain.counted(), plain.refused()));
            assert!(prepared.counted() > 200 && !prepared.refused().is_empty());
        }
    }
}

/// The leader of `query` under a verify key of its own, with one report.
fn leader(query: &model::Query, key: u64, half: &Report) -> ShareWindow {
    let [mut leader, _] = servers_with(query, &Seed::root(key), ShareLimits::default());
    assert!(leader.push(half));
    leader
}

#[test]
fn what_is_prepared_is_not_computed_again() {
    let [.., query] = queries();
    let [half, other] = halves(&query, &report("d", "a", 1), 1);
    let [mut own, mut another] = [1, 2].map(|key| leader(&query, key, &half));
    let prepared = another.ahead_of_lead(&[]).prepare();
    let expected = another.lead(Vec::new());
    assert_ne!(own.clone().lead(Vec::new()), expected, "with another key it is another verifier share");
    assert_eq!(own.lead_with(Vec::new(), prepared), expected);

    let [mut own, mut another] = [1, 2].map(|key| {
        let [_, mut helper] = servers_with(&query, &Seed::root(key), ShareLimits::default());
        assert!(helper.push(&other));
        helper
    });
    let turn = expected;
    let prepared = another.ahead_of_help(&turn).prepare();
    let expected = another.help(turn.clone());
    assert_ne!(own.clone().help(turn.clone()), expected, "the leader has the key of the other helper");
    assert_eq!(own.help_with(turn, prepared), expected);
}

#[test]
fn what_is_prepared_for_another_window_or_other_bytes_is_left_alone() {
    let [.., query] = queries();
    let [half, _] = halves(&query, &report("d", "a", 1), 1);
    let mut own = leader(&query, 1, &half);
    let expected = own.clone().lead(Vec::new());
    let elsewhere = model::Query { id: QueryId::new("elsewhere").expect("a name"), ..query.clone() };
    let same_nonce = &halves(&query, &report("d", "b", 1), 1)[0];
    for mut other in [leader(&elsewhere, 1, &half), leader(&query, 1, same_nonce)] {
        let prepared = other.ahead_of_lead(&[]).prepare();
        let [found, other] = [own.clone().lead_with(Vec::new(), prepared), other.lead(Vec::new())];
        assert_eq!(found, expected);
        assert!(other != expected && other.offers[0].nonce == expected.offers[0].nonce);
    }
    assert_eq!(own.lead_with(Vec::new(), Prepared::default()), expected);
}
