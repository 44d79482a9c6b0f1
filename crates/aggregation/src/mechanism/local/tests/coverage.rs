//! Tests of how often intervals hold the truth, over 10,000 seeds.

use std::collections::BTreeMap;

use encoding::chance::Dice as _;

use super::*;
use crate::mechanism::local::estimate::tests::{coverage, support};

const SEEDS: u64 = 10_000;

/// How often the interval of each known value held the truth over so many seeds, and the mean of the estimates.
fn observed(by: &Randomizer, devices: usize, seeds: u64) -> Vec<(f64, f64)> {
    let query = local(by, 1);
    let randomizer = randomizer(&query).unwrap();
    let truths: Vec<i64> = SITES[..4].iter().map(|site| truth(devices, site)).collect();
    let filters = if let Randomizer::Rappor(rappor) = by { Filters::of(rappor, &randomizer).ok() } else { None };
    let mut found = vec![(0.0, 0.0); 4];
    let mut known = BTreeMap::new();
    for seed in 0..seeds {
        let root = Seed::root(seed);
        let mut stream = root.stream();
        let mut tally = tally::Tally::new(&randomizer);
        let mut response = Vec::new();
        for n in 0..devices {
            let site = SITES[(n * n + n / 3) % 5];
            let text = randomizer.respond(site, &root.nth(n as u64), &mut Bits(&mut stream));
            response.clear();
            randomizer.read(&text, &mut response).unwrap();
            tally.add(&randomizer, &response);
        }
        let supports: Vec<u64> = tally.supports(&randomizer).into_iter().map(|s| u64::try_from(s).unwrap()).collect();
        let estimates = match &filters {
            Some(filters) => filters.estimates(&supports, tally.responses, 1),
            // Each of these hangs on the support of its own value alone, which is often one that came before.
            None => supports
                .iter()
                .map(|support| {
                    let estimate = || estimates(&query, &randomizer, &[*support], tally.responses).remove(0);
                    *known.entry(*support).or_insert_with(estimate)
                })
                .collect(),
        };
        for ((found, estimate), truth) in found.iter_mut().zip(estimates).zip(&truths) {
            let (low, high) = estimate.interval;
            found.0 += f64::from(u8::from((low..=high).contains(truth)));
            found.1 += estimate::float(estimate.value.unwrap());
        }
    }
    let seeds = f64::from(u32::try_from(seeds).unwrap());
    found.into_iter().map(|(covered, sum)| (covered / seeds, sum / seeds)).collect()
}

#[test]
fn of_few_devices_intervals_cover_as_often_as_support_has_it_and_estimates_are_unbiased() {
    const DEVICES: u16 = 20;
    for by in kinds() {
        for ((covered, mean), site) in observed(&by, DEVICES.into(), SEEDS).into_iter().zip(SITES) {
            let truth = truth(DEVICES.into(), site);
            if let Some(odds) = Odds::of(&by, 4) {
                let exact = coverage(odds, u32::try_from(truth).unwrap(), DEVICES.into());
                assert!((covered - exact).abs() < 0.01, "{by}: {site} is covered with {covered}, expected {exact}");
            }
            // What is stated is the least that is covered: support of so few takes too few values to come close.
            assert!(covered >= 0.95, "{by}: {site} is covered with {covered}");
            // The deviation of one estimate is below 10, and so that of the mean below 0.1.
            assert!(
                (mean - estimate::float(truth)).abs() < 0.4,
                "{by}: {site} has the mean {mean}, the truth is {truth}"
            );
        }
    }
}

/// Numbers with these probabilities, drawn by inversion.
fn drawn(odds: Vec<f64>, seed: u64) -> impl Iterator<Item = u64> {
    let up_to = odds.into_iter().scan(0.0, |sum, odds| {
        *sum += odds;
        Some(*sum)
    });
    let (up_to, mut stream): (Vec<f64>, _) = (up_to.collect(), Seed::root(seed).stream());
    std::iter::repeat_with(move || {
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let uniform = Bits(&mut stream).below(1 << 53) as f64 / 2_f64.powi(53);
        up_to.partition_point(|odds| *odds < uniform) as u64
    })
}

#[test]
fn of_many_devices_released_intervals_cover_as_often_as_they_state() {
    // At 3,000 responses by the exact distribution of support, at 700,000 by normal deviations.
    for (by, devices, truth) in kinds().iter().flat_map(|by| {
        [(3_000, 30), (3_000, 400), (3_000, 1_500), (700_000, 9_000)].map(|(devices, truth)| (by, devices, truth))
    }) {
        let Some(odds) = Odds::of(by, 4) else { continue };
        let query = local(by, 1);
        let mut partial = sealed(&query, &[]);
        partial.responses = u64::from(devices);
        // A support that was released before is not again.
        let mut released_of = BTreeMap::new();
        let (mut covered, mut stated) = (0_u32, model::Ratio::ONE);
        let seeds = drawn(support(odds, truth, devices), 92).take(10_000);
        for support in seeds {
            let error = *released_of.entry(support).or_insert_with(|| {
                partial.counts[0] = support;
                released(&query, &partial).unwrap()[0].error.unwrap()
            });
            covered += u32::from(error.covers(truth.into()));
            stated = stated.min(error.coverage);
        }
        let (observed, stated) = (f64::from(covered) / 10_000.0, stated.approximate());
        assert!((observed - stated).abs() < 0.01, "{by}: {truth} of {devices} covered with {observed}, not {stated}");
    }
}
