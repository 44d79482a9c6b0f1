//! What is done in incognito mode is not collected.

use own_client::SiteCounter;
use testkit::{
    Client, Diary, Repertoire, assert_suppressed, check, diaries,
    proptest::{
        proptest,
        test_runner::{Config, TestError, TestRunner},
    },
};

fn any_diary() -> testkit::DiaryStrategy {
    diaries(Repertoire::of(&SiteCounter::default().description()))
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_is_done_nothing_of_it_leaves_incognito_mode(diary in any_diary()) {
        check::suppressed(&SiteCounter::default(), &diary)?;
    }
}

/// The bug that was, found again by itself, and shrunk to the smallest diary that shows it.
#[test]
fn the_planted_bug_is_found_and_shrunk_to_four_activities() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRunner::deterministic().new_rng());
    let result = runner.run(&any_diary(), |diary| {
        check::suppressed(&SiteCounter::with_offline_bug(), &diary)?;
        Ok(())
    });
    let Err(TestError::Fail(_, diary)) = result else { panic!("the bug is not found: {result:?}") };
    println!("the smallest diary that shows the bug, {diary:?}");
    println!("{}", check::suppressed(&SiteCounter::with_offline_bug(), &diary).expect_err("it is still there"));
    assert!(diary.entries().len() <= 4, "{diary}");
}

/// The same diary, kept by hand: the bug must not come back.
#[test]
fn what_is_visited_offline_in_incognito_mode_is_never_sent() {
    let diary = Diary::new().incognito().offline().visit("https://clinic.example/page").wait("1m").online();
    assert_suppressed!(SiteCounter::default(), diary);
    assert!(check::suppressed(&SiteCounter::with_offline_bug(), &diary).is_err());
}
