//! What happens to queued reports when something changes.

use model::{Activity, Mode, Reply};

use crate::drive::{Lab, consent, flip, online, policy, version, visit};

const SWITCH: &str = r#"
    [switch]
    label = "Statistics"
    default = "on"
    positions = [
        { name = "on", promise = "collect", effect = "collect" },
        { name = "off", promise = "suppress", effect = "suppress" },
    ]
"#;

/// A pipeline that reports visits after a minute, with `queue` for its table of that name.
fn queued(queue: &str) -> String {
    format!(
        r#"
        {SWITCH}
        [[pipeline]]
        name = "p"
        route = [{{ host = "t.vendor.example" }}]
        path = "/p"
        gate = "recording"
        queue = {{ {queue} }}
        send = {{ every = "1m" }}
        event = [{{ on = "visit", name = "visit", normal = "switch", incognito = "always", fields = {{ url = "url" }} }}]
        "#
    )
}

fn with_two_visits(text: &str) -> Lab {
    let mut lab = Lab::new(text);
    lab.open(1, Mode::Normal).act_in(1, visit("https://normal.example/"));
    lab.open(2, Mode::Incognito).act_in(2, visit("https://incognito.example/")).wait("10s");
    lab
}

fn after(text: &str, activity: Activity) -> Vec<String> {
    with_two_visits(text).act(activity).wait("1h").values("url")
}

const BOTH: [&str; 2] = ["https://normal.example/", "https://incognito.example/"];

#[test]
fn memory_is_lost_when_the_client_ends_and_disk_is_not() {
    for activity in [Activity::Restart, Activity::CrashApp] {
        assert_eq!(after(&queued(""), activity.clone()), [""; 0]);
        assert_eq!(after(&queued("store = 'disk'"), activity), BOTH);
    }
}

#[test]
fn a_restart_can_flush_and_a_crash_cannot() {
    let text = queued("on-restart = 'flush'");
    assert_eq!(after(&text, Activity::Restart), BOTH);
    assert_eq!(after(&text, Activity::CrashApp), [""; 0]);
}

#[test]
fn cleared_data_and_a_new_installation_leave_no_report() {
    for activity in [Activity::ClearData, Activity::Reinstall] {
        assert_eq!(after(&queued("store = 'disk'"), activity), [""; 0]);
    }
}

#[test]
fn the_switch_does_with_the_queue_what_the_policy_says() {
    assert_eq!(after(&queued(""), flip("off")), BOTH);
    assert_eq!(after(&queued("on-switch-off = 'purge'"), flip("off")), [""; 0]);
    assert_eq!(after(&queued("on-switch-off = 'purge-incognito'"), flip("off")), BOTH[..1]);
    let mut lab = with_two_visits(&queued("on-switch-off = 'flush'"));
    assert_eq!(lab.act(flip("off")).values("url"), BOTH);
    assert_eq!(after(&queued("on-switch-off = 'purge'"), flip("on")), BOTH, "it is on already");
}

#[test]
fn a_change_of_mode_does_with_the_queue_what_the_policy_says() {
    let close = |text: &str| {
        let mut lab = with_two_visits(text);
        lab.act_in(2, Activity::CloseSession).wait("1h").values("url")
    };
    assert_eq!(close(&queued("")), BOTH);
    assert_eq!(close(&queued("on-mode-change = 'purge-incognito'")), BOTH[..1]);
    let mut lab = Lab::new(&queued("on-mode-change = 'flush'"));
    lab.open(1, Mode::Normal).act_in(1, visit("https://normal.example/"));
    assert_eq!(lab.sent.len(), 0);
    assert_eq!(lab.open(2, Mode::Incognito).values("url"), BOTH[..1]);
}

#[test]
fn withdrawn_consent_does_with_the_queue_what_the_policy_says() {
    for (queue, left) in [("", 2), ("on-consent-withdrawn = 'purge'", 0)] {
        let mut lab = Lab::new(&format!("consent = true\n{}", queued(queue)));
        lab.act(consent(true)).act(visit(BOTH[0])).act(visit(BOTH[1])).act(consent(false)).wait("1h");
        assert_eq!(lab.reports().len(), left, "{queue}");
    }
}

#[test]
fn a_purge_reaches_what_waits_for_a_retry_and_what_is_in_the_air() {
    for wait in ["50s", "50s 10ms", "55s"] {
        let mut lab = with_two_visits(&queued("on-switch-off = 'purge-incognito'"));
        lab.server = |sent| if sent.id.0 == 1 { Reply::Unavailable } else { Reply::Accepted };
        lab.wait(wait).act(flip("off")).wait("1h");
        let (first, later) = lab.sent.split_first().unwrap();
        assert_eq!(lab.reports_in(first).len(), 2);
        let later: Vec<String> =
            later.iter().flat_map(|sent| lab.reports_in(sent)).map(|r| r.fields["url"].to_string()).collect();
        assert_eq!(later, BOTH[..1], "after {wait}");
    }
}

#[test]
fn an_update_keeps_what_is_on_disk_for_the_pipeline_of_the_same_name() {
    let update = || Activity::Update { version: version(2) };
    let sent = |old: &str, new: &str| {
        let mut lab = Lab::with(&[policy(old), policy(new)]);
        lab.act(visit("https://normal.example/")).act(update()).wait("1h").reports().len()
    };
    let (memory, disk) = (queued(""), queued("store = 'disk'"));
    assert_eq!(sent(&disk, &disk), 1);
    assert_eq!(sent(&memory, &disk), 0);
    assert_eq!(sent(&disk, &disk.replace("name = \"p\"", "name = \"q\"")), 0);
    assert_eq!(sent(&disk, &queued("store = 'disk', on-update = 'purge'")), 0);
    let mut lab = Lab::with(&[policy(&disk), policy(&queued("store = 'disk', on-update = 'flush'"))]);
    assert_eq!(lab.act(visit("https://normal.example/")).act(update()).reports().len(), 1);
}

#[test]
fn an_update_changes_what_is_reported_and_where_it_goes() {
    let new = queued("").replace("t.vendor", "u.vendor").replace("name = \"visit\"", "name = \"page\"");
    let mut lab = Lab::with(&[policy(&queued("")), policy(&new)]);
    lab.act(Activity::Update { version: version(2) }).act(visit("https://a.example/")).wait("1h");
    assert_eq!((lab.browser.version().as_str(), lab.sent[0].upload.authority.as_str()), ("2", "u.vendor.example"));
    assert_eq!(lab.events(), ["page"]);
}

#[test]
fn an_update_to_no_version_or_the_same_does_nothing() {
    let mut lab = with_two_visits(&queued(""));
    for number in [1, 3] {
        lab.act(Activity::Update { version: version(number) });
    }
    assert_eq!(lab.wait("1h").values("url"), BOTH);
}

#[test]
fn a_full_queue_loses_the_oldest() {
    let visits = |text: &str| {
        let mut lab = Lab::new(text);
        for n in 1..=5 {
            lab.act(visit(&format!("https://{n}.example/")));
        }
        lab.wait("1h").values("url")
    };
    let last_two = ["https://4.example/", "https://5.example/"];
    assert_eq!(visits(&queued("reports-max = 2")), last_two);
    // event, time, and the name and value of `url`: 5 + 8 + 3 + 18 bytes each
    assert_eq!(visits(&queued("bytes-max = 101")), last_two);
}

#[test]
fn what_was_on_its_way_from_disk_is_sent_again_under_its_key() {
    let mut lab = with_two_visits(&queued("store = 'disk'"));
    lab.server = |_| Reply::Unavailable;
    lab.wait("50s").act(Activity::CrashApp).wait("11s");
    assert_eq!(lab.sent.len(), 2);
    assert_eq!(lab.sent[0].upload, lab.sent[1].upload);
}

#[test]
fn an_offline_queue_is_flushed_after_the_mode_changed_unless_it_was_purged() {
    for (queue, left) in [("store = 'disk'", 1), ("store = 'disk', on-mode-change = 'purge-incognito'", 0)] {
        let mut lab = Lab::new(&queued(queue));
        lab.act(online(false)).open(2, Mode::Incognito).act_in(2, visit(BOTH[1])).act_in(2, Activity::CloseSession);
        lab.wait("1h").act(online(true)).wait("1h");
        assert_eq!(lab.reports().len(), left, "{queue}");
    }
}
