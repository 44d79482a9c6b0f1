//! How long a region keeps what came, and what it makes of orders.

use model::{Duration, Ordered, Overlooked};

use super::*;

fn region(operations: Operations) -> Collector {
    Collector::new(Config { operations, ..config() }).unwrap()
}

/// A batch named `id` of one report about `site`, filed under `device`, at the beginning of the day.
fn filed(id: &str, device: &str, site: &str) -> ReportBatch {
    let fields = [("site".to_owned(), site.into())].into();
    let device = (!device.is_empty()).then(|| device.to_owned());
    ReportBatch {
        id: id.to_owned(),
        reports: vec![Report { event: "visit".to_owned(), time: hours(0), device, fields }],
    }
}

/// Two devices: one with two identifiers, whose uploads are `a`, `b` and one without a name, `c`; and another.
fn filled(operations: Operations) -> Collector {
    let mut collector = region(operations);
    for (id, device) in [("a", "install"), ("b", "hardware"), ("c", ""), ("d", "install"), ("other", "another")] {
        collector.admit(filed(id, device, id), hours(0)).unwrap();
    }
    collector
}

fn notice(what: Ordered) -> Notice {
    Notice { what, batches: ["a", "b", "c"].map(str::to_owned).into() }
}

fn held(collector: &Collector) -> Vec<&str> {
    collector.holdings().map(|holding| holding.batch.as_str()).collect()
}

fn counted(collector: &mut Collector) -> Vec<String> {
    collector.seal(hours(9));
    collector.sealed().flat_map(|partial| partial.groups.iter().flatten().cloned()).collect()
}

#[test]
fn an_erasure_takes_everything_about_the_device_and_nothing_else() {
    let mut collector = filled(Operations::default());
    let answer = collector.serve(&notice(Ordered::Erase), hours(1));
    assert_eq!((answer.erased, held(&collector)), (4, vec!["other"]));
    assert!(
        collector.admit(filed("a", "install", "a"), hours(1)).unwrap().duplicate,
        "a replay must not bring it back"
    );
    assert_eq!(counted(&mut collector), ["other"]);
}

#[test]
fn an_erasure_reaches_reports_by_an_identifier_in_an_upload_that_nobody_saw() {
    let mut collector = region(Operations::default());
    let both = ReportBatch {
        id: "unseen".to_owned(),
        reports: [filed("", "install", "x"), filed("", "third", "x")].into_iter().flat_map(|b| b.reports).collect(),
    };
    collector.admit(both, hours(0)).unwrap();
    collector.admit(filed("a", "install", "a"), hours(0)).unwrap();
    collector.admit(filed("late", "third", "l"), hours(0)).unwrap();
    let seen = Notice { what: Ordered::Erase, batches: ["a".to_owned()].into() };
    assert_eq!(collector.serve(&seen, hours(1)).erased, 4);
}

#[test]
fn each_way_of_missing_something_misses_that_alone() {
    let missing = |missed| Operations { erasure_misses: [missed].into(), ..Operations::default() };
    let mut second = filled(missing(Overlooked::SecondId));
    second.serve(&notice(Ordered::Erase), hours(1));
    assert_eq!(held(&second), ["b", "c", "other"]);

    let mut queue = filled(missing(Overlooked::Queue));
    queue.serve(&notice(Ordered::Erase), hours(1));
    assert_eq!(held(&queue), ["other"]);
    queue.tidy(hours(2));
    assert!(held(&queue).contains(&"a"), "{:?}", held(&queue));
    assert!(queue.holdings().filter(|holding| holding.batch == "a").all(|holding| holding.at > hours(1)));

    let mut aggregate = filled(missing(Overlooked::Aggregate));
    aggregate.serve(&notice(Ordered::Erase), hours(1));
    assert_eq!(held(&aggregate), ["other"]);
    assert_eq!(counted(&mut aggregate), ["a", "b", "c", "d", "other"]);

    let mut ignored = filled(Operations { ignores: [Ordered::Erase].into(), ..Operations::default() });
    assert_eq!(ignored.serve(&notice(Ordered::Erase), hours(1)), Answer::default());
    assert_eq!(held(&ignored).len(), 5);
}

#[test]
fn a_report_hands_over_what_is_held_and_leaves_it_there() {
    let mut collector = filled(Operations::default());
    let answer = collector.serve(&notice(Ordered::Report), hours(1));
    assert_eq!(answer.reported.iter().map(|held| held.batch.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d"]);
    assert_eq!(held(&collector).len(), 5);
    let misses = Operations { report_misses: [Overlooked::SecondId].into(), ..Operations::default() };
    let part = filled(misses).serve(&notice(Ordered::Report), hours(1));
    assert_eq!(part.reported.iter().map(|held| held.batch.as_str()).collect::<Vec<_>>(), ["a", "d"]);
}

#[test]
fn an_order_to_stop_turns_the_client_off_unless_it_is_ignored() {
    assert!(filled(Operations::default()).serve(&notice(Ordered::Stop), hours(1)).client_stopped);
    let ignores = Operations { ignores: [Ordered::Stop].into(), ..Operations::default() };
    assert!(!filled(ignores).serve(&notice(Ordered::Stop), hours(1)).client_stopped);
}

#[test]
fn reports_are_deleted_once_they_were_kept_for_long_enough() {
    let mut collector = filled(Operations { retention: Some(Duration::DAY), ..Operations::default() });
    collector.tidy(at(24 * 3_600_000 - 1));
    assert_eq!(held(&collector).len(), 5);
    collector.tidy(hours(24));
    assert!(held(&collector).is_empty());
    assert_eq!(collector.counts().holdings_deleted, 5);
}

#[test]
fn what_a_queue_would_bring_back_is_lost_with_the_process() {
    let mut collector = filled(Operations { erasure_misses: [Overlooked::Queue].into(), ..Operations::default() });
    collector.serve(&notice(Ordered::Erase), hours(1));
    collector.forget(hours(1));
    collector.tidy(hours(9));
    assert!(held(&collector).is_empty(), "{:?}", held(&collector));
}
