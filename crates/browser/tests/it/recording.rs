//! Which reports an activity makes, and what they hold.

use model::{Activity, Mode, Value};

use crate::drive::{Lab, flip, search, visit};

/// A pipeline that sends each report at once, with `event` for its only one.
fn recording(event: &str) -> String {
    format!(
        r#"
        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        event = [{{ name = "e", {event} }}]
        "#
    )
}

/// The values of the field `v` after `activities` in a normal session.
fn seen(event: &str, activities: &[Activity]) -> Vec<String> {
    let mut lab = Lab::new(&recording(event));
    lab.open(1, Mode::Normal);
    for activity in activities {
        lab.act_in(1, activity.clone()).wait("1m");
    }
    lab.values("v")
}

#[test]
fn a_typed_text_is_reported_key_by_key() {
    let event = "on = 'type-text', each = 'key', fields = { v = 'key' }";
    assert_eq!(seen(event, &[Activity::TypeText { text: "aß€".to_owned() }]), ["a", "aß", "aß€"]);
    let event = "on = 'search', each = 'key', fields = { v = 'key' }";
    let typed = Activity::Search { engine: "e.example".to_owned(), terms: "ab".to_owned(), typed: true };
    assert_eq!(seen(event, &[typed, search("pasted")]), ["a", "ab"]);
}

#[test]
fn reports_on_keys_are_bounded() {
    let event = "on = 'type-text', each = 'key', fields = { v = 'key|length' }";
    assert_eq!(seen(event, &[Activity::TypeText { text: "x".repeat(10_000) }]).len(), 256);
}

#[test]
fn links_of_a_page_are_reported_one_by_one() {
    let mut page = visit("https://a.example/");
    if let Activity::Visit { links, .. } = &mut page {
        links.extend(["https://b.example/".to_owned(), "https://c.example/".to_owned()]);
    }
    let event = "on = 'visit', each = 'link', fields = { v = 'link|host' }";
    assert_eq!(seen(event, &[page]), ["b.example", "c.example"]);
}

#[test]
fn a_filter_lets_through_what_it_names() {
    let visits = ["https://a.example/", "https://www.a.example/?b", "https://nota.example/", "https://c.example/b"];
    let visits = visits.map(visit);
    let with =
        |filter: &str| seen(&format!("on = 'visit', where = {{ {filter} }}, fields = {{ v = 'url|host' }}"), &visits);
    assert_eq!(with("host-ends-with = ['a.example']"), ["a.example", "www.a.example"]);
    assert_eq!(with("url-contains = ['?b', '/b']"), ["www.a.example", "c.example"]);
    assert_eq!(with("country = ['RU', 'IN']").len(), 4);
    assert_eq!(with("country = ['IN']").len(), 0);
    assert_eq!(with("typed = true").len(), 0);
    assert_eq!(with("logged-in = false").len(), 4);
    let screens = ["settings", "status-bar"].map(|name| Activity::ShowScreen { name: name.to_owned() });
    assert_eq!(
        seen("on = 'show-screen', where = { name = ['settings'] }, fields = { v = 'screen' }", &screens),
        ["settings"]
    );
}

#[test]
fn an_event_can_come_some_time_after_its_activity() {
    let mut lab = Lab::new(&recording("on = 'visit', after = '2s', fields = { v = 'url' }"));
    lab.act(visit("https://a.example/")).wait("1s").act(visit("https://b.example/")).wait("1m");
    assert_eq!(lab.seconds(), [2, 3]);
    assert_eq!(lab.reports()[1].time, lab.sent[1].at);
    lab.act(visit("https://c.example/")).wait("1s").act(Activity::Restart).wait("1m");
    assert_eq!(lab.sent.len(), 2, "the client ended before");
}

#[test]
fn a_crash_names_the_page_open_in_the_tab() {
    let event = "on = 'crash-tab', incognito = 'always', fields = { v = 'page', t = 'page-title' }";
    let mut lab = Lab::new(&recording(event));
    lab.open(1, Mode::Normal).act_in(1, visit("https://a.example/"));
    lab.open(2, Mode::Incognito).act_in(2, visit("https://b.example/"));
    lab.act_in(1, Activity::CrashTab).act_in(2, Activity::CrashTab).wait("1s");
    assert_eq!(lab.values("v"), ["https://a.example/", "https://b.example/"]);
    assert_eq!(lab.values("t")[0], "Title of https://a.example/");
}

#[test]
fn outside_of_sessions_only_the_front_page_can_be_an_incognito_one() {
    let mut lab = Lab::new(&recording("on = 'crash-app', fields = { v = 'page', f = 'front-page' }"));
    lab.open(1, Mode::Normal).act_in(1, search("two words"));
    lab.open(2, Mode::Incognito).act_in(2, visit("https://b.example/"));
    lab.act(Activity::CrashApp).wait("1s").act(Activity::CrashApp).wait("1s");
    let normal = "https://duckduckgo.com/?q=two%20words";
    assert_eq!(lab.values("v"), [normal, normal]);
    assert_eq!(lab.values("f"), ["https://b.example/", normal], "the first crash took the incognito page");
}

#[test]
fn the_way_into_incognito_can_name_the_page_it_began_at() {
    let event =
        "on = 'open-session', normal = 'never', incognito = 'always', fields = { v = 'front-page', p = 'page' }";
    let mut lab = Lab::new(&recording(event));
    lab.open(1, Mode::Normal).act_in(1, visit("https://a.example/")).open(2, Mode::Incognito).wait("1s");
    assert_eq!((lab.values("v"), lab.values("p")), (vec!["https://a.example/".to_owned()], vec!["-".to_owned()]));
}

#[test]
fn counts_go_up_whether_reported_or_not() {
    let fields =
        "fields = { r = 'count:reports', a = 'count:activities', i = 'count:incognito', s = 'count:sessions' }";
    let mut lab = Lab::new(&recording(&format!("on = 'visit', {fields}")));
    lab.open(1, Mode::Normal).act_in(1, visit("https://a.example/"));
    lab.open(2, Mode::Incognito)
        .act_in(2, visit("https://b.example/"))
        .act_in(1, visit("https://c.example/"))
        .wait("1s");
    let counts: Vec<Vec<String>> = ["r", "a", "i", "s"].iter().map(|name| lab.values(name)).collect();
    assert_eq!(counts, [["1", "2"], ["2", "5"], ["0", "2"], ["1", "2"]]);
}

#[test]
fn sources_say_what_they_are_named_for() {
    let sources = [
        ("title", "Title of https://a.example/"),
        ("dwell", "4321"),
        ("dwell|bucket(1000)", "4000"),
        ("typed", "false"),
        ("mode", "normal"),
        ("private", "false"),
        ("session", "1"),
        ("time|day", "2020-05-01"),
        ("first-run", "2020-05-01"),
        ("country", "RU"),
        ("locale", "ru-RU"),
        ("language", "ru"),
        ("model", "Redmi Note 8"),
        ("product", "browser"),
        ("version", "1"),
        ("account", "-"),
        ("const:text", "text"),
        ("url|path", "/"),
        ("url|host|length", "9"),
        ("title|host", "-"),
    ];
    for (source, value) in sources {
        let event = format!("on = 'visit', fields = {{ v = '{source}' }}");
        assert_eq!(seen(&event, &[visit("https://a.example/")]), [value], "{source}");
    }
}

#[test]
fn a_field_of_the_event_wins_over_one_of_the_pipeline() {
    let text = recording("on = 'visit', fields = { v = 'const:event' }")
        .replace("path = \"/p\"", "path = \"/p\"\nfields = { v = 'const:pipeline', w = 'private' }");
    let mut lab = Lab::new(&text);
    lab.act(visit("https://a.example/")).wait("1s");
    let report = lab.reports().remove(0);
    assert_eq!(
        report.fields.into_iter().collect::<Vec<_>>(),
        [("v".to_owned(), "event".into()), ("w".to_owned(), Value::Flag(false))]
    );
}

#[test]
fn times_are_rounded_down_where_the_policy_says() {
    let text = recording("on = 'visit'").replace("path = \"/p\"", "path = \"/p\"\ntime-precision = '1h'");
    let mut lab = Lab::new(&text);
    lab.wait("59m").act(visit("https://a.example/")).wait("1s");
    assert_eq!(lab.reports()[0].time, crate::drive::start());
}

#[test]
fn an_activity_in_no_open_session_does_nothing() {
    let mut lab = Lab::new(&recording("on = 'visit', incognito = 'always'"));
    lab.act_in(7, visit("https://a.example/")).wait("1s");
    lab.open(7, Mode::Incognito).act_in(7, Activity::CloseSession).act_in(7, visit("https://a.example/")).wait("1s");
    assert!(lab.sent.is_empty() && lab.navigated.is_empty());
}

#[test]
fn sessions_open_at_once_are_bounded_for_each_mode_alone() {
    let mut lab = Lab::new(&recording("on = 'visit', incognito = 'always', fields = { v = 'url' }"));
    lab.open(0, Mode::Normal).open(1, Mode::Normal);
    for number in 100..300 {
        lab.open(number, Mode::Incognito);
    }
    lab.act_in(0, visit("https://a.example/")).act_in(100, visit("https://b.example/")).wait("1s");
    assert_eq!(lab.values("v"), ["https://a.example/"], "the incognito session used longest ago is closed");
}

#[test]
fn a_setting_and_a_screen_and_the_switch_can_be_reported() {
    let set = Activity::ChangeSetting { name: "theme".to_owned(), value: "dark".to_owned() };
    assert_eq!(seen("on = 'change-setting', fields = { v = 'value', s = 'setting' }", &[set]), ["dark"]);
    assert_eq!(seen("on = 'flip-switch', fields = { v = 'position' }", &[flip("on")]), [""; 0], "there is no switch");
    let switch = "[switch]\nlabel = 'l'\ndefault = 'on'\npositions = [{ name = 'on', promise = 'collect', effect = 'collect' }, { name = 'off', promise = 'suppress', effect = 'suppress' }]\n";
    let mut lab = Lab::new(&format!("{switch}{}", recording("on = 'flip-switch', fields = { v = 'position' }")));
    assert_eq!(lab.act(flip("off")).wait("1s").values("v"), ["off"]);
}
