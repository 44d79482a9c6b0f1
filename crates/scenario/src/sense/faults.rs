//! Faults: when they can happen, and between whom.

use aggregation::prio3;
use model::{Duration, Window};

use super::Sense;
use crate::{
    Devices, Fault, FaultKind, Party, Script,
    document::{Step, at},
    nearest::one_of,
};

pub(super) fn check(script: &Script, sense: &mut Sense<'_, '_>) {
    for (i, fault) in script.faults.iter().enumerate() {
        check_times(script, i, fault, sense);
        match &fault.kind {
            FaultKind::Partition { from, to, .. } => check_way(script, i, from, to, sense),
            FaultKind::Clock { by, .. } if by.span() == Duration::ZERO => {
                sense.wrong(&inside(i, fault, "by"), "clocks that jump nowhere", "expected more than no time");
            }
            FaultKind::DiskSlow { by: Duration::ZERO, .. } => {
                sense.wrong(&inside(i, fault, "by"), "a slow disk that takes no time", "expected more than no time");
            }
            _ => {}
        }
        if let Some(devices) = fault.kind.devices() {
            check_devices(script, i, fault, devices, sense);
        }
    }
    if script.weather.reordered_permille > 0 && script.weather.reordered_by == Duration::ZERO {
        let expected = "expected more than no time, or `reordered-permille = 0`";
        sense.wrong(&at!["weather", "reordered-by"], "requests are held back for no time", expected);
    }
}

/// There must be devices that a fault of devices can hit.
fn check_devices(script: &Script, i: usize, fault: &Fault, devices: &Devices, sense: &mut Sense<'_, '_>) {
    let Some(crowd) = &script.crowd else {
        let message = "a fault of devices without a crowd hits nobody";
        let expected = "expected a [crowd]: the examiner looks after the devices of the laboratory";
        return sense.wrong(&at!["fault", i, "kind"], message, expected);
    };
    let Some(country) = devices.country else { return };
    if !crowd.countries.iter().any(|population| population.country == country) {
        let known = crowd.countries.iter().map(|population| population.country.as_str());
        let place = [inside(i, fault, "devices"), at!["country"]].concat();
        sense.wrong(&place, format!("nobody of the crowd lives in {country}"), one_of(known));
    }
}

fn inside(i: usize, fault: &Fault, key: &'static str) -> Vec<Step> {
    at!["fault", i, "kind", fault.kind.name(), key]
}

fn check_times(script: &Script, i: usize, fault: &Fault, sense: &mut Sense<'_, '_>) {
    let last = last_moment(script);
    if fault.at < script.starts || fault.at > last {
        let expected = format!("expected {} to {last}, when the last window is closed", script.starts);
        sense.wrong(&at!["fault", i, "at"], "a fault outside the time of the world", expected);
    }
    if fault.kind.until().is_some_and(|until| until <= fault.at) {
        let expected = format!("expected a time after {}", fault.at);
        sense.wrong(&inside(i, fault, "until"), "the fault ends before it begins", expected);
    }
}

/// When the last window is closed that can hold a report of the crowd.
fn last_moment(script: &Script) -> model::Timestamp {
    let longest = script.queries.iter().map(|query| query.window).max().unwrap_or(Duration::ZERO);
    Window::holding(script.ends, longest).end + script.collection.grace
}

/// Devices ask regions, regions the aggregator, and who leads a query over shares asks who helps. Nobody else asks.
fn check_way(script: &Script, i: usize, from: &Party, to: &Party, sense: &mut Sense<'_, '_>) {
    let leads = |leader, helper| script.queries.iter().any(|query| prio3::helper_of(query, leader) == Some(helper));
    let (key, expected) = match (from, to) {
        (Party::Devices | Party::Country(_), Party::Region(_)) | (Party::Region(_), Party::Aggregator) => return,
        (Party::Region(leader), Party::Region(helper)) if leads(leader, helper) => return,
        (Party::Devices | Party::Country(_), Party::Aggregator) => {
            ("to", "expected `from = { region = \"…\" }`: regions alone hand on to the aggregator")
        }
        (Party::Devices | Party::Country(_), _) => {
            ("to", "expected `{ region = \"…\" }`: devices send to regions alone")
        }
        (Party::Region(helper), Party::Region(leader)) if leads(leader, helper) => {
            ("from", "expected the region that leads; `loses = \"answers\"` cuts the way back alone")
        }
        (Party::Region(_), Party::Region(_)) => {
            ("to", "expected `\"aggregator\"`, or the region that helps with a query over shares that `from` leads")
        }
        (Party::Region(_), _) => ("from", "expected `\"devices\"` or `{ country = \"…\" }`"),
        (Party::Aggregator, _) => ("from", "expected `{ region = \"…\" }` or devices: the aggregator asks nobody"),
    };
    sense.wrong(&at!["fault", i, "kind", "partition", key], format!("nothing goes from {from} to {to}"), expected);
}
