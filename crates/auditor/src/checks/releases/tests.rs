//! Tests of each check with a vendor that breaks the promise, one that keeps it, and one that only looks as if.

use model::{
    Batch, CaseFile, Cell, CheckName, Configuration, Duration, Injection, Inspection, Keys, Measure, Mechanism,
    NoiseKind, Ratio, Region, Release, Runs, Samples, Subject, SwitchState, Timestamp, VersionFact, Window,
};

use super::check;
use crate::{conclusion::Conclusion, samples::name};

const K: u64 = 5;

fn case(releases: Vec<Release>) -> CaseFile {
    let version: model::Version = name("1.0");
    CaseFile {
        format: 1,
        scenario: "releases".to_owned(),
        subject: Subject { product: name("mint"), version: version.clone(), switch: SwitchState::Absent },
        facts: VersionFact {
            version,
            released: Timestamp::default(),
            switch: None,
            asks_consent: false,
            settings: vec![],
            next: None,
        },
        claims: Vec::new(),
        regions: ["de", "sg"].map(|id| Region { id: name(id), country: name("DE") }).into(),
        endpoints: Vec::new(),
        examinations: Vec::new(),
        releases,
        declaration: None,
        inspection: Some(Inspection::default()),
        samples: Vec::new(),
        rulebooks: Vec::new(),
    }
}

fn day(number: i64) -> Window {
    days(number, 1)
}

fn days(first: i64, length: u64) -> Window {
    let start = Timestamp::from_millis(first * 86_400_000);
    Window { start, end: start + Duration::from_days(length) }
}

/// A release of both regions for the first day, by country.
fn release(query: &str, mechanism: Mechanism, cells: &[(&str, i64)]) -> Release {
    let cell = |&(group, value): &(&str, i64)| Cell {
        group: group.split('/').map(str::to_owned).collect(),
        value,
        error: None,
    };
    Release {
        query: name(query),
        window: day(0),
        regions: vec![name("de"), name("sg")],
        events: Vec::new(),
        group_by: vec!["country".to_owned()],
        measure: Measure::Count,
        mechanism,
        cells: cells.iter().map(cell).collect(),
        withheld: Vec::new(),
    }
}

const THRESHOLD: Mechanism = Mechanism::Threshold { devices_min: 5 };

fn noise(epsilon: &str) -> Mechanism {
    Mechanism::Central {
        epsilon: name(epsilon),
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max: 1,
        reports_per_group_max: 1,
    }
}

fn batch(release: &Release, group: &str, reports: u64, devices: u64) -> Batch {
    Batch {
        query: release.query.clone(),
        window: release.window,
        regions: release.regions.clone(),
        group: vec![group.to_owned()],
        reports,
        devices,
    }
}

/// Noise of `release` sampled as spending what it claims, and every party configured alike.
fn in_order(case: &mut CaseFile) {
    let runs = || Runs { with: vec![(0, 560), (1, 1_440)], without: vec![(0, 1_440), (1, 560)] };
    let inspection = case.inspection.get_or_insert_default();
    for release in &case.releases {
        let Mechanism::Central { epsilon, .. } = release.mechanism else { continue };
        let query = release.query.clone();
        if case.samples.iter().all(|samples| samples.query != query) {
            case.samples.push(Samples { query: query.clone(), epsilon, choosing: runs(), testing: runs() });
            for party in ["region de", "region sg", "aggregator"] {
                let (party, query) = (party.to_owned(), query.clone());
                inspection.configurations.push(Configuration { party, query, digest: "00".repeat(32) });
            }
        }
    }
}

#[track_caller]
fn convicts(case: &CaseFile, epsilon_max: Option<&str>, by: CheckName) -> Conclusion {
    let conclusion = check(case, K, epsilon_max.map(name::<Ratio>));
    assert!(conclusion.findings.iter().any(|finding| finding.check == by), "{by}: {conclusion:#?}");
    conclusion
}

#[track_caller]
fn acquits(case: &CaseFile, epsilon_max: Option<&str>, of: CheckName) -> Conclusion {
    let conclusion = check(case, K, epsilon_max.map(name::<Ratio>));
    assert!(conclusion.findings.iter().all(|finding| finding.check != of), "{of}: {conclusion:#?}");
    conclusion
}

#[track_caller]
fn kept(case: &CaseFile, epsilon_max: Option<&str>) {
    let conclusion = check(case, K, epsilon_max.map(name::<Ratio>));
    assert!(conclusion.findings.is_empty() && conclusion.missing.is_empty(), "{conclusion:#?}");
    assert!(!conclusion.exercised.is_empty());
}

#[test]
fn small_values_convict_where_nothing_protects_them() {
    for (mechanism, value, found) in [
        (Mechanism::Exact, 4, true),
        (THRESHOLD, 1, true),
        (Mechanism::Exact, 5, false),
        (Mechanism::Exact, 0, false),
        (noise("1"), 1, false),
        (noise("1"), -3, false),
    ] {
        let mut case = case(vec![release("q", mechanism, &[("DE", 90), ("SG", value)])]);
        in_order(&mut case);
        if found {
            convicts(&case, None, CheckName::SmallGroup);
        } else {
            acquits(&case, None, CheckName::SmallGroup);
        }
    }
}

#[test]
fn aggregates_with_noise_that_happens_to_look_small_are_kept() {
    let cells = [("DE", 3), ("IN", -1), ("RU", 1), ("SG", 2)];
    let mut case = case(vec![release("q", noise("1"), &cells)]);
    in_order(&mut case);
    kept(&case, None);
    kept(&case, Some("1"));
}

#[test]
fn a_group_of_many_reports_and_one_device_is_no_batch() {
    let bare = release("q", THRESHOLD, &[("DE", 40)]);
    let mut case = case(vec![bare.clone()]);
    let missing = acquits(&case, None, CheckName::Batch).missing;
    assert!(missing.iter().any(|reason| reason.contains("not inspected")), "{missing:?}");
    case.inspection.get_or_insert_default().batches = vec![batch(&bare, "DE", 40, 5)];
    let found = acquits(&case, None, CheckName::Batch);
    assert!(found.exercised.contains("devices behind `q`"));
    // A group that was not published may be as small as it is.
    case.inspection.get_or_insert_default().batches.push(batch(&bare, "SG", 3, 1));
    acquits(&case, None, CheckName::Batch);
    case.inspection.get_or_insert_default().batches[0].devices = 1;
    let finding = convicts(&case, None, CheckName::Batch);
    assert!(finding.findings.iter().any(|finding| finding.summary.contains("40 reports of 1 device")));
}

#[test]
fn regions_windows_events_and_groups_are_subtracted() {
    let whole = release("all", THRESHOLD, &[("DE", 60), ("SG", 60)]);
    let fewer = |change: fn(&mut Release), value| {
        let mut part = release("part", THRESHOLD, &[("DE", value)]);
        change(&mut part);
        let mut whole = whole.clone();
        whole.window = days(0, 2);
        if part.window == day(0) && part.query.as_str() != "hourly" {
            part.window = whole.window;
        }
        case(vec![whole, part])
    };
    let changes: [fn(&mut Release); 4] = [
        |part| drop(part.regions.pop()),
        |part| part.query = name("hourly"),
        |part| part.events = vec!["visit".to_owned()],
        |part| {
            part.group_by.push("model".to_owned());
            part.cells[0].group.push("Pixel".to_owned());
        },
    ];
    for change in changes {
        convicts(&fewer(change, 58), None, CheckName::Differencing);
        acquits(&fewer(change, 60), None, CheckName::Differencing); // nobody is left
        acquits(&fewer(change, 55), None, CheckName::Differencing); // as many as was promised
        acquits(&fewer(change, 70), None, CheckName::Differencing);
    }
    let noisy = |release: &Release| Release { mechanism: noise("1"), ..release.clone() };
    let mut protected = fewer(changes[0], 58);
    protected.releases[0] = noisy(&protected.releases[0]);
    acquits(&protected, None, CheckName::Differencing);
    let mut devices = fewer(changes[1], 58);
    devices.releases.iter_mut().for_each(|release| release.measure = Measure::Devices);
    acquits(&devices, None, CheckName::Differencing); // a device of both days is one device
}

#[test]
fn six_days_of_a_week_give_the_seventh_away() {
    let mut weekly = release("weekly", THRESHOLD, &[("DE", 63)]);
    weekly.window = days(0, 7);
    let daily = |number| Release { window: day(number), ..release("daily", THRESHOLD, &[("DE", 10)]) };
    let six = || (0..6).map(daily);
    let found = convicts(&case(six().chain([weekly.clone()]).collect()), None, CheckName::Differencing);
    let finding = found.findings.iter().find(|finding| finding.check == CheckName::Differencing);
    assert_eq!(finding.map(|finding| finding.evidence.plaintext.as_str()), Some("63 - 60 = 3 reports"));
    acquits(&case(six().take(5).chain([weekly]).collect()), None, CheckName::Differencing);
}

#[test]
fn the_same_question_again_convicts_unless_the_answer_or_the_budget_is_the_same() {
    let answer = |query, value| release(query, noise("1"), &[("DE", value)]);
    let played = |releases| {
        let mut case = case(releases);
        in_order(&mut case);
        case
    };
    let again = played(vec![answer("q", 40), answer("q", 43), answer("q", 39)]);
    convicts(&again, None, CheckName::RepeatedNoise);
    convicts(&again, Some("2"), CheckName::RepeatedNoise);
    acquits(&again, Some("3"), CheckName::RepeatedNoise);
    convicts(&played(vec![answer("q", 40), answer("other", 43)]), None, CheckName::RepeatedNoise);
    kept(&played(vec![answer("q", 40), answer("q", 40)]), None);
    let tomorrow = Release { window: day(1), ..answer("q", 43) };
    kept(&played(vec![answer("q", 40), tomorrow]), None);
}

#[test]
fn groups_that_the_examiner_opened_convict() {
    let injection = Injection { value: "X".to_owned(), devices: 4, victims: 1, at: Timestamp::from_millis(5_000) };
    let opened = |mechanism, measure, value| {
        let mut release = release("q", mechanism, &[("DE", 90), ("X", value)]);
        release.measure = measure;
        let mut case = case(vec![release.clone()]);
        let inspection = case.inspection.get_or_insert_default();
        inspection.injections = vec![injection.clone()];
        inspection.batches = vec![batch(&release, "DE", 90, 50), batch(&release, "X", 30, 5)];
        in_order(&mut case);
        case
    };
    convicts(&opened(THRESHOLD, Measure::Devices, 5), None, CheckName::Sybil);
    convicts(&opened(THRESHOLD, Measure::Count, 30), None, CheckName::Sybil);
    // Enough others hide the victim.
    acquits(&opened(THRESHOLD, Measure::Devices, 9), None, CheckName::Sybil);
    kept(&opened(noise("1"), Measure::Devices, 5), None);
    let mut withheld = opened(THRESHOLD, Measure::Devices, 5);
    withheld.releases[0].cells.pop();
    let missing = acquits(&withheld, None, CheckName::Sybil).missing;
    assert!(missing.iter().any(|reason| reason.contains("attacker")), "{missing:?}");
    let mut later = opened(THRESHOLD, Measure::Devices, 5);
    later.releases[0].window = day(1);
    acquits(&later, None, CheckName::Sybil);
}

#[test]
fn what_is_spent_adds_up_over_days_and_over_the_regions_of_a_device() {
    let daily = |number, regions: &[&str]| Release {
        window: day(number),
        regions: regions.iter().map(|id| name(id)).collect(),
        ..release("q", noise("1"), &[("DE", 40)])
    };
    let played = |releases| {
        let mut case = case(releases);
        in_order(&mut case);
        case
    };
    let week = played((0..7).map(|number| daily(number, &["de"])).collect());
    let found = convicts(&week, Some("6"), CheckName::Budget);
    assert!(found.findings[0].summary.contains("epsilon 7"), "{:?}", found.findings);
    kept(&week, Some("7"));
    kept(&week, None);
    // Nobody reports in both regions.
    let apart = played(vec![daily(0, &["de"]), daily(0, &["sg"])]);
    acquits(&apart, Some("1"), CheckName::Budget);
    let mut withheld = played((0..7).map(|number| daily(number, &["de"])).collect());
    withheld.releases[3..].iter_mut().for_each(|release| release.cells.clear());
    kept(&withheld, Some("3"));
    convicts(&case(vec![release("q", THRESHOLD, &[("DE", 40)])]), Some("100"), CheckName::Budget);
}

#[test]
fn noise_that_gives_more_away_than_it_claims_convicts() {
    let sampled = |runs: Runs| {
        let mut case = case(vec![release("q", noise("1"), &[("DE", 40)])]);
        in_order(&mut case);
        (case.samples[0].choosing, case.samples[0].testing) = (runs.clone(), runs);
        case
    };
    let runs = |more: u64, less: u64, of: u64| Runs {
        with: vec![(0, of - more), (1, more)],
        without: vec![(0, of - less), (1, less)],
    };
    kept(&sampled(runs(1_462, 538, 2_000)), None); // exactly 1
    convicts(&sampled(runs(1_635, 365, 2_000)), None, CheckName::Epsilon); // 1.5
    convicts(&sampled(runs(2_000, 0, 2_000)), None, CheckName::Epsilon); // no noise at all
    let few = acquits(&sampled(runs(70, 30, 100)), None, CheckName::Epsilon);
    assert!(few.missing.iter().any(|reason| reason.contains("too few")), "{:?}", few.missing);
    let mut blind = sampled(runs(1_462, 538, 2_000));
    blind.releases[0].mechanism = noise("9");
    blind.samples[0].epsilon = name("9");
    let blind = acquits(&blind, None, CheckName::Epsilon);
    assert!(blind.missing.iter().any(|reason| reason.contains("cannot show")), "{:?}", blind.missing);
    let mut unsampled = sampled(runs(1_462, 538, 2_000));
    unsampled.samples.clear();
    let unsampled = acquits(&unsampled, None, CheckName::Epsilon);
    assert!(unsampled.missing.iter().any(|reason| reason.contains("not sampled")), "{:?}", unsampled.missing);
}

#[test]
fn parties_that_were_configured_differently_convict_and_silent_ones_prove_nothing() {
    let mut case = case(vec![release("q", noise("1"), &[("DE", 40)])]);
    in_order(&mut case);
    kept(&case, None);
    let mut differing = case.clone();
    differing.inspection.get_or_insert_default().configurations[2].digest = "ff".repeat(32);
    let found = convicts(&differing, None, CheckName::Configuration);
    assert!(found.findings[0].summary.contains("aggregator"), "{:?}", found.findings);
    for silent in 0..3 {
        let mut case = case.clone();
        case.inspection.get_or_insert_default().configurations.remove(silent);
        let missing = acquits(&case, None, CheckName::Configuration).missing;
        assert!(missing.iter().any(|reason| reason.contains("did not say")), "{missing:?}");
    }
}
