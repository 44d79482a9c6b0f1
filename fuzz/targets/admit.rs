//! A region's collector: any upload, in any form, again and again. The first byte chooses the form, the second the time.

#![no_main]

use collector::{Collector, Config, Intake, Limits, Operations};
use fuzz::forms;
use libfuzzer_sys::fuzz_target;
use model::{Duration, Host, Measure, Mechanism, Query, QueryId, RegionId, Seed, Timestamp, Upload};

const HOST: &str = "stats.example";

fn collector() -> Option<Collector> {
    let query = Query {
        id: QueryId::new("visits").ok()?,
        events: vec![],
        group_by: vec!["event".to_owned()],
        measure: Measure::Devices,
        window: Duration::DAY,
        regions: vec![],
        mechanism: Mechanism::Exact,
        domain: [].into(),
    };
    let host = Host::new(HOST).ok()?;
    let intake = |(place, form)| Intake { host: host.clone(), path: format!("/{place}"), form };
    let config = Config {
        region: RegionId::new("sg").ok()?,
        forms: (0..).zip(forms()).map(intake).collect::<Vec<_>>(),
        queries: vec![query],
        sampling: Seed::root(1),
        verification: Seed::root(2),
        limits: Limits { windows_max: 64, holdings_max: 64, batch_ids_max: 64, ..Limits::default() },
        keep_raw: true,
        operations: Operations::default(),
        deduplicate: true,
    };
    Collector::new(config).ok()
}

fuzz_target!(|bytes: &[u8]| {
    let (Some(mut collector), [form, time, body @ ..]) = (collector(), bytes) else { return };
    let now = Timestamp::from_millis(1_588_327_200_000).after(Duration::from_days(u64::from(*time)));
    let upload = Upload {
        method: "POST".to_owned(),
        authority: HOST.to_owned(),
        path: format!("/{}", usize::from(*form) % forms().len()),
        headers: vec![("idempotency-key".to_owned(), format!("{time}"))],
        body: body.to_vec(),
    };
    let first = collector.admit_upload(&upload, now).is_ok();
    let again = collector.admit_upload(&upload, now);
    assert!(
        !first || again.is_ok_and(|receipt| receipt.duplicate),
        "an upload that was admitted is a duplicate next time"
    );
    collector.seal(now.after(Duration::from_days(10)));
    assert!(collector.holdings().count() <= 64);
});
