//! STAR: groups that fewer than k devices sent stay unread, and are counted by their tags.
//!
//! A partial holds messages in place of groups. The union of messages is commutative and associative, and a message
//! that came twice, in one region or in two, is one share all the same. The release sorts messages by tag; where k
//! different shares fit together, it opens what belongs to them and counts shares, which are devices as far as devices
//! are honest. No noise is added: what is published is exact.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::BASE64;
use encoding::star::{self, DEVICES_MIN, FIELD, Message, Recovery, Terms};
use model::{Cell, ErrorBar, GroupKey, Measure, Partial, Query, Withheld};

use super::Counted;
use crate::Problem;

/// Messages by tag.
type Tagged = BTreeMap<[u8; 32], Vec<Message>>;

/// What the messages of one tag yield.
#[derive(Debug, Default)]
struct Yield {
    devices: BTreeMap<GroupKey, u64>,
    refused: u64,
}

pub(super) fn release(query: &Query, partial: &Partial, devices_min: u32) -> (Vec<Cell>, Counted) {
    let (tagged, mut malformed) = tagged(partial);
    let Some(terms) = Terms::new(&query.id, partial.window, devices_min) else {
        return (Vec::new(), vec![(Withheld::BelowThreshold, tagged.len() as u64)]);
    };
    let mut below: u64 = 0;
    let mut devices: BTreeMap<GroupKey, u64> = BTreeMap::new();
    for messages in tagged.values() {
        let found = open(query, &terms, messages);
        malformed = malformed.saturating_add(found.refused);
        below += u64::from(found.devices.is_empty());
        for (group, count) in found.devices {
            let total = devices.entry(group).or_default();
            *total = total.saturating_add(count);
        }
    }
    let value = |count| i64::try_from(count).unwrap_or(i64::MAX);
    let cell = |(group, value)| Cell { group, value, error: Some(ErrorBar::exact(value)) };
    let cells = devices.into_iter().map(|(group, count)| cell((group, value(count)))).collect();
    let mut withheld = vec![(Withheld::BelowThreshold, below), (Withheld::Malformed, malformed)];
    withheld.retain(|(_, count)| *count > 0);
    (cells, withheld)
}

/// The messages in `partial`, and how many texts are none.
fn tagged(partial: &Partial) -> (Tagged, u64) {
    let mut tagged = Tagged::new();
    let mut malformed: u64 = 0;
    for group in &partial.groups {
        let text = group.first().map_or("", String::as_str);
        match BASE64.decode(text.as_bytes()).ok().and_then(|bytes| Message::from_bytes(&bytes).ok()) {
            Some(message) => tagged.entry(*message.tag()).or_default().push(message),
            None => malformed += 1,
        }
    }
    (tagged, malformed)
}

/// The groups that at least k different shares of one tag hold. Honest devices hold one; others can lie about theirs,
/// and then need k shares for each lie.
fn open(query: &Query, terms: &Terms, messages: &[Message]) -> Yield {
    let mut found = Yield::default();
    let Some(recovered) = Recovery::new(terms).recover(messages) else { return found };
    let mut shares: BTreeMap<GroupKey, BTreeSet<[u8; 24]>> = BTreeMap::new();
    for message in messages {
        let opened = recovered.open(message);
        match opened.and_then(|opened| star::values(&opened.measurement, query.group_by.len())) {
            Some(group) => drop(shares.entry(group).or_default().insert(message.coordinate())),
            None => found.refused += 1,
        }
    }
    for (group, shares) in shares {
        if shares.len() as u64 >= u64::from(terms.devices_min()) {
            found.devices.insert(group, shares.len() as u64);
        } else {
            found.refused += shares.len() as u64;
        }
    }
    found
}

/// The one field that stands in the groups of a partial.
pub(super) fn fields() -> &'static [String] {
    static FIELDS: std::sync::LazyLock<[String; 1]> = std::sync::LazyLock::new(|| [FIELD.to_owned()]);
    FIELDS.as_slice()
}

pub(super) fn problems(query: &Query, devices_min: u32, messages_per_device_max: u32, found: &mut Vec<Problem>) {
    let path = |name: &'static str| ["mechanism", "star", name];
    if !DEVICES_MIN.contains(&devices_min) {
        let (least, most) = (DEVICES_MIN.start(), DEVICES_MIN.end());
        let message = format!("threshold is {devices_min}, expected {least} to {most}");
        found.push(Problem::new(&path("devices-min"), message));
    }
    if messages_per_device_max == 0 || messages_per_device_max >= devices_min {
        let message = format!(
            "a device may send {messages_per_device_max} messages, expected at least 1 and fewer than devices-min, \
             which is {devices_min}"
        );
        let help = "with as many as devices-min, one device could reveal a group alone";
        found.push(Problem::new(&path("messages-per-device-max"), message).help(help));
    }
    if query.measure != Measure::Devices {
        let message = "star counts shares, one for each device";
        found.push(Problem::new(&["measure"], message).help("write measure = \"devices\""));
    }
    if !query.domain.is_empty() {
        let message = "star releases keys that nobody knew before, expected no domain";
        found.push(Problem::new(&["domain"], message).help("take it out"));
    }
}

#[cfg(test)]
mod tests;
