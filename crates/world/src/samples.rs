//! Runs the vendor's own release code again and again over two crowds that differ by one device, as an examiner with
//! the code in the laboratory would.

use std::collections::{BTreeMap, BTreeSet};

use aggregation::{Accumulator, Conduct, Ledger, Limits, release, release_as};
use model::{
    ClaimKind, GroupKey, Keys, Measure, Mechanism, Partial, Query, Ratio, RegionId, Release, Report, Runs, Samples,
    Seed, Value, Window,
};

use crate::{PlayError, setting::Setting};

/// Devices that are in both crowds.
const OTHERS: u32 = 3;

/// The queries whose noise is to be examined: all that have some, where somebody promises that it hides people.
pub(crate) fn examined<'a>(setting: &Setting<'a>) -> Vec<&'a Query> {
    let promised = |claim: &model::Claim| matches!(claim.promise, ClaimKind::AggregatedAnonymous { .. });
    let script = setting.script;
    let wanted = script.plan.samples > 0 && script.claims.iter().any(promised);
    script.queries.iter().filter(|query| wanted && noisy(query).is_some() && is_known(query)).collect()
}

/// Whether the keys and the form of the answer are such that two crowds can be compared.
const fn is_known(query: &Query) -> bool {
    let measure = &query.measure;
    let single = matches!(measure, Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Histogram { .. });
    single && matches!(query.mechanism, Mechanism::Central { keys: Keys::Known, .. })
}

/// Epsilon and the two bounds of a query with noise.
const fn noisy(query: &Query) -> Option<(Ratio, u32, u32)> {
    match query.mechanism {
        Mechanism::Central { epsilon, groups_per_device_max, reports_per_group_max, .. } => {
            Some((epsilon, groups_per_device_max, reports_per_group_max))
        }
        _ => None,
    }
}

/// Answers of `query`, as the vendor's servers compute them.
///
/// # Errors
/// If the release code refuses.
pub(crate) fn of(setting: &Setting<'_>, query: &Query) -> Result<Samples, PlayError> {
    let failed = |reason: String| PlayError::Configuration(format!("samples of {}: {reason}", query.id));
    let (epsilon, ..) = noisy(query).ok_or_else(|| failed("no noise".to_owned()))?;
    let query = narrowed(query);
    let crowds = Crowds::of(&query, setting).map_err(failed)?;
    let conduct = setting.script.conduct.get(&query.id).copied().unwrap_or_default();
    let runs = u64::from(setting.script.plan.samples);
    let seed = setting.seed.derive("samples").derive(query.id.as_str());
    let run = |from, until| {
        let side = |partial, name: &str| crowds.answers(&query, conduct, partial, &seed.derive(name), from..until);
        Ok::<_, String>(Runs { with: side(&crowds.with, "with")?, without: side(&crowds.without, "without")? })
    };
    let (choosing, testing) = (run(0, runs / 2).map_err(failed)?, run(runs / 2, runs).map_err(failed)?);
    Ok(Samples { query: query.id.clone(), epsilon, choosing, testing })
}

/// The same question about as few keys as one device can fill: what happens to one key does not depend on the others.
fn narrowed(query: &Query) -> Query {
    let needed = noisy(query).map_or(1, |(_, groups, _)| u64::from(groups));
    let mut keys = 1;
    let mut domain = BTreeMap::new();
    for name in &query.group_by {
        let asked = |value: &&String| name != "event" || query.events.is_empty() || query.events.contains(*value);
        let wanted = usize::try_from(needed.div_ceil(keys)).unwrap_or(usize::MAX);
        let values: Vec<String> =
            query.domain.get(name).into_iter().flatten().filter(asked).take(wanted).cloned().collect();
        keys = keys.saturating_mul(values.len().max(1) as u64);
        domain.insert(name.clone(), values);
    }
    Query { domain, ..query.clone() }
}

/// Two crowds that differ by one device which contributes as much as it may, and tries to contribute more.
struct Crowds {
    with: Partial,
    without: Partial,
    /// Exact values of the keys that differ: without the device and with it.
    differing: BTreeMap<GroupKey, (i64, i64)>,
}

impl Crowds {
    fn of(query: &Query, setting: &Setting<'_>) -> Result<Self, String> {
        let (_, groups_max, reports_max) = noisy(query).unwrap_or((Ratio::ZERO, 1, 1));
        let places = places(query);
        let others: Vec<Report> = (0..OTHERS)
            .flat_map(|device| places.first().map(|place| report(query, setting, place, &format!("other-{device}"))))
            .collect();
        let each = usize::try_from(reports_max).unwrap_or(usize::MAX).saturating_add(1).min(1 << 10);
        let many = usize::try_from(groups_max).unwrap_or(usize::MAX).saturating_add(1);
        let one = places.iter().take(many);
        let one = one.flat_map(|place| std::iter::repeat_n(report(query, setting, place, "one"), each));
        let without = partial(query, setting, others.iter())?;
        let one: Vec<Report> = one.collect();
        let with = partial(query, setting, others.iter().chain(&one))?;
        let exact = |partial| exact(query, partial);
        let (before, after) = (exact(&without)?, exact(&with)?);
        let value = |values: &BTreeMap<GroupKey, i64>, key: &GroupKey| values.get(key).copied().unwrap_or(0);
        let keys: BTreeSet<&GroupKey> = before.keys().chain(after.keys()).collect();
        let pairs = keys.into_iter().map(|key| (value(&before, key), value(&after, key), key.clone()));
        let differing = pairs.filter(|(b, a, _)| a != b).map(|(b, a, key)| (key, (b, a))).collect();
        Ok(Self { with, without, differing })
    }

    /// Distinct answers over `partial`, each with how often it came.
    fn answers(
        &self,
        query: &Query,
        conduct: Conduct,
        partial: &Partial,
        seed: &Seed,
        runs: std::ops::Range<u64>,
    ) -> Result<Vec<(i64, u64)>, String> {
        let mut counted: BTreeMap<i64, u64> = BTreeMap::new();
        for run in runs {
            let mut ledger = Ledger::new(None);
            let published = release_as(conduct, 0, query, partial, &seed.nth(run), &mut ledger);
            let published = published.map_err(|error| error.to_string())?;
            *counted.entry(self.answer(&published)).or_default() += 1;
        }
        Ok(counted.into_iter().collect())
    }

    /// One number for a whole release. Where one key differs it is that key's value. Where several do, each counts as
    /// far as it lies between its two exact values: with noise of the Laplace distribution, the logarithm of the
    /// likelihood ratio is this sum but for scale and origin, so that nothing that tells the crowds apart is lost.
    fn answer(&self, published: &Release) -> i64 {
        let value = |key: &GroupKey| {
            let found = published.cells.binary_search_by(|cell| cell.group.cmp(key));
            found.map_or(0, |place| published.cells[place].value)
        };
        if self.differing.len() == 1 {
            return self.differing.keys().map(value).sum();
        }
        let between = |(key, (a, b)): (&GroupKey, &(i64, i64))| value(key).max(*a.min(b)).min(*a.max(b));
        self.differing.iter().map(between).fold(0, i64::saturating_add)
    }
}

/// Every key of a small domain, sorted.
fn keys(query: &Query) -> Vec<GroupKey> {
    let mut keys = vec![GroupKey::new()];
    for name in &query.group_by {
        let values = query.domain.get(name).map_or(&[][..], Vec::as_slice);
        let longer = |key: &GroupKey| {
            values.iter().map(|value| [key.as_slice(), std::slice::from_ref(value)].concat()).collect()
        };
        keys = keys.iter().flat_map(|key| -> Vec<GroupKey> { longer(key) }).collect();
    }
    keys.sort_unstable();
    keys
}

/// Every key of a small domain with each bucket of a histogram, by the least number in it.
fn places(query: &Query) -> Vec<(GroupKey, Option<i64>)> {
    let buckets: Vec<Option<i64>> = match &query.measure {
        Measure::Histogram { edges, .. } => edges.iter().rev().skip(1).rev().copied().map(Some).collect(),
        _ => vec![None],
    };
    keys(query).into_iter().flat_map(|key| buckets.iter().map(move |bucket| (key.clone(), *bucket))).collect()
}

/// A report of `device` that counts for a key.
fn report(query: &Query, setting: &Setting<'_>, (key, bucket): &(GroupKey, Option<i64>), device: &str) -> Report {
    let mut fields: BTreeMap<String, Value> = BTreeMap::new();
    let mut event = query.events.first().cloned().unwrap_or_else(|| "event".to_owned());
    for (name, value) in query.group_by.iter().zip(key) {
        if name == "event" {
            event.clone_from(value);
        } else {
            fields.insert(name.clone(), Value::Text(value.clone()));
        }
    }
    if let Measure::Sum { field, min, max } = &query.measure {
        let most = if min.unsigned_abs() > max.unsigned_abs() { *min } else { *max };
        fields.insert(field.clone(), Value::Number(most));
    }
    if let (Measure::Histogram { field, .. }, Some(number)) = (&query.measure, bucket) {
        fields.insert(field.clone(), Value::Number(*number));
    }
    Report { event, time: setting.script.starts, device: Some(device.to_owned()), fields }
}

fn partial<'a>(
    query: &Query,
    setting: &Setting<'_>,
    reports: impl Iterator<Item = &'a Report>,
) -> Result<Partial, String> {
    let region = query.regions.first().or_else(|| setting.script.regions.first().map(|region| &region.id));
    let region: &RegionId = region.ok_or("no region")?;
    let window = Window::holding(setting.script.starts, query.window);
    let sampling = setting.seed.derive("samples").derive("contribution bounds");
    let mut accumulator = Accumulator::new(query, window, &sampling, Limits::default());
    for report in reports {
        accumulator.push(report).map_err(|error| error.to_string())?;
    }
    accumulator.seal(region).map_err(|error| error.to_string())
}

fn exact(query: &Query, partial: &Partial) -> Result<BTreeMap<GroupKey, i64>, String> {
    let query = Query { mechanism: Mechanism::Exact, ..query.clone() };
    let published = release(&query, partial, &Seed::root(0), &mut Ledger::new(None));
    let published = published.map_err(|error| error.to_string())?;
    Ok(published.cells.into_iter().map(|cell| (cell.group, cell.value)).collect())
}
