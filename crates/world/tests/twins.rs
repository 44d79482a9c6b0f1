//! Twins on simulated clients: metadata leaks, clients with chance of their own, switches, and plans that were cut down.

mod support;

use model::{CheckName, Phase, Ruling, Verdict};
use support::{play, ruling, vendor};

const INCOGNITO: &str =
    r#"claim = [{ id = "incognito", statement = "Incognito is not collected.", promise = "incognito-suppressed" }]"#;
const SWITCH: &str = r#"claim = [{ id = "switch", statement = "Off is off.", promise = "switch-honored" }]"#;

/// One pipeline, with `rest` in it.
fn pipeline(rest: &str) -> String {
    format!("[[policy.p.pipeline]]\nname = \"usage\"\nroute = [{{ host = \"t.vendor.example\" }}]\n{rest}\n")
}

fn examined(rest: &str) -> Ruling {
    ruling(&play(&vendor(&pipeline(rest), INCOGNITO), 1), "incognito").clone()
}

#[track_caller]
fn convicts(ruling: &Ruling, check: CheckName) -> &model::Finding {
    let finding = ruling.findings.iter().find(|finding| finding.check == check);
    finding.unwrap_or_else(|| panic!("{check} does not convict: {ruling:#?}"))
}

#[test]
fn what_metadata_give_away_is_found_although_nothing_can_be_read() {
    let (outside, inside) = ("seen from lengths and times alone", "seen in the plaintext");
    let leaks = [
        // Under a key that the examiner lacks, other pages of the same length: only the bytes differ.
        (
            r#"body = ["json", { encrypt = { key = "k" } }]
               send = { every = "15s" }
               event = [{ on = "visit", name = "v", incognito = "always", fields = { u = "url" } }]"#,
            inside,
        ),
        // The size of a batch.
        (
            r#"send = { constant-rate = "10m" }
               body = ["json", { encrypt = { key = "k" } }]
               event = [{ on = "visit", name = "v", incognito = "always" }]"#,
            outside,
        ),
        // The time of an upload about normal activity.
        (
            r#"send = { on = ["close", "close-incognito"] }
               event = [{ on = "visit", name = "v", fields = { u = "url" } }]"#,
            outside,
        ),
    ];
    for (leak, seen_in) in leaks {
        let ruling = examined(leak);
        let finding = convicts(&ruling, CheckName::Twin);
        assert!(finding.summary.ends_with(seen_in), "{leak}: {}", finding.summary);
        assert!(finding.evidence.flow.is_some() && finding.evidence.activity.contains("in incognito"), "{finding:?}");
    }
}

#[test]
fn gaps_in_numbers_are_found_by_the_amount_of_activity() {
    let ruling = examined(
        r#"send = { every = "15s" }
           event = [{ on = "visit", name = "v", fields = { number = "count:activities" } }]"#,
    );
    let finding = convicts(&ruling, CheckName::Twin);
    assert!(finding.summary.contains("(amount twin)"), "{}", finding.summary);
    assert_eq!(finding.evidence.path.last().map(String::as_str), Some("json:$[0].number"));
}

#[test]
fn chance_of_its_own_neither_convicts_a_client_nor_hides_its_leak() {
    let jitter = r#"body = ["json"]
        device = "id:fresh"
        send = { every = "15s", jitter = "20s" }
        event = [{ on = "visit", name = "v", fields = { LEAK } }]"#;
    let fresh = "[[policy.p.identifier]]\nname = \"fresh\"\nlifetime = \"upload\"\n";
    for (leak, verdict) in [("", Verdict::Kept), (r#"number = "count:activities""#, Verdict::Broken)] {
        let mut script = vendor(&(pipeline(&jitter.replace("LEAK", leak)) + fresh), INCOGNITO);
        script.products[0].versions[0].nondeterministic = true;
        let played = play(&script, 2);
        let records = &played.cases[0].examinations[0].records;
        assert_eq!(records.len(), 6 * 24);
        assert_ne!(records[0].capture, records[1].capture, "runs differ");
        let ruling = ruling(&played, "incognito");
        assert_eq!(ruling.verdict, verdict, "{leak}: {ruling:#?}");
        if verdict == Verdict::Broken {
            convicts(ruling, CheckName::Twin);
        }
    }
}

#[test]
fn an_opt_out_ping_may_not_say_who_opts_out() {
    let policy = r#"
        [policy.p.switch]
        label = "Share usage statistics"
        default = "on"
        positions = [
            { name = "on", promise = "collect", effect = "collect" },
            { name = "off", promise = "suppress", effect = "suppress" },
        ]
        [[policy.p.identifier]]
        name = "install"
        lifetime = "install"
        [[policy.p.pipeline]]
        name = "usage"
        route = [{ host = "t.vendor.example" }]
        device = "id:install"
        send = { every = "15s" }
        event = [{ on = "visit", name = "v", normal = "switch", fields = { u = "url" } }]
        [[policy.p.pipeline]]
        name = "ping"
        route = [{ host = "t.vendor.example" }]
        DEVICE
        event = [{ on = "flip-switch", name = "opt-out", where = { name = ["off"] } }]
    "#;
    for (device, verdict) in [("", Verdict::Kept), (r#"device = "id:install""#, Verdict::Broken)] {
        let played = play(&vendor(&policy.replace("DEVICE", device), SWITCH), 1);
        assert_eq!(played.verdicts.len(), 2, "both positions are subjects");
        for ruling in played.verdicts.iter().map(|judged| &judged.ruling) {
            assert_eq!(ruling.verdict, verdict, "{device}: {ruling:#?}");
            if verdict == Verdict::Broken {
                let finding = convicts(ruling, CheckName::Switch);
                assert!(finding.summary.contains("identifies the device"), "{}", finding.summary);
            }
        }
    }
}

#[test]
fn a_leak_in_what_a_cut_down_plan_leaves_out_is_never_called_kept() {
    let leaks = [
        (
            Phase::Crash,
            r#"event = [{ on = "crash-tab", name = "crash", incognito = "always", fields = { u = "page" } }]"#,
        ),
        (
            Phase::Account,
            r#"event = [{ on = "visit", name = "v", incognito = "always", where = { logged-in = true }, fields = { u = "url" } }]"#,
        ),
        (Phase::Use, r#"event = [{ on = "share", name = "s", incognito = "always", fields = { u = "url" } }]"#),
    ];
    for (phase, leak) in leaks {
        let mut script = vendor(&pipeline(leak), INCOGNITO);
        let verdict = |script: &_| ruling(&play(script, 1), "incognito").verdict;
        assert_eq!(verdict(&script), Verdict::Broken, "{phase:?}");
        script.plan.skip = vec![phase];
        assert_eq!(verdict(&script), Verdict::Unproven, "{phase:?}");
    }
}
