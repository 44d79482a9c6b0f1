//! When uploads go, how large they are, and what happens when one fails.

use model::{Activity, Mode, Reply};

use crate::drive::{Lab, online, visit};

/// A pipeline that reports visits, with `send` for its table of that name.
fn sending(send: &str) -> String {
    format!(
        r#"
        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        send = {{ {send} }}
        event = [{{ on = "visit", name = "visit", fields = {{ url = "url" }} }}]
        "#
    )
}

fn sizes(lab: &Lab) -> Vec<usize> {
    lab.sent.iter().map(|sent| lab.reports_in(sent).len()).collect()
}

#[test]
fn interval_is_counted_from_the_first_queued_report() {
    let mut lab = Lab::new(&sending("every = '15s'"));
    lab.wait("7s").act(visit("https://a.example/")).wait("10s").act(visit("https://b.example/")).wait("60s");
    assert_eq!(lab.seconds(), [22]);
    assert_eq!(lab.values("url"), ["https://a.example/", "https://b.example/"]);
}

#[test]
fn a_full_count_goes_before_the_interval_is_over() {
    let mut lab = Lab::new(&sending("every = '15s', count = 3"));
    for _ in 0..4 {
        lab.wait("1s").act(visit("https://a.example/"));
    }
    lab.wait("60s");
    assert_eq!((lab.seconds(), sizes(&lab)), (vec![3, 19], vec![3, 1]));
}

#[test]
fn an_upload_holds_at_most_so_many_reports_and_the_next_waits_for_its_answer() {
    let mut lab = Lab::new(&sending("every = '15s', reports-per-upload-max = 2"));
    for _ in 0..5 {
        lab.act(visit("https://a.example/"));
    }
    lab.wait("15s");
    assert_eq!(sizes(&lab), [2]);
    lab.wait("1s");
    assert_eq!(sizes(&lab), [2, 2, 1]);
}

#[test]
fn without_interval_count_and_trigger_each_report_goes_at_once() {
    let mut lab = Lab::new(&sending(""));
    lab.act(visit("https://a.example/")).wait("1s").act(visit("https://b.example/")).wait("1s");
    assert_eq!((lab.seconds(), sizes(&lab)), (vec![0, 1], vec![1, 1]));
}

#[test]
fn at_a_constant_rate_uploads_go_empty_or_not_and_none_between() {
    let mut lab = Lab::new(&sending("constant-rate = '1h'"));
    lab.wait("150m").act(visit("https://a.example/")).wait("150m");
    assert_eq!(lab.sent.len(), 5);
    assert!(lab.sent.windows(2).all(|pair| pair[1].at.since(pair[0].at).to_string() == "1h"));
    assert_eq!(sizes(&lab).iter().sum::<usize>(), 1);
}

#[test]
fn a_tick_missed_offline_is_not_made_up_for() {
    let mut lab = Lab::new(&sending("constant-rate = '1h'"));
    lab.act(online(false)).wait("150m").act(online(true));
    assert!(lab.sent.is_empty());
    lab.wait("1h");
    assert_eq!(lab.sent.len(), 1);
}

#[test]
fn jitter_delays_by_at_most_its_span() {
    let mut lab = Lab::new(&sending("count = 1, jitter = '10s'"));
    for _ in 0..50 {
        lab.act(visit("https://a.example/")).wait("1m");
    }
    let delays: Vec<u64> = lab.seconds().iter().map(|s| s % 60).collect();
    assert!(delays.len() == 50 && delays.iter().all(|s| *s <= 10), "{delays:?}");
    assert!(delays.iter().any(|s| *s >= 7) && delays.iter().any(|s| *s <= 3), "{delays:?}");
}

#[test]
fn the_moments_of_incognito_sessions_are_moments_of_their_own() {
    for (trigger, in_normal, in_incognito) in [("close", 1, 0), ("close-incognito", 0, 1)] {
        for (mode, uploads) in [(Mode::Normal, in_normal), (Mode::Incognito, in_incognito)] {
            let mut lab = Lab::new(&sending(&format!("on = ['{trigger}']")));
            lab.act(visit("https://a.example/")).open(1, mode).act_in(1, Activity::CloseSession).wait("1h");
            assert_eq!(lab.sent.len(), uploads, "{trigger} {mode}");
        }
    }
}

#[test]
fn every_trigger_sends_at_its_moment() {
    let log_in = || Activity::LogIn { account: "alice".to_owned() };
    let setting = || Activity::ChangeSetting { name: "n".to_owned(), value: "v".to_owned() };
    let moments = [
        ("log-in", log_in()),
        ("log-out", Activity::LogOut),
        ("change-setting", setting()),
        ("crash", Activity::CrashTab),
        ("open", Activity::OpenSession { mode: Mode::Normal }),
    ];
    for (trigger, activity) in moments {
        let mut lab = Lab::new(&sending(&format!("on = ['{trigger}']")));
        lab.act(visit("https://a.example/")).wait("1h");
        assert!(lab.sent.is_empty(), "{trigger}");
        assert_eq!(lab.act(activity).sent.len(), 1, "{trigger}");
    }
}

#[test]
fn a_refused_upload_is_dropped() {
    let mut lab = Lab::new(&sending("every = '15s'"));
    lab.server = |_| Reply::Refused;
    lab.act(visit("https://a.example/")).wait("24h");
    assert_eq!(lab.sent.len(), 1);
}

#[test]
fn an_unanswered_upload_is_sent_again_later_and_later_as_it_was() {
    let mut lab = Lab::new(&sending("retry = { attempts-max = 6, first = '10s', longest = '60s', then = 'drop' }"));
    lab.server = |_| Reply::Unavailable;
    lab.act(visit("https://a.example/")).wait("24h");
    assert_eq!(lab.sent.len(), 6);
    assert!(lab.sent.iter().all(|sent| sent.upload == lab.sent[0].upload && sent.id == lab.sent[0].id));
    let waits: Vec<u64> = lab.sent.windows(2).map(|pair| pair[1].at.since(pair[0].at).as_millis() - 80).collect();
    for (wait, longest) in waits.iter().zip([10_000, 20_000, 40_000, 60_000, 60_000]) {
        assert!((longest / 2..=longest).contains(wait), "{waits:?}");
    }
}

#[test]
fn waits_of_two_uploads_are_drawn_apart() {
    let mut lab = Lab::new(&sending("uploads-at-once-max = 2"));
    lab.server = |_| Reply::Unavailable;
    lab.act(visit("https://a.example/")).act(visit("https://b.example/")).wait("11s");
    assert_eq!(lab.sent.len(), 4);
    assert_ne!(lab.sent[2].at, lab.sent[3].at);
}

#[test]
fn after_the_last_attempt_reports_wait_in_the_queue_for_the_next_interval() {
    let mut lab = Lab::new(&sending("every = '15s', retry = { attempts-max = 1 }"));
    lab.server = |sent| if sent.id.0 == 1 { Reply::Unavailable } else { Reply::Accepted };
    lab.act(visit("https://a.example/")).wait("10m");
    assert_eq!((lab.seconds(), lab.values("url")), (vec![15, 30], vec!["https://a.example/".to_owned(); 2]));
    assert_ne!(lab.sent[0].upload.header("idempotency-key"), lab.sent[1].upload.header("idempotency-key"));
}

#[test]
fn offline_nothing_goes_and_back_online_what_waited_does() {
    let mut lab = Lab::new(&sending("every = '15s', on = ['reconnect']"));
    lab.act(online(false)).act(visit("https://a.example/")).wait("1h");
    assert!(lab.sent.is_empty());
    lab.act(online(true));
    assert_eq!(lab.seconds(), [3600]);
}

#[test]
fn without_the_trigger_the_interval_starts_again_on_reconnecting() {
    let mut lab = Lab::new(&sending("every = '15s'"));
    lab.act(online(false)).act(visit("https://a.example/")).wait("1h").act(online(true)).wait("1m");
    assert_eq!(lab.seconds(), [3615]);
}

#[test]
fn a_retry_waits_for_the_network() {
    let mut lab = Lab::new(&sending(""));
    lab.server = |sent| if sent.at == crate::drive::start() { Reply::Unavailable } else { Reply::Accepted };
    lab.act(visit("https://a.example/")).wait("1s").act(online(false)).wait("1h").act(online(true)).wait("1h");
    assert_eq!(lab.seconds(), [0, 3601]);
}

#[test]
fn after_so_many_failures_an_upload_goes_to_the_other_host() {
    let text = sending("").replace(
        r#"{ host = "t.vendor.example" }"#,
        r#"{ host = "t.vendor.example", fail-over = { host = "o.vendor.example", after = 2 } }"#,
    );
    let mut lab = Lab::new(&text);
    lab.server = |_| Reply::Unavailable;
    lab.act(visit("https://a.example/")).wait("1h");
    let hosts: Vec<&str> = lab.sent.iter().take(4).map(|sent| sent.upload.authority.as_str()).collect();
    assert_eq!(hosts, ["t.vendor.example", "t.vendor.example", "o.vendor.example", "o.vendor.example"]);
}

#[test]
fn modes_apart_are_in_uploads_apart() {
    let text = sending("every = '15s', modes-apart = true")
        .replace("name = \"visit\"", "name = \"visit\", incognito = \"always\"");
    let mut lab = Lab::new(&text);
    lab.open(1, Mode::Normal).open(2, Mode::Incognito);
    for session in [1, 2, 1, 2] {
        lab.act_in(session, visit(&format!("https://s{session}.example/")));
    }
    lab.wait("1m");
    assert_eq!(sizes(&lab), [2, 2]);
    assert_eq!(lab.values("url")[..2], ["https://s1.example/", "https://s1.example/"]);
}

#[test]
fn every_upload_has_a_fresh_key_of_16_digits() {
    let mut lab = Lab::new(&sending(""));
    for _ in 0..20 {
        lab.act(visit("https://a.example/")).wait("1s");
    }
    let keys: std::collections::BTreeSet<&str> =
        lab.sent.iter().filter_map(|sent| sent.upload.header("idempotency-key")).collect();
    assert_eq!(keys.len(), 20);
    assert!(keys.iter().all(|key| key.len() == 16 && key.bytes().all(|b| b.is_ascii_hexdigit())), "{keys:?}");
}
