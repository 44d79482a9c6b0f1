//! How much one device can change, which of its reports count, and how large a sum may become.

use std::collections::{BTreeMap, BTreeSet};

use encoding::prio3::NONCE_FIELD;
use model::{Measure, Mechanism, Query, Report, Seed};
use proptest::prelude::*;

use super::{
    super::{Refused, ShareWindow, Task},
    stage::{exact, halves, merged, queries, query, report, servers, verify, window},
};
use crate::{Ledger, release};

/// Two servers that verified these reports.
fn verified(query: &Query, reports: &[Report]) -> [ShareWindow; 2] {
    let mut servers = servers(query);
    for (number, report) in (0..).zip(reports) {
        let [first, second] = halves(query, report, number);
        assert!(servers[0].push(&first) && servers[1].push(&second));
    }
    verify(&mut servers);
    servers
}

/// Every multiset of up to four reports of one device, to two sites, with nothing and with more than counts.
fn histories() -> Vec<Vec<Report>> {
    let kinds: Vec<Report> =
        [("a", 0), ("a", 99), ("b", 0), ("b", 99)].map(|(site, n)| report("one more", site, n)).into();
    let mut all: Vec<(usize, Vec<Report>)> = vec![(0, Vec::new())];
    let mut from = 0;
    for _ in 0..4 {
        let until = all.len();
        for index in from..until {
            for kind in all[index].0..kinds.len() {
                all.push((kind, [all[index].1.as_slice(), &kinds[kind..=kind]].concat()));
            }
        }
        from = until;
    }
    all.into_iter().map(|(_, history)| history).collect()
}

#[test]
fn sensitivity_is_what_one_more_device_can_change_and_no_more() {
    let crowds = [
        vec![],
        vec![report("only", "a", 60)],
        (0..4).map(|n| report(&format!("d{}", n / 3), ["a", "b"][n % 2], 7)).collect(),
    ];
    for (query, crowd) in queries().iter().flat_map(|query| crowds.each_ref().map(|crowd| (query.clone(), crowd))) {
        let before = exact(&query, &verified(&query, crowd));
        let changes = histories().into_iter().map(|history| {
            // The number of a report is its name: those of the crowd keep theirs.
            let after = exact(&query, &verified(&query, &[crowd.as_slice(), &history].concat()));
            before.iter().map(|(key, sum)| sum.abs_diff(after[key])).sum::<u128>()
        });
        let task = Task::of(&query).expect("a task");
        let Mechanism::Prio3 { reports_per_device_max, .. } = query.mechanism else { unreachable!("shares") };
        let bound = u128::from(reports_per_device_max) * u128::from(task.max);
        assert_eq!(changes.max(), Some(bound), "{} beside {}", query.id, crowd.len());
        // At epsilon one, noise has that scale.
        let scale = task.noise().expect("a scale").scale();
        assert_eq!((u128::from(scale.numerator()), scale.denominator()), (bound, 1), "{}", query.id);
    }
}

/// Numbers of the reports that count, as the definition has it: of each device, those whose nonces come first by a hash
/// that is the leader's own.
fn kept(query: &Query, reports: &[Report]) -> BTreeSet<u64> {
    let Mechanism::Prio3 { reports_per_device_max, .. } = query.mechanism else { unreachable!("shares") };
    let secret = Seed::root(72).derive(&format!("shares {} {}", query.id, window()));
    let mut ranked: BTreeMap<&String, BTreeSet<(u64, u64)>> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    for (number, report) in (0..).zip(reports) {
        let nonce = halves(query, report, number)[0].fields[NONCE_FIELD].to_string();
        let rank = secret.derive("rank").derive(&nonce);
        let rank = u64::from_be_bytes(*rank.as_bytes().first_chunk().expect("32 bytes"));
        match &report.device {
            Some(device) => drop(ranked.entry(device).or_default().insert((rank, number))),
            None => drop(kept.insert(number)),
        }
    }
    kept.extend(
        ranked.into_values().flat_map(|of| of.into_iter().take(reports_per_device_max as usize)).map(|of| of.1),
    );
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn reports_of_a_device_that_count_are_the_first_by_their_hash(
        devices in prop::collection::vec(prop::option::weighted(0.9, 0..3_u8), 0..14),
        most in 1..4_u32,
    ) {
        // Every report has a binary digit of its own, so that the sum tells which of them count.
        let mut query = query("bits", &[], Measure::Sum { field: "dwell".to_owned(), min: 0, max: 1 << 14 });
        query.mechanism = Mechanism::Prio3 { epsilon: model::Ratio::ONE, reports_per_device_max: most };
        let reports: Vec<Report> = (0..).zip(&devices).map(|(number, device)| {
            let device = device.map(|device| format!("d{device}"));
            Report { device: device.clone(), ..report("", "a", 1 << number) }
        }).collect();
        let servers = verified(&query, &reports);
        let kept = kept(&query, &reports);
        let expected: i128 = kept.iter().map(|number| 1 << number).sum();
        prop_assert_eq!(exact(&query, &servers).into_values().collect::<Vec<_>>(), [expected]);
        let refused = servers[0].refused().get(&Refused::OverBound).copied().unwrap_or(0);
        prop_assert_eq!(refused, (reports.len() - kept.len()) as u64);
    }
}

#[test]
fn sums_of_two_to_the_thirty_two_times_as_many_reports_are_exact() {
    for query in &queries() {
        let reports: Vec<Report> = (0..5).map(|n| report(&format!("d{n}"), ["a", "b"][n % 2], 7)).collect();
        let servers = verified(query, &reports);
        let once = exact(query, &servers);
        let mut partial = merged(&servers);
        let noise = Task::of(query).expect("a task").noise().expect("a scale");
        for (share, server) in partial.shares.iter_mut().zip(&servers) {
            let mut sum = server.sum().clone();
            for _ in 0..32 {
                let other = sum.clone();
                assert!(sum.merge(&other));
            }
            share.elements = sum.with_noise(noise, &Seed::root(75)).encode();
            share.reports <<= 32;
        }
        let cells = release(query, &partial, &Seed::root(0), &mut Ledger::new(None)).expect("a release").cells;
        assert_eq!(cells.len(), once.len());
        for (cell, once) in cells.iter().zip(once.values()) {
            // Of scale 180 at most: beyond this once in 10^16 seeds.
            assert!((i128::from(cell.value) - (once << 32)).abs() < 8_000, "{}: {cell:?} of {once}", query.id);
        }
    }
}

#[test]
fn a_window_merged_with_itself_counts_every_report_once() {
    let query = &queries()[3];
    let mut servers = servers(query);
    for number in 0..4 {
        let [first, second] = halves(query, &report(&format!("d{number}"), "a", 7), number);
        assert!(servers[0].push(&first) && servers[1].push(&second));
    }
    for _ in 0..5 {
        for server in &mut servers {
            let other = server.clone();
            assert!(server.merge(&other));
        }
    }
    verify(&mut servers);
    assert_eq!(exact(query, &servers)[&vec!["a".to_owned()]], 4);
    assert_eq!(servers[0].refused()[&Refused::Replayed], 4 * 31, "each of 31 others, however often it was told");
}
