//! Tests of the servers' half from reports to releases.

use encoding::chance::Bits;
use model::{Cell, Partial, Randomizer, Rappor, Report, Seed};
use proptest::prelude::*;

use super::*;
use crate::{
    Accumulator, Ledger, Limits, PushError, ReleaseError, ShardError,
    mechanism::release,
    merge_partials, problems,
    sample::{SEED, accumulated, accumulator, query, ratio, region, sum, visit, window},
};

mod bounds;
mod coverage;

/// The known values of sample queries, and one that is none of them.
const SITES: [&str; 5] = ["a", "b", "c", "d", "elsewhere"];

fn rappor() -> Rappor {
    Rappor { bits: 16, hashes: 2, cohorts: 4, f: ratio("1/2"), p: ratio("1/4"), q: ratio("3/4") }
}

fn kinds() -> [Randomizer; 5] {
    let epsilon = ratio("2");
    [
        Randomizer::KAry { epsilon },
        Randomizer::Oue { epsilon },
        Randomizer::Olh { epsilon },
        Randomizer::Rappor(rappor()),
        Randomizer::Hadamard { epsilon },
    ]
}

fn local(by: &Randomizer, reports_per_device_max: u32) -> Query {
    query(Measure::Count, Mechanism::Local { randomizer: by.clone(), reports_per_device_max })
}

/// The response of a device to the site that it visited.
fn response(query: &Query, device: &str, site: &str, seed: &Seed) -> String {
    let randomizer = randomizer(query).expect("a sound query");
    let device = seed.derive(device);
    randomizer.respond(site, &device, &mut Bits(&mut device.derive("answer").derive(site).stream()))
}

fn respond(query: &Query, device: Option<&str>, site: &str, seed: &Seed) -> Report {
    visit(device, &response(query, device.unwrap_or("nobody"), site, seed), 0)
}

/// Reports of `crowd` devices, of which each has visited the site at its number.
fn crowd(query: &Query, crowd: usize, seed: &Seed) -> Vec<Report> {
    let site = |n: usize| SITES[(n * n + n / 3) % 5];
    (0..crowd).map(|n| respond(query, Some(&n.to_string()), site(n), seed)).collect()
}

fn truth(crowd: usize, of: &str) -> i64 {
    let site = |n: usize| SITES[(n * n + n / 3) % 5];
    i64::try_from((0..crowd).filter(|n| site(*n) == of).count()).unwrap()
}

fn sealed(query: &Query, reports: &[Report]) -> Partial {
    accumulated(query, reports).seal(&region("sg")).unwrap()
}

fn released(query: &Query, partial: &Partial) -> Result<Vec<Cell>, ReleaseError> {
    release(query, partial, &Seed::root(1), &mut Ledger::new(Some(model::Ratio::ZERO))).map(|release| release.cells)
}

/// The error bars of a release.
fn estimated(query: &Query, partial: &Partial) -> Vec<Estimate> {
    let randomizer = randomizer(query).unwrap();
    estimates(query, &randomizer, &supports(&randomizer, partial).unwrap(), partial.responses)
}

#[test]
fn support_is_what_each_response_may_have_been_caused_by() {
    let [k_ary, oue, olh, rappor, hadamard] = kinds();
    let of = |by: &Randomizer, texts: &[&str]| {
        let reports: Vec<Report> = texts.iter().map(|text| visit(None, text, 0)).collect();
        let partial = sealed(&local(by, 1), &reports);
        assert_eq!(partial.groups, ["a", "b", "c", "d"].map(|value| vec![value.to_owned()]));
        assert_eq!(partial.responses, reports.len() as u64);
        partial.counts
    };
    assert_eq!(of(&k_ary, &["b", "b", "d", ""]), [0, 2, 0, 1]);
    assert_eq!(of(&oue, &["BQ", "DA"]), [1, 0, 2, 1], "bits 0 and 2, then 2 and 3");
    // Rows of the matrix of order 4: at row 3 the values have the signs + − − +.
    assert_eq!(of(&hadamard, &["3+", "3-", "0+"]), [2, 2, 2, 2]);
    assert_eq!(of(&hadamard, &["3+"]), [1, 0, 0, 1]);
    let key = 77_u64;
    let buckets: Vec<u32> = ["a", "b", "c", "d"].map(|value| encoding::local::bucket(key, value, 8)).to_vec();
    let expected: Vec<u64> = buckets.iter().map(|found| u64::from(*found == buckets[1])).collect();
    assert_eq!(of(&olh, &[&format!("{key:016x}-{}", buckets[1])]), expected);
    // All bits of cohort 2 set: every value has both of its own.
    assert_eq!(of(&rappor, &["2-__8"]), [2; 4]);
    assert_eq!(of(&rappor, &["2-AAA"]), [0; 4]);
}

#[test]
fn what_is_no_response_is_refused_and_not_counted() {
    for by in kinds() {
        let mut taken = accumulator(&local(&by, 1));
        let pushed = taken.push(&visit(Some("x"), "no response", 0));
        assert!(matches!(pushed, Err(PushError::Response(_))), "{by}: {pushed:?}");
        assert_eq!(taken.len(), 0);
        assert_eq!(taken.seal(&region("sg")).unwrap().responses, 0);
    }
}

#[test]
fn reports_without_the_field_or_outside_of_the_window_are_no_responses() {
    let query = local(&kinds()[0], 1);
    let mut bare = visit(Some("x"), "a", 0);
    bare.fields.remove("site");
    let mut late = visit(Some("x"), "a", 0);
    late.time = window().end;
    let mut taken = accumulator(&query);
    assert_eq!((taken.push(&bare), taken.push(&late)), (Ok(false), Ok(false)));
    assert!(taken.is_empty());
}

#[test]
fn a_device_counts_no_more_often_than_it_may() {
    for by in kinds() {
        for most in [1, 2, 5] {
            let query = local(&by, most);
            let mut reports = Vec::new();
            for n in 0..8_u64 {
                reports.push(respond(&query, Some("busy"), "a", &Seed::root(n)));
                reports.push(respond(&query, None, "b", &Seed::root(n)));
            }
            reports.push(respond(&query, Some("calm"), "c", &Seed::root(0)));
            let partial = sealed(&query, &reports);
            assert_eq!(partial.responses, u64::from(most) + 8 + 1, "{by}: without a device, each is its own");
        }
    }
}

#[test]
fn which_responses_of_a_device_count_does_not_hang_on_their_order() {
    let query = local(&kinds()[0], 2);
    let reports: Vec<Report> = ["a", "a", "b", "c", "", "d"].map(|text| visit(Some("busy"), text, 0)).into();
    let forward = sealed(&query, &reports);
    let backward = sealed(&query, &reports.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(forward, backward);
    assert_eq!(forward.responses, 2);
    let under = |seed| {
        let mut other = Accumulator::new(&query, window(), &Seed::root(seed), Limits::default());
        assert!(reports.iter().all(|report| other.push(report).unwrap()));
        other.seal(&region("sg")).unwrap()
    };
    assert!((0..50).any(|seed| under(seed) != forward), "the seed decides");
}

#[test]
fn releases_have_every_known_value_and_charge_nothing() {
    for by in kinds() {
        let query = local(&by, 1);
        let partial = sealed(&query, &crowd(&query, 3_000, &Seed::root(4)));
        let mut ledger = Ledger::new(Some(model::Ratio::ZERO));
        let release = release(&query, &partial, &Seed::root(1), &mut ledger).unwrap();
        assert_eq!(release.withheld, []);
        assert_eq!(ledger, Ledger::new(Some(model::Ratio::ZERO)), "what is spent was spent on devices");
        for (cell, estimate) in release.cells.iter().zip(estimated(&query, &partial)) {
            let truth = truth(3_000, &cell.group[0]);
            let (low, high) = estimate.interval;
            let off = estimate::float(cell.value - truth).abs();
            assert!(off < 5.0 * estimate.standard_error, "{by}: {} for {truth}", cell.value);
            assert!(high - low < 2_000, "{by}: {low} to {high} says little");
            assert_eq!((Some(cell.value), cell.error), (estimate.value, Some(estimate.error_bar())));
        }
        assert_eq!(release.cells.len(), 4);
    }
}

#[test]
fn nothing_and_one_device_have_a_release() {
    for by in kinds() {
        let query = local(&by, 1);
        let nothing = released(&query, &sealed(&query, &[])).unwrap();
        assert!(nothing.iter().all(|cell| cell.value == 0), "{by}");
        let one = sealed(&query, &[respond(&query, Some("x"), "a", &Seed::root(1))]);
        assert_eq!(one.responses, 1);
        assert_eq!(released(&query, &one).unwrap().len(), 4);
    }
}

#[test]
fn supports_that_cannot_be_are_refused() {
    for by in kinds() {
        let query = local(&by, 1);
        let mut partial = sealed(&query, &crowd(&query, 20, &Seed::root(3)));
        let most = if by.epsilon().is_some() { 20 } else { 40 };
        partial.counts[1] = most;
        assert!(released(&query, &partial).is_ok());
        partial.counts[1] += 1;
        assert!(
            matches!(released(&query, &partial), Err(ReleaseError::Support { support, .. }) if support == most + 1)
        );
        partial.counts[1] = 0;
        partial.groups[1] = vec!["bb".to_owned()];
        assert!(matches!(released(&query, &partial), Err(ReleaseError::Support { .. })), "{by}: it is not known");
    }
}

#[test]
fn partials_of_regions_add_up_and_totals_beyond_64_bits_are_refused() {
    for by in kinds() {
        let query = local(&by, 1);
        let reports = crowd(&query, 400, &Seed::root(3));
        let mut all = sealed(&query, &reports[..100]);
        let mut rest = sealed(&query, &reports[100..]);
        rest.regions = vec![region("ru")];
        merge_partials(&mut all, &rest).unwrap();
        let mut whole = sealed(&query, &reports);
        whole.regions.insert(0, region("ru"));
        assert_eq!(all, whole);
        all.responses = u64::MAX;
        rest.regions = vec![region("in")];
        assert_eq!(merge_partials(&mut all, &rest), Err(crate::MergeError::Responses));
    }
}

#[test]
fn doubling_by_self_merges_is_exact_up_to_the_limit_of_64_bits() {
    for by in kinds() {
        let query = local(&by, 1);
        let mut taken = accumulated(&query, &[respond(&query, None, "a", &Seed::root(1))]);
        let once = taken.seal(&region("sg")).unwrap();
        for _ in 0..32 {
            taken.merge(&taken.clone()).unwrap();
        }
        let doubled = taken.seal(&region("sg")).unwrap();
        assert_eq!(doubled.responses, 1 << 32);
        assert_eq!(doubled.counts, once.counts.iter().map(|count| count << 32).collect::<Vec<_>>());
        assert_eq!(released(&query, &doubled).unwrap().len(), 4);
        for _ in 32..63 {
            taken.merge(&taken.clone()).unwrap();
        }
        assert_eq!(taken.merge(&taken.clone()), Err(ShardError::Reports));
        // Support passes 64 bits only for RAPPOR, or does not: in no case is anything but an error or the truth told.
        match taken.seal(&region("sg")) {
            Ok(partial) => assert_eq!(partial.responses, 1 << 63),
            Err(error) => assert!(matches!(error, crate::SealError::Sum { .. }) && by.epsilon().is_none()),
        }
    }
}

#[test]
fn limits_are_told_and_leave_everything_as_it_was() {
    let query = local(&kinds()[0], 1);
    // 16 bytes a row: 3 rows take as much as 4 responses of 12 bytes.
    let limits = Limits { rows_max: 3, ..Limits::default() };
    let mut small = Accumulator::new(&query, window(), &Seed::root(SEED), limits);
    assert!(small.has_room_for(4) && !small.has_room_for(5));
    for device in ["v", "w", "x", "y"] {
        assert_eq!(small.push(&visit(Some(device), "a", 0)), Ok(true));
    }
    assert_eq!(small.push(&visit(Some("z"), "a", 0)), Err(PushError::Rows { rows_max: 4 }));
    assert_eq!(small.push(&visit(None, "a", 0)), Ok(true), "it takes no room");
    let before = small.seal(&region("sg")).unwrap();
    let one_more = accumulated(&query, &[visit(Some("z"), "a", 0)]);
    assert_eq!(small.merge(&one_more), Err(ShardError::Room(PushError::Rows { rows_max: 4 })));
    assert_eq!(small.seal(&region("sg")).unwrap(), before);
    let [_, oue, ..] = kinds();
    assert_eq!(small.merge(&accumulator(&local(&oue, 1))), Err(ShardError::Query));
    assert_eq!(small.merge(&accumulator(&local(&kinds()[0], 2))), Err(ShardError::Query));
}

proptest! {
    #[test]
    fn any_split_in_any_order_seals_to_the_same_partial(
        kind in 0..5_usize,
        most in 1..4_u32,
        visits in prop::collection::vec((prop::option::of(0..6_u8), 0..5_usize, any::<u64>(), 0..3_usize), 0..40),
        turn in any::<prop::sample::Index>(),
    ) {
        let query = local(&kinds()[kind], most);
        let report = |(device, site, seed, _): &(Option<u8>, usize, u64, usize)| {
            respond(&query, device.map(|n| n.to_string()).as_deref(), SITES[*site], &Seed::root(*seed))
        };
        let all: Vec<Report> = visits.iter().map(report).collect();
        let mut shards = [(); 3].map(|()| accumulator(&query));
        let start = if visits.is_empty() { 0 } else { turn.index(visits.len()) };
        for (visit, report) in visits.iter().zip(&all).cycle().skip(start).take(visits.len()) {
            shards[visit.3].push(report).unwrap();
        }
        let [mut first, second, mut third] = shards;
        let mut left = first.clone();
        left.merge(&second).unwrap();
        left.merge(&third).unwrap();
        third.merge(&second).unwrap();
        first.merge(&third).unwrap();
        let expected = sealed(&query, &all);
        prop_assert_eq!(&left.seal(&region("sg")).unwrap(), &expected);
        prop_assert_eq!(&first.seal(&region("sg")).unwrap(), &expected);
        first.merge(&accumulator(&query)).unwrap();
        prop_assert_eq!(&first.seal(&region("sg")).unwrap(), &expected);
        prop_assert_eq!(released(&query, &expected).unwrap(), released(&query, &left.seal(&region("sg")).unwrap()).unwrap());
    }

    #[test]
    fn what_is_taken_back_leaves_nothing_behind(
        kind in 0..5_usize,
        stay in prop::collection::vec((prop::option::of(0..4_u8), 0..5_usize, any::<u64>()), 0..20),
        go in prop::collection::vec((prop::option::of(0..4_u8), 0..5_usize, any::<u64>()), 0..20),
    ) {
        let query = local(&kinds()[kind], 2);
        let report = |(device, site, seed): &(Option<u8>, usize, u64)| {
            respond(&query, device.map(|n| n.to_string()).as_deref(), SITES[*site], &Seed::root(*seed))
        };
        let (stay, go): (Vec<Report>, Vec<Report>) = (stay.iter().map(report).collect(), go.iter().map(report).collect());
        let mut taken = accumulated(&query, go.iter().chain(&stay));
        for report in &go {
            prop_assert!(taken.take_back(report));
        }
        prop_assert_eq!(taken.len(), stay.len() as u64);
        prop_assert_eq!(taken.seal(&region("sg")).unwrap(), sealed(&query, &stay));
        let never = respond(&query, Some("never"), "a", &Seed::root(9));
        prop_assert!(!taken.take_back(&never));
    }
}

#[test]
fn parameters_that_do_not_fit_are_named() {
    let paths = |query: &Query| problems(query).into_iter().map(|p| p.path.join(".")).collect::<Vec<_>>();
    let [k_ary, ..] = kinds();
    for by in kinds() {
        assert_eq!(paths(&local(&by, 1)), Vec::<String>::new());
    }
    assert_eq!(paths(&local(&k_ary, 0)), ["mechanism.local.reports-per-device-max"]);
    let weak = Randomizer::Oue { epsilon: ratio("20") };
    assert_eq!(paths(&local(&weak, 1)), ["mechanism.local.randomizer.oue.epsilon"]);
    let wide = Randomizer::Rappor(Rappor { hashes: 40, ..rappor() });
    assert_eq!(paths(&local(&wide, 1)), ["mechanism.local.randomizer.rappor.hashes"]);
    let blurred = Randomizer::Rappor(Rappor { bits: 2, hashes: 1, cohorts: 1, ..rappor() });
    assert_eq!(paths(&local(&blurred, 1)), ["mechanism.local.randomizer.rappor"]);
    let base = local(&k_ary, 1);
    assert_eq!(paths(&Query { measure: Measure::Devices, ..base.clone() }), ["measure"]);
    assert_eq!(paths(&Query { measure: sum(0, 1), ..base.clone() }), ["measure"]);
    assert_eq!(paths(&Query { group_by: vec![], domain: [].into(), ..base.clone() }), ["group-by"]);
    let two = vec!["site".to_owned(), "country".to_owned()];
    assert_eq!(paths(&Query { group_by: two, ..base.clone() }), ["group-by"]);
    assert_eq!(paths(&Query { domain: [].into(), ..base.clone() }), ["domain"]);
    let empty = [("site".to_owned(), vec![String::new()])].into();
    assert_eq!(paths(&Query { domain: empty, ..base }), ["domain.site"]);
}
