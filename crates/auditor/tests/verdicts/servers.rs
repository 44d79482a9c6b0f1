//! What servers keep, read, and make of orders.

use model::{
    CaseFile, CheckName, ClaimKind, Duration, Holding, Inspection, Order, Ordered, Partial, Read, Report, Served,
    Timestamp, Verdict, Window,
};

use crate::{
    case::{Setting, case, expect, name},
    client::Client,
};

fn with(promise: ClaimKind) -> CaseFile {
    let mut case = case(Client::HONEST, &Setting::PLAIN);
    case.claims.retain(|claim| claim.id.as_str() == "local");
    case.claims[0].promise = promise;
    case
}

fn ends(case: &CaseFile) -> Timestamp {
    case.examinations[0].records[0].notebook.ends
}

fn held(region: &str, at: Timestamp, device: &str) -> Holding {
    let report = Report { event: "visit".to_owned(), time: at, device: Some(device.to_owned()), fields: [].into() };
    Holding { region: name(region), at, batch: "b".to_owned(), report }
}

fn read(case: &mut CaseFile, region: &str, from: &str) {
    let line = Read { at: ends(case), region: name(region), from: name(from), reader: "operations".to_owned() };
    case.inspection.get_or_insert_default().reads.push(line);
}

#[test]
fn a_reading_from_afar_is_not_local() {
    let mut case = with(ClaimKind::RegionLocal { within: [].into() });
    read(&mut case, "in", "CN");
    let finding = expect(&case, "local", Verdict::Broken).findings.remove(0);
    assert_eq!(finding.check, CheckName::Access);
    assert_eq!(finding.evidence.plaintext, "CN by operations");
}

#[test]
fn readings_at_home_and_of_regions_without_the_devices_data_break_nothing() {
    let mut case = with(ClaimKind::RegionLocal { within: [].into() });
    read(&mut case, "in", "IN");
    read(&mut case, "sg", "CN");
    expect(&case, "local", Verdict::Kept);
}

#[test]
fn without_the_access_log_nobody_knows_from_where_data_is_read() {
    let mut case = with(ClaimKind::RegionLocal { within: [].into() });
    case.inspection = None;
    let reason = expect(&case, "local", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.starts_with("no access log was inspected"), "{reason}");
}

#[test]
fn a_name_below_an_endpoint_is_served_where_that_is() {
    let below = Client { host: "r7.sg.stats.example", ..Client::HONEST };
    let mut case = case(below, &Setting::PLAIN);
    case.inspection = Some(Inspection::default());
    let finding = expect(&case, "local", Verdict::Broken).findings.remove(0);
    assert!(finding.summary.ends_with("region `sg` in SG"), "{}", finding.summary);
}

#[test]
fn what_is_kept_for_too_long_is_found_by_its_age() {
    let mut case = with(ClaimKind::Retained { longest: Duration::DAY });
    let inspected = ends(&case);
    for (age, verdict) in [(24, Verdict::Kept), (26, Verdict::Broken)] {
        let at = inspected.before(Duration::from_secs(age * 3_600));
        case.examinations[0].records[0].holdings = Some(vec![held("in", at, "a")]);
        let ruling = expect(&case, "local", verdict);
        assert!(ruling.findings.iter().all(|finding| finding.check == CheckName::Retention));
    }
}

#[test]
fn an_inspection_before_the_time_is_up_proves_no_deletion() {
    let case = with(ClaimKind::Retained { longest: Duration::from_days(30) });
    let reason = expect(&case, "local", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("not more than 30d"), "{reason}");
    let mut case = with(ClaimKind::Retained { longest: Duration::DAY });
    case.examinations[0].records[0].holdings = None;
    let reason = expect(&case, "local", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("not inspected"), "{reason}");
}

/// A case in which an order was served when everything else was done.
fn ordered(what: Ordered, change: impl Fn(&mut Served)) -> CaseFile {
    let mut case = with(ClaimKind::OrdersObeyed);
    let record = &mut case.examinations[0].records[0];
    let at = record.notebook.ends;
    let order = Order { authority: "the commission".to_owned(), what, within: Duration::from_days(30), source: None };
    let before = vec![held("in", at.before(Duration::DAY), "a"), held("sg", at.before(Duration::DAY), "b")];
    let mut served = Served { order, at, reported: Vec::new(), before, after: Vec::new(), counted: Vec::new() };
    change(&mut served);
    record.notebook.ends = served.due() + Duration::DAY;
    record.served.push(served);
    case
}

#[test]
fn an_order_that_was_not_served_proves_nothing() {
    let reason = expect(&with(ClaimKind::OrdersObeyed), "local", Verdict::Unproven).reason.unwrap_or_default();
    assert_eq!(reason, "no order was served");
    for what in [Ordered::Erase, Ordered::Report] {
        let case = ordered(what, |served| served.before.clear());
        let reason = expect(&case, "local", Verdict::Unproven).reason.unwrap_or_default();
        assert!(reason.starts_with("nothing was held"), "{reason}");
    }
}

#[test]
fn what_is_left_after_an_erasure_convicts_wherever_it_is() {
    expect(&ordered(Ordered::Erase, |_| ()), "local", Verdict::Kept);
    let second_id = ordered(Ordered::Erase, |served| served.after.push(served.before[1].clone()));
    let finding = expect(&second_id, "local", Verdict::Broken).findings.remove(0);
    assert_eq!((finding.check, finding.evidence.plaintext.as_str()), (CheckName::Erasure, "b"));
    let queue = ordered(Ordered::Erase, |served| {
        let at = served.at + Duration::from_secs(600);
        served.after.push(Holding { at, ..served.before[0].clone() });
    });
    let finding = expect(&queue, "local", Verdict::Broken).findings.remove(0);
    assert!(finding.summary.contains("came back"), "{}", finding.summary);
}

#[test]
fn what_was_collected_after_an_erasure_is_another_matter() {
    let case = ordered(Ordered::Erase, |served| served.after.push(held("in", served.at + Duration::DAY, "c")));
    expect(&case, "local", Verdict::Kept);
}

#[test]
fn a_window_convicts_by_a_group_that_names_the_device_alone() {
    let counted = |group: &'static str| {
        ordered(Ordered::Erase, move |served| {
            served.counted.push(Partial {
                query: name("visits"),
                window: Window::holding(served.at, Duration::DAY),
                regions: vec![name("in")],
                groups: vec![vec!["visit".to_owned(), group.to_owned()]],
                counts: vec![3],
                sums: vec![0],
                devices: vec![1],
                responses: 0,
                shares: vec![],
            });
        })
    };
    expect(&counted("IN"), "local", Verdict::Kept);
    let finding = expect(&counted("a"), "local", Verdict::Broken).findings.remove(0);
    assert_eq!((finding.check, finding.evidence.path[1].as_str()), (CheckName::Erasure, "query:visits"));
}

#[test]
fn a_report_that_leaves_something_out_does_not_obey() {
    let whole = ordered(Ordered::Report, |served| served.reported.clone_from(&served.before));
    expect(&whole, "local", Verdict::Kept);
    let part = ordered(Ordered::Report, |served| served.reported.push(served.before[0].clone()));
    let finding = expect(&part, "local", Verdict::Broken).findings.remove(0);
    assert_eq!(finding.check, CheckName::Orders);
    assert_eq!(finding.evidence.path, ["holdings:sg"]);
}

/// The device is used, and maybe sends, a day after an order to stop was to be obeyed.
fn stopped(sends: bool, used: bool) -> CaseFile {
    let mut case = ordered(Ordered::Stop, |_| ());
    let record = &mut case.examinations[0].records[0];
    let at = record.served[0].due() + Duration::from_secs(3_600);
    if used {
        let planted = record.notebook.entries.iter().find(|entry| !entry.canaries.is_empty());
        let mut again = planted.expect("a line with canaries").clone();
        (again.at, again.phase, again.session, again.mode) = (at, model::Phase::Order, None, None);
        record.notebook.entries.push(again);
        let mut page = record.capture.flows.iter().find(|flow| flow.method == "GET").expect("a page").clone();
        (page.at, page.id) = (at, model::FlowId(record.capture.flows.len() as u64));
        record.capture.flows.push(page);
    }
    if sends {
        let mut late = record.capture.flows.iter().find(|flow| flow.method == "POST").expect("an upload").clone();
        (late.at, late.id) = (at, model::FlowId(record.capture.flows.len() as u64));
        record.capture.flows.push(late);
    }
    case
}

#[test]
fn telemetry_after_an_order_to_stop_does_not_obey() {
    expect(&stopped(false, true), "local", Verdict::Kept);
    let finding = expect(&stopped(true, true), "local", Verdict::Broken).findings.remove(0);
    assert_eq!(finding.check, CheckName::Orders);
    let reason = expect(&stopped(false, false), "local", Verdict::Unproven).reason.unwrap_or_default();
    assert!(reason.contains("was not used"), "{reason}");
}

#[test]
fn orders_out_of_order_are_refused() {
    let mut case = ordered(Ordered::Erase, |_| ());
    let record = &mut case.examinations[0].records[0];
    record.notebook.ends = record.served[0].at;
    assert!(auditor::audit(&case).expect_err("refused").to_string().contains("orders of main on lab-1"));
}
