//! The kit on clients that keep their promises and on such as do not.

#[path = "../../../../examples/client/device.rs"]
mod device;
#[path = "../../../../examples/client/service.rs"]
mod service;
#[path = "../../../../examples/client/wire.rs"]
mod wire;

mod diaries;
mod remote;
mod switch;
mod vendors;

use browser::Policy;
use model::{Boundary, CheckName, ClaimKind};
use testkit::{Diary, Simulated, assert_kept, assert_suppressed, assert_unlinkable, check};

/// A policy with one pipeline, whose visits in incognito mode are collected as `incognito` says.
fn policy(incognito: &str, lifetime: &str) -> Policy {
    let text = format!(
        r#"
        [[identifier]]
        name = "id"
        lifetime = "{lifetime}"
        modes = "separate"

        [[pipeline]]
        name = "usage"
        route = [{{ host = "t.vendor.example" }}]
        path = "/usage"
        body = ["json", "gzip", "base64"]
        device = "id:id"
        send = {{ every = "15s", on = ["reconnect"] }}
        event = [{{ on = "visit", name = "load", incognito = "{incognito}", fields = {{ url = "url" }} }}]
        "#
    );
    let policy: Policy = toml::from_str(&text).expect("a policy");
    assert_eq!(policy.problems(), []);
    policy
}

fn simulated(incognito: &str, lifetime: &str) -> Simulated {
    Simulated::new([policy(incognito, lifetime)]).expect("a policy without mistakes")
}

#[test]
fn an_honest_policy_is_suppressed_kept_and_unlinkable() {
    let honest = simulated("never", "install");
    assert_suppressed!(honest, Diary::new().incognito().visit("https://a.example/").offline().wait("1h").online());
    assert_kept!(honest, ClaimKind::IncognitoSuppressed);
    assert_unlinkable!(honest, [Boundary::Modes, Boundary::ClearData, Boundary::Reinstall]);
}

#[test]
fn a_leak_is_told_with_verdict_flow_path_plaintext_activity_seed_and_replay() {
    let diary = Diary::new().incognito().visit("https://clinic.example/");
    let failure = check::suppressed(&simulated("always", "install"), &diary).expect_err("it leaks").to_string();
    let parts = [
        "`incognito-suppressed` is broken for simulated 1 (absent), expected kept",
        "The diary, 2 activities",
        "visit https://clinic.example/ in session 1",
        "activity   visit in incognito",
        "flow       ",
        "to t.vendor.example",
        "body › base64 › gzip › json:",
        "plaintext  https://clinic.example/",
        "TESTKIT_SEED=1 cargo test -- --exact a_leak_is_told_with_verdict_flow_path_plaintext_activity_seed_and_replay",
    ];
    for part in parts {
        assert!(failure.contains(part), "no `{part}` in\n{failure}");
    }
}

#[test]
fn an_identifier_of_the_hardware_links_across_resets() {
    let across = [Boundary::ClearData];
    let failure = check::unlinkable(&simulated("never", "hardware"), &across).expect_err("it links").to_string();
    assert!(failure.starts_with("`unlinkable` is broken"), "{failure}");
}

#[test]
fn what_is_not_exercised_is_not_kept() {
    let silent = Simulated::new([Policy::default()]).expect("a policy");
    assert_kept!(silent, ClaimKind::IncognitoSuppressed); // nothing leaves, and everything was tried
    let failure = check::kept(&silent, ClaimKind::SwitchHonored, &Diary::new()).expect_err("no switch").to_string();
    assert!(failure.starts_with("`switch-honored` is unproven (the version has no switch)"), "{failure}");
}

#[test]
fn a_planted_leak_is_caught_and_an_absent_one_is_not() {
    let claim = || ClaimKind::IncognitoSuppressed;
    assert!(check::caught(&simulated("always", "install"), claim(), CheckName::Canary).is_ok());
    assert!(check::caught(&simulated("never", "install"), claim(), CheckName::Canary).is_err());
}
