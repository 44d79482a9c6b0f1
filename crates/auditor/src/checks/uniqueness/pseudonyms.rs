//! Tells columns of pseudonyms from columns of things that have names.

use std::collections::BTreeSet;

use model::{Arm, CaseFile, Record};

use super::Histories;

/// Fewest values of a column from which its form can be judged.
const VALUES_MIN: usize = 8;
/// Places of a value at which drawn ones differ.
const PLACES_MIN: usize = 8;
/// Distinct characters at such a place, on average: eight drawn digits show 5.7, the numbers behind a name fewer.
const VARIETY_MIN: usize = 4;

/// Whether the values of `column` stand for people.
pub(super) fn are_pseudonyms(case: &CaseFile, column: &str, histories: &Histories<'_>) -> bool {
    tells_devices_apart(case, column) || are_drawn(histories.keys().copied())
}

/// Whether values look drawn: all of one length, of letters and digits, and different at nearly every place.
fn are_drawn<'a>(values: impl Iterator<Item = &'a str>) -> bool {
    let mut places: Vec<BTreeSet<u8>> = Vec::new();
    let mut count = 0;
    for value in values {
        if count == 0 {
            places.resize(value.len(), BTreeSet::new());
        }
        let is_token = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if value.len() != places.len() || !is_token {
            return false;
        }
        for (seen, byte) in places.iter_mut().zip(value.bytes()) {
            seen.insert(byte);
        }
        count += 1;
    }
    let varied: Vec<usize> = places.iter().map(BTreeSet::len).filter(|seen| *seen > 1).collect();
    count >= VALUES_MIN && varied.len() >= PLACES_MIN && varied.iter().sum::<usize>() >= varied.len() * VARIETY_MIN
}

/// Whether servers held the field of an examined device and of its sibling, which did the same, with no value in common.
fn tells_devices_apart(case: &CaseFile, column: &str) -> bool {
    case.examinations.iter().any(|exam| {
        let of = |arm| exam.records.iter().find(|record| record.arm == arm).map(|record| held(record, column));
        let (main, sibling) = (of(Arm::Main).unwrap_or_default(), of(Arm::Sibling).unwrap_or_default());
        !main.is_empty() && !sibling.is_empty() && main.is_disjoint(&sibling)
    })
}

/// The values of a field that servers held about a device.
fn held(record: &Record, field: &str) -> BTreeSet<String> {
    let reports = record.holdings.iter().flatten().map(|holding| &holding.report);
    reports.filter_map(|report| report.fields.get(field)).map(ToString::to_string).collect()
}
