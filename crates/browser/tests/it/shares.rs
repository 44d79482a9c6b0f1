//! Reports that leave as shares (Prio3): one half to each of two servers.

use browser::Policy;
use model::{Mode, Report};

use crate::drive::{Lab, visit};

const LEADER: &str = "leader.vendor.example";
const HELPER: &str = "helper.vendor.example";

/// Two pipelines that send both halves of what is reported about each visit, where `share` says more about the first.
fn policy(share: &str) -> String {
    let pipeline = |party: &str, share: &str| {
        format!(
            r#"
[[pipeline]]
name = "{party}"
route = [{{ host = "{party}.vendor.example" }}]
path = "/p"
send = {{ every = "10m" }}
share = {{ query = "sites", party = "{party}", group-by = ["site"], domain = {{ site = ["a.example", "b.example"] }}{share} }}
event = [{{ on = "visit", name = "visit", incognito = "always", fields = {{ site = "url|host", mode = "mode" }} }}]
"#
        )
    };
    pipeline("leader", share) + &pipeline("helper", "")
}

/// What was sent to `host`.
fn reports_at(lab: &Lab, host: &str) -> Vec<Report> {
    let there = lab.sent.iter().filter(|sent| sent.upload.authority == host);
    there.flat_map(|sent| lab.reports_in(sent)).collect()
}

/// The field `name` of each of `reports`.
fn texts(reports: &[Report], name: &str) -> Vec<String> {
    reports.iter().map(|report| report.fields[name].to_string()).collect()
}

#[test]
fn both_halves_of_a_report_have_one_nonce_and_neither_says_what_is_measured() {
    let mut lab = Lab::new(&policy(""));
    lab.open(1, Mode::Normal);
    lab.act_in(1, visit("https://a.example/")).act_in(1, visit("https://a.example/")).wait("1h");
    let halves = [LEADER, HELPER].map(|host| reports_at(&lab, host));
    let nonces = halves.each_ref().map(|reports| texts(reports, "nonce"));
    assert_eq!((nonces[0].len(), &nonces[0]), (2, &nonces[1]));
    assert_ne!(nonces[0][0], nonces[0][1], "equal reports are split anew");
    for half in halves.iter().flatten() {
        assert!(!half.fields.contains_key("site"), "{half:?}");
        assert!(!half.fields.values().any(|value| value.to_string().contains("a.example")), "{half:?}");
    }
    assert_ne!(texts(&halves[0], "share"), texts(&halves[1], "share"));
}

#[test]
fn a_value_that_is_none_of_the_known_ones_is_not_sent() {
    let mut lab = Lab::new(&policy(""));
    lab.open(1, Mode::Normal);
    lab.act_in(1, visit("https://elsewhere.example/")).act_in(1, visit("https://b.example/")).wait("1h");
    assert_eq!([LEADER, HELPER].map(|host| reports_at(&lab, host).len()), [1, 1]);
}

#[test]
fn the_same_visit_in_both_modes_is_split_with_other_dice() {
    let halves = [Mode::Normal, Mode::Incognito].map(|mode| {
        let mut lab = Lab::new(&policy(""));
        lab.open(1, mode).act_in(1, visit("https://a.example/")).wait("1h");
        reports_at(&lab, LEADER)
    });
    let [normal, incognito] = halves.each_ref().map(|reports| texts(reports, "nonce"));
    assert_eq!((normal.len(), incognito.len()), (1, 1));
    assert_ne!(normal, incognito);
}

#[test]
fn a_cheat_tampers_with_the_leaders_half_alone() {
    let [honest, cheat] = ["", ", tampered = true"].map(|share| {
        let mut lab = Lab::new(&policy(share));
        lab.open(1, Mode::Normal).act_in(1, visit("https://a.example/")).wait("1h");
        [LEADER, HELPER].map(|host| reports_at(&lab, host))
    });
    assert_eq!(texts(&honest[0], "nonce"), texts(&cheat[0], "nonce"));
    assert_ne!(texts(&honest[0], "share"), texts(&cheat[0], "share"));
    assert_eq!(texts(&honest[1], "share"), texts(&cheat[1], "share"));
}

#[test]
fn shares_that_cannot_be_made_are_found() {
    let right = policy("");
    for (from, to, expected) in [
        ("{ site = [\"a.example\", \"b.example\"] }", "{}", "values of `site` are missing"),
        ("query = \"sites\"", "query = \"sites\", window = \"0s\"", "window is zero, expected a length such as 1d"),
        ("site = \"url|host\", ", "", "the field `site` is missing: `share` measures it"),
        ("query = \"sites\"", "query = \"sites\", sum = { field = \"n\", max = 9 }", "the field `n` is missing"),
    ] {
        assert!(right.contains(from), "{from}");
        let wrong: Policy = toml::from_str(&right.replacen(from, to, 1)).unwrap();
        let found: Vec<String> = wrong.problems().iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|problem| problem.contains(expected)), "{to}: {found:?}");
    }
    let right: Policy = toml::from_str(&right).unwrap();
    assert!(right.problems().is_empty());
}
