//! The device and what its owner set: everything that is no session, no identifier and no report.

use std::collections::BTreeMap;

use model::{Country, DeviceId, Mode, ProductId, Seed, Timestamp, Version};

use crate::{
    plan::{OfDevice, Plan},
    policy::{Collected, Condition, Effect, Gate, Pipeline},
};

/// What is the same for one device for its whole life.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The device, in its room.
    pub device: DeviceId,
    /// Model, such as `Redmi Note 8`.
    pub model: String,
    /// Country in which it is used.
    pub country: Country,
    /// BCP 47 tag of its language, such as `en-IN`.
    pub locale: String,
    /// From which the client's chance derives.
    pub seed: Seed,
    /// From which the identifiers of the hardware derive.
    pub hardware: Seed,
}

/// Most settings that are remembered; a setting more is not.
const SETTINGS_MAX: usize = 256;

/// The device and what its owner set.
#[derive(Debug)]
pub(super) struct Device {
    pub(super) profile: Profile,
    pub(super) version: Version,
    product: ProductId,
    first_run: String,
    os_version: String,
    screen_size: &'static str,
    operator: String,
    pub(super) online: bool,
    pub(super) consent: bool,
    pub(super) account: Option<String>,
    pub(super) position: Option<String>,
    settings: BTreeMap<String, String>,
    /// How far the device's clock is ahead of the world's.
    pub(super) clock_ahead_ms: i64,
}

const SCREEN_SIZES: [&str; 4] = ["720x1280", "720x1520", "1080x2280", "1080x2340"];

impl Device {
    pub(super) fn new(profile: Profile, product: ProductId, version: Version, now: Timestamp) -> Self {
        // By model and country alone, so that two devices of one model look the same.
        let [a, b, c, ..] = *Seed::root(0).derive(&profile.model).as_bytes();
        let [d, ..] = *Seed::root(0).derive(profile.country.as_str()).as_bytes();
        Self {
            os_version: format!("{}.{}.{}", 9 + a % 4, b % 5, c % 20),
            screen_size: SCREEN_SIZES[usize::from(a / 4) % SCREEN_SIZES.len()],
            operator: format!("{}-{:02}", profile.country, 1 + d % 9),
            first_run: day(now),
            product,
            version,
            profile,
            online: true,
            consent: false,
            account: None,
            position: None,
            settings: BTreeMap::new(),
            clock_ahead_ms: 0,
        }
    }

    /// What the device's clock shows at `time`.
    pub(super) fn shown(&self, time: Timestamp) -> Timestamp {
        match self.clock_ahead_ms {
            0 => time,
            ahead_ms => Timestamp::from_millis(time.as_millis().saturating_add(ahead_ms)),
        }
    }

    /// Brings back the factory state, but for the network and the version.
    pub(super) fn reset(&mut self, now: Timestamp) {
        self.first_run = day(self.shown(now));
        self.consent = false;
        self.account = None;
        self.position = None;
        self.settings.clear();
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        if self.settings.len() < SETTINGS_MAX || self.settings.contains_key(name) {
            self.settings.insert(name.to_owned(), value.to_owned());
        }
    }

    /// The text of `source`; nothing for the account while nobody is logged in, and for the time, which is a number.
    pub(super) fn text(&self, source: OfDevice) -> Option<&str> {
        Some(match source {
            OfDevice::Time => return None,
            OfDevice::Account => return self.account.as_deref(),
            OfDevice::FirstRun => &self.first_run,
            OfDevice::Country => self.profile.country.as_str(),
            OfDevice::Locale => &self.profile.locale,
            OfDevice::Language => self.profile.locale.split(['-', '_']).next().unwrap_or_default(),
            OfDevice::Model => &self.profile.model,
            OfDevice::OsVersion => &self.os_version,
            OfDevice::Operator => &self.operator,
            OfDevice::Network => "wifi",
            OfDevice::ScreenSize => self.screen_size,
            OfDevice::Product => self.product.as_str(),
            OfDevice::Version => self.version.as_str(),
        })
    }

    /// Whether a pipeline with this condition is at work.
    pub(super) fn meets(&self, condition: &Condition) -> bool {
        let setting = condition.setting.as_ref().is_none_or(|wanted| match self.settings.get(&wanted.name) {
            Some(value) => *value == wanted.value,
            None => wanted.initially,
        });
        setting && condition.logged_in.is_none_or(|wanted| wanted == self.account.is_some())
    }

    /// Whether the device's language is one of `locales`, or a variety of one.
    pub(super) fn speaks(&self, locales: &[String]) -> bool {
        let locale = self.profile.locale.as_str();
        let is_variety = |wanted: &String| {
            locale.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
        };
        locales.is_empty() || locales.iter().any(is_variety)
    }
}

fn day(now: Timestamp) -> String {
    now.to_string().split('T').next().unwrap_or_default().to_owned()
}

/// What decides at one moment whether reports may be recorded and sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gatekeeper {
    needs_consent: bool,
    effect: Effect,
    front: Mode,
}

impl Gatekeeper {
    pub(super) fn new(plan: &Plan, device: &Device, front: Mode) -> Self {
        let needs_consent = plan.policy.consent && !device.consent;
        Self { needs_consent, effect: plan.effect(device.position.as_deref()), front }
    }

    /// Whether a report on activity in `mode` may be recorded now. `collected` is by mode, as [`place`] numbers them.
    pub(super) fn may_record(&self, pipeline: &Pipeline, collected: [Collected; 2], mode: Mode) -> bool {
        pipeline.gate == Gate::Sending || self.is_open(pipeline, collected[place(mode)])
    }

    /// Whether a report on activity in `mode` may be sent now.
    pub(super) fn may_send(&self, pipeline: &Pipeline, collected: [Collected; 2], mode: Mode) -> bool {
        match pipeline.gate {
            Gate::Recording => true,
            Gate::Sending => self.is_open(pipeline, collected[place(self.front)]),
            Gate::Both => self.is_open(pipeline, collected[place(mode)]),
        }
    }

    fn is_open(&self, pipeline: &Pipeline, collected: Collected) -> bool {
        let consented = !self.needs_consent || pipeline.before_consent;
        consented
            && match collected {
                Collected::Never => false,
                Collected::Always => true,
                Collected::Switch => self.effect == Effect::Collect,
            }
    }
}

/// The place of what belongs to `mode` in a pair.
pub(super) const fn place(mode: Mode) -> usize {
    match mode {
        Mode::Normal => 0,
        Mode::Incognito => 1,
    }
}
