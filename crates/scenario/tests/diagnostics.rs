//! What people read when their scenario file is wrong.

use scenario::{Diagnostic, parse};

const EVERY_PART: &str = include_str!("every-part.toml");

fn mistakes(text: &str) -> Vec<Diagnostic> {
    parse("world.toml", text).expect_err("the file is wrong")
}

/// The file with the one place where `from` stands replaced.
fn edited(from: &str, to: &str) -> String {
    assert_eq!(EVERY_PART.matches(from).count(), 1, "`{from}` stands once");
    EVERY_PART.replace(from, to)
}

#[track_caller]
fn shows(text: &str, expected: &str) {
    let shown: Vec<String> = mistakes(text).iter().map(ToString::to_string).collect();
    assert_eq!(shown.join("\n"), expected.trim_start_matches('\n').trim_end(), "\n{}", shown.join("\n"));
}

#[test]
fn every_part_is_accepted() {
    let shown: Vec<String> =
        parse("world.toml", EVERY_PART).err().unwrap_or_default().iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
}

#[test]
fn misspelt_key_names_the_nearest() {
    shows(&edited("lost-permille = 5", "lost-permile = 5"), "x");
}

#[test]
fn wrong_enum_value_lists_the_valid_ones() {
    shows(&edited("verdict = \"kept\"", "verdict = \"keept\""), "x");
    shows(&edited("\"incognito-suppressed\"", "\"incognito-supressed\""), "x");
    shows(&edited("{ aggregated-anonymous =", "{ aggregated ="), "x");
    shows(&edited("\"close-session\"", "\"visit\""), "x");
}

#[test]
fn missing_key_says_what_it_is_for() {
    shows(&edited("policy = \"before\"\n", ""), "x");
}

#[test]
fn bad_times_and_spans_are_all_shown() {
    shows(&edited("ends = \"2020-05-08T00:00:00Z\"", "ends = \"8 May 2020\"").replace("\"15s\"", "\"15 sec\""), "x");
}

#[test]
fn unknown_policy_names_the_nearest() {
    shows(&edited("policy = \"before\"", "policy = \"befor\""), "x");
}

#[test]
fn host_without_endpoint_names_the_nearest() {
    shows(&edited("{ host = \"data.sg.example\",", "{ host = \"data.sq.example\","), "x");
}

#[test]
fn contradicting_expectations_are_refused() {
    shows(&edited("versions = [\"3.4.3\"]\nswitch = [\"suppress\"]\n", ""), "x");
}

#[test]
fn syntax_mistakes_have_the_same_form() {
    shows(&edited("name = \"every-part\"", "name = every part").replace("seed = 18446744073709551615", "seed 7"), "x");
}

#[test]
fn wrong_type_says_what_belongs_there() {
    shows(&edited("epsilon = 8", "epsilon = 0.5"), "x");
    shows(&edited("long-days = 91", "long-days = 9000"), "x");
    shows(&edited("survives = [\"update\"]", "survives = \"update\""), "x");
    shows(&edited("title = \"Every part of a scenario\"", "title = 2020-05-01"), "x");
}

#[test]
fn mistakes_of_shape_and_of_names_are_shown_together() {
    shows(
        &edited("declared = true", "declarde = true")
            .replace("region = \"ru\"\nregistered", "region = \"rus\"\nregistered"),
        "x",
    );
}
