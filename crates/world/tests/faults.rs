//! Whatever goes wrong at a time, nothing admitted is lost or counted twice, unless the log says so.

#[path = "support/land.rs"]
mod land;
mod support;

use land::{Land, counted, events, visits};
use model::Withheld;

#[test]
fn corrupted_requests_are_never_counted_and_sent_again() {
    let land = Land::new("[weather]\ncorrupted-permille = 300");
    let played = land.play(2);
    let broken = events(&played, "corrupted");
    let of = |leg: &str| broken.iter().filter(|line| line["message"] == leg).count();
    assert!(of("request") > 100 && of("answer") > 100, "{} broken messages prove nothing", broken.len());
    assert_eq!(counted(&played), visits(&played));
    assert_eq!(counted(&played), visits(&Land::new("").play(2)), "the same as in calm weather");
}

#[test]
fn where_every_request_is_corrupted_nothing_is_counted() {
    let played = Land::new("[weather]\ncorrupted-permille = 1000").play(2);
    assert!(visits(&played) > 100);
    assert_eq!(counted(&played), 0);
    assert!(events(&played, "admitted").is_empty());
}

#[test]
fn requests_that_overtake_one_another_are_counted_once() {
    let land = Land::new("[weather]\nreordered-permille = 500\nreordered-by = \"2m\"\nduplicated-permille = 100");
    let played = land.play(2);
    assert!(events(&played, "duplicate").len() > 20, "held back beyond their deadline, and sent again");
    assert_eq!(counted(&played), visits(&played));
}

#[test]
fn an_answer_that_a_partition_loses_is_asked_for_again_and_counted_once() {
    let parted = |loses: &str| {
        let kind = format!(
            "{{ partition = {{ to = {{ region = \"sg\" }}, loses = \"{loses}\", until = \"2020-05-01T20:00:00Z\" }} }}"
        );
        Land::new(&format!("[[fault]]\nat = \"2020-05-01T08:00:00Z\"\nkind = {kind}")).play(2)
    };
    let (answers, requests) = (parted("answers"), parted("requests"));
    assert_eq!(counted(&answers), visits(&answers));
    assert_eq!(counted(&requests), visits(&requests));
    assert!(!events(&answers, "duplicate").is_empty(), "the region had them all along");
    assert!(events(&requests, "duplicate").is_empty(), "the region never heard of them");
    assert_eq!(events(&answers, "fault").len(), 1);
    assert_eq!(events(&answers, "fault-over")[0]["at"], "2020-05-01T20:00:00Z");
}

#[test]
fn a_partition_of_one_country_leaves_the_others_alone() {
    let kind =
        "{ partition = { from = { country = \"ID\" }, to = { region = \"sg\" }, until = \"2020-05-02T23:00:00Z\" } }";
    let played = Land::new(&format!("[[fault]]\nat = \"2020-05-01T00:00:00Z\"\nkind = {kind}")).play(2);
    assert!(!events(&played, "unanswered").is_empty());
    let during = |line: &&serde_json::Value| line["at"].as_str().is_some_and(|at| at < "2020-05-02T22:59");
    assert!(events(&played, "admitted").iter().any(|line| during(&line)), "devices in India are heard");
    assert_eq!(counted(&played), visits(&played));
}

#[test]
fn a_region_that_is_out_is_failed_over_from_and_nothing_is_counted_twice() {
    let land = Land::new(
        "[[fault]]\nat = \"2020-05-01T06:00:00Z\"\nkind = { outage = { region = \"sg\", until = \"2020-05-01T18:00:00Z\" } }",
    );
    let played = land.failing_over().play(2);
    let to = |region: &str| events(&played, "admitted").iter().filter(|line| line["region"] == region).count();
    assert!(to("de") > 10 && to("sg") > 10, "{} and {}", to("de"), to("sg"));
    let refused = events(&played, "refused");
    assert!(refused.iter().all(|line| line["reason"] == "region sg is unavailable") && !refused.is_empty());
    assert_eq!(counted(&played), visits(&played));
}

/// A fault that begins at `at`.
fn fault(at: &str, kind: &str) -> String {
    format!("[[fault]]\nat = \"{at}\"\nkind = {{ {kind} }}\n")
}

/// The sum of a number over lines of the log.
fn sum(lines: &[serde_json::Value], key: &str) -> i64 {
    lines.iter().filter_map(|line| line[key].as_i64()).sum()
}

const EXPECTED: &str = "[[expect-release]]\nquery = \"visits\"\n";

#[test]
fn a_collector_that_crashes_without_its_state_loses_what_it_had_and_says_so() {
    let crash = |keeps: &str| {
        let kind = format!("crash = {{ region = \"sg\", until = \"2020-05-01T14:00:00Z\", keeps = \"{keeps}\" }}");
        Land::new(&(fault("2020-05-01T12:00:00Z", &kind) + EXPECTED)).play(2)
    };
    let (durable, forgetful) = (crash("everything"), crash("nothing"));
    for played in [&durable, &forgetful] {
        let refused = events(played, "refused");
        let reason = "connection refused: the servers of region sg are down";
        assert!(refused.iter().all(|line| line["reason"] == reason) && refused.len() > 20);
        assert!(played.accuracies.iter().all(|accuracy| accuracy.covered == accuracy.cells && accuracy.cells > 0));
    }
    assert_eq!(counted(&durable), visits(&durable));
    assert!(events(&durable, "lost").is_empty());
    let lost = sum(&events(&forgetful, "lost"), "reports");
    assert!(lost > 50, "a crash that loses {lost} reports proves nothing");
    assert_eq!(counted(&forgetful), visits(&forgetful) - lost);
    assert!(forgetful.tallies.contains(&("counted and lost in crashes", lost.unsigned_abs())));
}

#[test]
fn a_crash_leaves_the_windows_that_were_handed_on() {
    // On 4 May, the window of 1 May is closed, and that of 2 May still takes reports.
    let kind = "crash = { region = \"sg\", until = \"2020-05-04T12:00:01Z\", keeps = \"nothing\" }";
    let played = Land::new(&fault("2020-05-04T12:00:00Z", kind)).play(2);
    let lost = events(&played, "lost");
    assert!(lost.iter().all(|line| line["window"].as_str().is_some_and(|at| at.starts_with("2020-05-02"))));
    assert!(counted(&played) > 100 && !lost.is_empty());
    assert_eq!(counted(&played), visits(&played) - sum(&lost, "reports"));
}

#[test]
fn what_is_sent_again_after_a_crash_is_counted_anew() {
    let loses = "partition = { to = { region = \"sg\" }, loses = \"answers\", until = \"2020-05-01T20:00:00Z\" }";
    let crash = "crash = { region = \"sg\", until = \"2020-05-01T16:00:00Z\", keeps = \"nothing\" }";
    let faults = fault("2020-05-01T08:00:00Z", loses) + &fault("2020-05-01T15:59:00Z", crash);
    let played = Land::new(&faults).play(2);
    let lost = sum(&events(&played, "lost"), "reports");
    let lost_for_good = visits(&played) - counted(&played);
    assert!(0 < lost_for_good && lost_for_good < lost, "{lost_for_good} of {lost}");
    assert!(!events(&played, "duplicate").is_empty(), "what was taken after the crash is known again");
}

#[test]
fn a_full_disk_takes_nothing_and_a_slow_one_counts_once() {
    let full = "disk-full = { region = \"sg\", until = \"2020-05-01T20:00:00Z\" }";
    let played = Land::new(&fault("2020-05-01T08:00:00Z", full)).play(2);
    let refused = events(&played, "refused");
    assert!(refused.iter().all(|line| line["reason"] == "the disk of region sg is full" && line["for-now"] == true));
    assert!(refused.len() > 20);
    let during = |line: &serde_json::Value| {
        line["at"].as_str().is_some_and(|at| ("2020-05-01T08:01".."2020-05-01T20:00").contains(&at))
    };
    assert!(!events(&played, "admitted").iter().any(during));
    assert_eq!(counted(&played), visits(&played));

    let slow = "disk-slow = { region = \"sg\", until = \"2020-05-01T20:00:00Z\", by = \"60s\" }";
    let played = Land::new(&fault("2020-05-01T08:00:00Z", slow)).play(2);
    assert!(events(&played, "unanswered").len() > 20, "longer than clients wait");
    assert!(!events(&played, "duplicate").is_empty(), "the region had them all along");
    assert_eq!(counted(&played), visits(&played));
}

#[test]
fn a_device_that_dies_while_it_sends_hears_no_answer_and_is_counted_once_if_its_queue_is_on_disk() {
    let kind = "device-crash = { devices = { percent = 50 }, until = \"2020-05-02T06:00:00Z\" }";
    let on_disk = Land::new(&fault("2020-05-01T06:00:00Z", kind));
    let played = on_disk.play(2);
    let (died, revived) = (events(&played, "died"), events(&played, "revived"));
    assert!((60..180).contains(&died.len()), "{} of 300 died, about half were meant", died.len());
    assert_eq!(died.len(), revived.len());
    for line in &died {
        let (device, from) = (&line["device"], line["at"].as_str().unwrap_or_default());
        let of_device = |kind| events(&played, kind).into_iter().filter(|line| line["device"] == *device);
        let meanwhile = |line: &serde_json::Value| {
            line["at"].as_str().is_some_and(|at| (from.."2020-05-02T06").contains(&at) && at != from)
        };
        assert!(!["activity", "sent", "admitted"].into_iter().flat_map(of_device).any(|line| meanwhile(&line)));
    }
    let duplicates = events(&played, "duplicate");
    assert!(duplicates.len() >= died.len() / 2, "{} duplicates: what was on its way arrived", duplicates.len());
    assert_eq!(counted(&played), visits(&played));

    let in_memory = on_disk.with("queue = { store = \"disk\" }", "queue = { store = \"memory\" }").play(2);
    assert!(events(&in_memory, "duplicate").is_empty(), "nothing is left to be sent again");
}

#[test]
fn a_device_that_dies_at_once_loses_what_it_kept_in_memory() {
    let kind = "device-crash = { dies = \"at-once\", until = \"2020-05-01T13:00:00Z\" }";
    let land = Land::new(&fault("2020-05-01T12:00:00Z", kind)).with("every = \"15s\"", "every = \"1h\"");
    let (disk, memory) = (land.play(2), land.with("store = \"disk\"", "store = \"memory\"").play(2));
    assert_eq!(counted(&disk), visits(&disk));
    assert!(counted(&memory) < visits(&memory));
    assert_eq!(visits(&disk), visits(&memory));
}

#[test]
fn wrong_clocks_move_reports_into_other_windows_or_out_of_all() {
    let clock = |by: &str| {
        let kind = format!("clock = {{ devices = {{ country = \"ID\" }}, by = {{ {by} }} }}");
        Land::new(&(fault("2020-05-01T00:00:00Z", &kind) + EXPECTED)).play(2)
    };
    let days = |played: &world::Played| -> Vec<String> {
        let days = played.releases.iter().map(|release| release.window.start.to_string()[..10].to_owned());
        days.collect()
    };
    let right = Land::new("").play(2);
    assert_eq!(days(&right), ["2020-05-01", "2020-05-02"]);
    let late = clock("behind = \"6h\"");
    assert_eq!(days(&late), ["2020-04-30", "2020-05-01", "2020-05-02"], "the servers go by what devices say");
    assert_eq!(counted(&late), visits(&late));
    let too_late = clock("behind = \"10d\"");
    let refused = events(&too_late, "refused");
    assert!(refused.len() > 50 && refused.iter().all(|l| l["reason"].as_str().is_some_and(|r| r.contains("late"))));
    assert!(0 < counted(&too_late) && counted(&too_late) < visits(&too_late), "devices in India have the right time");
    let too_early = clock("ahead = \"10d\"");
    let refused = events(&too_early, "refused");
    assert!(refused.len() > 50 && refused.iter().all(|l| l["reason"].as_str().is_some_and(|r| r.contains("early"))));
    for played in [late, too_late, too_early] {
        assert!(played.accuracies.iter().all(|accuracy| accuracy.covered == accuracy.cells));
    }
}

#[test]
fn a_clock_that_is_set_right_is_right() {
    let kind = "clock = { by = { behind = \"10d\" }, until = \"2020-05-02T00:00:00Z\" }";
    let played = Land::new(&fault("2020-05-01T00:00:00Z", kind)).play(2);
    let shifts: Vec<i64> =
        events(&played, "clock-shifted").iter().filter_map(|line| line["ahead_ms"].as_i64()).collect();
    assert_eq!((shifts.len(), shifts.iter().sum::<i64>()), (600, 0));
    let calm = Land::new("").play(2);
    let of = |played: &world::Played, day: &str| -> i64 {
        let on = played.releases.iter().filter(|release| release.window.start.to_string().starts_with(day));
        on.flat_map(|release| &release.cells).map(|cell| cell.value).sum()
    };
    assert_eq!(of(&played, "2020-05-01"), 0);
    assert!((0..20).contains(&(of(&calm, "2020-05-02") - of(&played, "2020-05-02"))));
}

#[test]
fn a_device_that_returns_after_a_year_is_too_late_with_what_is_old() {
    let kind = "away = { devices = { percent = 50 }, until = \"2021-05-02T12:00:00Z\" }";
    let rollout = "{ version = \"2\", released = \"2020-06-01T00:00:00Z\", policy = \"p\", rollout = [{ at = \"2020-06-01T00:00:00Z\", percent = 100 }] }";
    let land = Land::new(&fault("2020-05-02T00:00:00Z", kind))
        .with("ends = \"2020-05-03", "ends = \"2021-05-03")
        .with("devices = 300", "devices = 12")
        .with("policy = \"p\" }]", &format!("policy = \"p\" }}, {rollout}]"));
    let played = land.play(2);
    let late = events(&played, "refused");
    assert!(late.iter().all(|line| line["reason"].as_str().is_some_and(|reason| reason.contains("late"))));
    assert!(!late.is_empty());
    assert!(late.iter().all(|line| line["at"].as_str().is_some_and(|at| at.starts_with("2021-05-02T12"))));
    let back: Vec<_> =
        events(&played, "updated").into_iter().filter(|line| line["at"] == "2021-05-02T12:00:00Z").collect();
    assert!((2..=10).contains(&back.len()), "{} updated when they were back", back.len());
    let first_sent = |device: &serde_json::Value| {
        let sent = events(&played, "sent").into_iter().filter(|line| line["device"] == *device);
        sent.filter_map(|line| line["at"].as_str().map(str::to_owned)).find(|at| at.as_str() > "2020-05-02T00:01")
    };
    assert!(back.iter().all(|line| first_sent(&line["device"]).is_some_and(|at| at.as_str() >= "2021-05-02T12")));
    // What was recorded in the last days is counted.
    let of_away = |line: &serde_json::Value| back.iter().any(|other| other["device"] == line["device"]);
    assert!(
        events(&played, "admitted").iter().any(|line| of_away(line) && line["at"].as_str() > Some("2021-05-02T12"))
    );
}

#[test]
fn a_roll_out_that_is_taken_back_brings_the_version_before() {
    let stages = "[{ at = \"2020-05-01T02:00:00Z\", percent = 60 }, { at = \"2020-05-01T16:00:00Z\", percent = 20 }]";
    let rollout =
        format!("{{ version = \"2\", released = \"2020-05-01T00:00:00Z\", policy = \"p\", rollout = {stages} }}");
    let played = Land::new("").with("policy = \"p\" }]", &format!("policy = \"p\" }}, {rollout}]")).play(2);
    let to = |version: &str| -> Vec<String> {
        let updated = events(&played, "updated").into_iter().filter(|line| line["version"] == version);
        updated.map(|line| line["device"].to_string()).collect()
    };
    let (forward, back) = (to("2"), to("1"));
    assert!((140..220).contains(&forward.len()), "{} of 300 went forward", forward.len());
    assert!((80..160).contains(&back.len()), "{} of 300 went back", back.len());
    assert!(back.iter().all(|device| forward.contains(device)));
    assert_eq!(counted(&played), visits(&played));
    assert!(played.timeline.iter().any(|moment| moment.text == "Browser 2 is taken back, and offered to 20 %"));
}

#[test]
fn an_aggregator_that_is_started_again_publishes_the_same_once() {
    let calm = Land::new("").play(2);
    for (keeps, known) in [("everything", true), ("nothing", false)] {
        let kind = format!("aggregator-restart = {{ keeps = \"{keeps}\" }}");
        let played = Land::new(&fault("2020-05-04T18:00:00Z", &kind)).play(2);
        assert_eq!(played.releases, calm.releases);
        let again = events(&played, "handed-on-again");
        assert!(again.iter().all(|line| line["known"] == known), "{again:?}");
        assert_eq!(again.len(), 1, "the window of 1 May is released already");
    }
}

/// The land with a way for devices in India to Singapore and for the others to Germany, so that both regions hand on. The
/// windows of 1 and 2 May are closed on 4 and 5 May.
fn both_regions(more: &str) -> Land {
    let routes = "route = [{ host = \"t.vendor.example\", country = [\"IN\"] }, { host = \"de.vendor.example\" }]";
    Land::new(&format!("{more}{EXPECTED}")).with("route = [{ host = \"t.vendor.example\" }]", routes)
}

/// What is lost between the servers of a region and the aggregator until `until`.
fn apart(region: &str, loses: &str, at: &str, until: &str) -> String {
    let way = format!("from = {{ region = \"{region}\" }}, to = \"aggregator\"");
    fault(at, &format!("partition = {{ {way}, loses = \"{loses}\", until = \"{until}\" }}"))
}

/// When the log says that the window of 1 May was released.
fn first_released(played: &world::Played) -> String {
    let released = events(played, "released");
    let first: Vec<_> = released.iter().filter(|line| line["window"].as_str() < Some("2020-05-02")).collect();
    assert_eq!(first.len(), 1, "{released:?}");
    first[0]["at"].as_str().expect("a time").to_owned()
}

fn covers_the_truth(played: &world::Played) -> bool {
    played.accuracies.iter().all(|accuracy| accuracy.cells > 0 && accuracy.covered == accuracy.cells)
        && !played.accuracies.is_empty()
}

#[test]
fn a_region_that_cannot_reach_the_aggregator_hands_on_when_it_can_and_the_release_waits() {
    let calm = both_regions("").play(2);
    assert_eq!(counted(&calm), visits(&calm));
    assert_eq!(first_released(&calm), "2020-05-04T00:00:00Z");
    for loses in ["both", "requests"] {
        let cut = apart("sg", loses, "2020-05-03T23:00:00Z", "2020-05-04T06:00:00Z");
        let played = both_regions(&cut).play(2);
        assert_eq!(played.releases, calm.releases);
        assert!(covers_the_truth(&played));
        // It tries after 5, 10, 20 … seconds, and at last every five minutes.
        assert_eq!(first_released(&played), "2020-05-04T06:00:15Z");
        let again = events(&played, "handed-on-again");
        let [line] = &again[..] else { panic!("{again:?}") };
        assert_eq!(line["at"], "2020-05-04T06:00:15Z");
        assert_eq!((&line["region"], &line["known"], &line["unanswered"]), (&"sg".into(), &false.into(), &77.into()));
        assert!(played.tallies.contains(&("attempts to hand on unanswered", 77)));
        let told = |moment: &world::Moment| moment.at.to_string() == "2020-05-04T06:00:15Z";
        assert!(played.timeline.iter().any(|moment| told(moment) && moment.text.starts_with("Released")));
        assert_eq!(both_regions(&cut).play(1).digests, played.digests, "with one thread as with two");
    }
}

#[test]
fn a_release_that_waits_no_longer_does_without_the_region_and_says_so() {
    let cut = apart("sg", "both", "2020-05-03T23:00:00Z", "2020-05-04T06:00:00Z");
    let played = both_regions(&format!("[collection]\nrelease-wait = \"1h\"\n{cut}")).play(2);
    assert_eq!(first_released(&played), "2020-05-04T01:00:00Z");
    let regions = |place: usize| played.releases[place].regions.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!((regions(0), regions(1)), (vec!["de".to_owned()], vec!["de".to_owned(), "sg".to_owned()]));
    let left_out = events(&played, "left-out");
    assert_eq!((left_out.len(), &left_out[0]["at"]), (1, &"2020-05-04T06:00:15Z".into()));
    let reports = sum(&left_out, "reports");
    assert!(reports > 50, "{reports} reports prove nothing");
    assert_eq!(counted(&played), visits(&played) - reports);
    assert!(played.tallies.contains(&("reports left out of releases", reports.unsigned_abs())));
    assert!(covers_the_truth(&played), "of the regions that it is about");
}

#[test]
fn nothing_is_released_before_something_is_there() {
    let cut = |region| apart(region, "both", "2020-05-03T23:00:00Z", "2020-05-04T06:00:00Z");
    let more = format!("[collection]\nrelease-wait = \"1h\"\n{}{}", cut("sg"), cut("de"));
    let played = both_regions(&more).play(2);
    assert_eq!(played.releases, both_regions("").play(2).releases);
    assert_eq!(first_released(&played), "2020-05-04T06:00:15Z");
}

#[test]
fn a_partial_whose_receipt_is_lost_is_handed_on_again_known_and_counted_once() {
    let calm = both_regions("").play(2);
    let unheard = apart("sg", "answers", "2020-05-03T23:00:00Z", "2020-05-04T06:00:00Z");
    // The aggregator is told again once before and once after it published, which another region puts off.
    let late = apart("de", "both", "2020-05-03T23:00:00Z", "2020-05-04T09:00:00Z");
    for (faults, released) in [(unheard.clone(), "2020-05-04T00:00:00Z"), (unheard + &late, "2020-05-04T09:00:15Z")] {
        let played = both_regions(&faults).play(2);
        assert_eq!(played.releases, calm.releases);
        assert_eq!(first_released(&played), released);
        let again = events(&played, "handed-on-again");
        let known: Vec<_> = again.iter().filter(|line| line["region"] == "sg").collect();
        let [line] = &known[..] else { panic!("{again:?}") };
        assert_eq!((&line["known"], &line["at"]), (&true.into(), &"2020-05-04T06:00:15Z".into()));
        assert!(events(&played, "left-out").is_empty() && covers_the_truth(&played));
    }
}

#[test]
fn an_aggregator_that_forgot_waits_for_a_region_that_it_cannot_hear() {
    // At 8 o'clock it could publish, is started again without what Singapore handed on, and Singapore is cut off.
    let late = apart("de", "both", "2020-05-03T23:00:00Z", "2020-05-04T08:00:00Z");
    let cut = apart("sg", "both", "2020-05-04T07:00:00Z", "2020-05-04T10:00:00Z");
    let restart =
        |keeps: &str| fault("2020-05-04T04:00:00Z", &format!("aggregator-restart = {{ keeps = \"{keeps}\" }}"));
    let calm = both_regions("").play(2);
    for (keeps, released, known) in
        [("nothing", "2020-05-04T10:00:30Z", false), ("everything", "2020-05-04T08:00:15Z", true)]
    {
        let played = both_regions(&format!("{late}{cut}{}", restart(keeps))).play(2);
        assert_eq!(played.releases, calm.releases);
        assert_eq!(first_released(&played), released);
        let again = events(&played, "handed-on-again");
        let of_sg: Vec<_> = again.iter().filter(|line| line["region"] == "sg").collect();
        assert_eq!((of_sg.len(), &of_sg[0]["known"]), (1, &known.into()), "{again:?}");
        assert_eq!(of_sg[0]["at"], "2020-05-04T10:00:30Z");
    }
}

/// Queries over shares, led in Singapore with help from Germany, in a small crowd.
fn over_shares(more: &str) -> world::Played {
    let text = include_str!("../../../sims/mechanisms/prio3.toml");
    let (before, rest) = text.split_once("[[claim]]").expect("there is one");
    let (_, crowd) = rest.split_once("[crowd]").expect("there is one");
    let text = format!("{before}[crowd]{}\n{more}", crowd.replace("devices = 500", "devices = 200"));
    support::play(&support::parse(&text), 2)
}

/// What each server counted and refused, by query, window and party, and when it was done.
fn tallied(played: &world::Played) -> Vec<(String, String, String, u64, String, String)> {
    let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let mut all: Vec<_> = events(played, "verified")
        .iter()
        .map(|line| {
            let counted = line["counted"].as_u64().expect("a number");
            let [query, window, party, at] = ["query", "window", "party", "at"].map(|key| text(line, key));
            (query, window, party, counted, line["refused"].to_string(), at)
        })
        .collect();
    all.sort();
    all
}

#[test]
fn where_the_leader_does_not_hear_the_helper_both_count_each_report_once() {
    let calm = over_shares("");
    let expected = tallied(&calm);
    assert_eq!(expected.len(), 4 * 2 * 2, "queries, days and servers");
    assert!(expected.iter().any(|one| one.3 > 256), "more than one turn");
    // Before the first turn, and between the first turn and the second.
    for (at, loses) in [
        ("2026-01-03T23:00:00Z", "answers"),
        ("2026-01-04T00:00:00.5Z", "answers"),
        ("2026-01-04T00:00:00.5Z", "requests"),
    ] {
        let way = "from = { region = \"sg\" }, to = { region = \"de\" }";
        let kind = format!("partition = {{ {way}, loses = \"{loses}\", until = \"2026-01-04T06:00:00Z\" }}");
        let played = over_shares(&fault(at, &kind));
        assert_eq!(played.releases, calm.releases, "{loses} from {at} on");
        let found = tallied(&played);
        for (found, expected) in found.iter().zip(&expected) {
            let (counts, time) = ((&found.0, &found.1, &found.2, found.3, &found.4), &found.5);
            assert_eq!(counts, (&expected.0, &expected.1, &expected.2, expected.3, &expected.4));
            let is_first = found.1.contains("2026-01-01T");
            assert_eq!(is_first, time.as_str() > "2026-01-04T06" && time.as_str() < "2026-01-04T06:06", "{found:?}");
        }
        assert_eq!(found.len(), expected.len());
        for pair in found.chunks(2) {
            assert_eq!(pair[0].3, pair[1].3, "both servers count the same: {pair:?}");
        }
        let unanswered = sum(&events(&played, "verified"), "unanswered");
        assert!(unanswered >= 4 * 70, "{unanswered} turns unanswered");
        assert!(played.tallies.contains(&("turns of verifications unanswered", unanswered.unsigned_abs())));
        assert!(played.accuracies.len() == 4 && played.accuracies.iter().all(model::Accuracy::holds));
        let late = |line: &&serde_json::Value| {
            line["at"].as_str() > Some("2026-01-04T06") && line["at"].as_str() < Some("2026-01-04T07")
        };
        assert_eq!(events(&played, "released").iter().filter(late).count(), 4, "each waits for both shares");
    }
}

#[test]
fn a_release_that_does_not_wait_for_the_second_share_says_nothing() {
    let cut = apart("sg", "both", "2026-01-03T23:00:00Z", "2026-01-04T06:00:00Z");
    let played = over_shares(&format!("[collection]\nrelease-wait = \"1h\"\n{cut}"));
    let shared = || played.releases.iter().filter(|release| !release.query.as_str().starts_with("control"));
    let is_told = |release: &&model::Release| !release.cells.is_empty();
    assert_eq!((shared().count(), shared().filter(is_told).count()), (8, 4), "four queries, each of two days");
    let missing = |release: &model::Release| release.withheld.iter().any(|(why, _)| *why == Withheld::ShareMissing);
    assert!(shared().all(|release| release.cells.is_empty() == missing(release)));
    let left_out = events(&played, "left-out");
    assert_eq!(left_out.len(), 4);
    assert!(left_out.iter().all(|line| line["at"].as_str().is_some_and(|at| at.starts_with("2026-01-04T06:0"))));
}

#[test]
fn what_happens_within_servers_is_not_played_on_the_live_network() {
    let crash = "crash = { region = \"sg\", until = \"2020-05-01T14:00:00Z\", keeps = \"nothing\" }";
    for kind in [crash, "aggregator-restart = {}"] {
        let script = support::parse(&Land::new(&fault("2020-05-01T12:00:00Z", kind)).text);
        let network = world::Network::Live { program: "/nowhere".into(), scenario_text: String::new() };
        let threads = std::num::NonZeroUsize::MIN;
        let options = world::Options { seed: None, threads, network, rulebooks: Vec::new() };
        let refused = world::play(&script, &options, &|_| {}).expect_err("it cannot be done");
        assert!(refused.to_string().contains("expected `--network glass`"), "{refused}");
    }
}
