//! Collectors that crash and start again, with what they had and without.

use std::collections::BTreeSet;

use crate::{
    hardship::{
        Hardship::{Crash, Mend, PartOneWay, Start},
        Timeline,
    },
    town::{Disk, Layout, Played, REGIONS, SEEDS, each_seed, town},
};

#[test]
fn collector_that_keeps_what_it_acknowledged_loses_nothing() {
    let timeline = vec![(3000, Crash("sg")), (5000, Start("sg"))];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nobody noticed the crash");
}

#[test]
fn collector_that_is_not_there_at_first_gets_everything_later() {
    let timeline = vec![(0, Crash("ie")), (8000, Start("ie"))];
    let repeats = each_seed(Layout::default(), &timeline, Played::repeats);
    assert!(repeats > 0, "nobody noticed that it was not there");
}

#[test]
fn collector_that_crashes_again_and_again_counts_once() {
    let crash = |number: u64| [(1000 + number * 1500, Crash("sg")), (1500 + number * 1500, Start("sg"))];
    each_seed(Layout::default(), &(0..6).flat_map(crash).collect(), Played::repeats);
}

#[test]
fn both_regions_at_once_lose_nothing() {
    let timeline = vec![(3000, Crash("ie")), (3000, Crash("sg")), (6000, Start("ie")), (6000, Start("sg"))];
    each_seed(Layout::default(), &timeline, Played::repeats);
}

#[test]
fn regions_restarted_one_after_the_other_lose_nothing() {
    let roll = |(number, region): (u64, &'static str)| {
        [(2000 + number * 2000, Crash(region)), (3000 + number * 2000, Start(region))]
    };
    each_seed(Layout::default(), &(0..).zip(REGIONS).flat_map(roll).collect(), Played::repeats);
}

#[test]
fn answer_lost_in_a_crash_is_a_duplicate_when_asked_again() {
    // Answers stop first, so that what is counted in the last second before the crash is not acknowledged.
    let timeline =
        vec![(2500, PartOneWay("sg", "delhi")), (3500, Crash("sg")), (4500, Start("sg")), (4500, Mend("sg", "delhi"))];
    let duplicates = each_seed(Layout::default(), &timeline, Played::duplicates);
    assert!(duplicates > 0, "no answer was lost");
}

#[test]
fn collector_that_keeps_nothing_loses_what_it_acknowledged_and_no_more() {
    let timeline: Timeline = vec![(4000, Crash("sg")), (5000, Start("sg"))];
    let layout = Layout { disk: Disk::Lost, ..Layout::default() };
    let mut lost_in_all = 0;
    for seed in 1..=SEEDS {
        let played = town(seed, layout, &timeline);
        assert_eq!(played.regions["sg"].lives(), 2, "seed {seed}: it began anew");
        let lives = played.regions["sg"].held();
        for life in &lives {
            assert_eq!(
                life.iter().collect::<BTreeSet<_>>().len(),
                life.len(),
                "seed {seed}: counted twice in one life"
            );
        }
        let sent = played.outcomes.iter().filter(|(_, outcome)| outcome.region == "sg");
        for (key, outcome) in sent {
            // What had no receipt from the first life was sent again, and is in the second. The last receipts of the first
            // were on their way when it crashed.
            let kept = lives[1].contains(key);
            assert!(
                kept || (lives[0].contains(key) && outcome.done.as_millis() <= 4060),
                "seed {seed}: {key} {outcome:?}"
            );
            lost_in_all += usize::from(!kept);
        }
    }
    assert!(lost_in_all > 0, "a crash that loses nothing proves nothing");
}
