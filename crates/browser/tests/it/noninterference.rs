//! Incognito activity changes nothing for an honest policy, and does for that of 2020.

use std::sync::Arc;

use browser::{Policy, Product};
use model::{Duration, Reply, Setting, Timestamp};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use testkit::{Diary, Repertoire, Twins, diaries, twins};

use crate::drive::{Lab, Sent, consent, policy, product, start, version};

/// Suppresses incognito activity, and otherwise uses all that a policy can.
const HONEST: &str = r#"
    consent = true

    [switch]
    label = "Share usage statistics"
    default = "on"
    positions = [
        { name = "on", promise = "collect", effect = "collect" },
        { name = "off", promise = "suppress", effect = "suppress" },
    ]

    [[identifier]]
    name = "install"
    lifetime = "install"

    [[identifier]]
    name = "session"
    lifetime = "session"

    [[identifier]]
    name = "fresh"
    lifetime = "upload"

    [[identifier]]
    name = "turn"
    lifetime = { days = 1, counted-from = "last-use" }

    [[randomizer]]
    name = "sites"
    by = { k-ary = { epsilon = 1 } }
    domain = ["a.example", "b.example"]
    reports-per-window-max = 4

    [[pipeline]]
    name = "usage"
    route = [{ host = "t.vendor.example", fail-over = { host = "u.vendor.example", after = 1 } }]
    path = "/usage"
    body = ["json", "gzip", { encrypt = { key = "k" } }]
    device = "id:turn"
    fields = { install = "id:install", session = "id:session", fresh = "id:fresh", number = "count:reports" }
    queue = { store = "disk", reports-max = 6, on-switch-off = "flush", on-update = "flush" }
    send = { every = "15s", count = 4, on = ["close", "reconnect", "crash", "start"], jitter = "3s", reports-per-upload-max = 3 }
    event = [
        { on = "visit", name = "load", normal = "switch", fields = { url = "url", page = "page", session = "session", site = "url|host|randomize(sites)" } },
        { on = "visit", name = "loaded", normal = "switch", after = "2s" },
        { on = "crash-app", name = "crash", fields = { page = "page" } },
        { on = "set-online", name = "network" },
        { on = "open-session", name = "open" },
    ]

    [[pipeline]]
    name = "pulse"
    route = [{ host = "t.vendor.example" }]
    path = "/pulse"
    send = { constant-rate = "1h" }
    event = [{ on = "search", name = "search" }, { on = "log-in", name = "log-in" }]

    [[pipeline]]
    name = "icons"
    method = "GET"
    route = [{ host = "icons.vendor.example" }]
    path = "/{url|host}"
    headers = { x-trace = "{id:fresh}" }
    event = [{ on = "visit", name = "icon" }]
"#;

/// As Mint Browser 3.4.0 was found to behave.
pub(crate) const MINT_340: &str = r#"
    [[identifier]]
    name = "uuid"
    lifetime = { days = 90, counted-from = "last-use" }
    replaced-by-account = true

    [[pipeline]]
    name = "sensors"
    route = [{ host = "sa.api.intl.miui.com" }]
    path = "/sa?project=global_browser_mini&r={country}"
    body = ["json", "gzip", "base64", { form = { field = "data_list", with = { gzip = "1" }, crc = "crc" } }]
    device = "id:uuid"
    fields = { "properties.uuid" = "id:uuid", "properties.miui_region" = "country" }
    gate = "recording"
    queue = { store = "disk" }
    send = { every = "15s", count = 100, on = ["reconnect"] }
    event = [
        { on = "visit", name = "page_load_event_start", incognito = "always", fields = { "properties.url" = "url" } },
        { on = "visit", name = "page_load_event_finish", incognito = "always", after = "2s", fields = { "properties.url" = "url" } },
        { on = "search", name = "search", incognito = "always", fields = { "properties.search_word" = "terms" } },
        { on = "download", name = "download_files", incognito = "always", fields = { "properties.url" = "url", "properties.private" = "private" } },
        { on = "crash-tab", name = "rv_crashed", incognito = "always" },
    ]
"#;

/// Some uploads fail, as their keys have it.
fn server(sent: &Sent) -> Reply {
    match sent.upload.header("idempotency-key").and_then(|key| key.bytes().last()) {
        Some(b'0'..=b'5') => Reply::Unavailable,
        Some(b'6'..=b'7') => Reply::Refused,
        _ => Reply::Accepted,
    }
}

/// Everything that can be done with a browser of two such versions.
fn repertoire() -> Repertoire {
    Repertoire {
        activities_max: 40,
        positions: ["on", "off"].map(str::to_owned).to_vec(),
        updates: vec![version(2)],
        settings: vec![Setting { name: "debug".to_owned(), values: vec!["on".to_owned()] }],
        asks_consent: true,
        ..Repertoire::default()
    }
}

/// A day after everything is done in all of `diaries`.
fn day_after(diaries: &[&Diary]) -> Timestamp {
    let last = diaries.iter().filter_map(|diary| diary.entries().last()).map(|entry| entry.at);
    last.max().unwrap_or_else(start) + Duration::DAY
}

/// Everything that leaves a browser of version 1 until `until` while consent is given and the diary is done.
fn drive(product: &Arc<Product>, diary: &Diary, until: Timestamp) -> Vec<Sent> {
    let mut lab = Lab::of(Arc::clone(product), Vec::new());
    lab.server = server;
    lab.act(consent(true));
    for entry in diary.entries() {
        lab.wait_until(entry.at).perform(entry);
    }
    lab.wait_until(until);
    lab.sent
}

/// What leaves it during each of two diaries, until the same time.
fn drive_both(product: &Arc<Product>, Twins { main, other }: &Twins) -> [Vec<Sent>; 2] {
    let until = day_after(&[main, other]);
    [main, other].map(|diary| drive(product, diary, until))
}

fn honest() -> Vec<Policy> {
    let second = HONEST.replace("count = 4", "count = 5").replace("reports-max = 6", "reports-max = 7");
    vec![policy(HONEST), policy(&second)]
}

proptest! {
    #![proptest_config(Config { cases: 192, ..Config::default() })]

    #[test]
    fn incognito_activity_changes_no_upload_of_an_honest_policy(pair in twins(repertoire())) {
        let [main, other] = drive_both(&product(&honest()), &pair);
        prop_assert_eq!(main, other);
    }

    #[test]
    fn the_same_diary_gives_the_same_uploads(diary in diaries(repertoire())) {
        let (product, until) = (product(&[policy(MINT_340), policy(HONEST)]), day_after(&[&diary]));
        prop_assert_eq!(drive(&product, &diary, until), drive(&product, &diary, until));
    }
}

#[test]
fn the_honest_policy_sends_something() {
    let (mut runner, product) = (TestRunner::deterministic(), product(&honest()));
    let sent: usize = (0..20)
        .map(|_| {
            let diary = diaries(repertoire()).new_tree(&mut runner).unwrap().current();
            let sent = drive(&product, &diary, day_after(&[&diary]));
            sent.iter().filter(|sent| sent.upload.path == "/usage").count()
        })
        .sum();
    assert!(sent > 50, "{sent} uploads");
}

#[test]
fn for_the_policy_of_2020_the_property_fails_and_shrinks_to_two_activities() {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let product = product(&[policy(MINT_340)]);
    let result = runner.run(&twins(repertoire()), |pair| {
        let [main, other] = drive_both(&product, &pair);
        prop_assert_eq!(main, other);
        Ok(())
    });
    let Err(TestError::Fail(_, minimal)) = result else { panic!("the property holds: {result:?}") };
    let lines = minimal.main.entries().len().max(minimal.other.entries().len());
    assert!(lines <= 2, "{minimal:?}");
}
