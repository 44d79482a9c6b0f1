//! Leaks that a policy can be given, each with its truth: the promise that it breaks, and what must happen for it.

use browser::Policy;
use model::Phase;
use serde_json::{Value, json};

use super::{
    Dice,
    policies::{self, Control},
    vendor::{route, written},
};

/// A leak, taken from the zoo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leak {
    /// What is done in incognito mode is reported like anything else.
    Plain,
    /// Everything waits while the device is offline, and leaves by the mode in front when the network is back.
    Offline,
    /// What waits is sent although the switch was flipped meanwhile.
    Flip,
    /// What is tried again is sent although the switch was flipped meanwhile.
    Retry,
    /// A version writes down what is done in incognito mode, and the next one sends it.
    Update,
    /// After some failures, uploads go to another region.
    FailOver,
    /// Uploads go to another region by the device's language.
    Language,
    /// The switch does nothing.
    Switch,
    /// Nobody waits for consent.
    Consent,
}

/// At which edge of a device's life a leak shows itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edge {
    /// None: ordinary use is enough.
    Use,
    /// The network goes and comes back.
    Offline,
    /// The switch is flipped.
    Flip,
    /// An upload is not answered.
    Retry,
    /// A version follows another.
    Update,
    /// A region cannot be reached.
    FailOver,
}

impl Leak {
    /// Every leak.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Offline,
        Self::Flip,
        Self::Retry,
        Self::Update,
        Self::FailOver,
        Self::Language,
        Self::Switch,
        Self::Consent,
    ];

    /// Its name, as tables write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Offline => "offline",
            Self::Flip => "flip",
            Self::Retry => "retry",
            Self::Update => "update",
            Self::FailOver => "fail-over",
            Self::Language => "language",
            Self::Switch => "switch",
            Self::Consent => "consent",
        }
    }

    /// Id of the claim that it breaks.
    #[must_use]
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Plain | Self::Offline | Self::Update => "incognito-suppressed",
            Self::Flip | Self::Retry | Self::Switch => "switch-honored",
            Self::FailOver | Self::Language => "region-local",
            Self::Consent => "consent",
        }
    }

    /// The edge at which it shows itself.
    #[must_use]
    pub const fn edge(self) -> Edge {
        match self {
            Self::Plain | Self::Language | Self::Switch | Self::Consent => Edge::Use,
            Self::Offline => Edge::Offline,
            Self::Flip => Edge::Flip,
            Self::Retry => Edge::Retry,
            Self::Update => Edge::Update,
            Self::FailOver => Edge::FailOver,
        }
    }

    /// Phases of an examination that exercise it for certain; `None` where the weather decides.
    #[must_use]
    pub const fn exercised_by(self) -> Option<&'static [Phase]> {
        match self {
            Self::Plain | Self::Language | Self::Switch => Some(&[Phase::Use]),
            Self::Offline => Some(&[Phase::Offline]),
            Self::Flip => Some(&[Phase::Switch]),
            Self::Update => Some(&[Phase::Use, Phase::Update]),
            Self::Consent => Some(&[Phase::ConsentRefused]),
            Self::Retry | Self::FailOver => None,
        }
    }

    /// How often it is planted, beside the others: flips of the switch are the longest phase.
    pub(super) const fn tickets(self) -> usize {
        match self {
            Self::Flip | Self::Retry => 1,
            _ => 3,
        }
    }

    /// Phases without which an examination could not show it, whatever the weather.
    #[must_use]
    pub const fn needs(self) -> &'static [Phase] {
        match (self, self.exercised_by()) {
            (_, Some(phases)) => phases,
            (Self::Retry, None) => &[Phase::Switch],
            (_, None) => &[Phase::Use],
        }
    }

    /// Policies with this leak, one for each version of a product, oldest first. The first is the one that leaks.
    #[must_use]
    pub fn policies(self, dice: &mut Dice) -> Vec<Policy> {
        let mut policy = match self {
            Self::Flip | Self::Retry | Self::Switch => with_switch(dice),
            _ => json!({ "pipeline": [policies::pipeline(dice, "usage", Control::None)] }),
        };
        policy["identifier"] = json!([{ "name": "daily", "lifetime": "day" }]);
        let usage = &mut policy["pipeline"][0];
        match self {
            Self::Plain => collect(usage, "incognito", "always"),
            Self::Offline => {
                usage["gate"] = "sending".into();
                usage["queue"]["on-mode-change"] = "keep".into(); // what waits comes to where it leaks
                usage["send"] = json!({ "on": ["reconnect"] });
            }
            Self::Flip => {
                usage["gate"] = "recording".into();
                usage["queue"] = json!({ "store": "disk" });
                usage["send"] = json!({ "on": ["reconnect"] });
            }
            Self::Retry => {
                usage["gate"] = "recording".into();
                usage["queue"] = json!({});
                usage["send"] = json!({ "every": "15s", "retry": { "attempts-max": 20, "longest": "2m" } });
            }
            Self::Update => {
                collect(usage, "incognito", "always");
                usage["queue"] = json!({ "store": "disk" });
                usage["send"] = json!({ "every": "400d" });
            }
            Self::FailOver => {
                usage["send"]["retry"]["attempts-max"] = 5.into(); // more than it takes to fail over
                let abroad = json!({ "host": "sg.vendor.example", "after": dice.within(1, 3) });
                usage["route"] = json!([
                    { "country": ["DE"], "host": "eu.vendor.example", "fail-over": abroad },
                    { "host": "sg.vendor.example" },
                ]);
            }
            Self::Language => {
                usage["route"] = json!([
                    { "locale": ["de"], "host": "sg.vendor.example" },
                    { "locale": ["en"], "host": "eu.vendor.example" },
                ]);
            }
            Self::Switch => policy["switch"]["positions"][1]["effect"] = "collect".into(),
            Self::Consent => {
                usage["before-consent"] = true.into();
                policy["consent"] = true.into();
            }
        }
        let leaking = written(policy);
        if self == Self::Update { vec![leaking, flushing(dice)] } else { vec![leaking] }
    }
}

fn with_switch(dice: &mut Dice) -> Value {
    let usage = policies::pipeline(dice, "usage", Control::All);
    json!({ "pipeline": [usage], "switch": policies::switch(Control::All) })
}

fn collect(pipeline: &mut Value, mode: &str, when: &str) {
    for event in pipeline["event"].as_array_mut().into_iter().flatten() {
        event[mode] = when.into();
    }
}

/// The version after, which records nothing it should not, and sends whatever it finds.
fn flushing(dice: &mut Dice) -> Policy {
    let mut usage = policies::pipeline(dice, "usage", Control::None);
    usage["route"] = route(None);
    usage["gate"] = "recording".into();
    usage["queue"] = json!({ "store": "disk", "on-update": "flush" });
    usage["send"] = json!({ "every": "15s" });
    written(json!({
        "identifier": [{ "name": "daily", "lifetime": "day" }],
        "pipeline": [usage],
    }))
}
