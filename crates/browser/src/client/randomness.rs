//! Randomness: answers in place of values, and how many of them a device has given.

use std::collections::BTreeMap;

use encoding::{chance::Bits, local::LocalRandomizer};
use model::{Mode, Seed, Timestamp, Value, Window};

use super::{device::place, moment::push};
use crate::policy::Randomization;

/// What one client answers by its randomizers.
///
/// Streams are named by (device, randomizer, mode, number of the answer), so that no answer depends on another, and
/// nothing that is done in incognito mode shifts anything else.
#[derive(Debug)]
pub(super) struct Randomness {
    seed: Seed,
    installs: u64,
    given: BTreeMap<(String, usize), Given>, // for each randomizer and mode
}

/// Answers given.
#[derive(Debug, Default)]
struct Given {
    ever: u64,
    /// In each window that is not over, by its start.
    in_window: BTreeMap<Timestamp, u32>,
}

/// When a value is asked for, and for what time.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    pub(super) now: Timestamp,
    /// The time that stands in the report.
    pub(super) told: Timestamp,
    pub(super) mode: Mode,
}

impl Randomness {
    pub(super) fn new(seed: &Seed) -> Self {
        Self { seed: seed.derive("randomizers"), installs: 0, given: BTreeMap::new() }
    }

    /// The client is brought back to its factory state.
    pub(super) fn forget(&mut self) {
        self.installs += 1;
        self.given.clear();
    }

    /// An answer in place of `value`; nothing once the window has had as many as it may.
    pub(super) fn respond(
        &mut self,
        spec: &Randomization,
        randomizer: &LocalRandomizer,
        value: &Value,
        when: When,
    ) -> Option<Value> {
        let mode = when.mode.to_string();
        let seed = self.seed.derive(&spec.name).derive(&mode).nth(self.installs);
        let given = self.given.entry((spec.name.clone(), place(when.mode))).or_default();
        let number = given.next(spec, when)?;
        let mut plain = String::new();
        push(&mut plain, value);
        let mut stream = seed.derive("response").nth(number).stream();
        Some(Value::Text(randomizer.respond(&plain, &seed.derive("permanent"), &mut Bits(&mut stream))))
    }
}

impl Given {
    /// The number of the next answer among all; nothing if there is none in its window.
    fn next(&mut self, spec: &Randomization, when: When) -> Option<u64> {
        let window = |time| Window::holding(time, spec.window).start;
        let current = window(when.now);
        // A report may tell a time ahead, or one rounded down to before this window.
        self.in_window.retain(|start, _| *start >= current.min(window(when.told)));
        let count = self.in_window.entry(window(when.told)).or_default();
        if *count >= spec.reports_per_window_max {
            return None;
        }
        *count += 1;
        self.ever += 1;
        Some(self.ever)
    }
}
