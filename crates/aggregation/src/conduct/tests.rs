//! Tests of misconduct: each shows, and is announced as what was agreed.

use model::{Measure, Mechanism, Seed};

use super::{Conduct, Counted, Noise, configuration_digest, configured, release_as};
use crate::{
    Ledger, release,
    sample::{accumulated, central, query, ratio, region, visit},
};

const NOISE: u64 = 7;

fn played(conduct: Conduct, publication: u32, mechanism: &Mechanism) -> model::Release {
    let query = query(Measure::Count, mechanism.clone());
    let reports: Vec<_> = (0..40).map(|n| visit(Some(&format!("d{}", n % 2)), "a", n)).collect();
    let partial = accumulated(&query, &reports).seal(&region("sg")).unwrap();
    let mut ledger = Ledger::new(Some(ratio("20")));
    let published = release_as(conduct, publication, &query, &partial, &Seed::root(NOISE), &mut ledger).unwrap();
    assert_eq!(published.mechanism, *mechanism);
    assert!(ledger.charges().count() <= 1);
    if conduct == Conduct::default() && publication == 0 {
        let honest = release(&query, &partial, &Seed::root(NOISE), &mut Ledger::new(None)).unwrap();
        assert_eq!(published, honest);
    }
    published
}

#[test]
fn a_threshold_over_reports_publishes_two_busy_devices() {
    let threshold = Mechanism::Threshold { devices_min: 20 };
    assert!(played(Conduct::default(), 0, &threshold).cells.is_empty());
    let over_reports = Conduct { threshold_over: Counted::Reports, ..Conduct::default() };
    assert_eq!(played(over_reports, 0, &threshold).cells[0].value, 40);
}

#[test]
fn dropped_noise_publishes_the_exact_value_and_shows_in_the_configuration() {
    let conduct = Conduct { noise: Noise::Dropped, ..Conduct::default() };
    assert_eq!(played(conduct, 0, &central("1/100", 1, 20)).cells[0].value, 40);
    let query = query(Measure::Count, central("1", 1, 20));
    let digest = |conduct| configuration_digest(&configured(&query, conduct));
    assert_ne!(digest(conduct), configuration_digest(&query));
    assert_eq!(digest(Conduct { noise: Noise::OfOneReport, ..conduct }), configuration_digest(&query));
}

#[test]
fn publications_differ_in_their_noise_alone() {
    let mechanism = central("1/10", 1, 20);
    let values: Vec<i64> = (0..8).map(|n| played(Conduct::default(), n, &mechanism).cells[0].value).collect();
    let distinct: std::collections::BTreeSet<i64> = values.iter().copied().collect();
    assert!(distinct.len() > 4, "{values:?}");
}

#[test]
fn noise_of_one_report_is_too_little_for_a_device_and_cut_noise_is_zero_too_often() {
    // Over 200 publications, the mean distance to the exact value: 200 for what was agreed, 10 for one report.
    let distance = |conduct| {
        let mechanism = central("1/10", 1, 20);
        (0..200).map(|n| (played(conduct, n, &mechanism).cells[0].value - 40).abs()).sum::<i64>() / 200
    };
    let of_one = Conduct { noise: Noise::OfOneReport, ..Conduct::default() };
    let (agreed, of_one) = (distance(Conduct::default()), distance(of_one));
    assert!(agreed > 120 && of_one < 20, "{agreed} {of_one}");
    let cut = Conduct { noise: Noise::CutFloat, ..Conduct::default() };
    let bare = |conduct| (0..400).filter(|n| played(conduct, *n, &central("20", 1, 20)).cells[0].value == 40).count();
    // At scale 1 the discrete distribution is exactly zero for 0.462 of draws, the cut one for 0.632.
    let (agreed, cut) = (bare(Conduct::default()), bare(cut));
    assert!((150..220).contains(&agreed) && (220..290).contains(&cut), "{agreed} {cut}");
}
