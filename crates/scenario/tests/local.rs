//! What devices randomize and what a query takes for it must agree, and are told where they do not.

const SHIPPED: &str = include_str!("../../../sims/mechanisms/local-k-ary.toml");

/// What is shown once the one place where `from` stands is replaced.
fn shown(from: &str, to: &str) -> String {
    assert_eq!(SHIPPED.matches(from).count(), 1, "`{from}` stands once");
    let mistakes = scenario::parse("world.toml", &SHIPPED.replace(from, to)).err().unwrap_or_default();
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn shows(from: &str, to: &str, message: &str, label: &str) {
    let shown = shown(from, to);
    assert_eq!(shown.matches("world.toml:").count(), 1, "{shown}");
    assert!(shown.contains(message) && shown.contains(label), "{shown}");
}

#[test]
fn a_field_that_is_not_randomized_is_told_with_the_fix() {
    let to = "fields = { site = \"url|host\" }";
    let from = "fields = { site = \"url|host|randomize(sites)\" }";
    shows(from, to, "and it holds the value itself", "help: write `url|host|randomize(sites)`");
    let line = SHIPPED.lines().position(|line| line == from).expect("the field has a line of its own") + 1;
    assert!(shown(from, to).contains(&format!("world.toml:{line}:")), "at the field");
}

#[test]
fn a_field_that_nobody_reports_is_told_at_the_query() {
    let from = "fields = { site = \"url|host|randomize(sites)\" }";
    shows(
        from,
        "fields = { host = \"url|host|randomize(sites)\" }",
        "no policy reports the field `site`",
        "`|randomize(NAME)`",
    );
    let events = "events = [\"visit\"]";
    shows(events, "events = [\"search\"]", "no policy reports the field `site`", "`|randomize(NAME)`");
}

#[test]
fn another_randomizer_is_told() {
    let from = "randomizer = { k-ary = { epsilon = 2 } }";
    for to in ["randomizer = { k-ary = { epsilon = 1 } }", "randomizer = { oue = { epsilon = 2 } }"] {
        shows(from, to, "devices randomize by k-ary randomized response, epsilon 2", "as in its mechanism");
    }
}

#[test]
fn another_domain_is_told_by_the_first_value_that_differs() {
    shows(
        "\"site-5.example\"]\nwindow",
        "\"site-9.example\"]\nwindow",
        "the query knows the value `site-5.example`",
        "expected the values of",
    );
    shows(
        "\"site-5.example\"]\nwindow",
        "\"site-5.example\", \"x\"]\nwindow",
        "the policy knows the value `x`",
        "expected the values of",
    );
}

#[test]
fn other_windows_and_more_answers_than_are_counted_are_told() {
    shows("window = \"1d\"", "window = \"1h\"", "devices count their answers by 1h", "expected `window = \"1d\"`");
    shows(
        "reports-per-window-max = 1",
        "reports-per-window-max = 3",
        "devices answer 3 times in a window",
        "expected at most 1",
    );
}

#[test]
fn parameters_that_protect_nothing_are_told() {
    let shown = shown("by = { k-ary = { epsilon = 2 } }", "by = { k-ary = { epsilon = 0 } }");
    assert!(shown.contains("epsilon is 0\n") && shown.contains("^ expected 1/100 to 10"), "{shown}");
}
