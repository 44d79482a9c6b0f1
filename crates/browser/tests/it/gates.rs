//! Mode, switch and consent: when they are looked at, and what they then say.

use model::{Activity, Mode};

use crate::drive::{Lab, consent, flip, policy, version, visit};

fn gated(effect_on: &str, effect_off: &str, more: &str) -> String {
    format!(
        r#"
        [switch]
        label = "Enhanced Incognito"
        default = "off"
        positions = [
            {{ name = "on", promise = "suppress-in-incognito", effect = "{effect_on}" }},
            {{ name = "off", promise = "collect-in-incognito", effect = "{effect_off}" }},
        ]

        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        send = {{ every = "1m" }}
        event = [{{ on = "visit", name = "visit", incognito = "switch", fields = {{ mode = "mode" }} }}]
        {more}
        "#
    )
}

/// How many incognito visits are reported with the switch at each position.
fn reported(text: &str) -> [usize; 2] {
    ["on", "off"].map(|position| {
        let mut lab = Lab::new(text);
        lab.act(flip(position)).open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("1h");
        lab.reports().len()
    })
}

#[test]
fn the_effect_of_a_position_decides_and_not_its_promise() {
    assert_eq!(reported(&gated("suppress", "collect", "")), [0, 1]);
    assert_eq!(reported(&gated("collect", "suppress", "")), [1, 0], "inverted");
    assert_eq!(reported(&gated("collect", "collect", "")), [1, 1], "without effect");
}

#[test]
fn the_switch_starts_at_its_default_and_shows_where_it_stands() {
    let mut lab = Lab::new(&gated("suppress", "collect", ""));
    assert_eq!(lab.browser.position(), Some("off"));
    assert_eq!(lab.act(flip("on")).browser.position(), Some("on"));
    assert_eq!(lab.act(flip("sideways")).browser.position(), Some("on"));
    assert_eq!(lab.act(Activity::ClearData).browser.position(), Some("off"));
}

#[test]
fn the_position_outlives_an_update_where_the_new_version_has_it() {
    let before = "[[pipeline]]\nname = 'p'\nroute = [{ host = 't.vendor.example' }]\npath = '/p'";
    let (old, new) = (gated("suppress", "collect", ""), gated("collect", "suppress", ""));
    let renamed = new.replace("name = \"on\"", "name = \"private\"");
    let policies = [policy(before), policy(&old), policy(&new), policy(&renamed)];
    let update = |number| Activity::Update { version: version(number) };
    let mut lab = Lab::with(&policies);
    assert_eq!(lab.browser.position(), None);
    assert_eq!(lab.act(flip("on")).browser.position(), None);
    assert_eq!(lab.act(update(2)).browser.position(), Some("off"));
    assert_eq!(lab.act(flip("on")).act(update(3)).browser.position(), Some("on"));
    assert_eq!(lab.act(update(4)).browser.position(), Some("off"));
}

#[test]
fn a_switch_for_both_modes_stops_normal_reports_too() {
    let text = gated("suppress", "collect", "").replace("incognito = ", "normal = ");
    let mut lab = Lab::new(&text);
    lab.act(visit("https://a.example/")).wait("2m").act(flip("on")).act(visit("https://b.example/")).wait("1h");
    assert_eq!(lab.reports().len(), 1);
}

/// Visits in incognito at 0 s with the switch collecting, at 10 s suppressing, and after 2 min collecting again.
fn flips(gate: &str) -> Vec<u64> {
    let mut lab = Lab::new(&gated("suppress", "collect", &format!("gate = '{gate}'")));
    lab.open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("10s").act(flip("on"));
    lab.act_in(2, visit("https://b.example/")).wait("110s").act(flip("off"));
    lab.act_in(2, visit("https://c.example/")).wait("1h");
    lab.reports().iter().map(|report| report.time.since(crate::drive::start()).as_millis() / 1000).collect()
}

#[test]
fn a_gate_at_recording_sends_what_was_recorded_before_the_flip() {
    assert_eq!(flips("recording"), [0, 120]);
}

#[test]
fn a_gate_at_sending_records_all_along_and_backfills() {
    assert_eq!(flips("sending"), [0, 10, 120]);
}

#[test]
fn a_gate_at_both_drops_what_was_queued_before_the_flip() {
    assert_eq!(flips("both"), [120]);
}

#[test]
fn a_gate_at_sending_looks_at_the_mode_in_front_then() {
    let text =
        gated("suppress", "collect", "gate = 'sending'").replace("incognito = \"switch\"", "incognito = \"never\"");
    let mut lab = Lab::new(&text);
    lab.open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("1h");
    assert!(lab.sent.is_empty());
    lab.act_in(2, Activity::CloseSession).wait("1h");
    assert_eq!(lab.values("mode"), ["incognito"]);
}

#[test]
fn a_gate_at_sending_is_looked_at_before_each_attempt() {
    let mut lab = Lab::new(&gated("suppress", "collect", "gate = 'both'"));
    lab.server = |_| model::Reply::Unavailable;
    lab.open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("61s").act(flip("on")).wait("24h");
    assert_eq!(lab.sent.len(), 1);
}

fn asking(more: &str) -> String {
    format!("consent = true\n{}", gated("suppress", "collect", more))
}

#[test]
fn nothing_is_collected_before_consent_and_after_it_was_withdrawn() {
    let mut lab = Lab::new(&asking(""));
    let reports = |lab: &mut Lab| lab.act(visit("https://a.example/")).wait("2m").reports().len();
    assert_eq!(reports(&mut lab), 0);
    lab.act(consent(false));
    assert_eq!(reports(&mut lab), 0);
    lab.act(consent(true));
    assert_eq!(reports(&mut lab), 1);
    lab.act(consent(false));
    assert_eq!(reports(&mut lab), 1);
}

#[test]
fn consent_outlives_a_restart_and_no_reset() {
    for (activity, reports) in [(Activity::Restart, 1), (Activity::ClearData, 0), (Activity::Reinstall, 0)] {
        let mut lab = Lab::new(&asking(""));
        lab.act(consent(true)).act(activity).act(visit("https://a.example/")).wait("2m");
        assert_eq!(lab.reports().len(), reports);
    }
}

#[test]
fn a_pipeline_can_disregard_consent() {
    let mut lab = Lab::new(&asking("before-consent = true"));
    lab.act(visit("https://a.example/")).wait("2m");
    assert_eq!(lab.reports().len(), 1);
}

#[test]
fn a_version_that_never_asks_collects_and_knows_no_consent() {
    let text = gated("suppress", "collect", "")
        .replace("on = \"visit\"", "on = \"consent\"")
        .replace("incognito = \"switch\", ", "");
    let mut lab = Lab::new(&text);
    assert_eq!(lab.act(consent(true)).wait("2m").sent.len(), 0);
    let mut lab = Lab::new(&format!("consent = true\n{text}"));
    assert_eq!(lab.act(consent(true)).wait("2m").sent.len(), 1);
}

#[test]
fn an_event_that_comes_later_is_judged_again_when_it_comes() {
    let text = gated("suppress", "collect", "gate = 'recording'")
        .replace("name = \"visit\"", "name = \"visit\", after = \"5s\"");
    let mut lab = Lab::new(&text);
    lab.open(2, Mode::Incognito).act_in(2, visit("https://a.example/")).wait("1s").act(flip("on")).wait("1h");
    assert!(lab.sent.is_empty());
    lab.act(flip("off")).act_in(2, visit("https://a.example/")).wait("1h");
    assert_eq!(lab.reports().len(), 1);
}

#[test]
fn a_condition_turns_a_pipeline_on_and_off() {
    let text = gated("suppress", "collect", "when = { setting = { name = 'debug', value = 'on' } }");
    let set = |value: &str| Activity::ChangeSetting { name: "debug".to_owned(), value: value.to_owned() };
    let mut lab = Lab::new(&text);
    lab.act(visit("https://a.example/")).wait("2m").act(set("on")).act(visit("https://b.example/")).wait("2m");
    assert_eq!(lab.reports().len(), 1);
    lab.act(visit("https://c.example/")).act(set("off")).wait("1h");
    assert_eq!(lab.reports().len(), 1, "what is queued waits");
    assert_eq!(lab.act(set("on")).wait("1s").reports().len(), 2);
    let initially = text.replace("value = 'on'", "value = 'on', initially = true");
    assert_eq!(Lab::new(&initially).act(visit("https://a.example/")).wait("2m").reports().len(), 1);
    let logged_in = text.replace("setting = { name = 'debug', value = 'on' }", "logged-in = true");
    let mut lab = Lab::new(&logged_in);
    lab.act(visit("https://a.example/")).act(Activity::LogIn { account: "alice".to_owned() });
    assert_eq!(lab.act(visit("https://b.example/")).wait("2m").reports().len(), 1);
}
