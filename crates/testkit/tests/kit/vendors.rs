//! Policies: honest ones keep their promises, leaking ones break the one that they were chosen for, and both stay so while
//! they shrink; weather and faults are valid and shrink to a clear sky.

use std::collections::BTreeSet;

use model::{ActivityKind, ClaimKind, Duration, Promise, RegionId, Timestamp, Verdict};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, TestError, TestRunner},
};
use testkit::{
    Client, Diary, Fault, FaultKind, Leak, Loses, Party, Repertoire, Sky, Trial, Vendor, Weather, check, diaries,
    fault_schedules, honest_vendors, leaking_vendors, skies, twins,
};

/// As simple as the strategy makes it.
fn simplest<S: Strategy>(strategy: &S, runner: &mut TestRunner) -> S::Value {
    let mut tree = strategy.new_tree(runner).unwrap();
    while tree.simplify() {}
    tree.current()
}

/// A sky under which so many messages of a thousand are lost.
fn raining(lost_permille: u16) -> Sky {
    Sky { weather: Weather { lost_permille, ..Weather::default() }, faults: Vec::new() }
}

/// The verdict about the promise that `leak` breaks, after the auditor's whole plan.
fn verdict(vendor: &Vendor, leak: Leak) -> Verdict {
    let promise = match leak.claim() {
        "switch-honored" => ClaimKind::SwitchHonored,
        "consent" => ClaimKind::Consent,
        "region-local" => {
            ClaimKind::RegionLocal { within: [("DE".parse().unwrap(), vec!["IE".parse().unwrap()])].into() }
        }
        _ => ClaimKind::IncognitoSuppressed,
    };
    let mut trial = Trial::whole().of_claim(promise).under(raining(lost(leak)));
    trial.long_days = 0;
    trial.lab.country = "DE".parse().unwrap();
    trial.lab.locale = "de-DE".to_owned();
    let examined = trial.examine(&vendor.client().unwrap()).unwrap();
    let verdicts: Vec<Verdict> = examined.rulings.iter().map(|ruling| ruling.verdict).collect();
    let worst = |wanted| verdicts.contains(&wanted);
    if worst(Verdict::Broken) {
        Verdict::Broken
    } else if worst(Verdict::Unproven) {
        Verdict::Unproven
    } else {
        Verdict::Kept
    }
}

/// Some leaks show themselves only where uploads are lost.
const fn lost(leak: Leak) -> u16 {
    match leak {
        Leak::Retry => 400,
        Leak::FailOver => 900,
        _ => 0,
    }
}

#[test]
fn every_leak_breaks_its_promise_as_drawn_and_as_shrunk() {
    let mut runner = TestRunner::deterministic();
    for leak in Leak::ALL {
        let strategy = leaking_vendors(leak);
        let drawn = strategy.new_tree(&mut runner).unwrap().current();
        assert_eq!(verdict(&drawn, leak), Verdict::Broken, "{drawn:?}");
        let simple = simplest(&strategy, &mut runner);
        assert_eq!(verdict(&simple, leak), Verdict::Broken, "{simple:?}");
        let events = simple.policies.iter().flat_map(|policy| &policy.pipelines).map(|pipeline| pipeline.events.len());
        assert!(events.clone().all(|count| count == 1), "{simple:?}");
    }
}

#[test]
fn honest_vendors_suppress_whatever_is_done_in_any_weather_as_drawn_and_on_the_way_to_simple() {
    let mut runner = TestRunner::deterministic();
    let regions: Vec<RegionId> = vec!["eu".parse().unwrap(), "sg".parse().unwrap()];
    let (from, until) = day();
    let mut sizes = Vec::new();
    for _ in 0..6 {
        let mut tree = honest_vendors().new_tree(&mut runner).unwrap();
        let sky = skies(regions.clone(), from, until).new_tree(&mut runner).unwrap().current();
        let mut more = true;
        let mut tries = 0;
        while more {
            let vendor = tree.current();
            let client = vendor.client().unwrap_or_else(|error| panic!("{error}\n{vendor:?}"));
            if tries % 8 == 0 {
                let repertoire = Repertoire::of(&client.description());
                let diary = diaries(repertoire).new_tree(&mut runner).unwrap().current();
                let examined = check::suppressed_under(&client, &diary, &sky);
                examined.unwrap_or_else(|failure| panic!("{failure}\n{sky:?}\n{vendor:?}"));
            }
            tries += 1;
            more = if tries % 3 == 0 { tree.complicate() } else { tree.simplify() };
        }
        sizes.push(tries);
    }
    assert!(sizes.iter().sum::<i32>() > 30, "shrinking has something to do: {sizes:?}");
    let simple = simplest(&honest_vendors(), &mut runner);
    let pipelines = &simple.policies[0].pipelines;
    assert!(pipelines.len() == 1 && pipelines[0].events.len() == 1 && !simple.policies[0].consent, "{simple:?}");
}

fn day() -> (Timestamp, Timestamp) {
    ("2020-05-01T10:00:00Z".parse().unwrap(), "2020-05-02T10:00:00Z".parse().unwrap())
}

#[test]
fn incognito_activity_changes_nothing_that_leaves_an_honest_vendor_and_does_for_one_that_leaks() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..40 {
        let client = honest_vendors().new_tree(&mut runner).unwrap().current().client().unwrap();
        // Where a label says that incognito activity is collected, it may be.
        let repertoire = Repertoire::of(&client.description()).without([ActivityKind::FlipSwitch]);
        let pair = twins(repertoire).new_tree(&mut runner).unwrap().current();
        let collects = client.description().versions[0].switch.as_ref().is_some_and(|control| {
            control.positions.iter().any(|position| position.promise == Promise::CollectInIncognito)
        });
        if !collects {
            check::twins_look_alike(&client, &pair).unwrap_or_else(|failure| panic!("{failure}"));
        }
    }
    let leaking = leaking_vendors(Leak::Plain).new_tree(&mut runner).unwrap().current().client().unwrap();
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRunner::deterministic().new_rng());
    let result = runner
        .run(&twins(Repertoire::of(&leaking.description())), |pair| Ok(check::twins_look_alike(&leaking, &pair)?));
    let Err(TestError::Fail(why, pair)) = result else { panic!("it is not found: {result:?}") };
    let lines = pair.main.entries().len().max(pair.other.entries().len());
    assert!(lines <= 2, "{pair:?}");
    assert!(why.to_string().contains("incognito activity changes what leaves the device"), "{why}");
}

#[test]
fn faults_lie_within_their_time_at_known_regions() {
    let ((from, until), mut runner) = (day(), TestRunner::deterministic());
    let regions: Vec<RegionId> = vec!["eu".parse().unwrap(), "sg".parse().unwrap()];
    let (mut count, mut kinds, mut parted) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..200 {
        let mut tree = fault_schedules(regions.clone(), from, until).new_tree(&mut runner).unwrap();
        while tree.simplify() {
            for fault in tree.current() {
                count += 1;
                let ends = fault.kind.until().expect("it ends");
                assert!(from <= fault.at && fault.at < ends && ends <= until, "{fault:?}");
                kinds.insert(fault.kind.name());
                let told = format!("{:?}", fault.kind);
                assert!(regions.iter().any(|region| told.contains(region.as_str())), "{fault:?}");
                if let FaultKind::Partition { from, loses, .. } = &fault.kind {
                    parted.insert(format!("{} {loses:?}", matches!(from, Party::Devices)));
                }
            }
        }
        assert_eq!(tree.current(), []);
    }
    assert!(count > 100, "{count} faults");
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert_eq!(parted.len(), 2 * 3, "{parted:?}");
    assert_eq!(fault_schedules(Vec::new(), from, until).new_tree(&mut runner).unwrap().current(), []);
    assert_eq!(fault_schedules(regions, until, from).new_tree(&mut runner).unwrap().current(), []);
}

#[test]
fn lost_answers_and_faults_at_the_region_are_heard_of() {
    let vendor = simplest(&honest_vendors(), &mut TestRunner::deterministic());
    let diary = Diary::new().normal().visit("https://a.example/");
    let flows = |sky: &Sky| {
        let examined = check::suppressed_under(&vendor.client().unwrap(), &diary, sky).unwrap();
        examined.cases[0].examinations[0].records[0].capture.flows.len()
    };
    let clear = flows(&Sky::default());
    assert!(flows(&raining(1_000)) > clear, "what is not answered is sent again");
    let (from, until) = day();
    let under = |kind: FaultKind| flows(&Sky { faults: vec![Fault { at: from, kind }], ..Sky::default() });
    let parted = |region: &str, country: &str| {
        let (to, from) = (Party::Region(region.parse().unwrap()), Party::Country(country.parse().unwrap()));
        under(FaultKind::Partition { until, from, to, loses: Loses::Both })
    };
    assert!(parted("sg", "IN") > clear, "the device is in India, and sends to Singapore");
    assert_eq!((parted("eu", "IN"), parted("sg", "DE")), (clear, clear));
    for kind in [
        FaultKind::Outage { until, region: "sg".parse().unwrap() },
        FaultKind::DiskFull { until, region: "sg".parse().unwrap() },
        FaultKind::DiskSlow { until, region: "sg".parse().unwrap(), by: Duration::from_secs(60) },
    ] {
        assert!(under(kind.clone()) > clear, "{kind:?}");
    }
}
