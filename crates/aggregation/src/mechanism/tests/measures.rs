//! Tests of what each measure gives, and of how far its interval reaches.

use model::{ErrorBar, Measure, Mechanism, Partial, Query, Ratio, Report, Seed, Withheld};

use super::{NOISE, partial, released};
use crate::{
    Ledger, ReleaseError,
    mechanism::release,
    merge_partials,
    sample::{central, gaussian, histogram, mean, quantiles, query, ratio, sum, visit},
};

pub(super) const EDGES: [i64; 5] = [0, 10, 20, 40, 80];

/// Visits to `site` with these numbers, each by a device of its own.
pub(super) fn numbers(site: &str, numbers: &[i64]) -> Vec<Report> {
    numbers.iter().enumerate().map(|(nth, n)| visit(Some(&format!("{site} {nth}")), site, *n)).collect()
}

/// Groups with their values and error bars.
fn cells(query: &Query, partial: &Partial) -> Vec<(String, i64, ErrorBar)> {
    let release = released(query, partial);
    release.cells.into_iter().map(|cell| (cell.group.join(" "), cell.value, cell.error.unwrap())).collect()
}

fn exact(measure: Measure, reports: &[Report]) -> Vec<(String, i64)> {
    let query = query(measure, Mechanism::Exact);
    let cells = cells(&query, &partial(&query, "sg", reports));
    assert!(cells.iter().all(|(_, value, error)| *error == ErrorBar::exact(*value)), "{cells:?}");
    cells.into_iter().map(|(group, value, _)| (group, value)).collect()
}

#[test]
fn a_mean_is_clamped_scaled_and_rounded_to_the_nearest() {
    let reports = [numbers("a", &[1, 2, 2]), numbers("b", &[-50, 90]), numbers("c", &[7])].concat();
    let found = |min, max, decimals| -> Vec<i64> {
        exact(mean(min, max, decimals), &reports).into_iter().map(|(_, value)| value).collect()
    };
    assert_eq!(found(-100, 100, 0), [2, 20, 7]);
    assert_eq!(found(-100, 100, 2), [167, 2000, 700]);
    assert_eq!(found(0, 10, 1), [17, 50, 70]);
    assert_eq!(found(-3, -1, 3), [-1000, -2000, -1000]);
    assert_eq!(found(5, 5, 0), [5, 5, 5]);
}

#[test]
fn means_of_regions_are_the_mean_of_all() {
    let query = query(mean(0, 100, 1), Mechanism::Exact);
    let mut all = partial(&query, "sg", &numbers("a", &[10, 20]));
    merge_partials(&mut all, &partial(&query, "ru", &numbers("a", &[70]))).unwrap();
    assert_eq!(cells(&query, &all)[0].1, 333);
}

#[test]
fn a_histogram_counts_in_buckets_and_clamps_at_both_ends() {
    let reports = numbers("a", &[-5, 0, 9, 10, 19, 39, 80, 1_000]);
    let expected = [("a 0..10", 3), ("a 10..20", 2), ("a 20..40", 1), ("a 40..80", 2)];
    assert_eq!(exact(histogram(&EDGES), &reports), expected.map(|(group, count)| (group.to_owned(), count)));
    let query = query(histogram(&EDGES), Mechanism::Exact);
    assert_eq!(released(&query, &partial(&query, "sg", &reports)).group_by, ["site", "n"]);
}

#[test]
fn with_noise_a_histogram_has_every_bucket_of_every_known_key() {
    for mechanism in [central("1", 2, 1), gaussian("1", 2, 1)] {
        let query = query(histogram(&EDGES), mechanism);
        let release = released(&query, &partial(&query, "sg", &numbers("a", &[5, 15])));
        assert_eq!(release.cells.len(), 4 * 4);
        assert!(release.cells.is_sorted_by(|a, b| a.group < b.group));
    }
}

#[test]
fn quantiles_are_the_middle_of_the_bucket_that_reaches_them() {
    let reports = numbers("a", &[1, 2, 3, 15, 16, 30, 31, 32, 33, 70]);
    let found = exact(quantiles(&EDGES, &["1/10", "3/10", "1/2", "9/10", "1"]), &reports);
    let expected = [("a 1", 59), ("a 1/10", 4), ("a 1/2", 14), ("a 3/10", 4), ("a 9/10", 29)];
    assert_eq!(found, expected.map(|(group, value)| (group.to_owned(), value)));
    let query = query(quantiles(&EDGES, &["1/2"]), Mechanism::Exact);
    assert_eq!(released(&query, &partial(&query, "sg", &reports)).group_by, ["site", "quantile"]);
}

#[test]
fn thresholds_withhold_buckets_and_do_not_publish_quantiles() {
    let threshold = Mechanism::Threshold { devices_min: 2 };
    let reports = numbers("a", &[1, 2, 15, 30, 31]);
    let buckets = query(histogram(&EDGES), threshold.clone());
    let release = released(&buckets, &partial(&buckets, "sg", &reports));
    assert_eq!((release.cells.len(), release.withheld), (2, vec![(Withheld::BelowThreshold, 1)]));
    let middle = query(quantiles(&EDGES, &["1/2"]), threshold);
    let refused = release_of(&middle, &partial(&middle, "sg", &reports));
    assert!(matches!(refused, Err(ReleaseError::Query { .. })), "{refused:?}");
}

fn release_of(query: &Query, partial: &Partial) -> Result<model::Release, ReleaseError> {
    release(query, partial, &Seed::root(NOISE), &mut Ledger::new(None))
}

/// Every measure that noise can be added to.
fn measures() -> Vec<Measure> {
    let quantiles = quantiles(&EDGES, &["1/4", "1/2", "9/10"]);
    vec![Measure::Count, Measure::Devices, sum(-20, 60), mean(-20, 60, 1), histogram(&EDGES), quantiles]
}

#[test]
fn nothing_one_device_and_many_alike_are_published_with_noise() {
    let (one, alike) = (numbers("a", &[15]), numbers("a", &[15; 300]));
    for reports in [&[][..], &one, &alike] {
        for measure in measures() {
            for mechanism in [central("1", 2, 2), gaussian("1", 2, 2)] {
                let query = query(measure.clone(), mechanism);
                let cells = cells(&query, &partial(&query, "sg", reports));
                for (group, value, error) in &cells {
                    assert!(error.low <= *value && *value <= error.high, "{group}: {error:?}");
                    assert!(error.coverage >= ratio("19/20") && error.coverage <= Ratio::ONE, "{error:?}");
                }
                assert!(cells.len() >= 4);
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_for_every_measure() {
    for measure in measures() {
        let query = query(measure, central("1", 1, 1));
        let mut much = partial(&query, "sg", &numbers("a", &[15]));
        (much.counts[0], much.sums[0], much.devices[0]) = (u64::MAX, i64::MAX, u64::MAX);
        match release_of(&query, &much) {
            Err(ReleaseError::Overflow { group }) => assert_eq!(group[0], "a"),
            // A quotient and a place in a histogram fit whatever they are computed from.
            other => {
                assert!(matches!(query.measure, Measure::Mean { .. } | Measure::Quantiles { .. }), "{other:?}");
                assert!(other.is_ok());
            }
        }
    }
}
