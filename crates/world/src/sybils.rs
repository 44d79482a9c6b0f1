//! Devices of the examiner among the crowd: do they open a group in which somebody else hides?

use std::sync::Arc;

use browser::{Browser, Profile};
use model::{Activity, DeviceId, Diary, Duration, Entry, Injection, Mode, SessionId, Timestamp};
use scenario::Sybils;

use crate::{PlayError, room::Guest, setting::Setting};

/// How long after the world's beginning they report.
const BEGINS: Duration = Duration::from_secs(3_600);

/// The examiner's devices and, last, the victim's: all alike, all doing the same.
///
/// # Errors
/// If the script has no version for them to start with.
pub(crate) fn guests(setting: &Setting<'_>, sybils: &Sybils) -> Result<Vec<Guest>, PlayError> {
    (0..=sybils.devices).map(|number| guest(setting, sybils, number)).collect()
}

/// What the examiner notes down about them.
pub(crate) fn injection(setting: &Setting<'_>, sybils: &Sybils) -> Injection {
    let at = setting.script.starts + BEGINS;
    Injection { value: sybils.model.clone(), devices: sybils.devices.into(), victims: 1, at }
}

fn guest(setting: &Setting<'_>, sybils: &Sybils, number: u32) -> Result<Guest, PlayError> {
    let device = DeviceId::new(format!("examiner-{number:04}"));
    let device = device.map_err(|error| PlayError::Configuration(error.to_string()))?;
    let seed = setting.seed.derive("sybils").nth(number.into());
    let profile = Profile {
        device: device.clone(),
        model: sybils.model.clone(),
        country: sybils.country,
        locale: sybils.locale.clone(),
        seed,
        hardware: seed.derive("hardware"),
    };
    let used = setting.script.crowd.iter().flat_map(|crowd| &crowd.products).find(|(_, weight)| **weight > 0);
    let product = used.map_or(&setting.script.products[0].id, |(product, _)| product);
    let product = setting.product(product).ok_or_else(|| PlayError::UnknownProduct(product.clone()))?;
    let version = setting.first_version(&product.id)?;
    let browser = Browser::new(Arc::clone(product), version, profile, setting.script.starts)?;
    let diary = Diary { device, entries: diary(setting.script.starts + BEGINS) };
    Ok(Guest { browser, diary, country: sybils.country, seed, tapped: false, hostile: false, troubles: Vec::new() })
}

/// One of each activity that people of the crowd do.
fn diary(begins: Timestamp) -> Vec<Entry> {
    let visit = Activity::Visit {
        url: "https://examiner.example/page".to_owned(),
        title: "A page".to_owned(),
        text: String::new(),
        links: Vec::new(),
        embeds: Vec::new(),
        typed: true,
        dwell_ms: 1_500,
    };
    let search =
        Activity::Search { engine: "www.google.com".to_owned(), terms: "weather news".to_owned(), typed: true };
    let inside = [
        Activity::OpenSession { mode: Mode::Normal },
        visit,
        search,
        Activity::ShowScreen { name: "start".to_owned() },
        Activity::CloseSession,
    ];
    let consent = Entry { at: begins, session: None, activity: Activity::Consent { given: true } };
    let line = |(place, activity)| Entry {
        at: begins + Duration::from_secs(5 * place),
        session: Some(SessionId(1)),
        activity,
    };
    std::iter::once(consent).chain((1_u64..).zip(inside).map(line)).collect()
}
