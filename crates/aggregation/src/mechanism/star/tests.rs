use model::{Mechanism, Partial, Query, Release, Report, Seed, Value, Withheld};
use proptest::prelude::*;

use encoding::star::{self, Terms, local_randomness, seal};

use super::*;
use crate::{
    Ledger, merge_partials, release as published,
    sample::{accumulated, accumulator, noon, query, region, window},
};

const K: u32 = 5;

fn asked() -> Query {
    let mechanism = Mechanism::Star { devices_min: K, messages_per_device_max: 2 };
    Query { domain: [].into(), ..query(Measure::Devices, mechanism) }
}

/// The message of `device` about `site`, as a report carries it.
fn message(device: u64, site: &str) -> Message {
    let query = asked();
    let terms = Terms::new(&query.id, window(), K).unwrap();
    let measurement = star::measurement([site]);
    let randomness = local_randomness(&measurement, &terms);
    let chance = &mut Seed::root(device).derive(site).stream();
    seal(&measurement, b"", &terms, &randomness, chance).unwrap()
}

fn report(device: Option<&str>, text: String) -> Report {
    let fields = [(FIELD.to_owned(), Value::Text(text))];
    Report { event: "visit".to_owned(), time: noon(), device: device.map(str::to_owned), fields: fields.into() }
}

fn sent(device: u64, site: &str) -> Report {
    report(None, BASE64.encode(&message(device, site).to_bytes()))
}

fn crowd(site: &str, devices: std::ops::Range<u64>) -> Vec<Report> {
    devices.map(|device| sent(device, site)).collect()
}

fn partial(name: &str, reports: &[Report]) -> Partial {
    accumulated(&asked(), reports).seal(&region(name)).unwrap()
}

fn released(partial: &Partial) -> Release {
    published(&asked(), partial, &Seed::root(1), &mut Ledger::new(None)).unwrap()
}

fn values(release: &Release) -> Vec<(&str, i64)> {
    release.cells.iter().map(|Cell { group, value, .. }| (group[0].as_str(), *value)).collect()
}

#[test]
fn keys_are_published_from_k_devices_on_with_their_number() {
    let reports = [crowd("a", 0..4), crowd("b", 0..5), crowd("c", 0..7)].concat();
    let release = released(&partial("sg", &reports));
    assert_eq!(values(&release), [("b", 5), ("c", 7)]);
    assert_eq!(release.withheld, [(Withheld::BelowThreshold, 1)]);
    assert_eq!(release.group_by, ["site"]);
}

#[test]
fn nobody_one_device_and_devices_all_alike() {
    let below = vec![(Withheld::BelowThreshold, 1)];
    let named = |device: u64| report(Some("the same"), BASE64.encode(&message(device, "a").to_bytes()));
    for (reports, expected, withheld) in [
        (vec![], vec![], vec![]),
        (crowd("a", 0..1), vec![], below.clone()),
        (vec![sent(3, "a"); 40], vec![], below.clone()),
        // One device that the region knows keeps two messages, whatever it sends.
        ((0..40).map(named).collect(), vec![], below.clone()),
        (crowd("a", 0..u64::from(K) - 1), vec![], below),
        (crowd("a", 0..60), vec![("a", 60)], vec![]),
    ] {
        let release = released(&partial("sg", &reports));
        assert_eq!((values(&release), &release.withheld), (expected, &withheld), "{} reports", reports.len());
    }
}

#[test]
fn merging_with_itself_changes_nothing_however_often() {
    let reports = [crowd("a", 0..7), crowd("b", 0..4)].concat();
    let once = released(&partial("sg", &reports));
    let mut shard = accumulated(&asked(), &reports);
    for _ in 0..32 {
        let copy = shard.clone();
        shard.merge(&copy).unwrap();
    }
    assert_eq!(shard.len(), 11 << 32);
    assert_eq!(released(&shard.seal(&region("sg")).unwrap()), once);
}

#[test]
fn shares_of_several_regions_reveal_a_key_together() {
    let mut all = partial("sg", &crowd("a", 0..3));
    assert_eq!(values(&released(&all)), []);
    merge_partials(&mut all, &partial("ru", &crowd("a", 3..5))).unwrap();
    assert_eq!(values(&released(&all)), [("a", 5)]);
}

#[test]
fn replayed_message_is_one_share_in_one_region_and_in_two() {
    let reports = [crowd("a", 0..4), crowd("a", 0..4)].concat();
    let mut all = partial("sg", &reports);
    merge_partials(&mut all, &partial("ru", &crowd("a", 0..4))).unwrap();
    let release = released(&all);
    assert_eq!((release.cells, release.withheld), (vec![], vec![(Withheld::BelowThreshold, 1)]));
}

#[test]
fn what_is_no_message_is_refused_and_counted() {
    let mut cut = message(9, "a").to_bytes();
    cut.pop();
    let noise = [String::new(), "not base64".to_owned(), BASE64.encode(&[7; 300]), BASE64.encode(&cut)];
    let mut reports = crowd("a", 0..6);
    reports.extend(noise.map(|text| report(None, text)));
    let release = released(&partial("sg", &reports));
    assert_eq!(values(&release), [("a", 6)]);
    assert_eq!(release.withheld, [(Withheld::Malformed, 4)]);
}

#[test]
fn device_that_lies_about_its_key_changes_no_count_but_its_own() {
    // The share and tag of one key around the ciphertext of another.
    let (honest, other) = (message(9, "a").to_bytes(), message(9, "b").to_bytes());
    let ciphertext = 4 + 4 + star::measurement(["a"]).len() + 4;
    let mixed = [&other[..ciphertext], &honest[ciphertext..]].concat();
    let reports = [crowd("a", 0..5), vec![report(None, BASE64.encode(&mixed))]].concat();
    let release = released(&partial("sg", &reports));
    assert_eq!(values(&release), [("a", 5)]);
    assert_eq!(release.withheld, [(Withheld::Malformed, 1)]);
}

#[test]
fn message_for_another_window_is_opened_in_none() {
    let query = asked();
    let next = model::Window::holding(window().end, query.window);
    let terms = Terms::new(&query.id, next, K).unwrap();
    let measurement = star::measurement(["a"]);
    let randomness = local_randomness(&measurement, &terms);
    let of = |device| seal(&measurement, b"", &terms, &randomness, &mut Seed::root(device).stream()).unwrap();
    let reports: Vec<Report> = (0..6).map(|device| report(None, BASE64.encode(&of(device).to_bytes()))).collect();
    let release = released(&partial("sg", &reports));
    assert_eq!(
        (values(&release), release.withheld.clone()),
        (vec![], vec![(Withheld::BelowThreshold, 1), (Withheld::Malformed, 6)])
    );
}

#[test]
fn device_that_the_region_knows_cannot_reveal_a_key_alone() {
    let alone = |device: Option<&str>| -> Vec<Report> {
        (0..10).map(|n| report(device, BASE64.encode(&message(n, "a").to_bytes()))).collect()
    };
    assert_eq!(values(&released(&partial("sg", &alone(Some("one"))))), []);
    // Without the device's name nobody can tell.
    assert_eq!(values(&released(&partial("sg", &alone(None)))), [("a", 10)]);
}

#[test]
fn mistakes_are_told_with_their_place() {
    let paths = |change: fn(&mut Query)| -> Vec<String> {
        let mut query = asked();
        change(&mut query);
        crate::problems(&query).iter().map(|problem| problem.path.join(".")).collect()
    };
    assert_eq!(paths(|_| ()), [""; 0]);
    let star = |devices_min, messages_per_device_max| Mechanism::Star { devices_min, messages_per_device_max };
    for (devices_min, messages, expected) in [
        (1, 1, vec!["mechanism.star.devices-min", "mechanism.star.messages-per-device-max"]),
        (257, 8, vec!["mechanism.star.devices-min"]),
        (20, 20, vec!["mechanism.star.messages-per-device-max"]),
        (20, 0, vec!["mechanism.star.messages-per-device-max"]),
    ] {
        let query = Query { mechanism: star(devices_min, messages), ..asked() };
        let found: Vec<String> = crate::problems(&query).iter().map(|problem| problem.path.join(".")).collect();
        assert_eq!(found, expected);
    }
    assert_eq!(paths(|query| query.measure = Measure::Count), ["measure"]);
    assert_eq!(paths(|query| query.domain = [("site".to_owned(), vec!["a".to_owned()])].into()), ["domain"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_split_and_any_order_give_the_same_release(
        places in proptest::collection::vec((0_u64..12, 0_usize..3, 0_usize..7), 1..40),
    ) {
        let sites = ["a", "b", "c"];
        let reports: Vec<Report> = places.iter().map(|(device, site, _)| sent(*device, sites[*site])).collect();
        let whole = released(&partial("sg", &reports));
        let mut shards: Vec<_> = (0..7).map(|_| accumulator(&asked())).collect();
        for (report, (_, _, shard)) in reports.iter().zip(&places).rev() {
            shards[*shard].push(report).unwrap();
        }
        let mut all = accumulator(&asked());
        shards.iter().rev().for_each(|shard| all.merge(shard).unwrap());
        prop_assert_eq!(released(&all.seal(&region("sg")).unwrap()), whole);
    }

    #[test]
    fn hostile_texts_never_break_a_release(
        place in 0_usize..400, value in any::<u8>(), noise in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut bytes = message(9, "a").to_bytes();
        let place = place % bytes.len();
        bytes[place] = value;
        let mut reports = crowd("a", 0..6);
        reports.extend([bytes, noise].map(|bytes| report(None, BASE64.encode(&bytes))));
        let counted = values(&released(&partial("sg", &reports))).iter().map(|(_, value)| *value).sum::<i64>();
        prop_assert!((6..=7).contains(&counted), "{counted}");
    }
}
