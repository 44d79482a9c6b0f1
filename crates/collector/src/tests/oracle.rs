//! Any sequence of deliveries, replays and seals counts what a naive list of everything counts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const GRACE_MS: i64 = 7_200_000;
const EARLY_MS: i64 = 300_000;
const WINDOWS: [(&str, i64); 2] = [("hourly", 3_600_000), ("six-hourly", 21_600_000)];
const SITES: [&str; 3] = ["a.example", "b.example", "c.example"];

/// Times are minutes since the scenario began, so that they meet the ends of windows often.
#[derive(Debug, Clone)]
enum Operation {
    /// Delivers the batch of this number, at a time `wait` minutes later.
    Deliver { batch: usize, wait: i64 },
    /// Delivers it again without waiting, `times` times.
    Replay { batch: usize, times: u8 },
    /// Seals, by a clock that may be wrong by `drift` minutes.
    Seal { drift: i64 },
    /// Takes what is sealed and acknowledges it.
    HandOn,
}

fn operations(batches: usize) -> impl Strategy<Value = Vec<Operation>> {
    let operation = prop_oneof![
        6 => (0..batches, prop_oneof![Just(0), 0..90_i64]).prop_map(|(batch, wait)| Operation::Deliver { batch, wait }),
        2 => (0..batches, 0..3_u8).prop_map(|(batch, times)| Operation::Replay { batch, times }),
        2 => prop_oneof![3 => Just(0), 1 => -200..200_i64].prop_map(|drift| Operation::Seal { drift }),
        1 => Just(Operation::HandOn),
    ];
    prop::collection::vec(operation, 0..40)
}

/// Reports of each batch: minute and site.
fn batches() -> impl Strategy<Value = Vec<Vec<(i64, usize)>>> {
    prop::collection::vec(prop::collection::vec((-120..900_i64, 0..SITES.len()), 0..5), 1..8)
}

type Totals = BTreeMap<(&'static str, i64, &'static str), u64>;

/// The list of everything, and what should come of it.
#[derive(Debug, Default)]
struct Oracle {
    seen: BTreeSet<usize>,
    totals: Totals,
    reports: u64,
    sealed_at: Option<i64>,
}

impl Oracle {
    /// What a delivery at minute `now` must be answered with: duplicate, reports admitted, or refused.
    fn deliver(&mut self, number: usize, reports: &[(i64, usize)], now: i64) -> Option<(bool, u64)> {
        if self.seen.contains(&number) {
            return Some((true, 0));
        }
        let now = self.sealed_at.map_or(now, |sealed_at| now.max(sealed_at));
        let mut counted = Vec::new();
        let mut admitted = 0;
        for &(minute, site) in reports.iter().filter(|(minute, _)| minute * 60_000 <= now + EARLY_MS) {
            let open = WINDOWS.map(|(query, length)| (query, (minute * 60_000).div_euclid(length) * length, length));
            let open = open.into_iter().filter(|(_, start, length)| start + length + GRACE_MS > now);
            let before = counted.len();
            counted.extend(open.map(|(query, start, _)| (query, start, SITES[site])));
            admitted += u64::from(counted.len() > before);
        }
        if admitted == 0 && !reports.is_empty() {
            return None;
        }
        self.seen.insert(number);
        self.reports += admitted;
        counted.into_iter().for_each(|cell| *self.totals.entry(cell).or_default() += 1);
        Some((false, admitted))
    }
}

fn collector() -> Collector {
    let queries = WINDOWS.map(|(id, ms)| query(id, Duration::from_millis(ms.unsigned_abs()))).to_vec();
    Collector::new(Config { queries, ..config() }).unwrap()
}

fn written(number: usize, reports: &[(i64, usize)]) -> ReportBatch {
    let report = |&(minute, site): &(i64, usize)| Report {
        fields: [("site".to_owned(), SITES[site].into())].into(),
        ..visit(at(minute * 60_000))
    };
    ReportBatch { id: format!("batch-{number}"), reports: reports.iter().map(report).collect() }
}

/// Adds what is sealed to `totals`, which must not have heard of those windows, and acknowledges it.
fn hand_on(collector: &mut Collector, totals: &mut Totals, seen: &mut BTreeSet<(QueryId, Window)>) {
    let windows: Vec<_> = collector.sealed().map(|partial| (partial.query.clone(), partial.window)).collect();
    for partial in collector.sealed() {
        assert!(seen.insert((partial.query.clone(), partial.window)), "{} twice", partial.window);
        let (query, _) = WINDOWS.into_iter().find(|(id, _)| *id == partial.query.as_str()).unwrap();
        let start = partial.window.start.as_millis() - at(0).as_millis();
        for (group, count) in partial.groups.iter().zip(&partial.counts) {
            let site = SITES.into_iter().find(|site| *site == group[0]).unwrap();
            *totals.entry((query, start, site)).or_default() += count;
        }
    }
    collector.handed_on(&windows);
}

fn check(batches: &[Vec<(i64, usize)>], operations: &[Operation]) {
    let (mut collector, mut oracle, mut now) = (collector(), Oracle::default(), 0);
    let (mut totals, mut seen) = (Totals::new(), BTreeSet::new());
    let deliver = |collector: &mut Collector, oracle: &mut Oracle, number: usize, now: i64| {
        let answer = collector.admit(written(number, &batches[number]), at(now)).ok();
        let expected = oracle.deliver(number, &batches[number], now);
        assert_eq!(answer.map(|receipt| (receipt.duplicate, receipt.admitted)), expected, "batch {number} at {now}");
    };
    for operation in operations {
        match *operation {
            Operation::Deliver { batch, wait } => {
                now += wait * 60_000;
                deliver(&mut collector, &mut oracle, batch % batches.len(), now);
            }
            Operation::Replay { batch, times } => {
                (0..times).for_each(|_| deliver(&mut collector, &mut oracle, batch % batches.len(), now));
            }
            Operation::Seal { drift } => {
                let clock = now + drift * 60_000;
                assert!(collector.seal(at(clock)).is_empty());
                oracle.sealed_at = oracle.sealed_at.max(Some(clock));
            }
            Operation::HandOn => hand_on(&mut collector, &mut totals, &mut seen),
        }
    }
    collector.seal(at(now + 100_000_000));
    hand_on(&mut collector, &mut totals, &mut seen);
    assert_eq!(totals, oracle.totals);
    assert_eq!(collector.counts().reports, oracle.reports);
    assert_eq!(collector.holdings().count() as u64, oracle.reports);
}

proptest! {
    #[test]
    fn every_admitted_report_is_counted_exactly_once(batches in batches(), operations in operations(8)) {
        check(&batches, &operations);
    }

    #[test]
    fn the_order_of_delivery_changes_nothing(
        batches in batches(),
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
    ) {
        let sealed = |order: &[usize]| {
            let mut collector = collector();
            for number in order.iter().filter(|number| **number < batches.len()) {
                let _ = collector.admit(written(*number, &batches[*number]), hours(3));
            }
            collector.seal(hours(99));
            collector.sealed().cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(sealed(&order), sealed(&[0, 1, 2, 3, 4, 5, 6, 7]));
    }

    #[test]
    fn any_split_into_shards_seals_to_the_same(
        batches in batches(),
        shard_of in prop::collection::vec(0..3_usize, 8),
        order in Just(vec![0_usize, 1, 2]).prop_shuffle(),
    ) {
        let mut whole = collector();
        let mut shards = [collector(), collector(), collector()];
        for (number, reports) in batches.iter().enumerate() {
            let answers = [&mut whole, &mut shards[shard_of[number]]]
                .map(|collector| collector.admit(written(number, reports), hours(3)));
            prop_assert_eq!(&answers[0], &answers[1]);
        }
        let mut merged = collector();
        order.iter().for_each(|shard| merged.merge(std::slice::from_ref(&shards[*shard])).unwrap());
        for collector in [&mut whole, &mut merged] {
            collector.seal(hours(99));
        }
        prop_assert!(merged.sealed().eq(whole.sealed()));
        prop_assert_eq!(merged.counts(), whole.counts());
    }
}
