//! From what servers receive to what they publish, and how far that is from the truth.

use std::collections::{BTreeMap, BTreeSet};

use aggregation::{
    Accumulator, Codes, Columns, KeyColumn, Ledger, Limits, merge_partials,
    prio3::{ShareLimits, ShareWindow},
    release,
};
use model::{Keys, Measure, Mechanism, Partial, Query, QueryId, RegionId, Release, Report, Seed};

use super::{
    super::{BenchError, Input},
    float,
    upload::{Uploads, window},
};

/// What servers receive.
#[derive(Debug)]
pub(super) struct Received<'a> {
    uploads: Uploads,
    input: &'a Input,
}

fn region(name: &str) -> RegionId {
    RegionId::new(name).unwrap_or_else(|error| unreachable!("a sound name: {error}"))
}

/// How many reports there are of each site.
pub(super) fn query(mechanism: &Mechanism, input: &Input) -> Query {
    Query {
        id: QueryId::new("bench").unwrap_or_else(|error| unreachable!("a sound name: {error}")),
        events: vec!["visit".to_owned()],
        group_by: vec!["site".to_owned()],
        measure: match mechanism {
            Mechanism::Star { .. } => Measure::Devices,
            _ => Measure::Count,
        },
        window: model::Duration::DAY,
        regions: match mechanism {
            Mechanism::Prio3 { .. } => vec![region("leader"), region("helper")],
            _ => Vec::new(),
        },
        mechanism: mechanism.clone(),
        domain: match mechanism {
            Mechanism::Star { .. } | Mechanism::Central { keys: Keys::Selected, .. } => BTreeMap::new(),
            _ => [("site".to_owned(), input.texts[2].clone())].into(),
        },
    }
}

impl<'a> Received<'a> {
    pub(super) const fn new(uploads: Uploads, input: &'a Input) -> Self {
        Self { uploads, input }
    }

    /// Bytes of a report in columns, where it is in some.
    pub(super) const fn column_bytes(&self) -> Option<f64> {
        match self.uploads {
            Uploads::Plain => Some(8.0 + 4.0),
            Uploads::Responses(_) | Uploads::Messages(_) | Uploads::Shares(_) => None,
        }
    }

    /// What is published of it.
    pub(super) fn publish(&self, query: &Query) -> Result<Release, BenchError> {
        let partial = match &self.uploads {
            Uploads::Plain => of_columns(query, self.input)?,
            Uploads::Responses(reports) | Uploads::Messages(reports) => of_reports(query, reports)?,
            Uploads::Shares(halves) => of_shares(query, halves)?,
        };
        Ok(release(query, &partial, &Seed::root(3), &mut Ledger::new(None))?)
    }
}

fn accumulator(query: &Query) -> Accumulator {
    let limits = Limits { rows_max: usize::MAX, groups_max: usize::MAX, ..Limits::default() };
    Accumulator::new(query, window(query), &Seed::root(1), limits)
}

fn of_columns(query: &Query, input: &Input) -> Result<Partial, BenchError> {
    let sites = KeyColumn::Coded { codes: Codes::U32(&input.sites), texts: &input.texts[2] };
    let devices = (query.mechanism != Mechanism::Exact).then_some(&input.devices[..]);
    let mut accumulator = accumulator(query);
    accumulator.push_columns(&Columns::new(devices, vec![sites], None)?)?;
    Ok(accumulator.seal(&region("bench"))?)
}

fn of_reports(query: &Query, reports: &[Report]) -> Result<Partial, BenchError> {
    let mut accumulator = accumulator(query);
    for report in reports {
        accumulator.push(report)?;
    }
    Ok(accumulator.seal(&region("bench"))?)
}

/// Both servers, on one thread, as they talk until every report is counted by both.
fn of_shares(query: &Query, halves: &[Vec<Report>; 2]) -> Result<Partial, BenchError> {
    let refused = || BenchError::Query { query: query.id.clone() };
    let server = |place: usize| {
        let (name, secret) = (&query.regions[place], Seed::root(5).nth(place as u64));
        let mut server = ShareWindow::new(query, name, window(query), &secret, &Seed::root(6), ShareLimits::default())?;
        halves[place].iter().for_each(|report| {
            server.push(report);
        });
        Some(server)
    };
    let (mut leader, mut helper) = (server(0).ok_or_else(refused)?, server(1).ok_or_else(refused)?);
    let mut answers = Vec::new();
    loop {
        let turn = leader.lead(answers);
        let is_last = turn.is_last();
        answers = helper.help(turn);
        if is_last {
            break;
        }
    }
    let mut partial = leader.seal(&query.regions[0]).ok_or_else(refused)?;
    merge_partials(&mut partial, &helper.seal(&query.regions[1]).ok_or_else(refused)?)?;
    Ok(partial)
}

/// What is true of the first `count` reports: how many there are of each site, or how many devices, as is asked.
pub(super) fn truth<'a>(query: &Query, input: &'a Input, count: usize) -> BTreeMap<&'a str, i64> {
    let (mut truth, mut seen) = (BTreeMap::new(), BTreeSet::new());
    for (site, device) in input.sites.iter().zip(&input.devices).take(count) {
        if query.measure != Measure::Devices || seen.insert((site, device)) {
            *truth.entry(input.texts[2][*site as usize].as_str()).or_default() += 1;
        }
    }
    truth
}

/// Error, relative error, and share of keys suppressed.
pub(super) fn compare(truth: &BTreeMap<&str, i64>, release: &Release) -> (f64, f64, f64) {
    let key = |cell: &model::Cell| (cell.group.join("/"), cell.value);
    let published: BTreeMap<String, i64> = release.cells.iter().map(key).collect();
    let (mut squares, mut all, mut suppressed) = (0.0, 0.0, 0.0);
    for (key, count) in truth {
        let value = published.get(*key).copied();
        let error = integer(value.unwrap_or(0) - count);
        squares += error * error;
        all += integer(*count);
        suppressed += if value.is_none() { 1.0 } else { 0.0 };
    }
    let keys = float(truth.len().max(1));
    let error = (squares / keys).sqrt();
    (error, error * keys / all.max(1.0), suppressed / keys)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn integer(number: i64) -> f64 {
    number as f64
}
