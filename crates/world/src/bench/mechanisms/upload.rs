//! What devices upload for a mechanism.

use data_encoding::BASE64;
use encoding::{
    chance::Bits,
    local::LocalRandomizer,
    prio3::shared,
    star::{self, Terms},
};
use model::{Mechanism, Party, Query, Report, ReportBatch, Seed, Timestamp, Window};
use prost::Message as _;

use super::super::{BenchError, Input};
use aggregation::prio3::measuring;

/// Reports of each batch.
const BATCH: usize = 1_000;

/// Reports as they leave devices.
#[derive(Debug)]
pub(super) enum Uploads {
    /// As they are: servers have them in columns.
    Plain,
    /// With randomized responses in place of sites.
    Responses(Vec<Report>),
    /// With sealed messages in place of sites. The randomness that devices ask a server for before is not measured.
    Messages(Vec<Report>),
    /// In shares: those of the leader, and those of the helper.
    Shares([Vec<Report>; 2]),
}

/// When all reports happened.
pub(super) fn time() -> Timestamp {
    Timestamp::from_millis(1_588_330_800_000)
}

/// What devices make of the first `count` reports of `input` for `query`.
pub(super) fn uploads(query: &Query, input: &Input, count: usize) -> Result<Uploads, BenchError> {
    let seed = Seed::root(4);
    match &query.mechanism {
        Mechanism::Local { randomizer, .. } => {
            let sites = input.texts[2].iter().map(String::as_str);
            let randomizer = LocalRandomizer::new(randomizer, sites)?;
            let mut stream = seed.derive("responses").stream();
            let respond = |row| {
                let mut report = plain(input, row);
                let permanent = seed.nth(input.devices[row]);
                let site = &input.texts[2][input.sites[row] as usize];
                let response = randomizer.respond(site, &permanent, &mut Bits(&mut stream));
                report.fields.insert("site".to_owned(), response.into());
                report
            };
            Ok(Uploads::Responses((0..count).map(respond).collect()))
        }
        Mechanism::Star { devices_min, .. } => {
            let refused = || BenchError::Query { query: query.id.clone() };
            let terms = Terms::new(&query.id, window(query), *devices_min).ok_or_else(refused)?;
            let sealed = |row| {
                let mut report = plain(input, row);
                let site = star::measurement([input.texts[2][input.sites[row] as usize].as_str()]);
                // The same device seals the same site in the same way.
                let own = seed.nth(input.devices[row]).nth(u64::from(input.sites[row]));
                let randomness = star::local_randomness(&site, &terms);
                let message = star::seal(&site, &[], &terms, &randomness, &mut own.stream()).map_err(|_| refused())?;
                report.fields = [(star::FIELD.to_owned(), BASE64.encode(&message.to_bytes()).into())].into();
                Ok(report)
            };
            Ok(Uploads::Messages((0..count).map(sealed).collect::<Result<_, BenchError>>()?))
        }
        Mechanism::Prio3 { .. } => {
            let measuring = measuring(query).ok_or(BenchError::Query { query: query.id.clone() })?;
            let mut stream = seed.derive("shares").stream();
            let mut halves = [Vec::with_capacity(count), Vec::with_capacity(count)];
            for row in 0..count {
                let report = plain(input, row);
                let split = measuring.split(&report, query.id.as_str(), query.window, &mut stream);
                let (nonce, shares) = split.ok_or(BenchError::Query { query: query.id.clone() })?;
                halves[0].push(shared(report.clone(), nonce, &shares, Party::Leader));
                // The helper is not told the device: the leader sees to the bound.
                halves[1].push(shared(Report { device: None, ..report }, nonce, &shares, Party::Helper));
            }
            Ok(Uploads::Shares(halves))
        }
        _ => Ok(Uploads::Plain),
    }
}

/// Bytes for a report in the native form, to all servers together, in batches of 1000.
pub(super) fn bytes_per_report(uploads: &Uploads, query: &Query, input: &Input, count: usize) -> f64 {
    match uploads {
        // The device is named where somebody looks at it.
        Uploads::Plain => {
            let names = query.mechanism != Mechanism::Exact;
            let unnamed = |row| Report { device: None, ..plain(input, row) };
            let report = |row| if names { plain(input, row) } else { unnamed(row) };
            batch_bytes(&(0..count.min(BATCH)).map(report).collect::<Vec<_>>())
        }
        Uploads::Responses(reports) | Uploads::Messages(reports) => batch_bytes(&reports[..count.min(BATCH)]),
        Uploads::Shares(halves) => halves.iter().map(|reports| batch_bytes(&reports[..count.min(BATCH)])).sum(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn batch_bytes(reports: &[Report]) -> f64 {
    let batch = ReportBatch { id: "0123456789abcdef".to_owned(), reports: reports.to_vec() };
    protocol::v1::ReportBatch::from(batch).encoded_len() as f64 / reports.len().max(1) as f64
}

/// A report as it is: that a device visited a site.
fn plain(input: &Input, row: usize) -> Report {
    let site = input.texts[2][input.sites[row] as usize].as_str();
    Report {
        event: "visit".to_owned(),
        time: time(),
        device: Some(format!("{:016x}", input.devices[row])),
        fields: [("site".to_owned(), site.into())].into(),
    }
}

/// The window of all reports.
pub(super) fn window(query: &Query) -> Window {
    Window::holding(time(), query.window)
}
