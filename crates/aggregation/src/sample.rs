//! Queries and reports that the tests of every module start from.

use model::{
    Duration, Keys, Measure, Mechanism, NoiseKind, Query, QueryId, Ratio, RegionId, Report, Seed, Timestamp, Value,
    Window,
};

use crate::{Accumulator, Limits};

pub(crate) const SEED: u64 = 2020;

/// A query by site over one day.
pub(crate) fn query(measure: Measure, mechanism: Mechanism) -> Query {
    Query {
        id: QueryId::new("visits").unwrap(),
        events: vec!["visit".to_owned()],
        group_by: vec!["site".to_owned()],
        measure,
        window: Duration::DAY,
        regions: Vec::new(),
        mechanism,
        domain: [("site".to_owned(), ["a", "b", "c", "d"].map(str::to_owned).to_vec())].into(),
    }
}

/// The sum of the field `n`.
pub(crate) fn sum(min: i64, max: i64) -> Measure {
    Measure::Sum { field: "n".to_owned(), min, max }
}

pub(crate) fn central(epsilon: &str, groups_per_device_max: u32, reports_per_group_max: u32) -> Mechanism {
    Mechanism::Central {
        epsilon: ratio(epsilon),
        delta: Ratio::ZERO,
        noise: NoiseKind::Laplace,
        keys: Keys::Known,
        groups_per_device_max,
        reports_per_group_max,
    }
}

pub(crate) fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

pub(crate) fn region(name: &str) -> RegionId {
    RegionId::new(name).unwrap()
}

pub(crate) fn noon() -> Timestamp {
    "2020-05-01T12:00:00Z".parse().unwrap()
}

pub(crate) fn window() -> Window {
    Window::holding(noon(), Duration::DAY)
}

/// A visit to `site` with the number `n`.
pub(crate) fn visit(device: Option<&str>, site: &str, n: i64) -> Report {
    let fields = [("site".to_owned(), Value::from(site)), ("n".to_owned(), Value::from(n))];
    Report { event: "visit".to_owned(), time: noon(), device: device.map(str::to_owned), fields: fields.into() }
}

pub(crate) fn accumulator(query: &Query) -> Accumulator {
    Accumulator::new(query, window(), &Seed::root(SEED), Limits::default())
}

/// An accumulator that took all of `reports`.
pub(crate) fn accumulated<'a>(query: &Query, reports: impl IntoIterator<Item = &'a Report>) -> Accumulator {
    let mut accumulator = accumulator(query);
    for report in reports {
        accumulator.push(report).unwrap();
    }
    accumulator
}

/// Central differential privacy of any kind.
pub(crate) fn central_with(
    (epsilon, delta): (&str, &str),
    noise: NoiseKind,
    keys: Keys,
    (groups_per_device_max, reports_per_group_max): (u32, u32),
) -> Mechanism {
    let (epsilon, delta) = (ratio(epsilon), ratio(delta));
    Mechanism::Central { epsilon, delta, noise, keys, groups_per_device_max, reports_per_group_max }
}

/// Discrete Gaussian noise on known keys, at a delta of one in a million.
pub(crate) fn gaussian(epsilon: &str, groups: u32, reports: u32) -> Mechanism {
    central_with((epsilon, "1/1000000"), NoiseKind::Gaussian, Keys::Known, (groups, reports))
}

/// The mean of the field `n`.
pub(crate) fn mean(min: i64, max: i64, decimals: u8) -> Measure {
    Measure::Mean { field: "n".to_owned(), min, max, decimals }
}

/// The histogram of the field `n`.
pub(crate) fn histogram(edges: &[i64]) -> Measure {
    Measure::Histogram { field: "n".to_owned(), edges: edges.to_vec() }
}

/// Quantiles of the field `n`.
pub(crate) fn quantiles(edges: &[i64], at: &[&str]) -> Measure {
    Measure::Quantiles { field: "n".to_owned(), edges: edges.to_vec(), at: at.iter().map(|at| ratio(at)).collect() }
}
