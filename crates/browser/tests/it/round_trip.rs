//! Policies through their file format.

use browser::Policy;

use crate::noninterference::MINT_340;

const EVERYTHING: &str = r#"
    consent = true
    [switch]
    label = "l"
    default = "on"
    positions = [
        { name = "on", promise = "collect", effect = "collect" },
        { name = "off", promise = "suppress-in-incognito", effect = "suppress" },
    ]
    [[identifier]]
    name = "a"
    lifetime = { days = 7, counted-from = "creation" }
    form = "uuid"
    modes = "separate"
    survives = ["reinstall"]
    [[identifier]]
    name = "b"
    lifetime = "session"
    form = "digits-15"
    [[pipeline]]
    name = "p"
    channel = "http"
    route = [{ country = ["RU"], locale = ["ru"], host = "t.example", fail-over = { host = "u.example", after = 3 } }]
    method = "PUT"
    path = "/p?{country}"
    headers = { user-agent = "x{version}" }
    body = ["json", "gzip", { form = { field = "f", with = { a = "1" }, crc = "c" } }, { pad = { multiple = 512 } }]
    layout = { event = "ev", time = "t", device = "d" }
    device = "id:a"
    time-precision = "1h"
    fields = { "x.y" = "url|host", z = "const:1" }
    when = { setting = { name = "s", value = "v", initially = true }, logged-in = false }
    gate = "sending"
    before-consent = true
    [pipeline.queue]
    store = "disk"
    reports-max = 5
    bytes-max = 99
    on-mode-change = "purge"
    on-switch-off = "flush"
    on-consent-withdrawn = "purge-incognito"
    on-restart = "flush"
    on-update = "purge"
    [pipeline.send]
    every = "1m 30s"
    count = 4
    on = ["start", "close-incognito"]
    jitter = "2s"
    reports-per-upload-max = 3
    uploads-at-once-max = 2
    modes-apart = true
    retry = { attempts-max = 2, first = "1s", longest = "2s", then = "drop" }
    [[pipeline.event]]
    on = "visit"
    name = "e"
    normal = "switch"
    incognito = "always"
    where = { url-contains = ["x"], host-ends-with = ["y"], country = ["IN"], typed = true, logged-in = true }
    each = "link"
    after = "2s"
    fields = { l = "link" }
    [[pipeline]]
    name = "q"
    channel = "dns"
    route = [{ host = "r.example" }]
    path = "{url|host}.x"
    [[pipeline]]
    name = "r"
    route = [{ host = "t.example" }]
    path = "/r"
    send = { constant-rate = "1h" }
"#;

#[test]
fn a_policy_reads_as_it_was_written() {
    for text in ["", EVERYTHING, MINT_340] {
        let policy = crate::drive::policy(text);
        let written = toml::to_string(&policy).unwrap();
        assert_eq!(toml::from_str::<Policy>(&written).unwrap(), policy, "{written}");
    }
}

#[test]
fn a_key_that_does_not_exist_is_refused_at_every_depth() {
    let lines: Vec<&str> = EVERYTHING.lines().collect();
    let tables = lines.iter().enumerate().filter(|(_, line)| line.trim_start().starts_with('['));
    for (at, table) in tables {
        let mut with = lines.clone();
        with.insert(at + 1, "colour = 1");
        let error = toml::from_str::<Policy>(&with.join("\n")).expect_err(table).to_string();
        assert!(error.contains("colour"), "{table}: {error}");
    }
}

#[test]
fn a_wrong_lifetime_or_form_is_told_with_the_right_ones() {
    let told = |what: &str| {
        let text = format!("[[identifier]]\nname = 'x'\n{what}");
        toml::from_str::<Policy>(&text).unwrap_err().to_string()
    };
    assert!(told("lifetime = 'weekly'").contains("`session`"), "{}", told("lifetime = 'weekly'"));
    assert!(told("lifetime = { days = 9 }").contains("counted-from"), "{}", told("lifetime = { days = 9 }"));
    for form in ["hex", "hex-0", "hex-65", "octal-8", "uuid-4"] {
        let told = told(&format!("lifetime = 'day'\nform = '{form}'"));
        assert!(told.contains("hex-16"), "{form}: {told}");
    }
}

#[test]
fn every_default_is_that_of_its_type() {
    let policy = crate::drive::policy("[[pipeline]]\nname = 'p'\nroute = [{ host = 't.example' }]");
    let pipeline = &policy.pipelines[0];
    assert_eq!(
        (pipeline.method.as_str(), pipeline.path.as_str(), pipeline.channel),
        ("POST", "/", model::Channel::Http)
    );
    assert_eq!(pipeline.queue, browser::policy::Queue::default());
    assert_eq!(pipeline.send, browser::policy::Sending::default());
}
