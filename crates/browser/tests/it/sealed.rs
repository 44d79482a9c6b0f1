//! Reports that are sealed (STAR): when they are sent, how often, and what becomes of them on the way.

use browser::Answer;
use encoding::star::Message;
use model::{Activity, Duration, Mode, Timestamp};

use crate::drive::{Lab, online, visit};

fn pipeline(more: &str, randomness: &str) -> String {
    format!(
        r#"
[[pipeline]]
name = "sites"
route = [{{ host = "t.vendor.example" }}]
time-precision = "1d"
send = {{ every = "15s" }}
star = {{ query = "sites", group-by = ["host", "event"], devices-min = 20{randomness} }}
event = [{{ on = "visit", name = "visit", fields = {{ host = "url|host", typed = "typed" }} }}]
{more}
"#
    )
}

fn local(more: &str) -> Lab {
    Lab::new(&pipeline(more, ""))
}

fn oblivious(more: &str) -> Lab {
    Lab::new(&pipeline(more, ", randomness = \"r.example\""))
}

/// The first midnight.
fn midnight() -> Timestamp {
    "2020-05-02T00:00:00Z".parse().unwrap()
}

#[test]
fn sealed_report_is_sent_once_after_its_window_without_its_values() {
    let mut lab = local("");
    lab.act(visit("https://news.example/a")).wait("1h").act(visit("https://news.example/b"));
    lab.act(visit("https://shop.example/")).wait_until(midnight() + Duration::from_millis(14_999));
    assert_eq!(lab.sent, []);
    lab.wait("2d");
    let reports = lab.reports();
    assert_eq!(reports.len(), 2, "one for each site");
    for report in reports {
        assert_eq!(report.fields.keys().collect::<Vec<_>>(), ["star", "typed"]);
        assert_eq!(report.time, "2020-05-01T00:00:00Z".parse().unwrap());
        let text = report.fields["star"].to_string();
        let bytes = data_encoding::BASE64.decode(text.as_bytes()).unwrap();
        assert_eq!(Message::from_bytes(&bytes).unwrap().devices_min(), 20);
    }
}

#[test]
fn one_device_has_one_share_of_a_site_in_a_window_and_another_in_the_next() {
    let mut lab = local("");
    lab.open(1, Mode::Normal).act_in(1, visit("https://news.example/")).wait("3d");
    lab.act_in(1, visit("https://news.example/")).wait("3d");
    let mut again = local("");
    again.open(1, Mode::Normal).act_in(1, visit("https://news.example/")).wait("3d");
    let (first, second) = (lab.values("star"), again.values("star"));
    assert_eq!((first.len(), second.len()), (2, 1));
    assert_eq!(first[0], second[0]);
    assert_ne!(first[0], first[1]);
}

#[test]
fn randomness_is_asked_for_at_once_and_for_nothing_without_it() {
    let mut lab = oblivious("");
    lab.act(visit("https://news.example/"));
    let ask = lab.asked[0].clone();
    assert_eq!((ask.host.as_str(), ask.query.as_str(), ask.window.end), ("r.example", "sites", midnight()));
    lab.wait("3d");
    assert_eq!((lab.asked.len(), lab.sent.len()), (1, 0));
}

#[test]
fn randomness_is_asked_for_again_until_the_window_ends() {
    let mut lab = oblivious("");
    lab.act(visit("https://news.example/"));
    lab.evaluated(&Answer::Unavailable).wait("59s");
    assert_eq!(lab.asked.len(), 1);
    lab.wait("1s");
    assert_eq!(lab.asked.len(), 2);
    assert_eq!(lab.asked[0].point, lab.asked[1].point, "the same question");
    lab.evaluated(&Answer::Refused).wait("3d");
    assert_eq!(lab.asked.len(), 2);

    let mut offline = oblivious("");
    offline.act(online(false)).act(visit("https://news.example/")).wait("1h");
    assert_eq!(offline.asked.len(), 0);
    offline.act(online(true));
    assert_eq!(offline.asked.len(), 1);
    offline.act(online(false)).act(visit("https://shop.example/")).wait("1d").act(online(true)).wait("1d");
    assert_eq!(offline.asked.len(), 1, "the window was over");
}

#[test]
fn what_is_sealed_outlives_a_restart_on_disk_alone() {
    for (store, sent) in [("memory", 0), ("disk", 1)] {
        let mut lab = local(&format!("queue = {{ store = \"{store}\" }}"));
        lab.act(visit("https://news.example/")).act(Activity::Restart).wait("2d");
        assert_eq!(lab.sent.len(), sent, "{store}");
    }
    let mut reset = local("queue = { store = \"disk\" }");
    reset.act(visit("https://news.example/")).act(Activity::ClearData).wait("2d");
    assert_eq!(reset.sent.len(), 0);
}

#[test]
fn purges_reach_what_is_sealed() {
    let mut lab = local("queue = { on-mode-change = \"purge\" }");
    lab.open(1, Mode::Normal).act_in(1, visit("https://news.example/")).open(2, Mode::Incognito).wait("2d");
    assert_eq!(lab.sent.len(), 0);
}
