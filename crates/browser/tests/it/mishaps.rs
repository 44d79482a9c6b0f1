//! Devices that die and are started again, and clocks that jump.

use browser::Output;
use model::{Duration, Report};

use crate::drive::{Lab, Sent, start, visit};

fn policy(store: &str) -> String {
    format!(
        r#"
[[pipeline]]
name = "p"
route = [{{ host = "t.vendor.example" }}]
path = "/p"
queue = {{ store = "{store}" }}
send = {{ every = "1h" }}
event = [{{ on = "visit", name = "visit" }}, {{ on = "crash-app", name = "crash" }}]
"#
    )
}

/// What a device sends that is started again a day after it died.
fn revived(lab: &mut Lab) -> Vec<Report> {
    lab.browser.die(lab.now);
    lab.now = lab.now + Duration::DAY;
    let mut out = Vec::new();
    lab.browser.revive(lab.now, &mut out);
    let sent = out.into_iter().filter_map(|output| match output {
        Output::Upload { id, upload, channel, .. } => Some(Sent { at: lab.now, id, channel, upload }),
        _ => None,
    });
    sent.flat_map(|sent| lab.reports_in(&sent)).collect()
}

#[test]
fn what_a_device_that_died_kept_on_disk_alone_is_sent_once_it_is_started_again() {
    for (store, expected) in [("memory", &[][..]), ("disk", &["visit"])] {
        let mut lab = Lab::new(&policy(store));
        lab.act(visit("https://a.example/")).wait("1m");
        let events: Vec<String> = revived(&mut lab).into_iter().map(|report| report.event).collect();
        assert_eq!(events, expected, "{store}: nothing is recorded of the end");
        lab.wait("1d");
        assert_eq!(lab.sent, [], "{store}");
    }
}

#[test]
fn a_clock_that_jumps_changes_the_times_that_are_told_and_no_time_of_sending() {
    for (ahead_ms, told) in [
        (0, start()),
        (7_200_000, start() + Duration::from_secs(7_200)),
        (-7_200_000, start().before(Duration::from_secs(7_200))),
    ] {
        let mut lab = Lab::new(&policy("memory"));
        lab.browser.shift_clock(ahead_ms);
        lab.act(visit("https://a.example/")).wait("1d");
        assert_eq!(lab.reports().iter().map(|report| report.time).collect::<Vec<_>>(), [told], "{ahead_ms}");
        assert_eq!(lab.seconds(), [3_600], "{ahead_ms}");
    }
}
