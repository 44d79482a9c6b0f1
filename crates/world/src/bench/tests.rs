use std::num::NonZeroUsize;

use model::Seed;

use super::*;

fn input() -> Input {
    Input::generate(Size { reports: 20_000, devices: 500, keys: 90 }, &Seed::root(1)).unwrap()
}

#[test]
fn the_core_and_the_hash_maps_agree_on_every_query() {
    let (input, threads) = (input(), [1, 2, 3].map(|n| NonZeroUsize::new(n).unwrap()));
    for (_, question) in QUERIES {
        let timing = measure_query(question, &input, &threads, 1).unwrap();
        assert_eq!(timing.ours.len(), 3);
        assert!(timing.oracle.median > 0.0 && timing.peak_bytes > 0);
    }
}

#[test]
fn input_is_repeatable_and_each_device_reports_in_one_region() {
    let (a, b) = (input(), input());
    assert_eq!((&a.devices, &a.sites, &a.values), (&b.devices, &b.sites, &b.values));
    let regions: std::collections::BTreeSet<(u64, u8)> =
        a.devices.iter().copied().zip(a.regions.iter().copied()).collect();
    let devices: std::collections::BTreeSet<u64> = a.devices.iter().copied().collect();
    assert_eq!(regions.len(), devices.len());
    let sites: std::collections::BTreeSet<u32> = a.sites.iter().copied().collect();
    assert!(sites.len() > 80 && sites.iter().all(|site| *site < 90), "{} sites", sites.len());
}

#[test]
fn exact_has_no_error_and_noise_has_some() {
    let input = input();
    let cost = |name: &str| {
        let contender = contenders().into_iter().find(|contender| contender.name == name).unwrap();
        measure_mechanism(&contender, &input, NonZeroUsize::MIN, 1).unwrap()
    };
    let (exact, threshold, noisy) = (cost("exact"), cost("threshold 50"), cost("central ε 1"));
    assert!(exact.error.abs() < 1e-9 && exact.suppressed.abs() < 1e-9);
    assert!(threshold.suppressed > 0.0);
    assert!(noisy.error > 1.0 && noisy.suppressed.abs() < 1e-9);
}
