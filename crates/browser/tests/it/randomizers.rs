//! Fields that hold an answer in place of their value.

use browser::Policy;
use model::{Activity, Mode, Timestamp};

use crate::drive::{Lab, start, visit};

/// A policy that reports the host of each visit, randomized as `randomizer` says, in normal mode and in incognito.
fn randomizing(randomizer: &str) -> String {
    format!(
        r#"
        [[randomizer]]
        name = "sites"
        domain = ["a.example", "b.example", "c.example", "d.example"]
        {randomizer}
        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        event = [{{ on = "visit", name = "e", incognito = "always", fields = {{ v = "url|host|randomize(sites)", mode = "mode" }} }}]
        "#
    )
}

const K_ARY: &str = "by = { k-ary = { epsilon = '1/100' } }";
/// Permanent responses alone.
const PERMANENT: &str = "by = { rappor = { bits = 64, hashes = 2, cohorts = 1, f = '1/2', p = 0, q = 1 } }";

/// Visits a host on each of so many days.
fn daily(lab: &mut Lab, session: u32, host: &str, days: u32) {
    for _ in 0..days {
        lab.act_in(session, visit(&format!("https://{host}/"))).wait("1d");
    }
}

#[test]
fn an_answer_stands_in_place_of_the_value() {
    let mut lab = Lab::new(&randomizing("by = { k-ary = { epsilon = 10 } }"));
    lab.open(1, Mode::Normal);
    daily(&mut lab, 1, "b.example", 30);
    daily(&mut lab, 1, "elsewhere.example", 30);
    let values = lab.values("v");
    let truths = |of: &[String], truth: &str| of.iter().filter(|value| *value == truth).count();
    // At epsilon 10, the truth is told but once in 5500 times.
    assert_eq!((truths(&values[..30], "b.example"), truths(&values[30..], "")), (30, 30), "{values:?}");

    let mut lab = Lab::new(&randomizing(K_ARY));
    lab.open(1, Mode::Normal);
    daily(&mut lab, 1, "b.example", 60);
    let values = lab.values("v");
    for answer in ["a.example", "b.example", "c.example", "d.example", ""] {
        // Each comes up with nearly 1/5: less than one in 25 000 is this far off.
        assert!((1..=28).contains(&truths(&values, answer)), "{values:?}");
    }
}

#[test]
fn a_device_answers_no_more_often_in_a_window_than_it_may() {
    let mut lab = Lab::new(&randomizing(&format!("{K_ARY}\nreports-per-window-max = 2\nwindow = '1h'")));
    lab.open(1, Mode::Normal);
    for _ in 0..3 {
        for _ in 0..4 {
            lab.act_in(1, visit("https://a.example/")).wait("15m");
        }
    }
    let answered: Vec<bool> = lab.values("v").iter().map(|value| value != "-").collect();
    assert_eq!(answered, [[true, true, false, false]; 3].concat(), "the reports go without the field");
}

#[test]
fn times_told_decide_the_window() {
    // What is rounded down to the day before counts there.
    let text = randomizing(&format!("{K_ARY}\nwindow = '1h'")).replace("path =", "time-precision = '2h'\npath =");
    let mut lab = Lab::new(&text);
    lab.open(1, Mode::Normal);
    for _ in 0..4 {
        lab.act_in(1, visit("https://a.example/")).wait("1h");
    }
    let mut told: Vec<Timestamp> =
        lab.reports().iter().filter(|r| r.fields.contains_key("v")).map(|r| r.time).collect();
    assert_eq!(told.len(), 2);
    told.dedup();
    assert_eq!(told.len(), 2, "one answer for each window that reports tell");
    assert_eq!(told[0], start());
}

#[test]
fn incognito_answers_shift_no_normal_ones() {
    let run = |incognito: bool| {
        let mut lab = Lab::new(&randomizing(&format!("{K_ARY}\nreports-per-window-max = 3\nwindow = '1h'")));
        lab.open(1, Mode::Normal).open(2, Mode::Incognito);
        for _ in 0..20 {
            lab.act_in(1, visit("https://a.example/"));
            if incognito {
                lab.act_in(2, visit("https://b.example/"));
            }
            lab.wait("10m");
        }
        let normal = |report: &model::Report| report.fields["mode"].to_string() == "normal";
        let values = lab.reports().into_iter().filter(normal).map(|report| report.fields.get("v").cloned());
        values.collect::<Vec<_>>()
    };
    assert_eq!(run(true), run(false));
    assert_eq!(run(true).len(), 20);
}

#[test]
fn both_modes_answer_as_two_devices_would() {
    let mut lab = Lab::new(&randomizing(PERMANENT));
    lab.open(1, Mode::Normal).open(2, Mode::Incognito);
    lab.act_in(1, visit("https://a.example/")).act_in(2, visit("https://a.example/")).wait("1m");
    let values = lab.values("v");
    assert_eq!(values.len(), 2);
    assert!(values[0] != "-" && values[1] != "-" && values[0] != values[1], "{values:?}");
}

#[test]
fn permanent_responses_last_until_the_client_forgets() {
    let policies = [PERMANENT, PERMANENT].map(|text| toml::from_str::<Policy>(&randomizing(text)).unwrap());
    let mut lab = Lab::with(&policies);
    lab.open(1, Mode::Normal);
    daily(&mut lab, 1, "a.example", 2);
    lab.act(Activity::Restart);
    daily(&mut lab, 1, "a.example", 1);
    lab.act(Activity::Update { version: crate::drive::version(2) });
    daily(&mut lab, 1, "a.example", 1);
    lab.act(Activity::ClearData);
    daily(&mut lab, 1, "a.example", 1);
    lab.act(Activity::Reinstall);
    daily(&mut lab, 1, "a.example", 1);
    let values = lab.values("v");
    assert!(values[..4].iter().all(|value| *value == values[0]), "{values:?}");
    assert!(values[4] != values[0] && values[5] != values[0] && values[4] != values[5], "{values:?}");
}

#[test]
fn single_answers_are_drawn_anew() {
    let mut lab = Lab::new(&randomizing("by = { oue = { epsilon = '1/100' } }"));
    lab.open(1, Mode::Normal);
    daily(&mut lab, 1, "a.example", 40);
    let mut values = lab.values("v");
    values.sort();
    values.dedup();
    assert!(values.len() > 8, "{values:?}");
}

/// Problems of the policy with `right` replaced by `wrong`.
fn problems(right: &str, wrong: &str) -> Vec<String> {
    let text = randomizing(K_ARY);
    assert!(text.contains(right), "{right}");
    let text = format!("[[identifier]]\nname = 'fresh'\nlifetime = 'upload'\n{}", text.replacen(right, wrong, 1));
    let policy: Policy = toml::from_str(&text).unwrap();
    policy
        .problems()
        .iter()
        .map(|problem| format!("{problem} ({})", problem.help.clone().unwrap_or_default()))
        .collect()
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (right, wrong, expected) in [
        (
            "randomize(sites)",
            "randomize(site)",
            "pipeline[0].event[0].fields.v: there is no randomizer `site` (did you mean `sites`?)",
        ),
        ("randomize(sites)", "randomise(sites)", "pipeline[0].event[0].fields.v: `randomise` is no transform"),
        (
            "randomize(sites)",
            "randomize",
            "pipeline[0].event[0].fields.v: `randomize(NAME)` names a randomizer and stands last",
        ),
        ("|host|randomize(sites)", "|randomize(sites)|host", "pipeline[0].event[0].fields.v: `randomize(NAME)` names"),
        ("url|host|", "id:fresh|", "pipeline[0].event[0].fields.v: identifier `fresh` is fresh in each upload"),
        (
            "path = \"/p\"",
            "path = \"/p?{url|host|randomize(sites)}\"",
            "pipeline[0].path: nothing but a field of a report",
        ),
        (
            "path = \"/p\"",
            "path = \"/p\"\ndevice = \"url|randomize(sites)\"",
            "pipeline[0].device: nothing but a field",
        ),
        ("1/100", "1/1000", "randomizer[0].by.k-ary.epsilon: epsilon is 1/1000, expected 1/100 to 10"),
        ("\"b.example\"", "\"\"", "randomizer[0].domain: a known value is empty"),
        ("\"b.example\"", "\"a.example\"", "randomizer[0].domain[1]: there is a value `a.example` before"),
        (K_ARY, "by = { oue = { epsilon = 1 } }\nwindow = '0s'", "randomizer[0].window: 0s is no window"),
        (
            K_ARY,
            "by = { oue = { epsilon = 1 } }\nreports-per-window-max = 0",
            "randomizer[0].reports-per-window-max: 0 answers",
        ),
    ] {
        let found = problems(right, wrong);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{wrong}: {found:?}");
    }
    assert!(problems("randomize(sites)", "randomise(sites)")[0].ends_with("(did you mean `randomize(NAME)`?)"));
}

#[test]
fn the_world_can_look_up_what_was_recorded_and_nothing_of_it_is_sent() {
    let mut lab = Lab::new(&randomizing("by = { oue = { epsilon = 1 } }"));
    lab.open(1, Mode::Normal);
    // The second one is no longer answered for, and was recorded all the same.
    for _ in 0..2 {
        lab.act_in(1, visit("https://b.example/"));
        let sent = lab.sent.last().expect("it is sent at once").clone();
        assert_eq!(lab.browser.reports(sent.id)[0].fields["v"].to_string(), "b.example");
        assert!(lab.reports_in(&sent)[0].fields.get("v").is_none_or(|value| value.to_string() != "b.example"));
        lab.wait("1m");
        assert!(lab.browser.reports(sent.id).is_empty(), "it was answered");
    }
    assert!(lab.sent.iter().all(|sent| !String::from_utf8_lossy(&sent.upload.body).contains("b.example")));
}
