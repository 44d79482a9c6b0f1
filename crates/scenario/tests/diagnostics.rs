//! What people read when their scenario file is wrong.

use scenario::parse;

const EVERY_PART: &str = include_str!("every-part.toml");

/// What is shown about `text`.
fn shown(text: &str) -> String {
    let mistakes = parse("world.toml", text).err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Asserts what is shown once the one place where each text stands is replaced.
#[track_caller]
fn shows(edits: &[(&str, &str)], expected: &str) {
    let text = edits.iter().fold(EVERY_PART.to_owned(), |text, (from, to)| {
        assert_eq!(text.matches(from).count(), 1, "`{from}` stands once");
        text.replace(from, to)
    });
    let shown = shown(&text);
    assert_eq!(shown, expected.trim_start_matches('\n').trim_end(), "\n{shown}\n");
}

#[test]
fn every_part_is_accepted() {
    assert_eq!(shown(EVERY_PART), "");
}

#[test]
fn empty_file_lacks_every_required_key() {
    assert_eq!(
        shown(""),
        "world.toml:1:1: missing keys `format`, `name`, `seed`, `starts`, `ends`, `region`, `endpoint`, `product`, `policy`
  |
1 | \n  | ^ expected them in this table"
    );
}

#[test]
fn misspelt_key_names_the_nearest() {
    shows(&[("lost-permille = 5", "lost-permile = 5")], r#"@@"#);
    shows(&[("[[claim]]\nid = \"local\"", "[[claims]]\nid = \"local\"")], r#"@@"#);
    shows(&[("counted-from = \"last-use\"", "counted = \"last-use\"")], r#"@@"#);
}

#[test]
fn wrong_name_lists_the_valid_ones() {
    shows(&[("verdict = \"kept\"", "verdict = \"keept\"")], r#"@@"#);
    shows(&[("{ aggregated-anonymous =", "{ aggregated =")], r#"@@"#);
}

#[test]
fn shape_that_needs_a_table_is_not_confused_with_one_that_stands_alone() {
    shows(&[("\"close-session\"", "\"visit\"")], r#"@@"#);
    shows(&[("\"close-session\"", "{ close-session = {} }")], r#"@@"#);
}

#[test]
fn missing_key_says_what_it_is_for() {
    shows(&[("policy = \"before\"\n", "")], r#"@@"#);
}

#[test]
fn bad_times_and_spans_are_all_shown() {
    shows(&[("ends = \"2020-05-08T00:00:00Z\"", "ends = \"8 May 2020\""), ("\"15s\"", "\"15 sec\"")], r#"@@"#);
}

#[test]
fn unknown_policy_names_the_nearest() {
    shows(&[("policy = \"before\"", "policy = \"befor\"")], r#"@@"#);
}

#[test]
fn name_defined_twice_is_refused() {
    shows(&[("id = \"visits\"\n", "id = \"visits\"\ngroup-by = []\nmechanism = \"exact\"\n\n[[query]]\nid = \"visits\"\n")], r#"@@"#);
}

#[test]
fn host_without_endpoint_names_the_nearest() {
    shows(&[("{ host = \"data.sg.example\",", "{ host = \"data.sq.example\",")], r#"@@"#);
}

#[test]
fn contradicting_expectations_are_refused() {
    shows(&[("versions = [\"3.4.3\"]\nswitch = [\"suppress\"]\n", "")], r#"@@"#);
}

#[test]
fn expectation_about_nothing_is_refused() {
    shows(&[("switch = [\"suppress\"]", "switch = [\"absent\"]")], r#"@@"#);
}

#[test]
fn syntax_mistakes_have_the_same_form() {
    shows(&[("name = \"every-part\"", "name = every part"), ("seed = 18446744073709551615", "seed 7")], r#"@@"#);
}

#[test]
fn wrong_type_says_what_belongs_there() {
    shows(&[("epsilon = 8", "epsilon = 0.5")], r#"@@"#);
    shows(&[("survives = [\"update\"]", "survives = \"update\"")], r#"@@"#);
    shows(&[("title = \"Every part of a scenario\"", "title = 2020-05-01")], r#"@@"#);
}

#[test]
fn number_out_of_range_names_the_range() {
    shows(&[("long-days = 91", "long-days = 9000")], r#"@@"#);
}

#[test]
fn mistakes_of_shape_and_of_names_are_shown_together() {
    shows(&[("declared = true", "declarde = true"), ("region = \"ru\"\nregistered", "region = \"rus\"\nregistered")], r#"@@"#);
}

#[test]
fn every_pipeline_with_a_wrong_body_is_shown() {
    shows(&[("body = [\"json\", \"gzip\", \"base64\",", "body = [\"gzip\",")], r#"@@"#);
}

#[test]
fn policy_and_query_are_judged_by_their_own_crates() {
    shows(&[("default = \"off\"", "default = \"of\""), ("group-by = [\"event\"]", "group-by = [\"event\", \"event\"]")], r#"@@"#);
}

#[test]
fn times_that_contradict_each_other_are_refused() {
    shows(&[("2020-05-05T00:00:00Z\", percent", "2020-05-03T00:00:00Z\", percent"), ("until = \"2020-05-02T12", "until = \"2020-05-01T12"), ("at = \"2020-05-01T00:02:00Z\"", "at = \"2020-05-01T00:00:30Z\"")], r#"@@"#);
}

#[test]
fn crowd_without_people_products_or_time_is_refused() {
    shows(&[("weight = 3", "weight = 0"), ("weight = 1 }]", "weight = 0 }]"), ("mint = 1", "mint = 0"), ("search-percent = 25", "search-percent = 99")], r#"@@"#);
}

#[test]
fn crowd_needs_a_version_to_start_with() {
    shows(&[("released = \"2020-03-01T00:00:00Z\"", "released = \"2020-05-01T00:00:01Z\"")], r#"@@"#);
}

#[test]
fn claims_need_a_laboratory() {
    shows(&[("[[lab]]\nid = \"lab-1\"\nmodel = \"Redmi Note 8\"\ncountry = \"IN\"\nlocale = \"en-IN\"\nproducts = [\"mint\"]\n", "")], r#"@@"#);
}

#[test]
fn other_format_is_all_that_is_said() {
    shows(&[("format = 1", "format = 2"), ("declared = true", "declarde = true")], r#"@@"#);
}
