//! Two collectors that hold shares of the same reports: from uploads to what each hands on.

use aggregation::prio3::{Refused, TURN_REPORTS_MAX, Turn, Verdict};
use encoding::prio3::{Buckets, Measuring, Nonce, shared};
use model::{
    Duration, Measure, Mechanism, Ordered, Party, Query, QueryId, RegionId, Report, ReportBatch, Seed, Timestamp,
    Window,
};

use super::config;
use crate::{Collector, Config, Forgotten, Notice, VerificationError};

fn region(name: &str) -> RegionId {
    RegionId::new(name).unwrap()
}

fn noon() -> Timestamp {
    "2020-05-01T12:00:00Z".parse().unwrap()
}

fn window() -> Window {
    Window::holding(noon(), Duration::DAY)
}

fn closed() -> Timestamp {
    window().end.after(config().limits.grace)
}

fn query() -> Query {
    Query {
        id: QueryId::new("pages").unwrap(),
        events: vec!["page".to_owned()],
        group_by: vec!["site".to_owned()],
        measure: Measure::Count,
        window: Duration::DAY,
        regions: vec![region("sg"), region("de")],
        mechanism: Mechanism::Prio3 { epsilon: "1".parse().unwrap(), reports_per_device_max: 100 },
        domain: [("site".to_owned(), vec!["a".to_owned(), "b".to_owned()])].into(),
    }
}

fn collector(name: &str) -> Collector {
    Collector::new(Config { region: region(name), queries: vec![query()], ..config() }).unwrap()
}

fn half(number: u64, party: Party) -> Report {
    let fields = [("site".to_owned(), "b".into())].into();
    let report = Report { event: "page".to_owned(), time: noon(), device: None, fields };
    let measuring = Measuring::new(Buckets::new(&query().group_by, &query().domain), None);
    let mut random = Seed::root(5).nth(number).stream();
    let (nonce, shares) = measuring.split(&report, "pages", Duration::DAY, &mut random).unwrap();
    shared(report, nonce, &shares, party)
}

fn admit(collector: &mut Collector, id: &str, numbers: std::ops::Range<u64>, party: Party) {
    let reports = numbers.map(|number| half(number, party)).collect();
    collector.admit(ReportBatch { id: id.to_owned(), reports }, noon()).unwrap();
}

/// Carries turns until nothing is left to say. How many of them there were.
fn carry(leader: &mut Collector, helper: &mut Collector) -> usize {
    let (mut next, mut turns) = (None, 0);
    while let Some(led) = leader.lead(next.take(), closed()).unwrap() {
        assert_eq!(led.helper, region("de"));
        turns += 1;
        let is_last = led.turn.is_last();
        let (answers, tally) = helper.help(&led.query, led.window, led.turn, closed()).unwrap();
        if is_last {
            assert_eq!(tally.counted, led.tally.counted);
        } else {
            next = Some((led.query, led.window, answers));
        }
    }
    turns
}

#[test]
fn shares_are_verified_in_turns_and_handed_on_by_both() {
    let (mut leader, mut helper) = (collector("sg"), collector("de"));
    admit(&mut leader, "b1", 0..300, Party::Leader);
    admit(&mut helper, "b1", 0..300, Party::Helper);
    leader.seal(closed());
    assert_eq!(leader.sealed().count(), 0, "not before both know that the reports are valid");
    assert_eq!(carry(&mut leader, &mut helper), 3, "two turns of reports, and one of verdicts alone");
    for (one, party) in [(&mut leader, Party::Leader), (&mut helper, Party::Helper)] {
        one.seal(closed());
        let sealed: Vec<_> = one.sealed().cloned().collect();
        assert_eq!((sealed.len(), sealed[0].shares.len(), sealed[0].groups.len()), (1, 1, 0));
        assert_eq!((sealed[0].shares[0].party, sealed[0].shares[0].reports), (party, 300));
        one.handed_on(&[(query().id, window())]);
        assert_eq!(one.sealed().count(), 0);
    }
    assert!(leader.lead(None, closed()).unwrap().is_none(), "nothing is left");
}

#[test]
fn shards_of_a_region_merge_and_replays_between_them_are_refused() {
    let (mut leader, mut helper) = (collector("sg"), collector("de"));
    for (party, one) in [(Party::Leader, &mut leader), (Party::Helper, &mut helper)] {
        let mut shards = [0, 1].map(|_| collector(one.config().region.as_str()));
        admit(&mut shards[0], "b1", 0..5, party);
        admit(&mut shards[1], "b2", 4..8, party); // report 4 again
        one.merge(&shards).unwrap();
    }
    carry(&mut leader, &mut helper);
    for one in [&mut leader, &mut helper] {
        one.seal(closed());
        assert_eq!(one.sealed().next().unwrap().shares[0].reports, 8);
    }
}

#[test]
fn refused_shares_are_counted_and_leave_the_batch_admitted() {
    let mut leader = collector("sg");
    let mut bare = half(0, Party::Leader);
    bare.fields.clear();
    let reports = vec![half(0, Party::Leader), half(0, Party::Leader), half(1, Party::Helper), bare];
    let receipt = leader.admit(ReportBatch { id: "b1".to_owned(), reports }, noon()).unwrap();
    assert_eq!((receipt.admitted, leader.counts().shares_refused), (4, 3));
}

#[test]
fn turns_about_open_windows_other_parts_and_too_many_reports_are_refused() {
    let (mut leader, mut helper) = (collector("sg"), collector("de"));
    admit(&mut leader, "b1", 0..1, Party::Leader);
    let open = helper.help(&query().id, window(), Turn::default(), noon());
    assert!(matches!(open, Err(VerificationError::Open { .. })), "{open:?}");
    assert!(leader.lead(None, noon()).unwrap().is_none());
    let other = leader.help(&query().id, window(), Turn::default(), closed());
    assert!(matches!(other, Err(VerificationError::NoWindow { party: Party::Helper, .. })), "{other:?}");
    let verdicts = vec![Verdict { nonce: Nonce([0; 16]), counted: true }; TURN_REPORTS_MAX + 1];
    let many = helper.help(&query().id, window(), Turn { verdicts, offers: vec![] }, closed());
    assert!(matches!(many, Err(VerificationError::TooMany { .. })), "{many:?}");
}

#[test]
fn helper_that_got_nothing_answers_that_all_are_unpaired() {
    let (mut leader, mut helper) = (collector("sg"), collector("de"));
    admit(&mut leader, "b1", 0..2, Party::Leader);
    carry(&mut leader, &mut helper);
    leader.seal(closed());
    assert_eq!(leader.sealed().next().unwrap().shares[0].reports, 0);
    let led = collector("sg").lead(None, closed()).unwrap();
    assert!(led.is_none() && Refused::Unpaired.name() == "unpaired-share");
}

#[test]
fn window_that_the_other_server_left_alone_is_given_up() {
    let mut helper = collector("de");
    admit(&mut helper, "b1", 0..2, Party::Helper);
    helper.seal(closed());
    assert_eq!(helper.counts().windows_lost, 0);
    helper.seal(closed().after(config().limits.remember));
    assert_eq!((helper.counts().windows_lost, helper.sealed().count()), (1, 0));
}

#[test]
fn shares_of_an_open_window_are_lost_with_the_process_and_those_of_a_closed_one_are_not() {
    let [mut open, mut kept] = ["sg", "sg"].map(collector);
    for one in [&mut open, &mut kept] {
        admit(one, "b1", 0..3, Party::Leader);
    }
    let lost = Forgotten { query: query().id, window: window(), reports: 3 };
    assert_eq!(open.forget(closed().before(Duration::from_millis(1))), [lost]);
    assert!(open.lead(None, closed()).unwrap().is_none(), "nothing is left to verify");
    assert_eq!(kept.forget(closed()), []);
    assert_eq!(kept.lead(None, closed()).unwrap().map(|led| led.turn.offers.len()), Some(3));
}

#[test]
fn an_erasure_takes_shares_back_from_an_open_window() {
    let mut leader = collector("sg");
    admit(&mut leader, "erased", 0..2, Party::Leader);
    admit(&mut leader, "other", 2..5, Party::Leader);
    leader.serve(&Notice { what: Ordered::Erase, batches: ["erased".to_owned()].into() }, noon());
    assert_eq!(leader.lead(None, closed()).unwrap().map(|led| led.turn.offers.len()), Some(3));
}
