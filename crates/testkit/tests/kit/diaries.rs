//! Diaries are possible, stay so while they shrink, and end simple.

use std::collections::BTreeSet;

use model::{Activity, Mode, Setting};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestCaseError, TestError, TestRunner},
};
use testkit::{Client, Diary, Repertoire, Twins, check, diaries, twins};

use crate::simulated;

fn repertoire() -> Repertoire {
    Repertoire {
        positions: vec!["on".to_owned(), "off".to_owned()],
        updates: vec!["2".parse().unwrap(), "3".parse().unwrap()],
        settings: vec![Setting { name: "statistics".to_owned(), values: vec!["on".to_owned(), "off".to_owned()] }],
        asks_consent: true,
        ..Repertoire::default()
    }
}

/// What is impossible in a diary: told independently of how it was made.
fn impossible(diary: &Diary) -> Option<String> {
    let (mut open, mut opened, mut online) = (BTreeSet::new(), BTreeSet::new(), true);
    for (place, entry) in diary.entries().iter().enumerate() {
        if place > 0 && diary.entries()[place - 1].at >= entry.at {
            return Some(format!("line {place} is no later than the one before"));
        }
        match (&entry.activity, entry.session) {
            (Activity::OpenSession { .. }, Some(session)) if opened.insert(session) => drop(open.insert(session)),
            (Activity::OpenSession { .. }, _) => return Some(format!("line {place} opens a session again")),
            (Activity::CloseSession, Some(session)) if open.remove(&session) => {}
            (_, Some(session)) if !open.contains(&session) => return Some(format!("line {place} is in no session")),
            (Activity::Visit { .. } | Activity::Search { .. } | Activity::CloseSession, None) => {
                return Some(format!("line {place} has no session"));
            }
            (Activity::SetOnline { online: new }, _) if *new == online => return Some(format!("line {place} is vain")),
            (Activity::SetOnline { online: new }, _) => online = *new,
            (Activity::Restart | Activity::CrashApp | Activity::ClearData | Activity::Reinstall, _) => open.clear(),
            _ => {}
        }
    }
    (!online).then(|| "the network is gone at the end".to_owned())
}

#[test]
fn every_diary_is_possible_and_so_is_all_that_it_shrinks_to() {
    let mut runner = TestRunner::deterministic();
    let (mut lines, mut kinds) = (0, BTreeSet::new());
    for round in 0..200 {
        let mut tree = diaries(repertoire()).new_tree(&mut runner).unwrap();
        lines += tree.current().entries().len();
        kinds.extend(tree.current().entries().iter().map(|entry| entry.activity.kind()));
        let mut more = tree.simplify();
        let mut tries = 0;
        while more {
            let diary = tree.current();
            assert_eq!(impossible(&diary), None, "{diary}");
            tries += 1;
            assert!(tries < 5_000, "shrinking comes to no end");
            more = if (tries + round) % 3 == 0 { tree.simplify() } else { tree.complicate() };
        }
        assert_eq!(impossible(&tree.current()), None);
    }
    assert!(lines > 1_000, "{lines} lines");
    assert_eq!(kinds.len(), 20, "every kind is drawn: {kinds:?}");
}

#[test]
fn twins_agree_in_everything_but_incognito_activity() {
    let mut runner = TestRunner::deterministic();
    let mut differing = 0;
    for _ in 0..100 {
        let Twins { main, other } = twins(repertoire()).new_tree(&mut runner).unwrap().current();
        let rest = |diary: &Diary| {
            let opens = |entry: &&model::Entry| entry.activity == Activity::OpenSession { mode: Mode::Incognito };
            let hidden: Vec<_> = diary.entries().iter().filter(opens).filter_map(|entry| entry.session).collect();
            let normal = |entry: &&model::Entry| entry.session.is_none_or(|session| !hidden.contains(&session));
            diary.entries().iter().filter(normal).cloned().collect::<Vec<_>>()
        };
        assert_eq!(rest(&main), rest(&other));
        assert_eq!((impossible(&main), impossible(&other)), (None, None), "{main}{other}");
        differing += usize::from(main != other);
    }
    assert!(differing > 50, "{differing} pairs differ");
}

/// Runs `holds` on any diary that is possible with `repertoire` and hands out the smallest that fails.
fn smallest(repertoire: Repertoire, holds: impl Fn(&Diary) -> bool) -> Diary {
    let config = Config { failure_persistence: None, max_shrink_iters: 4_096, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRunner::deterministic().new_rng());
    let result = runner.run(&diaries(repertoire), |diary| {
        if holds(&diary) { Ok(()) } else { Err(TestCaseError::fail("it does not hold")) }
    });
    match result {
        Err(TestError::Fail(_, diary)) => diary,
        other => panic!("it holds: {other:?}"),
    }
}

#[test]
fn what_fails_shrinks_to_what_is_simplest_to_read() {
    let visits_twice = |diary: &Diary| {
        let visits = diary.entries().iter().filter(|entry| matches!(entry.activity, Activity::Visit { .. }));
        visits.count() >= 2
    };
    let diary = smallest(repertoire(), |diary| !visits_twice(diary));
    assert_eq!(
        format!("\n{diary}"),
        "
  +0s        open normal session 1
  +1s        visit https://a.example/ in session 1
  +2s        visit https://a.example/ in session 1
"
    );
}

#[test]
fn a_leak_of_the_simulated_browser_shrinks_to_two_activities() {
    let leaking = simulated("always", "install");
    let diary = smallest(Repertoire::of(&leaking.description()), |diary| check::suppressed(&leaking, diary).is_ok());
    assert_eq!(diary.entries().len(), 2, "{diary}");
}
