//! Tests of how often intervals hold the truth, and of how often they say that they do: over 10,000 seeds.
//!
//! Where 95 % are covered, the observed share is off by a point once in 200,000 times.

use model::{Keys, Measure, NoiseKind, Partial, Query, Ratio, Seed};

use super::{measures::numbers, partial, visits};
use crate::{
    Ledger,
    measure::Row,
    mechanism::{
        answer::{self, Spreads},
        central::Plan,
        release,
    },
    sample::{central, central_with, gaussian, histogram, mean, query, sum},
};

const RUNS: u64 = 10_000;

fn share(covered: u32) -> f64 {
    f64::from(covered) / 10_000.0
}

/// How many of 10,000 releases with noise of their own hold the truth of the group `key`, where they publish it, and the
/// least coverage that is stated.
fn coverage(query: &Query, partial: &Partial, key: &[&str], truth: i64) -> (f64, f64) {
    let (mut covered, mut published, mut stated) = (0_u32, 0_u32, 1.0_f64);
    for run in 0..RUNS {
        let seed = Seed::root(run).derive("coverage");
        let release = release(query, partial, &seed, &mut Ledger::new(None)).unwrap();
        let Some(cell) = release.cells.iter().find(|cell| cell.group == *key) else { continue };
        let error = cell.error.unwrap();
        published += 1;
        covered += u32::from(error.covers(truth));
        stated = stated.min(error.coverage.approximate());
    }
    (f64::from(covered) / f64::from(published), stated)
}

/// The query with one known key.
fn of_one_key(mut query: Query) -> Query {
    query.domain.insert("site".to_owned(), vec!["a".to_owned()]);
    query
}

/// What is measured of 40 devices that visit once with the number 3, and the truth.
fn numbers_of_forty() -> [(Measure, &'static [&'static str], i64); 4] {
    [
        (Measure::Count, &["a"], 40),
        (Measure::Devices, &["a"], 40),
        (sum(0, 10), &["a"], 120),
        (histogram(&[0, 10]), &["a", "0..10"], 40),
    ]
}

#[test]
fn intervals_of_one_noise_cover_as_often_as_they_state() {
    for mechanism in [central("1/2", 2, 2), gaussian("1/2", 2, 2)] {
        for (measure, key, truth) in numbers_of_forty() {
            let query = of_one_key(query(measure, mechanism.clone()));
            let (observed, stated) = coverage(&query, &partial(&query, "sg", &visits("a", 40)), key, truth);
            assert!((observed - stated).abs() < 0.01, "{:?}: {observed}, stated {stated}", query.measure);
        }
    }
}

#[test]
fn intervals_of_keys_that_were_selected_cover_as_often_as_they_state() {
    for noise in [NoiseKind::Laplace, NoiseKind::Gaussian] {
        // Forty devices are always selected, fifteen of them in about half of all releases.
        for devices in [40, 15] {
            let mut query = query(Measure::Count, central_with(("1", "1/1000"), noise, Keys::Selected, (1, 2)));
            query.domain.clear();
            let partial = partial(&query, "sg", &visits("a", devices));
            let truth = i64::try_from(devices).unwrap();
            let (observed, stated) = coverage(&query, &partial, &["a"], truth);
            assert!((observed - stated).abs() < 0.01, "{noise:?}, {devices}: {observed}, stated {stated}");
        }
    }
}

#[test]
fn intervals_of_means_cover_as_often_as_they_state() {
    // In the middle of the range, towards an end, and all over it; by few devices and by many. At the very end the truth
    // is held more often, since no interval goes beyond.
    let all_over: Vec<i64> = (0..120).map(|n| n * 7 % 81).collect();
    for numbers_of in [&[40; 200][..], &[74; 200], &[50; 30], &all_over] {
        for mechanism in [central("1", 1, 1), gaussian("1", 1, 1)] {
            let query = query(mean(0, 80, 2), mechanism);
            let plan = Plan::of(&query).unwrap();
            let spreads = plan.spreads(&query);
            let exact = answer::row(&query, &partial(&query, "sg", &numbers("a", numbers_of)), 0);
            let cell = |number, of| {
                let row = Row { key: exact.key.clone(), number: exact.number + number, of: exact.of + of };
                answer::cells(&query, vec![row], &spreads).unwrap().remove(0)
            };
            let truth = answer::cells(&query, vec![exact.clone()], &Spreads::NONE).unwrap()[0].value;
            let (mut covered, mut stated) = (0, Ratio::ONE);
            for run in 0..RUNS {
                let seed = Seed::root(run).derive("means");
                let error = cell(plan.number.draw(&seed), plan.of.unwrap().draw(&seed.nth(1))).error.unwrap();
                covered += u32::from(error.covers(truth));
                stated = stated.min(error.coverage);
            }
            let (observed, stated) = (share(covered), stated.approximate());
            assert!(stated >= 0.95 && (observed - stated).abs() < 0.01, "{truth}: {observed}, stated {stated}");
        }
    }
}

#[test]
fn standard_errors_are_what_noise_varies_by() {
    for mechanism in [central("1/2", 2, 1), gaussian("1/2", 2, 1)] {
        let query = of_one_key(query(Measure::Count, mechanism));
        let partial = partial(&query, "sg", &visits("a", 40));
        let (mut squares, mut sum, mut stated) = (0.0, 0.0, 0.0);
        for run in 0..RUNS {
            let release = release(&query, &partial, &Seed::root(run), &mut Ledger::new(None)).unwrap();
            #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
            let off = (release.cells[0].value - 40) as f64;
            (squares, sum) = (squares + off * off, sum + off);
            stated = release.cells[0].error.unwrap().standard_error.approximate();
        }
        let observed = (squares / 10_000.0_f64).sqrt();
        assert!((observed / stated - 1.0).abs() < 0.05, "{observed}, stated {stated}");
        // Unbiased: the mean lies within five of its own standard errors.
        assert!(sum.abs() / 10_000.0 < 5.0 * stated / 100.0, "{}", sum / 10_000.0);
    }
}
