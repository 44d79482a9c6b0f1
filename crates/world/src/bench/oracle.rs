//! The obvious program: hash maps with a fast hash, on one thread.
//!
//! Keys are packed into one word, which is faster than hashing their fields one by one, and devices turn most reports away
//! by their priority before anything else: the oracle is not made of straw.

use std::hash::BuildHasher as _;

use aggregation::laplace::DiscreteLaplace;
use foldhash::fast::RandomState;
use model::{Ratio, Seed};

use super::{Answer, Input, Question};

type HashMap<K, V> = hashbrown::HashMap<K, V, RandomState>;
type HashSet<K> = hashbrown::HashSet<K, RandomState>;

/// Most groups of a device.
pub(super) const GROUPS_PER_DEVICE: u32 = 8;
/// Most reports of a device in a group.
pub(super) const REPORTS_PER_GROUP: u32 = 4;
/// One device changes counts by at most 32: noise of this scale is of epsilon 1.
pub(super) const NOISE_SCALE: u64 = 32;
/// Least count that is published.
pub(super) const THRESHOLD: i128 = 50;

/// Answers with hash maps.
#[must_use]
pub fn answer(question: Question, input: &Input, hashes: &[u64]) -> Answer {
    match question {
        Question::Totals => totals(input),
        Question::Distinct => distinct(input),
        Question::Bounded => bounded(input),
        Question::Sparse => sparse(input, hashes),
    }
}

/// The key of each report as one word.
fn keys(input: &Input) -> impl Iterator<Item = u64> {
    let small = input.regions.iter().zip(&input.kinds);
    small
        .zip(&input.sites)
        .map(|((&region, &kind), &site)| u64::from(region) << 40 | u64::from(kind) << 32 | u64::from(site))
}

fn totals(input: &Input) -> Answer {
    let mut groups: HashMap<u64, (u64, i64)> = HashMap::default();
    for (key, value) in keys(input).zip(&input.values) {
        let total = groups.entry(key).or_default();
        *total = (total.0 + 1, total.1 + value);
    }
    let mut answer = Answer::default();
    groups.values().for_each(|(count, sum)| answer.add(*count, (*sum).into(), 1));
    answer
}

fn sparse(input: &Input, hashes: &[u64]) -> Answer {
    let mut groups: HashMap<(u16, u64), (u64, i64)> = HashMap::default();
    let small = input.regions.iter().zip(&input.kinds);
    for (((&region, &kind), &site), value) in small.zip(hashes).zip(&input.values) {
        let total = groups.entry((u16::from(region) << 8 | u16::from(kind), site)).or_default();
        *total = (total.0 + 1, total.1 + value);
    }
    let mut answer = Answer::default();
    groups.values().for_each(|(count, sum)| answer.add(*count, (*sum).into(), 1));
    answer
}

fn distinct(input: &Input) -> Answer {
    let mut groups: HashMap<u64, (u64, i64, u64)> = HashMap::default();
    let mut seen: HashSet<(u64, u64)> = HashSet::default();
    for ((key, value), device) in keys(input).zip(&input.values).zip(&input.devices) {
        let total = groups.entry(key).or_default();
        *total = (total.0 + 1, total.1 + value, total.2 + u64::from(seen.insert((key, *device))));
    }
    let mut answer = Answer::default();
    groups.values().for_each(|(count, sum, devices)| answer.add(*count, (*sum).into(), *devices));
    answer
}

/// Counts by site; with distinct devices, or without. Gives what both come to.
pub(super) fn by_site(input: &Input, devices: bool) -> Answer {
    let mut groups: HashMap<u32, (u64, u64)> = HashMap::default();
    if devices {
        let mut seen: HashSet<(u32, u64)> = HashSet::default();
        for (&site, &device) in input.sites.iter().zip(&input.devices) {
            let total = groups.entry(site).or_default();
            *total = (total.0 + 1, total.1 + u64::from(seen.insert((site, device))));
        }
    } else {
        input.sites.iter().for_each(|&site| groups.entry(site).or_default().0 += 1);
    }
    let mut answer = Answer::default();
    groups.values().for_each(|(count, devices)| answer.add(*count, 0, *devices));
    answer
}

/// A group that a device keeps: its priority, its key, reports.
type Kept = (u64, u64, u32);

fn bounded(input: &Input) -> Answer {
    let hasher = RandomState::default();
    let mut devices: HashMap<u64, Vec<Kept>> = HashMap::default();
    for (key, &device) in keys(input).zip(&input.devices) {
        let priority = hasher.hash_one((device, key));
        keep(devices.entry(device).or_default(), priority, key);
    }
    let mut groups: HashMap<u64, (u32, u64)> = HashMap::default();
    for (_, key, reports) in devices.values().flatten() {
        let total = groups.entry(*key).or_default();
        *total = (total.0 + reports.min(&REPORTS_PER_GROUP), total.1 + 1);
    }
    let noise = DiscreteLaplace::new(Ratio::new(NOISE_SCALE, 1).unwrap_or(Ratio::ZERO));
    let mut stream = Seed::root(2).stream();
    let mut answer = Answer::default();
    for (count, devices) in groups.into_values() {
        let noisy = i128::from(count) + noise.sample(&mut stream);
        answer.devices += devices;
        if noisy >= THRESHOLD {
            answer.groups += 1;
            answer.sum += noisy;
        }
    }
    answer
}

/// Keeps the groups with the smallest priorities, sorted by them.
fn keep(kept: &mut Vec<Kept>, priority: u64, key: u64) {
    let most = GROUPS_PER_DEVICE as usize;
    if kept.len() == most && priority > kept[most - 1].0 {
        return;
    }
    let place = kept.iter().position(|other| other.0 >= priority).unwrap_or(kept.len());
    match kept.get_mut(place) {
        Some(same) if same.0 == priority => same.2 += 1,
        _ => {
            kept.truncate(most - 1);
            kept.insert(place, (priority, key, 1));
        }
    }
}
