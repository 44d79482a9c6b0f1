//! Columns mean the same as the reports that stand in them.

use std::num::NonZeroUsize;

use model::{Measure, Mechanism, Query, Report, Value};
use proptest::prelude::*;

use super::super::{LoadError, PushError};
use crate::{
    Accumulator, Codes, Columns, ColumnsError, KeyColumn, Limits,
    sample::{accumulated, accumulator, central, query, region, sum, window},
};

/// A report as both forms have it: device, place in `SITES`, hash, value.
type Row = (u8, u8, u64, i64);

const SITES: [&str; 6] = ["d", "a", "e", "c", "b", ""];

fn device(number: u8) -> [u8; 8] {
    format!("device{number:02}").into_bytes().try_into().unwrap()
}

fn report(&(name, site, hash, n): &Row) -> Report {
    let device = Some(String::from_utf8(device(name).to_vec()).unwrap());
    let site = ("site".to_owned(), Value::from(SITES[usize::from(site)]));
    let fields = [site, ("hash".to_owned(), format!("{hash:016x}").as_str().into()), ("n".to_owned(), n.into())];
    Report { event: "visit".to_owned(), time: crate::sample::noon(), device, fields: fields.into() }
}

/// Columns of their own, so that they can be lent out.
struct Owned {
    devices: Vec<u64>,
    sites: Vec<u8>,
    texts: Vec<String>,
    hashes: Vec<u64>,
    values: Vec<i64>,
}

impl Owned {
    /// `turn` says which text of the dictionary comes first.
    fn new(rows: &[Row], turn: usize) -> Self {
        let mut texts = SITES.map(str::to_owned).to_vec();
        texts.rotate_left(turn);
        let code = |site: u8| u8::try_from((usize::from(site) + SITES.len() - turn) % SITES.len()).unwrap();
        Self {
            devices: rows.iter().map(|row| u64::from_le_bytes(device(row.0))).collect(),
            sites: rows.iter().map(|row| code(row.1)).collect(),
            texts,
            hashes: rows.iter().map(|row| row.2).collect(),
            values: rows.iter().map(|row| row.3).collect(),
        }
    }

    fn keys(&self, query: &Query) -> Vec<KeyColumn<'_>> {
        let site = KeyColumn::Coded { codes: Codes::U8(&self.sites), texts: &self.texts };
        let key = |name: &String| if name == "site" { site } else { KeyColumn::Hashed(&self.hashes) };
        query.group_by.iter().map(key).collect()
    }

    fn columns(&self, query: &Query) -> Columns<'_> {
        Columns::new(Some(&self.devices), self.keys(query), Some(&self.values)).unwrap()
    }
}

fn any_row() -> impl Strategy<Value = Row> {
    (0..8_u8, 0..6_u8, prop_oneof![0..4_u64, any::<u64>()], -3..9_i64)
}

fn any_query() -> impl Strategy<Value = Query> {
    let measure = prop_oneof![Just(Measure::Count), Just(Measure::Devices), Just(sum(-2, 5))];
    let mechanism = prop_oneof![
        Just(Mechanism::Exact),
        Just(Mechanism::Threshold { devices_min: 2 }),
        (0..4_u32, 0..4_u32).prop_map(|(groups, reports)| central("1", groups, reports)),
    ];
    let group_by = prop::sample::select(vec![vec![], vec!["site"], vec!["hash"], vec!["hash", "site"]]);
    (measure, mechanism, group_by).prop_map(|(measure, mechanism, group_by)| {
        let mut query = query(measure, mechanism);
        query.group_by = group_by.into_iter().map(str::to_owned).collect();
        query.domain.insert("hash".to_owned(), (0..3).map(|hash| format!("{hash:016x}")).collect());
        query
    })
}

proptest! {
    #[test]
    fn any_split_of_columns_in_any_order_seals_to_what_reports_do(
        query in any_query(),
        rows in prop::collection::vec(any_row(), 0..80),
        shards in prop::sample::select(vec![1, 2, 7_usize]),
        turns in prop::collection::vec(0..6_usize, 7),
        order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
        threads in 1..4_usize,
    ) {
        let reports: Vec<Report> = rows.iter().map(report).collect();
        let expected = accumulated(&query, &reports);
        let mut parts = vec![accumulator(&query); shards];
        for (shard, part) in parts.iter_mut().enumerate() {
            let own: Vec<Row> = rows.iter().copied().skip(shard).step_by(shards).collect();
            let (by_column, by_row) = own.split_at(own.len() * 2 / 3);
            let owned = Owned::new(by_column, turns[shard]);
            let taken = part.push_columns(&owned.columns(&query)).unwrap();
            prop_assert_eq!(taken, part.len());
            for row in by_row {
                part.push(&report(row)).unwrap();
            }
        }
        let mut whole = accumulator(&query);
        for &shard in order.iter().filter(|shard| **shard < shards) {
            whole.merge(&parts[shard]).unwrap();
        }
        prop_assert_eq!(whole.len(), expected.len());
        prop_assert_eq!(whole.seal(&region("sg")).unwrap(), expected.seal(&region("sg")).unwrap());
        let threads = NonZeroUsize::new(threads).unwrap();
        prop_assert_eq!(whole.totals(threads).partial(&region("sg")), expected.seal(&region("sg")));
    }

    #[test]
    fn a_report_out_of_columns_can_be_taken_back_unless_contributions_are_bounded(
        query in any_query(),
        rows in prop::collection::vec(any_row(), 1..60),
        gone in 0..60_usize,
    ) {
        let gone = gone % rows.len();
        let mut by_column = accumulator(&query);
        by_column.push_columns(&Owned::new(&rows, 1).columns(&query)).unwrap();
        let taken = by_column.take_back(&report(&rows[gone]));
        let bounded = matches!(query.mechanism, Mechanism::Central { .. });
        prop_assert!(!(taken && bounded), "what does not count was not kept");
        let stay = rows.iter().enumerate().filter(|(place, _)| bounded || *place != gone).map(|(_, row)| report(row));
        let expected = accumulated(&query, &stay.collect::<Vec<Report>>());
        prop_assert_eq!(by_column.seal(&region("sg")), expected.seal(&region("sg")));
    }
}

/// More than a sieve holds, of devices that come often and seldom, in groups that they keep and do not.
#[test]
fn what_a_sieve_turns_away_counts_nowhere() {
    let sites: Vec<String> = (0..300).map(|site| format!("site {site}")).collect();
    let devices: Vec<u64> = (0..90_000_u64).map(|n| 60_000 / (n * n % 7_919 + 1)).collect(); // few have most
    let codes: Vec<u16> = (0..90_000_u64).map(|n| u16::try_from((n * 7 + n * n / 11) % 300).unwrap()).collect();
    let values: Vec<i64> = (0..90_000).map(|n| n % 13).collect();
    for (measure, mechanism) in
        [(Measure::Count, central("1", 3, 2)), (sum(0, 9), central("1", 5, 1)), (Measure::Count, central("1", 40, 2))]
    {
        let mut query = query(measure, mechanism);
        query.domain.insert("site".to_owned(), sites.clone());
        let key = KeyColumn::Coded { codes: Codes::U16(&codes), texts: &sites };
        let columns = Columns::new(Some(&devices), vec![key], Some(&values)).unwrap();
        let mut at_once = accumulator(&query);
        at_once.push_columns(&columns).unwrap();
        let mut in_parts = accumulator(&query);
        for start in (0..columns.len()).step_by(1_000) {
            in_parts.push_columns(&columns.slice(start..start + 1_000)).unwrap(); // too few for a sieve
        }
        assert_eq!(in_parts.rows.len(), columns.len());
        let sieved = at_once.rows.len() < columns.len();
        assert_eq!(sieved, !matches!(query.mechanism, Mechanism::Central { groups_per_device_max: 40, .. }));
        assert_eq!(at_once.seal(&region("sg")).unwrap(), in_parts.seal(&region("sg")).unwrap());
    }
}

/// Many enough for several parts, dense numbers, and growth of both on the way.
fn many_rows() -> Vec<Row> {
    let row = |n: u64| {
        let mixed = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let (device, site) = (u8::try_from(mixed % 97).unwrap(), u8::try_from(mixed / 97 % 6).unwrap());
        (device, site, mixed / 600 % (1 + n / 500), i64::try_from(n % 11).unwrap())
    };
    (0..150_000).map(row).collect()
}

#[test]
fn many_columns_in_batches_of_any_size_on_any_number_of_threads_seal_to_what_reports_do() {
    let rows = many_rows();
    let reports: Vec<Report> = rows.iter().map(report).collect();
    let owned = Owned::new(&rows, 2);
    for (measure, mechanism) in [
        (sum(0, 9), Mechanism::Exact),
        (Measure::Count, central("1", 3, 2)),
        (sum(0, 9), central("1", 100, 2)),
        (sum(0, 9), central("1", 2, 3)),
    ] {
        let mut query = query(measure, mechanism);
        query.group_by = ["hash", "site"].map(str::to_owned).to_vec();
        query.domain.insert("hash".to_owned(), (0..300).map(|hash| format!("{hash:016x}")).collect());
        let expected = accumulated(&query, &reports).seal(&region("sg"));
        for batch in [1_000, 100_000, 150_000] {
            let mut whole = accumulator(&query);
            for start in (0..rows.len()).step_by(batch) {
                whole.push_columns(&owned.columns(&query).slice(start..start + batch)).unwrap();
            }
            assert!(whole.groups.is_dense(), "or arithmetic is not tested");
            for threads in [1, 2, 5] {
                let totals = whole.totals(NonZeroUsize::new(threads).unwrap());
                assert_eq!(totals.partial(&region("sg")), expected);
                let in_ranges = (0..totals.numbers()).step_by(999).flat_map(|from| totals.iter_in(from..from + 999));
                assert!(in_ranges.eq(totals.iter()));
            }
        }
    }
}

#[test]
fn without_devices_nothing_passes_for_two_and_doubling_counts_two_to_the_32() {
    let query = query(sum(-9, 9), Mechanism::Exact);
    let owned = Owned::new(&[(1, 1, 0, -9)], 0);
    let mut whole = accumulator(&query);
    whole.push_columns(&Columns::new(None, owned.keys(&query), Some(&owned.values)).unwrap()).unwrap();
    for _ in 0..32 {
        whole.merge(&whole.clone()).unwrap();
    }
    let partial = whole.seal(&region("sg")).unwrap();
    assert_eq!((partial.counts, partial.sums, partial.devices), (vec![1 << 32], vec![-9 << 32], vec![1]));
}

#[test]
fn sums_of_columns_leave_64_bits_without_loss() {
    let query = query(sum(i64::MIN, i64::MAX), Mechanism::Exact);
    let mut whole = accumulator(&query);
    let rows: Vec<Row> = [i64::MAX, i64::MAX, i64::MIN, i64::MIN, 7].map(|n| (1, 1, 0, n)).to_vec();
    whole.push_columns(&Owned::new(&rows, 0).columns(&query)).unwrap();
    assert_eq!(whole.seal(&region("sg")).unwrap().sums, [5]);
    whole.push_columns(&Owned::new(&rows[..1], 0).columns(&query)).unwrap();
    assert!(whole.seal(&region("sg")).is_err(), "2^63 + 4 does not fit");
}

#[test]
fn columns_that_make_no_reports_are_refused() {
    assert_eq!(Columns::new(None, Vec::new(), None).unwrap_err(), ColumnsError::None);
    let long = Columns::new(Some(&[1, 2]), vec![KeyColumn::Hashed(&[1])], None).unwrap_err();
    assert_eq!(long, ColumnsError::Length { column: 1, found: 1, expected: 2 });
    let texts = ["a".to_owned()];
    let wild = Columns::new(None, vec![KeyColumn::Coded { codes: Codes::U16(&[0, 1]), texts: &texts }], None);
    assert_eq!(wild.unwrap_err(), ColumnsError::Code { column: 0, found: 1, texts: 1 });
}

#[test]
fn columns_that_do_not_suit_or_may_not_fit_are_refused_and_leave_everything_as_it_was() {
    let query = query(sum(0, 9), Mechanism::Exact);
    let limits = Limits { rows_max: 3, groups_max: 6, key_bytes_max: 1 };
    let mut small = Accumulator::new(&query, window(), &model::Seed::root(crate::sample::SEED), limits);
    let owned = Owned::new(&[(1, 1, 1, 1), (2, 2, 2, 2)], 0);
    let hashed = Columns::new(None, vec![KeyColumn::Hashed(&owned.hashes)], Some(&owned.values)).unwrap();
    assert_eq!(small.push_columns(&hashed), Err(PushError::Key { found: 16, key_bytes_max: 1 }.into()));
    let none = Columns::new(Some(&owned.devices), Vec::new(), Some(&owned.values)).unwrap();
    assert_eq!(small.push_columns(&none), Err(LoadError::Width { found: 0, expected: 1 }));
    let unvalued = Columns::new(Some(&owned.devices), owned.keys(&query), None).unwrap();
    assert_eq!(small.push_columns(&unvalued), Err(LoadError::Values));
    assert_eq!(small.push_columns(&owned.columns(&query)), Ok(2));
    let before = small.seal(&region("sg"));
    assert_eq!(small.push_columns(&owned.columns(&query)), Err(PushError::Rows { rows_max: 3 }.into()));
    let texts: Vec<String> = ["t", "u", "v", "w", "x"].map(str::to_owned).to_vec();
    let codes = KeyColumn::Coded { codes: Codes::U32(&[0, 1, 2, 3, 4]), texts: &texts };
    let many = Columns::new(None, vec![codes], Some(&[0; 5])).unwrap();
    assert_eq!(small.push_columns(&many), Err(PushError::Groups { groups_max: 6 }.into()));
    assert_eq!((small.len(), small.seal(&region("sg"))), (2, before));
}
