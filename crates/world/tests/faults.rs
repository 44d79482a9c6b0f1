//! Whatever goes wrong at a time, nothing admitted is lost or counted twice, unless the log says so.

#[path = "support/land.rs"]
mod land;
mod support;

use land::{Land, counted, events, visits};

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
