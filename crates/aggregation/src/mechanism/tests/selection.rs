//! Tests of partition selection.

use model::{Keys, Measure, NoiseKind, Query, Report, Seed, Withheld};

use super::{NOISE, partial, released, visits};
use crate::{
    Ledger,
    mechanism::{central::select::Curve, release},
    noise::fixed::ONE,
    sample::{central_with, histogram, query, ratio, visit},
};

fn selecting(measure: Measure, (epsilon, delta): (&str, &str), noise: NoiseKind, groups: u32) -> Query {
    let mut query = query(measure, central_with((epsilon, delta), noise, Keys::Selected, (groups, 1)));
    query.domain.clear();
    query
}

fn curve(epsilon: &str, delta: &str, groups: u32) -> Curve {
    Curve::new((ratio(epsilon), ratio(delta)), groups)
}

/// The closed form of the paper's theorem 1, in floats.
#[allow(clippy::cast_precision_loss)]
fn closed_form(epsilon: f64, delta: f64, devices: u64) -> f64 {
    let growth = epsilon.exp();
    let rising = |n: f64| ((n * epsilon).exp() - 1.0) / (growth - 1.0) * delta;
    let first = 1.0 + (((growth + 2.0 * delta - 1.0) / ((growth + 1.0) * delta)).ln() / epsilon).floor();
    let n = devices as f64;
    if n <= first {
        return rising(n);
    }
    let left = ((first - n) * epsilon).exp();
    (1.0 - left).mul_add(1.0 + delta / (growth - 1.0), left * rising(first)).min(1.0)
}

#[test]
#[allow(clippy::cast_precision_loss)]
fn selection_has_the_probabilities_of_the_closed_form() {
    for (epsilon, delta, groups) in [("1", "1/100000", 1), ("2", "1/1000", 4), ("1/10", "1/1000000", 1)] {
        let mut curve = curve(epsilon, delta, groups);
        let parts = f64::from(groups);
        let (epsilon, delta) = (ratio(epsilon).approximate() / parts, ratio(delta).approximate() / parts);
        for devices in 0..400 {
            let (found, expected) = (curve.chance(devices) as f64 / ONE as f64, closed_form(epsilon, delta, devices));
            assert!((found - expected).abs() <= 1e-9 * expected + 1e-12, "{devices}: {found} of {expected}");
        }
    }
}

#[test]
fn probabilities_that_are_drawn_with_are_differentially_private() {
    for (epsilon, delta, groups) in
        [("1", "1/100000", 1), ("1/3", "1/1000000000", 5), ("30", "1/10", 1), ("1/1000", "1/1000000000000", 3)]
    {
        let mut curve = curve(epsilon, delta, groups);
        let (growth, delta) = (curve.growth, curve.delta);
        for devices in 0..20_000 {
            let (less, more) = (curve.chance(devices), curve.chance(devices + 1));
            assert!(less <= more && more <= ONE);
            // Both times 2^63: r p(n) + δ ≥ p(n + 1), and the same for not being selected.
            assert!(more.saturating_sub(delta) <= wide(growth, less), "{devices} of {epsilon}, {groups}");
            assert!((ONE - less).saturating_sub(delta) <= wide(growth, ONE - more), "{devices} of {epsilon}, {groups}");
        }
        // e^ε is not overstated, nor understated by more than it takes to be safe.
        let exact = (ratio(epsilon).approximate() / f64::from(groups)).min(20.0).exp();
        #[expect(clippy::cast_precision_loss, reason = "a yardstick")]
        let used = growth as f64 / ONE as f64;
        assert!(used <= exact * (1.0 + 1e-12) && used > exact * (1.0 - 1e-9), "{used} for {exact}");
    }
}

/// Their product over 2^63, rounded down, in two halves so that it fits.
fn wide(growth: u128, chance: u128) -> u128 {
    let (high, low) = (growth >> 63, growth & (ONE - 1));
    high * chance + ((low * chance) >> 63)
}

#[test]
fn a_delta_that_is_nothing_selects_nothing_and_ends() {
    assert_eq!(curve("1", "1/18446744073709551615", 32).chance(u64::MAX), 0);
    let mut slow = curve("1/1000000000", "1/1000000000", 1);
    assert!(slow.chance(u64::MAX) < ONE / 100, "as many steps as are computed");
}

#[test]
fn keys_are_selected_as_often_as_their_devices_say() {
    let reports = [visits("few", 8), visits("some", 11), visits("many", 40)].concat();
    let query = selecting(Measure::Count, ("2", "1/10000"), NoiseKind::Laplace, 1);
    let partial = partial(&query, "sg", &reports);
    let mut counts = [0_u32; 3];
    for run in 0..10_000 {
        let release = release(&query, &partial, &Seed::root(run), &mut Ledger::new(None)).unwrap();
        for cell in &release.cells {
            counts[["few", "some", "many"].iter().position(|site| *site == cell.group[0]).unwrap()] += 1;
        }
    }
    for (devices, count) in [8, 11, 40].into_iter().zip(counts) {
        let expected = closed_form(1.0, 1e-4, devices);
        // Five standard errors of a share of 10,000.
        let tolerated = 5.0 * (expected * (1.0 - expected) / 1e4).sqrt() + 1e-4;
        let found = f64::from(count) / 1e4;
        assert!((found - expected).abs() < tolerated, "{devices} devices: {found}, expected {expected}");
    }
}

#[test]
fn how_many_keys_were_not_selected_is_not_told() {
    let query = selecting(Measure::Count, ("2", "1/1000000"), NoiseKind::Laplace, 1);
    let told = |reports: &[Report]| released(&query, &partial(&query, "sg", reports)).withheld;
    let lonely: Vec<Report> = (0..50).map(|n| visit(Some("one"), &format!("site {n}"), 1)).collect();
    for reports in [vec![], visits("a", 1), lonely, visits("a", 500)] {
        assert_eq!(told(&reports), [(Withheld::NotSelected, 0)]);
    }
    let mut spent = Ledger::new(Some(ratio("1")));
    let release = release(&query, &partial(&query, "sg", &visits("a", 500)), &Seed::root(NOISE), &mut spent).unwrap();
    assert_eq!((release.cells, release.withheld), (vec![], vec![(Withheld::Budget, 0)]));
}

#[test]
fn a_selected_group_has_all_of_its_buckets() {
    let query = selecting(histogram(&[0, 10, 20]), ("2", "1/1000"), NoiseKind::Gaussian, 2);
    let reports: Vec<Report> = (0..200).map(|n| visit(Some(&n.to_string()), "a", 5)).chain(visits("rare", 1)).collect();
    let release = released(&query, &partial(&query, "sg", &reports));
    let groups: Vec<String> = release.cells.iter().map(|cell| cell.group.join(" ")).collect();
    assert_eq!(groups, ["a 0..10", "a 10..20"]);
    assert!((release.cells[0].value - 200).abs() < 120 && release.cells[1].value.abs() < 120);
}
