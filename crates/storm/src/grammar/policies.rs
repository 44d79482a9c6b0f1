//! Policies of vendors that keep every promise.

use browser::Policy;
use serde_json::{Value, json};

use super::{
    Dice,
    vendor::{SITES, route, written},
};

/// Chains of a body whose vendor's half the world can undo.
const BODIES: [&[&str]; 6] = [
    &["json"],
    &["json", "gzip"],
    &["json", "gzip", "base64"],
    &["json-lines", "deflate"],
    &["form-fields"],
    &["native"],
];

/// What the switch of a version is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// There is none.
    None,
    /// Everything.
    All,
    /// What is done in incognito mode.
    Incognito,
}

/// A policy that keeps the promises about incognito mode, the switch, consent and the region.
#[must_use]
pub fn honest(dice: &mut Dice) -> Policy {
    let control = dice.pick(&[Control::None, Control::None, Control::None, Control::All, Control::Incognito]);
    let consent = dice.percent(25);
    let second = dice.percent(30);
    let mut policy = json!({
        "consent": consent,
        "identifier": [{ "name": "daily", "lifetime": "day" }],
        "pipeline": [pipeline(dice, "usage", control)],
    });
    if second && let Some(pipelines) = policy["pipeline"].as_array_mut() {
        pipelines.push(pipeline(dice, "quality", control));
    }
    if let Some(switch) = switch(control) {
        policy["switch"] = switch;
    }
    written(policy)
}

/// A policy whose reports are only `visit`s of known sites, answered for at random.
#[must_use]
pub(crate) fn randomized(dice: &mut Dice) -> Policy {
    let mut usage = pipeline(dice, "usage", Control::None);
    usage["event"] = json!([{ "on": "visit", "name": "visit", "fields": { "site": "url|host|randomize(sites)" } }]);
    usage["fields"] = json!({});
    written(json!({
        "identifier": [{ "name": "daily", "lifetime": "day" }],
        "randomizer": [{ "name": "sites", "by": { "k-ary": { "epsilon": 2 } }, "domain": SITES }],
        "pipeline": [usage],
    }))
}

/// A policy that sends shares of each visit to two servers, and counts the same visits as they are.
#[must_use]
pub(crate) fn shared(dice: &mut Dice) -> Policy {
    let share = |party: &str| {
        json!({
            "name": format!("typed-{party}"),
            "route": [{ "host": format!("{party}.vendor.example") }],
            "path": "/typed",
            "device": "id:daily",
            "send": { "every": "10m" },
            "share": { "query": "typed", "party": party, "sum": { "field": "typed", "max": 1 } },
            "event": [{ "on": "visit", "name": "typed", "fields": { "typed": "typed" } }],
        })
    };
    written(json!({
        "identifier": [{ "name": "daily", "lifetime": "day" }],
        "pipeline": [pipeline(dice, "usage", Control::None), share("leader"), share("helper")],
    }))
}

/// Devices that it takes to open what [`sealed`] policies report.
pub(crate) const OPENED_BY: u32 = 3;

/// A policy that seals the site of each visit until enough devices have sent it, and counts the same visits as they are.
#[must_use]
pub(crate) fn sealed(dice: &mut Dice) -> Policy {
    let sites = json!({
        "name": "sites",
        "route": [{ "country": ["DE"], "host": "sealed-eu.vendor.example" }, { "host": "sealed-sg.vendor.example" }],
        "path": "/sites",
        "body": ["json", "gzip"],
        "time-precision": "1d",
        "star": {
            "query": "sites", "group-by": ["host"], "devices-min": OPENED_BY, "randomness": "randomness.vendor.example",
        },
        "queue": { "store": dice.pick(&["memory", "disk"]) },
        "send": { "every": "15s" },
        "event": [{ "on": "visit", "name": "sealed", "fields": { "host": "url|host" } }],
    });
    written(json!({
        "identifier": [{ "name": "daily", "lifetime": "day" }],
        "pipeline": [pipeline(dice, "usage", Control::None), sites],
    }))
}

/// A switch whose positions do what they say.
pub(crate) fn switch(control: Control) -> Option<Value> {
    let suffix = match control {
        Control::None => return None,
        Control::All => "",
        Control::Incognito => "-in-incognito",
    };
    let position =
        |name: &str, effect: &str| json!({ "name": name, "promise": format!("{effect}{suffix}"), "effect": effect });
    Some(json!({
        "label": "Share usage statistics", "default": "on",
        "positions": [position("on", "collect"), position("off", "suppress")],
    }))
}

/// One way of reports that looks at mode, switch and consent when it records and when it sends.
pub(crate) fn pipeline(dice: &mut Dice, name: &str, control: Control) -> Value {
    let fail_over = dice.percent(30).then(|| dice.within(1, 3));
    let store = dice.pick(&["memory", "disk"]);
    let mut queue = json!({ "store": store });
    for (change, actions) in [
        ("on-switch-off", ["keep", "purge"]),
        ("on-consent-withdrawn", ["keep", "purge"]),
        ("on-update", ["keep", "purge"]),
        ("on-mode-change", ["keep", "purge-incognito"]),
    ] {
        queue[change] = dice.pick(&actions).into();
    }
    // What is purged when the mode changes tells of the change, where anything about incognito mode can be queued.
    if control == Control::Incognito {
        queue["on-mode-change"] = "keep".into();
    }
    let (body, send) = (dice.pick(&BODIES), sending(dice));
    // Closing a window sends what waits, and drops it while the switch is off. What was kept until then would tell by its
    // absence, once the switch is on again, that somebody closed a window meanwhile.
    if control == Control::All && send["on"] == json!(["close"]) {
        queue["on-switch-off"] = "purge".into();
    }
    json!({
        "name": name,
        "route": route(fail_over),
        "path": format!("/{name}"),
        "body": body,
        "device": "id:daily",
        "fields": { "model": "model", "version": "version" },
        "queue": queue,
        "send": send,
        "event": events(dice, control),
    })
}

fn sending(dice: &mut Dice) -> Value {
    let every = dice.pick(&["15s", "2m", "10m", "1h"]);
    let mut send = json!({
        "every": every,
        "reports-per-upload-max": dice.pick(&[1, 1, 5, 50]),
        "uploads-at-once-max": dice.pick(&[1, 1, 2, 8]),
        "retry": {
            "attempts-max": dice.pick(&[2, 5, 20]), "first": dice.pick(&["2s", "10s"]), "longest": dice.pick(&["2m", "1h"]),
        },
    });
    if dice.percent(30) {
        send["count"] = dice.within(1, 5).into();
    }
    if dice.percent(20) {
        send["on"] = json!([dice.pick(&["start", "close", "reconnect"])]);
    }
    if dice.percent(20) {
        send["jitter"] = dice.pick(&["5s", "1m"]).into();
    }
    send
}

fn events(dice: &mut Dice, control: Control) -> Value {
    let all = [
        ("visit", "visit", json!({ "site": "url|host", "dwell": "dwell|bucket(1000)" })),
        ("search", "search", json!({})),
        ("download", "download", json!({})),
        ("show-screen", "screen", json!({})),
    ];
    let (normal, incognito) = match control {
        Control::None => ("always", "never"),
        Control::All => ("switch", "never"),
        Control::Incognito => ("always", "switch"),
    };
    let mut events = Vec::new();
    for (place, (on, name, fields)) in all.into_iter().enumerate() {
        if place == 0 || dice.percent(40) {
            events.push(json!({ "on": on, "name": name, "fields": fields, "normal": normal, "incognito": incognito }));
        }
    }
    events.into()
}
