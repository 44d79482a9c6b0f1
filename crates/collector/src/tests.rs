//! What a collector admits, refuses, seals and merges.

mod operations;
mod oracle;
mod verification;

use encoding::{BodyChain, Form, Step};
use model::{
    Duration, Host, Measure, Mechanism, Query, QueryId, Randomizer, RegionId, Report, ReportBatch, Seed, Timestamp,
    Upload,
};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// 2020-05-01T00:00:00Z, the beginning of an hour and of a day.
fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(1_588_291_200_000 + ms)
}

fn hours(hours: i64) -> Timestamp {
    at(hours * 3_600_000)
}

fn query(id: &str, window: Duration) -> Query {
    Query {
        id: QueryId::new(id).unwrap(),
        events: vec![],
        group_by: vec!["site".to_owned()],
        measure: Measure::Count,
        window,
        regions: vec![],
        mechanism: Mechanism::Exact,
        domain: [].into(),
    }
}

fn chain() -> BodyChain {
    BodyChain::new(vec![Step::Json, Step::Gzip, Step::Base64]).unwrap()
}

/// One intake and a query by the hour; windows take reports for two hours after their end.
fn config() -> Config {
    Config {
        region: RegionId::new("sg").unwrap(),
        forms: vec![Intake {
            host: Host::new("sa.example.com").unwrap(),
            path: "/sa".to_owned(),
            form: Form { chain: chain(), ..Form::default() },
        }],
        queries: vec![query("hourly", HOUR)],
        sampling: Seed::root(1),
        verification: Seed::root(9),
        limits: Limits { grace: Duration::from_secs(7200), ..Limits::default() },
        keep_raw: true,
        operations: Operations::default(),
        deduplicate: true,
    }
}

fn limited(change: impl FnOnce(&mut Limits)) -> Collector {
    let mut config = config();
    change(&mut config.limits);
    Collector::new(config).unwrap()
}

fn collector() -> Collector {
    limited(|_| {})
}

fn visit(time: Timestamp) -> Report {
    let fields = [("site".to_owned(), "news.example".into())].into();
    Report { event: "visit".to_owned(), time, device: Some("d1".to_owned()), fields }
}

fn batch(id: &str, times: &[Timestamp]) -> ReportBatch {
    ReportBatch { id: id.to_owned(), reports: times.iter().copied().map(visit).collect() }
}

fn upload(key: Option<&str>, reports: &[Report]) -> Upload {
    let form = Form { chain: chain(), ..Form::default() };
    Upload {
        method: "POST".to_owned(),
        authority: "sa.example.com".to_owned(),
        path: "/sa?project=mini".to_owned(),
        headers: key.iter().map(|key| ("idempotency-key".to_owned(), (*key).to_owned())).collect(),
        body: form.encode(reports, &mut Seed::root(1).stream()).unwrap(),
    }
}

/// Sums of the counts of what is sealed, by window.
fn sealed(collector: &Collector) -> Vec<(Window, u64)> {
    collector.sealed().map(|partial| (partial.window, partial.counts.iter().sum())).collect()
}

fn window(start: i64, length: Duration) -> Window {
    Window::holding(hours(start), length)
}

fn refused(collector: &mut Collector, batch: ReportBatch, now: Timestamp) -> Refusal {
    let before = collector.clone_without_counts();
    let refusal = collector.admit(batch, now).unwrap_err();
    assert_eq!(collector.clone_without_counts(), before, "a refusal changed something");
    assert_eq!(collector.counts().refused[&refusal.kind()], 1);
    refusal
}

impl Collector {
    fn clone_without_counts(&self) -> String {
        format!("{:?} {:?} {:?}", self.ids, self.windows, self.raw)
    }
}

#[test]
fn a_replayed_batch_is_counted_once() {
    let mut collector = collector();
    let first = collector.admit(batch("b", &[hours(0), hours(1)]), hours(1)).unwrap();
    assert_eq!(first, Receipt { id: "b".to_owned(), duplicate: false, admitted: 2, late: 0, early: 0 });
    let again = collector.admit(batch("b", &[hours(0), hours(1)]), hours(1)).unwrap();
    assert_eq!(again, Receipt { id: "b".to_owned(), duplicate: true, admitted: 0, late: 0, early: 0 });
    collector.seal(hours(9));
    assert_eq!(sealed(&collector), [(window(0, HOUR), 1), (window(1, HOUR), 1)]);
    assert_eq!((collector.counts().batches, collector.counts().duplicates), (1, 1));
}

#[test]
fn a_replay_is_known_after_its_window_was_sealed_and_handed_on() {
    let mut collector = collector();
    collector.admit(batch("b", &[hours(0)]), hours(0)).unwrap();
    collector.seal(hours(3));
    collector.handed_on(&[(QueryId::new("hourly").unwrap(), window(0, HOUR))]);
    assert!(collector.admit(batch("b", &[hours(0)]), hours(5)).unwrap().duplicate);
    assert_eq!(collector.sealed().count(), 0);
}

#[test]
fn a_replay_whose_id_is_forgotten_is_late() {
    let mut collector = limited(|limits| limits.remember = HOUR);
    collector.admit(batch("b", &[hours(0)]), hours(0)).unwrap();
    collector.seal(hours(4));
    assert!(matches!(collector.admit(batch("b", &[hours(0)]), hours(4)), Err(Refusal::Late { .. })));
}

#[test]
fn a_window_takes_reports_until_its_grace_is_over() {
    let last = hours(3);
    assert!(collector().admit(batch("b", &[at(1)]), last.before(Duration::from_millis(1))).is_ok());
    let refusal = refused(&mut collector(), batch("b", &[at(1)]), last);
    assert_eq!(refusal, Refusal::Late { late_ms: 7_200_000, late_ms_max: 7_200_000 });
}

#[test]
fn reports_may_lie_ahead_by_the_limit_and_no_more() {
    let ahead = Limits::default().early_max;
    assert!(collector().admit(batch("b", &[hours(0).after(ahead)]), hours(0)).is_ok());
    let refusal = refused(&mut collector(), batch("b", &[at(300_001), at(300_002)]), hours(0));
    assert_eq!(refusal, Refusal::Early { early_ms: 300_001, early_ms_max: 300_000 });
}

#[test]
fn late_and_early_reports_are_dropped_from_a_batch_with_timely_ones() {
    let mut collector = collector();
    let receipt = collector.admit(batch("b", &[hours(0), hours(7), hours(99), hours(98)]), hours(7)).unwrap();
    assert_eq!((receipt.admitted, receipt.late, receipt.early), (1, 1, 2));
    assert_eq!(collector.holdings().map(|holding| holding.report.time).collect::<Vec<_>>(), [hours(7)]);
    collector.seal(hours(200));
    assert_eq!(sealed(&collector), [(window(7, HOUR), 1)]);
}

#[test]
fn a_batch_late_in_part_and_early_in_part_may_be_sent_again() {
    let mut collector = collector();
    let mixed = batch("b", &[hours(0), hours(10)]);
    assert!(matches!(refused(&mut collector, mixed.clone(), hours(8)), Refusal::Early { .. }));
    assert_eq!(collector.admit(mixed, hours(10)).unwrap().admitted, 1);
}

#[test]
fn an_empty_batch_is_admitted_and_known_again() {
    let mut collector = collector();
    assert_eq!(collector.admit(batch("b", &[]), hours(0)).unwrap().admitted, 0);
    assert!(collector.admit(batch("b", &[]), hours(0)).unwrap().duplicate);
}

#[test]
fn a_report_too_late_for_one_query_still_counts_for_another() {
    let mut collector =
        Collector::new(Config { queries: vec![query("daily", Duration::DAY), query("hourly", HOUR)], ..config() })
            .unwrap();
    assert_eq!(collector.admit(batch("b", &[hours(0)]), hours(12)).unwrap().admitted, 1);
    assert_eq!(collector.counts().windows_missed, 1);
    collector.seal(hours(26));
    assert_eq!(sealed(&collector), [(window(0, Duration::DAY), 1)]);
}

#[test]
fn a_clock_that_goes_back_opens_no_window_again() {
    let mut collector = collector();
    collector.seal(hours(3));
    assert!(matches!(collector.admit(batch("b", &[hours(0)]), hours(1)), Err(Refusal::Late { .. })));
    assert!(collector.admit(batch("c", &[hours(1)]), hours(1)).is_ok());
}

#[test]
fn sealed_windows_are_handed_on_until_acknowledged() {
    let mut collector = collector();
    collector.admit(batch("b", &[hours(0), hours(1)]), hours(1)).unwrap();
    collector.seal(hours(3));
    assert_eq!(sealed(&collector), [(window(0, HOUR), 1)]);
    assert_eq!(sealed(&collector), [(window(0, HOUR), 1)]);
    collector.seal(hours(4));
    assert_eq!(sealed(&collector), [(window(0, HOUR), 1), (window(1, HOUR), 1)]);
    collector.handed_on(&[(QueryId::new("hourly").unwrap(), window(0, HOUR))]);
    assert_eq!(sealed(&collector), [(window(1, HOUR), 1)]);
}

#[test]
fn queries_of_other_regions_are_passed_over() {
    let elsewhere = Query { regions: vec![RegionId::new("ru").unwrap()], ..query("elsewhere", HOUR) };
    let mut collector = Collector::new(Config { queries: vec![elsewhere], ..config() }).unwrap();
    collector.admit(batch("b", &[hours(0)]), hours(0)).unwrap();
    collector.seal(hours(99));
    assert_eq!(collector.sealed().count(), 0);
}

#[test]
fn an_upload_is_found_by_host_and_path_and_named_by_its_key() {
    let mut collector = collector();
    let receipt = collector.admit_upload(&upload(Some("0011"), &[visit(hours(0))]), hours(0)).unwrap();
    assert_eq!((receipt.id.as_str(), receipt.admitted), ("0011", 1));
    let again = collector.admit_upload(&upload(Some("0011"), &[visit(hours(0))]), hours(0)).unwrap();
    assert!(again.duplicate);
    let elsewhere = Upload { path: "/sb".to_owned(), ..upload(None, &[]) };
    let refusal = collector.admit_upload(&elsewhere, hours(0)).unwrap_err();
    assert_eq!(refusal.to_string(), "nothing is taken at sa.example.com/sb");
    let elsewhere = Upload { authority: "sb.example.com".to_owned(), ..upload(None, &[]) };
    assert!(matches!(collector.admit_upload(&elsewhere, hours(0)), Err(Refusal::UnknownEndpoint { .. })));
}

#[test]
fn an_upload_without_a_key_is_named_by_what_it_is() {
    let mut collector = collector();
    let keyless = upload(None, &[visit(hours(0))]);
    assert!(!collector.admit_upload(&keyless, hours(0)).unwrap().duplicate);
    assert!(collector.admit_upload(&keyless, hours(0)).unwrap().duplicate);
    let other_path = Upload { path: "/sa?project=pro".to_owned(), ..keyless };
    assert!(!collector.admit_upload(&other_path, hours(0)).unwrap().duplicate);
    assert!(!collector.admit_upload(&upload(None, &[visit(at(1))]), hours(0)).unwrap().duplicate);
}

#[test]
fn an_id_is_one_to_sixty_four_visible_characters() {
    let mut collector = collector();
    for id in ["", "a b", "ä", &"a".repeat(65)] {
        let refusal = collector.admit(batch(id, &[]), hours(0)).unwrap_err();
        assert_eq!(refusal, Refusal::BatchId { found: id.len(), max: 64 });
        let refusal = collector.admit_upload(&upload(Some(id), &[]), hours(0)).unwrap_err();
        assert_eq!(refusal, Refusal::BatchId { found: id.len(), max: 64 });
    }
    assert!(collector.admit(batch(&"!".repeat(64), &[]), hours(0)).is_ok());
    assert_eq!(collector.counts().refused, [(RefusalKind::BatchId, 8)].into());
}

#[test]
fn a_body_of_another_form_is_refused() {
    let mut collector = collector();
    let wrong = Upload { body: b"[]".to_vec(), ..upload(None, &[]) };
    assert!(matches!(collector.admit_upload(&wrong, hours(0)), Err(Refusal::Malformed(_))));
}

#[test]
fn bodies_are_bounded_as_they_come_and_decoded() {
    let long = Report { event: "x".repeat(5000), ..visit(hours(0)) };
    let long = upload(None, &[long]);
    for (bytes_max, fits) in [(long.body.len() - 1, false), (5000, false), (6000, true)] {
        let mut collector = limited(|limits| limits.body_bytes_max = bytes_max);
        match collector.admit_upload(&long, hours(0)) {
            Ok(_) => assert!(fits, "{bytes_max}"),
            Err(refusal) => assert_eq!((refusal, fits), (Refusal::Oversized { bytes_max }, false)),
        }
    }
}

#[test]
fn batches_of_too_many_reports_are_refused_in_both_forms() {
    let mut collector = limited(|limits| limits.reports_per_batch_max = 2);
    let three = batch("b", &[hours(0); 3]);
    let refusal = Refusal::TooManyReports { reports_max: 2 };
    assert_eq!(collector.admit_upload(&upload(None, &three.reports), hours(0)), Err(refusal.clone()));
    assert_eq!(collector.admit(three, hours(0)), Err(refusal));
    assert!(collector.admit(batch("b", &[hours(0); 2]), hours(0)).is_ok());
}

#[test]
fn at_the_bound_of_windows_batches_are_refused_until_some_are_handed_on() {
    let mut collector = limited(|limits| limits.windows_max = 2);
    collector.admit(batch("a", &[hours(0), hours(1)]), hours(1)).unwrap();
    let refusal = refused(&mut collector, batch("b", &[hours(1), hours(2)]), hours(2));
    assert_eq!(refusal, Refusal::Overloaded { what: "windows", max: 2 });
    assert!(collector.admit(batch("c", &[hours(1)]), hours(2)).is_ok(), "an open window still takes reports");
    collector.seal(hours(3));
    assert!(collector.admit(batch("b", &[hours(1), hours(2)]), hours(2)).is_err());
    collector.handed_on(&[(QueryId::new("hourly").unwrap(), window(0, HOUR))]);
    assert!(collector.admit(batch("b", &[hours(1), hours(2)]), hours(2)).is_ok());
}

#[test]
fn at_the_bound_of_a_window_batches_are_refused_as_a_whole() {
    let mut collector = limited(|limits| limits.window.rows_max = 3);
    collector.admit(batch("a", &[hours(0); 2]), hours(0)).unwrap();
    let refusal = refused(&mut collector, batch("b", &[hours(0), hours(0), hours(1)]), hours(1));
    assert!(matches!(refusal, Refusal::Overloaded { what: "reports in a window", .. }));
}

#[test]
fn at_the_bound_of_ids_only_those_of_sealed_windows_are_forgotten() {
    let mut collector = limited(|limits| limits.batch_ids_max = 2);
    collector.admit(batch("a", &[hours(1)]), hours(1)).unwrap();
    collector.admit(batch("b", &[hours(0)]), hours(1)).unwrap();
    let refusal = refused(&mut collector, batch("c", &[hours(3)]), hours(3));
    assert_eq!(refusal, Refusal::Overloaded { what: "batches", max: 2 });
    collector.seal(hours(3));
    assert!(collector.admit(batch("c", &[hours(3)]), hours(3)).is_ok());
    assert!(collector.admit(batch("a", &[hours(1)]), hours(3)).unwrap().duplicate);
    assert!(matches!(collector.admit(batch("b", &[hours(0)]), hours(3)), Err(Refusal::Late { .. })));
}

#[test]
fn the_oldest_holdings_make_room_for_new_ones() {
    let mut collector = limited(|limits| limits.holdings_max = 2);
    collector.admit(batch("a", &[at(1), at(2)]), hours(0)).unwrap();
    collector.admit(batch("b", &[at(3)]), hours(1)).unwrap();
    let kept: Vec<_> = collector.holdings().map(|holding| (holding.at, holding.report.time)).collect();
    assert_eq!(kept, [(hours(0), at(2)), (hours(1), at(3))]);
    assert_eq!(collector.counts().holdings_dropped, 1);
    let mut none = Collector::new(Config { keep_raw: false, ..config() }).unwrap();
    none.admit(batch("a", &[at(1)]), hours(0)).unwrap();
    assert_eq!(none.holdings().count(), 0);
}

#[test]
fn reports_whose_group_key_is_too_long_are_counted_as_such() {
    let mut collector = limited(|limits| limits.window.key_bytes_max = 8);
    collector.admit(batch("a", &[at(1)]), hours(0)).unwrap();
    assert_eq!(collector.counts().keys_too_long, 1);
}

#[test]
fn reports_that_are_no_responses_where_devices_randomize_are_counted_as_such() {
    let randomizer = Randomizer::KAry { epsilon: "1".parse().unwrap() };
    let mut config = config();
    config.queries[0].mechanism = Mechanism::Local { randomizer, reports_per_device_max: 1 };
    config.queries[0].domain = [("site".to_owned(), vec!["a.example".to_owned()])].into();
    let mut collector = Collector::new(config).unwrap();
    let mut batch = batch("a", &[at(1), at(2), at(3)]);
    batch.reports[1].fields.insert("site".to_owned(), "a.example".into());
    batch.reports[2].fields.insert("site".to_owned(), "".into());
    collector.admit(batch, hours(0)).unwrap();
    assert_eq!(collector.counts().responses_malformed, 1, "the empty text is none of the known values");
    collector.seal(hours(4));
    let partial = collector.sealed().next().unwrap().clone();
    // The device of all three counts once.
    assert_eq!((partial.responses, partial.devices), (1, vec![0]));
}

#[test]
fn merged_shards_seal_to_what_one_collector_would_have_sealed() {
    let (mut left, mut right, mut whole) = (collector(), collector(), collector());
    left.admit(batch("a", &[hours(0), hours(1)]), hours(1)).unwrap();
    right.admit(batch("b", &[hours(1), hours(2)]), hours(2)).unwrap();
    for (id, hour) in [("a", 0), ("b", 1)] {
        whole.admit(batch(id, &[hours(hour), hours(hour + 1)]), hours(hour + 1)).unwrap();
    }
    left.merge(std::slice::from_ref(&right)).unwrap();
    for collector in [&mut left, &mut whole] {
        collector.seal(hours(9));
        assert!(collector.admit(batch("b", &[hours(1), hours(2)]), hours(2)).unwrap().duplicate);
    }
    assert!(left.sealed().eq(whole.sealed()));
    assert!(left.holdings().eq(whole.holdings()));
    assert_eq!(left.counts(), whole.counts());
}

#[test]
fn shards_that_would_count_something_twice_do_not_merge() {
    let admitted = |id: &str, hour| {
        let mut collector = collector();
        collector.admit(batch(id, &[hours(hour)]), hours(hour)).unwrap();
        collector
    };
    let refused = |mut left: Collector, right: &Collector| {
        let before = left.clone_without_counts();
        let error = left.merge(std::slice::from_ref(right)).unwrap_err();
        assert_eq!(left.clone_without_counts(), before, "something was merged");
        error
    };
    let twice = refused(admitted("a", 0), &admitted("a", 0));
    assert_eq!(twice, MergeError::BatchTwice { id: "a".to_owned() });

    let (mut left, before) = (admitted("a", 0), admitted("a", 0).clone_without_counts());
    let error = left.merge(&[admitted("b", 0), admitted("c", 1), admitted("b", 1)]).unwrap_err();
    assert_eq!(error, MergeError::BatchTwice { id: "b".to_owned() });
    assert_eq!(left.clone_without_counts(), before, "shards before the wrong one were merged");

    let apart = MergeError::SealedApart { query: QueryId::new("hourly").unwrap(), window: window(0, HOUR) };
    let sealed = |id: &str| {
        let mut collector = admitted(id, 0);
        collector.seal(hours(3));
        collector
    };
    assert_eq!(refused(admitted("a", 0), &sealed("b")), apart);
    assert_eq!(refused(sealed("a"), &admitted("b", 0)), apart);
    assert_eq!(refused(sealed("a"), &sealed("b")), apart);

    let other = Collector::new(Config { sampling: Seed::root(2), ..config() }).unwrap();
    assert_eq!(refused(admitted("a", 0), &other), MergeError::Config);
}

#[test]
fn shards_that_pass_a_limit_together_do_not_merge() {
    let merged = |change: fn(&mut Limits)| {
        let (mut left, mut right) = (limited(change), limited(change));
        left.admit(batch("a", &[hours(0)]), hours(1)).unwrap();
        right.admit(batch("b", &[hours(1)]), hours(1)).unwrap();
        left.merge(std::slice::from_ref(&right))
    };
    assert_eq!(merged(|limits| limits.windows_max = 1), Err(MergeError::Room { what: "windows", max: 1 }));
    assert_eq!(merged(|limits| limits.batch_ids_max = 1), Err(MergeError::Room { what: "batches", max: 1 }));
    assert_eq!(merged(|limits| limits.holdings_max = 1), Ok(()));
}

#[test]
fn configurations_in_which_things_get_in_each_others_way_are_refused() {
    let error = |config: Config| Collector::new(config).unwrap_err();
    let twice = Config { queries: vec![query("q", HOUR), query("q", Duration::DAY)], ..config() };
    assert_eq!(error(twice).to_string(), "query q stands twice, expected each name once");
    let zero = Config { queries: vec![query("q", Duration::ZERO)], ..config() };
    assert!(matches!(error(zero), ConfigError::Query { path, .. } if path == "window"));

    let mut forms = config().forms;
    forms.push(forms[0].clone());
    assert!(Collector::new(Config { forms: forms.clone(), ..config() }).is_ok());
    forms[1].form.chain = BodyChain::default();
    assert!(matches!(error(Config { forms: forms.clone(), ..config() }), ConfigError::TwoForms { .. }));
    forms[1].path = "/sa?x".to_owned();
    assert!(matches!(error(Config { forms: forms.clone(), ..config() }), ConfigError::Path { .. }));
    forms[1].path = "/sb".to_owned();
    forms[1].form.layout.time = "event".to_owned();
    assert!(matches!(error(Config { forms, ..config() }), ConfigError::Layout { .. }));
}

#[test]
fn a_collector_that_forgets_batches_counts_them_again() {
    let mut forgetful = Collector::new(Config { deduplicate: false, ..config() }).unwrap();
    for minute in 0..3 {
        let now = hours(1).after(Duration::from_secs(60 * minute));
        let receipt = forgetful.admit(batch("b1", &[hours(1)]), now).unwrap();
        assert!(!receipt.duplicate && receipt.admitted == 1);
    }
    let upload = upload(Some("b1"), &[visit(hours(1))]);
    assert!(!forgetful.admit_upload(&upload, hours(1)).unwrap().duplicate);
    forgetful.seal(hours(24));
    assert_eq!(sealed(&forgetful), [(window(1, HOUR), 4)]);
    assert_eq!(forgetful.holdings().filter(|holding| holding.batch == "b1").count(), 4);
}

fn forgotten(start: i64, reports: u64) -> Forgotten {
    Forgotten { query: QueryId::new("hourly").unwrap(), window: window(start, HOUR), reports }
}

#[test]
fn a_process_that_ends_loses_open_windows_what_it_knew_and_what_it_kept() {
    let mut collector = collector();
    collector.admit(batch("a", &[hours(0), hours(0)]), hours(0)).unwrap();
    collector.seal(hours(3));
    collector.admit(batch("b", &[hours(2), hours(3), hours(3)]), hours(3)).unwrap();
    assert_eq!(collector.forget(hours(3)), [forgotten(2, 1), forgotten(3, 2)]);
    assert_eq!(collector.forget(hours(3)), [], "they are gone");
    assert_eq!(collector.holdings().count(), 0);
    assert!(!collector.admit(batch("b", &[hours(2), hours(3), hours(3)]), hours(3)).unwrap().duplicate);
    collector.seal(hours(9));
    assert_eq!(sealed(&collector), [(window(0, HOUR), 2), (window(2, HOUR), 1), (window(3, HOUR), 2)]);
}

#[test]
fn a_process_that_ends_keeps_windows_that_are_closed_whether_they_are_sealed_or_not() {
    let mut collector = collector();
    collector.admit(batch("a", &[hours(0), hours(1)]), hours(1)).unwrap();
    assert_eq!(collector.forget(hours(3)), [forgotten(1, 1)], "the grace of the first is over at three");
    collector.seal(hours(9));
    assert_eq!(sealed(&collector), [(window(0, HOUR), 1)]);
}

#[test]
fn debug_shows_sizes_and_no_device() {
    let mut collector = collector();
    let mut batch = batch("secret-key", &[hours(0)]);
    batch.reports[0].device = Some("secret-device".to_owned());
    collector.admit(batch, hours(0)).unwrap();
    let shown = format!("{collector:?}");
    assert!(shown.contains("ids: 1, windows: 1, holdings: 1"), "{shown}");
    assert!(!shown.contains("secret"), "{shown}");
}
