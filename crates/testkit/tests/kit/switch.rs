//! The switch, model against client: the simulated browser keeps to the model, and each way of not doing so is found.

use browser::Policy;
use model::Duration;
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::prop_state_machine;
use testkit::{
    Simulated,
    switch::{self, SwitchTest},
};

/// Two versions alike, with a switch, whose pipeline is written `parts`.
fn browser(effect_of_off: &str, parts: &str) -> Simulated {
    let text = format!(
        r#"
        [switch]
        label = "Share usage statistics"
        default = "on"
        positions = [
            {{ name = "on", promise = "collect", effect = "collect" }},
            {{ name = "off", promise = "suppress", effect = "{effect_of_off}" }},
        ]

        [[pipeline]]
        name = "usage"
        route = [{{ host = "t.vendor.example" }}]
        body = ["json", "gzip", "base64"]
        send = {{ every = "15s", on = ["reconnect"] }}
        event = [{{ on = "visit", name = "load", normal = "switch", fields = {{ url = "url" }} }}]
        {parts}
        "#
    );
    let policy: Policy = toml::from_str(&text).expect("a policy");
    Simulated::new([policy.clone(), policy]).expect("a policy without mistakes")
}

/// Defines a client whose switch is tried.
macro_rules! switched {
    ($name:ident, $off:expr, $parts:expr) => {
        struct $name;

        impl switch::Switched for $name {
            type Client = Simulated;
            const REPORTS_WITHIN: Option<Duration> = Some(Duration::from_secs(3_600));

            fn client() -> Simulated {
                browser($off, $parts)
            }
        }
    };
}

switched!(Honest, "suppress", "queue = { store = \"disk\" }");
switched!(Purging, "suppress", "queue = { store = \"memory\", on-switch-off = \"purge\" }");
switched!(Flushing, "suppress", "queue = { on-switch-off = \"flush\" }");
switched!(Inert, "collect", "");
switched!(Forgetful, "suppress", "gate = \"recording\"\nqueue = { store = \"disk\" }");
switched!(Late, "suppress", "gate = \"sending\"\nqueue = { store = \"disk\" }");
switched!(Silent, "suppress", "when = { logged-in = true }");

prop_state_machine! {
    #![proptest_config(Config { cases: 64, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_switch_is_honored_whatever_is_done(sequential 1..40 => SwitchTest<Honest>);

    #[test]
    fn so_is_one_that_throws_away_what_waits(sequential 1..40 => SwitchTest<Purging>);

    #[test]
    fn so_is_one_that_sends_what_waits_when_it_is_flipped(sequential 1..40 => SwitchTest<Flushing>);
}

/// What is found about a client that does not keep to the model, in the fewest steps.
fn failure<S: switch::Switched>() -> String {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRunner::deterministic().new_rng());
    switch::honored::<S>(&mut runner).expect_err("it does not keep to the model").to_string()
}

#[test]
fn a_switch_without_effect_is_found_in_four_steps() {
    let told = failure::<Inert>();
    assert!(told.contains("page 0, visited in normal mode, left with the switch at off"), "{told}");
    assert!(told.contains("body › base64 › gzip") && told.contains("plaintext  [{"), "{told}");
    assert!(told.contains("The steps, 4") && told.contains("  flip the switch to off\n"), "{told}");
}

#[test]
fn what_waits_and_is_sent_after_the_flip_is_found() {
    let told = failure::<Forgetful>();
    assert!(told.contains("page 0, visited in normal mode, left with the switch at off"), "{told}");
    assert!(told.contains("  visit in normal mode\n  flip the switch to off\n"), "{told}");
}

#[test]
fn what_is_recorded_while_off_and_sent_once_on_is_found() {
    let told = failure::<Late>();
    assert!(told.contains("was never to be collected"), "{told}");
    assert!(told.contains("  flip the switch to off\n  visit in normal mode\n"), "{told}");
}

#[test]
fn a_client_that_collects_nothing_at_all_is_found() {
    let told = failure::<Silent>();
    assert!(told.contains("page 0 may be collected and did not leave, with the switch at on"), "{told}");
    assert!(told.ends_with("The steps, 2\n  visit in normal mode\n  wait 1h\n"), "{told}");
}
