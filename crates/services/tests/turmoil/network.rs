//! What the network does.

use std::time::Duration;

use crate::{
    hardship::Hardship::{Hold, Lossy, Mend, Part, PartOneWay, Release, Slow},
    town::{Layout, Played, SEEDS, each_seed, patience, town},
};

#[test]
fn calm_network_takes_one_attempt_for_each_upload() {
    assert_eq!(each_seed(Layout::default(), &vec![], Played::repeats), 0);
}

#[test]
fn long_and_uneven_latency_delays_and_loses_nothing() {
    let layout = Layout { latency_ms: (1, 600), ..Layout::default() };
    each_seed(layout, &vec![], Played::repeats);
}

#[test]
fn answer_after_the_deadline_is_a_duplicate_when_asked_again() {
    let timeline = vec![(1000, Slow("delhi", "sg", 1500)), (9000, Slow("delhi", "sg", 20))];
    let duplicates = each_seed(Layout::default(), &timeline, Played::duplicates);
    assert!(duplicates > 0, "no upload was counted and answered too late");
}

#[test]
fn region_that_cannot_be_reached_at_first_gets_everything_later() {
    let timeline = vec![
        (0, Part("delhi", "sg")),
        (0, Part("jakarta", "sg")),
        (6000, Mend("delhi", "sg")),
        (6000, Mend("jakarta", "sg")),
    ];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nothing had to be sent again");
}

#[test]
fn partition_in_the_middle_of_uploads_loses_nothing() {
    let timeline = vec![(2000, Part("delhi", "sg")), (7000, Mend("delhi", "sg"))];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nothing had to be sent again");
}

#[test]
fn requests_alone_are_lost() {
    let timeline = vec![(2000, PartOneWay("jakarta", "sg")), (7000, Mend("jakarta", "sg"))];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nothing had to be sent again");
}

#[test]
fn answers_alone_are_lost_and_what_was_counted_is_not_counted_again() {
    let timeline = vec![(2000, PartOneWay("sg", "delhi")), (7000, Mend("sg", "delhi"))];
    let duplicates = each_seed(Layout::default(), &timeline, Played::duplicates);
    assert!(duplicates > 0, "no answer was lost");
}

#[test]
fn messages_kept_back_arrive_beside_their_repetition() {
    // Shorter than a deadline and a keep-alive together: the connection lives, and the first attempt is still on it.
    let timeline = vec![(2000, Hold("delhi", "sg")), (5000, Release("delhi", "sg"))];
    let deaf = |seed| services::Patience { keepalive: Duration::from_secs(60), ..patience(seed) };
    let replays = each_seed(Layout { patience: deaf, ..Layout::default() }, &timeline, Played::replays);
    assert!(replays > 0, "nothing arrived twice");
}

#[test]
fn way_that_comes_and_goes_lets_everything_through_in_the_end() {
    let flap = |second: u64| {
        let from = second * 2000;
        [(from, Part("dublin", "ie")), (from + 1000, Mend("dublin", "ie"))]
    };
    let repeats = each_seed(Layout::default(), &(0..6).flat_map(flap).collect(), Played::repeats);
    assert!(repeats > 0, "nothing had to be sent again");
}

#[test]
fn connections_that_break_at_random_lose_nothing() {
    let timeline = vec![(0, Lossy(20)), (12_000, Lossy(0))];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nothing broke");
}

#[test]
fn trouble_of_one_region_does_not_touch_the_other() {
    let timeline = vec![
        (0, Part("delhi", "sg")),
        (0, Part("jakarta", "sg")),
        (30_000, Mend("delhi", "sg")),
        (30_000, Mend("jakarta", "sg")),
    ];
    for seed in 1..=SEEDS {
        let played = town(seed, Layout::default(), &timeline);
        played.expect_counted_once(seed);
        assert!(played.took > Duration::from_secs(30), "seed {seed}: the partition was felt");
        for (key, outcome) in played.outcomes.iter().filter(|(_, outcome)| outcome.region == "ie") {
            assert!(outcome.attempts == 1 && outcome.done < Duration::from_secs(12), "seed {seed}: {key} {outcome:?}");
        }
    }
}

#[test]
fn dead_connection_is_found_by_keep_alive_and_made_anew() {
    // The way is whole again before a call ends: what was lost in between never comes, and the connection stays silent.
    let timeline = vec![(3000, Part("delhi", "sg")), (3200, Mend("delhi", "sg"))];
    let slowest =
        |played: &Played| played.outcomes.values().map(|outcome| outcome.attempts).max().into_iter().sum::<u32>();
    let with = each_seed(Layout::default(), &timeline, slowest);
    let deaf = |seed| services::Patience { keepalive: Duration::from_secs(60), ..patience(seed) };
    let without = each_seed(Layout { patience: deaf, ..Layout::default() }, &timeline, slowest);
    assert!(
        with < without,
        "the most attempts for an upload: {with} with keep-alive, {without} without, over all seeds"
    );
}

#[test]
fn same_seed_plays_the_same_town() {
    let timeline =
        vec![(0, Lossy(20)), (4000, PartOneWay("sg", "delhi")), (7000, Mend("sg", "delhi")), (9000, Lossy(0))];
    for seed in 1..=SEEDS {
        let [first, second] = [(), ()].map(|()| town(seed, Layout::default(), &timeline).outcomes);
        assert_eq!(first, second, "seed {seed}");
    }
}
