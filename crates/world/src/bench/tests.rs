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

fn cost(name: &str, input: &Input) -> Cost {
    let contender = contenders().into_iter().find(|contender| contender.name == name).unwrap();
    measure_mechanism(&contender, input, 1).unwrap()
}

#[test]
fn exact_has_no_error_and_noise_has_some() {
    let size = Size { reports: 20_000, devices: 2_000, keys: 90 };
    let input = Input::generate_even(size, &Seed::root(1)).unwrap();
    let [exact, threshold, noisy] = ["exact", "threshold 50", "central ε 1"].map(|name| cost(name, &input));
    assert!(exact.error.abs() < 1e-9 && exact.suppressed.abs() < 1e-9);
    assert!(threshold.suppressed > 0.0 && threshold.suppressed < 1.0);
    assert!(noisy.error > 1.0 && noisy.suppressed.abs() < 1e-9);
}

#[test]
fn every_mechanism_publishes_within_its_own_error_and_states_its_own_bytes() {
    let size = Size { reports: 4_000, devices: 1_000, keys: 20 };
    let input = Input::generate_even(size, &Seed::root(1)).unwrap();
    let costs: std::collections::BTreeMap<String, Cost> =
        contenders().into_iter().map(|contender| (contender.name.clone(), cost(&contender.name, &input))).collect();
    for (name, cost) in &costs {
        let expected = if name.starts_with("prio3") { 1_000 } else { 4_000 };
        assert_eq!(cost.reports, expected, "{name}");
        assert!(cost.reports_per_s.median > 0.0 && cost.to_oracle.median > 0.0, "{name}");
        // Far below the mean count of 200, or of 50 where noise leaves it so: nothing went astray on the way.
        let most = if matches!(name.as_str(), "central ε 1/10" | "rappor") { 1_000.0 } else { 160.0 };
        assert!(cost.error < most, "{name}: {}", cost.error);
    }
    let bytes = |name: &str| costs[name].upload_bytes;
    // A place in base64 for each of 20 sites takes less than a name; both halves of a share take much more than either.
    assert!(bytes("exact") < bytes("central ε 1"), "a device is named where it is bounded");
    assert!(bytes("oue ε 1") < bytes("central ε 1") && bytes("prio3 ε 1") > 5.0 * bytes("central ε 1"));
    assert!(
        costs["star 50"].suppressed < 1.0 && costs["star 50"].error < 50.0,
        "an exact number of devices from 50 on"
    );
    assert!(bytes("star 50") > 200.0, "a share and a ciphertext");
    let suppressed = |name: &str| costs[name].suppressed;
    assert!(suppressed("central selected ε 1") > 0.0 && suppressed("central gaussian ε 1").abs() < 1e-9);
    assert!(bytes("rappor") > bytes("oue ε 1"), "128 bits take more than 20");
    assert!(costs["oue ε 4"].error < costs["oue ε 1"].error && costs["central ε 10"].error < costs["oue ε 4"].error);
}
