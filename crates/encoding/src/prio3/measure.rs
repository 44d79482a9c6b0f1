//! From a report to a measurement: the client's half of a query over shares.

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use model::{Duration, Party, Report, Value, Window};
use rand_core::Rng;

use super::{Circuit, Measurement, NONCE_FIELD, Nonce, SHARE_FIELD, Sharded, context, shard};

/// Every combination of the values that some fields can take, numbered in the order in which releases list them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buckets(Vec<(String, Vec<String>)>);

/// What is summed of each report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summand {
    /// Name of the field that holds a number, or true for 1 and false for 0.
    pub field: String,
    /// Greatest number that counts as itself. Numbers below zero count as zero.
    pub max: u64,
}

/// How a report becomes a measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measuring {
    buckets: Buckets,
    summand: Option<Summand>,
    circuit: Circuit,
}

impl Buckets {
    /// The buckets of `group_by`, whose values are in `domain`. Without fields there is one.
    #[must_use]
    pub fn new(group_by: &[String], domain: &BTreeMap<String, Vec<String>>) -> Self {
        let values = |name: &String| {
            let mut values = domain.get(name).cloned().unwrap_or_default();
            values.sort_unstable();
            values.dedup();
            (name.clone(), values)
        };
        Self(group_by.iter().map(values).collect())
    }

    /// How many there are; at most `u32::MAX`.
    #[must_use]
    pub fn count(&self) -> u32 {
        let lengths = self.0.iter().map(|(_, values)| u32::try_from(values.len()).unwrap_or(u32::MAX));
        lengths.fold(1, u32::saturating_mul)
    }

    /// Number of the bucket of `report`, the last field turning fastest; `None` if it lacks a field or has a value that
    /// is not known.
    #[must_use]
    pub fn of(&self, report: &Report) -> Option<u32> {
        self.0.iter().try_fold(0_u32, |number, (name, values)| {
            let text = match report.fields.get(name) {
                _ if name == "event" => report.event.clone(),
                Some(Value::Text(text)) => text.clone(),
                Some(value) => value.to_string(),
                None => return None,
            };
            let place = values.binary_search(&text).ok()?;
            number.checked_mul(u32::try_from(values.len()).ok()?)?.checked_add(u32::try_from(place).ok()?)
        })
    }
}

impl Measuring {
    /// What is measured of reports: into which bucket they fall, or what they add to it.
    #[must_use]
    pub fn new(buckets: Buckets, summand: Option<Summand>) -> Self {
        let (groups, length) = (!buckets.0.is_empty(), buckets.count());
        let circuit = match (groups, &summand) {
            (false, None) => Circuit::Count,
            (false, Some(Summand { max: 1, .. })) => Circuit::Count,
            (false, Some(summand)) => Circuit::Sum { max: summand.max },
            (true, None) => Circuit::histogram(length),
            (true, Some(summand)) => Circuit::sum_vec(length, summand.max),
        };
        Self { buckets, summand, circuit }
    }

    /// What a report says, field by field, with the summand as the number that it counts as.
    pub fn plain<'a>(&'a self, report: &'a Report) -> impl Iterator<Item = (String, Value)> + 'a {
        let is_summed = |name: &str| self.summand.as_ref().is_some_and(|summand| summand.field == name);
        report.fields.iter().map(move |(name, value)| match value {
            Value::Flag(flag) if is_summed(name) => (name.clone(), Value::Number((*flag).into())),
            value => (name.clone(), value.clone()),
        })
    }

    /// The function that is computed.
    #[must_use]
    pub const fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    /// The measurement of `report`; `None` if it answers nothing: a field is missing, or has a value that is not known.
    #[must_use]
    pub fn measure(&self, report: &Report) -> Option<Measurement> {
        let bucket = self.buckets.of(report)?;
        let summand = match &self.summand {
            None => None,
            Some(Summand { field, max }) => match report.fields.get(field)? {
                Value::Number(number) => Some(u64::try_from(*number).unwrap_or(0).min(*max)),
                Value::Flag(flag) => Some(u64::from(*flag)),
                Value::Text(_) => return None,
            },
        };
        Some(match (self.circuit, summand) {
            (Circuit::Count, value) => Measurement::Flag(value != Some(0)),
            (Circuit::Histogram { .. }, _) => Measurement::Bucket(bucket),
            (Circuit::Sum { .. }, value) => Measurement::Summand(value.unwrap_or(0)),
            (Circuit::SumVec { length, .. }, value) => {
                let at = |place| if place == bucket { value.unwrap_or(0) } else { 0 };
                Measurement::Vector((0..length).map(at).collect())
            }
        })
    }

    /// Splits what `report` says about `query` with windows of length `window`; `None` if it answers nothing. Takes its
    /// nonce from `random`, then what [`shard`] takes.
    pub fn split(
        &self,
        report: &Report,
        query: &str,
        window: Duration,
        random: &mut impl Rng,
    ) -> Option<(Nonce, Sharded)> {
        let measurement = self.measure(report)?;
        let mut nonce = Nonce([0; 16]);
        random.fill_bytes(&mut nonce.0);
        let context = context(query, Window::holding(report.time, window));
        Some((nonce, shard(&self.circuit, &context, &measurement, nonce, random).ok()?))
    }
}

/// `report` with the share of `party` in place of all its fields.
#[must_use]
pub fn shared(report: Report, nonce: Nonce, shares: &Sharded, party: Party) -> Report {
    let share = BASE64URL_NOPAD.encode(&shares.of(party));
    let fields = [(NONCE_FIELD.to_owned(), nonce.to_text().into()), (SHARE_FIELD.to_owned(), share.into())];
    Report { fields: fields.into(), ..report }
}
