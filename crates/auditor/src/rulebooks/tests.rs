//! What is built in can be read; mistakes name the file, the line, the rule and what would fit.

use model::{Country, Demand, Rulebook, Timestamp};

use super::{BUILT_IN, built_in, parse};

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn book(jurisdiction: &str) -> &'static Rulebook {
    built_in().iter().find(|book| book.jurisdiction == jurisdiction).expect("a rulebook")
}

/// The articles that bind at `at`.
fn binding(jurisdiction: &str, at: &str) -> Vec<&'static str> {
    book(jurisdiction).rules.iter().filter(|rule| rule.binds(time(at))).map(|rule| rule.id.as_str()).collect()
}

#[test]
fn every_rulebook_that_is_built_in_can_be_read() {
    for (file, text) in BUILT_IN {
        let book = parse(file, text).unwrap_or_else(|error| panic!("{error}"));
        assert!(book.rules.iter().all(|rule| rule.gist.ends_with('.') && rule.gist.len() < 200), "{file}");
    }
    let names: Vec<&str> = built_in().iter().map(|book| book.jurisdiction.as_str()).collect();
    assert_eq!(names, ["EU", "RU", "SG", "CN"]);
}

#[test]
fn the_date_decides_which_rules_bind() {
    assert!(binding("EU", "2018-05-24T21:00:00Z").is_empty());
    assert!(binding("EU", "2018-05-24T22:00:00Z").contains(&"consent"), "midnight in Brussels is 22:00 UTC");
    assert!(binding("CN", "2020-05-01T00:00:00Z").is_empty());
    assert!(binding("CN", "2021-11-01T00:00:00Z").contains(&"consent"));
    let localised = |at| binding("RU", at).into_iter().filter(|id| id.starts_with("localisation")).collect::<Vec<_>>();
    assert!(localised("2015-08-01T00:00:00Z").is_empty());
    assert_eq!(localised("2020-05-01T00:00:00Z"), ["localisation"]);
    assert_eq!(localised("2025-07-01T00:00:00Z"), ["localisation-2025"]);
    assert!(binding("SG", "2020-05-01T00:00:00Z").contains(&"directions"));
    assert!(!binding("SG", "2021-03-01T00:00:00Z").contains(&"directions"));
}

#[test]
fn japan_was_found_adequate_in_january_2019() {
    let transfer = book("EU").rules.iter().find(|rule| rule.id == "transfer").expect("a rule");
    let Demand::Transfer { freely } = &transfer.demand else { panic!("another demand") };
    let holds = |country: &str, at: &str| {
        let country: Country = country.parse().expect("a country");
        freely.iter().any(|free| free.country == country && free.holds(time(at)))
    };
    assert!(!holds("JP", "2019-01-01T00:00:00Z") && holds("JP", "2019-02-01T00:00:00Z"));
    for never in ["SG", "RU", "CN", "IN"] {
        assert!(!holds(never, "2024-01-01T00:00:00Z"), "{never}");
    }
}

const SAMPLE: &str = r#"
jurisdiction = "ZZ"
law = "Act"
title = "An act"
source = "a page"
countries = ["ZZ"]
[[rule]]
id = "one"
article = "s. 1"
in-force-from = "2020-01-01T00:00:00Z"
gist = "A sentence."
demand = "declared"
[[rule]]
id = "two"
article = "s. 2"
in-force-from = "2020-01-01T00:00:00Z"
gist = "Another."
demand = { erasure = { within = "30d" } }
"#;

#[test]
fn mistakes_name_the_file_the_line_the_rule_and_what_would_fit() {
    assert_eq!(parse("act.toml", SAMPLE).expect("a rulebook").rules.len(), 2);
    for (found, instead, expected) in [
        ("demand = \"declared\"", "demand = \"declare\"", ["12: rule `one`", "`declared`"]),
        ("within = \"30d\"", "within = \"30 days\"", ["18: rule `two`", "such as 15s or 90d"]),
        ("within = \"30d\"", "whithin = \"30d\"", ["18: rule `two`", "expected `within`"]),
        ("id = \"two\"", "id = \"one\"", ["13: rule `one`", "expected another"]),
        ("article = \"s. 2\"", "", ["13: rule `two`", "missing field `article`"]),
        ("countries = [\"ZZ\"]", "countries = [\"zz\"]", ["6: before the rules", "two capital letters"]),
        ("countries = [\"ZZ\"]", "countries = []", ["1: before the rules", "each country once"]),
        ("law = \"Act\"", "law = \"\"", ["1: before the rules", "expected names"]),
        (
            "gist = \"Another.\"",
            "gist = \"Another.\"\nin-force-until = \"2019-01-01T00:00:00Z\"",
            ["13: rule `two`", "expected a time after 2020-01-01T00:00:00Z"],
        ),
        ("title = ", "title : ", ["4: the file", "expected"]),
    ] {
        let error = parse("act.toml", &SAMPLE.replacen(found, instead, 1)).expect_err(instead).to_string();
        assert!(error.starts_with(&format!("act.toml:{}", expected[0])), "{error}");
        assert!(expected.iter().all(|part| error.contains(part)), "{instead}: {error}");
    }
}

#[test]
fn a_rulebook_without_rules_and_one_that_is_too_long_are_refused() {
    let head = SAMPLE.split("[[rule]]").next().expect("a head");
    assert!(parse("act.toml", head).expect_err("no rule").problem.contains("at least one"));
    let long = format!("{SAMPLE}#{}", "x".repeat(super::TEXT_BYTES_MAX));
    assert!(parse("act.toml", &long).expect_err("too long").problem.contains("at most"));
    let many: String = (0..=super::RULES_MAX)
        .map(|_| SAMPLE.split_once("[[rule]]").expect("a rule").1)
        .map(|rule| format!("[[rule]]{rule}"))
        .collect();
    assert!(parse("act.toml", &format!("{head}{many}")).expect_err("too many").problem.contains("expected 1 to 256"));
}
