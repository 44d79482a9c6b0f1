//! Small requests and case files for tests.

use model::{
    Activity, Control, Entry, LabDevice, Mode, Position, Promise, Seed, SessionId, Subject, SwitchState, Timestamp,
    VersionFact,
};

use crate::PlanRequest;

/// A switch with the positions `on` (the default) and `off`.
pub(crate) fn control(on: Promise, off: Promise) -> Control {
    let position = |name: &str, promise| Position { name: name.to_owned(), promise };
    let label = "Help us improve".to_owned();
    Control { label, positions: vec![position("on", on), position("off", off)], default: "on".to_owned() }
}

/// A request about version 1.0 of `mint`, which asks for consent, on a phone in India; 2.0 comes next.
pub(crate) fn request(seed: u64, state: SwitchState, switch: Option<Control>) -> PlanRequest {
    let starts = Timestamp::from_millis(1_588_327_200_000);
    PlanRequest {
        subject: Subject { product: name("mint"), version: name("1.0"), switch: state },
        device: LabDevice {
            id: name("lab-1"),
            model: "Redmi Note 8".to_owned(),
            country: name("IN"),
            locale: "en-IN".to_owned(),
            products: Vec::new(),
        },
        facts: VersionFact {
            version: name("1.0"),
            released: starts,
            switch,
            asks_consent: true,
            settings: Vec::new(),
            next: Some(name("2.0")),
        },
        starts,
        seed: Seed::root(seed),
        long_days: 0,
        skip: Default::default(),
        extra: diary(),
    }
}

/// Parses a name that the test knows to be one.
pub(crate) fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no name"))
}

fn diary() -> Vec<Entry> {
    let visit = Activity::Visit {
        url: "https://news.example/today?page=1".to_owned(),
        title: String::new(),
        text: String::new(),
        links: Vec::new(),
        embeds: Vec::new(),
        typed: false,
        dwell_ms: 0,
    };
    let line = |seconds: i64, activity| Entry {
        at: Timestamp::from_millis(seconds * 1_000),
        session: Some(SessionId(7)),
        activity,
    };
    vec![line(0, Activity::OpenSession { mode: Mode::Incognito }), line(10, visit), line(70, Activity::CloseSession)]
}
