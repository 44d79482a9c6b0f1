//! What is wrong with a query, before anything is computed with it.

use std::collections::BTreeSet;

use model::{Duration, Measure, Mechanism, Query, Ratio};

use crate::{
    measure::{Buckets, cells_per_group},
    mechanism::{self, KnownKeys},
};

/// Most keys that the `domain` of a query may span: each is released, whether it occurred or not.
pub const KNOWN_KEYS_MAX: u64 = 1 << 20;

/// Longest window of a query that spends budget, in days: each is charged.
pub const WINDOW_DAYS_MAX: u64 = 400;

/// Most edges of a histogram's buckets.
const EDGES_MAX: usize = 1025;
/// Most quantiles of one query, and the most parts that one is counted in.
const QUANTILES_MAX: usize = 64;
const QUANTILE_DENOMINATOR_MAX: u64 = 1_000_000;

/// A mistake in a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Names from the query down to the mistake, as its file writes them: `["mechanism", "central", "epsilon"]`.
    pub path: Vec<String>,
    /// What was found and what was expected.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
}

impl Problem {
    pub(crate) fn new(path: &[&str], message: impl Into<String>) -> Self {
        Self { path: path.iter().map(|&name| name.to_owned()).collect(), message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// Every mistake in `query` that its types allow; empty if it can be answered.
///
/// ```
/// # use model::*;
/// let mut query = Query {
///     id: QueryId::new("visits").unwrap(),
///     events: vec![],
///     group_by: vec!["event".to_owned()],
///     measure: Measure::Count,
///     window: Duration::DAY,
///     regions: vec![],
///     mechanism: Mechanism::Threshold { devices_min: 50 },
///     domain: [].into(),
/// };
/// assert!(aggregation::problems(&query).is_empty());
/// query.mechanism = Mechanism::Threshold { devices_min: 0 };
/// assert_eq!(aggregation::problems(&query)[0].path, ["mechanism", "threshold", "devices-min"]);
/// ```
#[must_use]
pub fn problems(query: &Query) -> Vec<Problem> {
    let mut found = Vec::new();
    fields(query, &mut found);
    measure(&query.measure, &mut found);
    window(query, &mut found);
    domain(query, &mut found);
    mechanism::problems(query, &mut found);
    found
}

fn fields(query: &Query, found: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for name in &query.group_by {
        if name.is_empty() {
            found.push(Problem::new(&["group-by"], "a name is empty, expected the name of a field or `event`"));
        } else if !seen.insert(name) {
            found.push(Problem::new(&["group-by"], format!("`{name}` stands twice, expected each field once")));
        }
    }
    if query.events.iter().any(String::is_empty) {
        found.push(Problem::new(&["events"], "a name is empty, expected the name of an event"));
    }
}

fn measure(measure: &Measure, found: &mut Vec<Problem>) {
    match measure {
        Measure::Count | Measure::Devices => {}
        Measure::Sum { field, min, max } => range("sum", field, *min, *max, found),
        Measure::Mean { field, min, max, decimals } => {
            range("mean", field, *min, *max, found);
            let unit = 10_u64.checked_pow((*decimals).into());
            let largest = min.unsigned_abs().max(max.unsigned_abs());
            if unit.and_then(|unit| largest.checked_mul(unit)).is_none_or(|most| i64::try_from(most).is_err()) {
                let message = format!("{largest} with {decimals} decimals does not fit into 64 bits");
                found.push(Problem::new(&["measure", "mean", "decimals"], message).help("take fewer"));
            }
        }
        Measure::Histogram { field, edges } => buckets("histogram", field, edges, found),
        Measure::Quantiles { field, edges, at } => {
            buckets("quantiles", field, edges, found);
            quantiles(at, found);
        }
    }
}

fn range(kind: &str, field: &str, min: i64, max: i64, found: &mut Vec<Problem>) {
    named(kind, field, found);
    if min > max {
        let message = format!("min is {min}, expected at most max, which is {max}");
        found.push(Problem::new(&["measure", kind, "min"], message).help("swap the two"));
    }
}

fn named(kind: &str, field: &str, found: &mut Vec<Problem>) {
    if field.is_empty() {
        found.push(Problem::new(&["measure", kind, "field"], "name is empty, expected the name of a field"));
    }
}

fn buckets(kind: &str, field: &str, edges: &[i64], found: &mut Vec<Problem>) {
    named(kind, field, found);
    let path = ["measure", kind, "edges"];
    if edges.len() < 2 || edges.len() > EDGES_MAX {
        let message = format!("there are {} edges, expected 2 to {EDGES_MAX}", edges.len());
        found.push(Problem::new(&path, message).help("one more than there are buckets"));
    }
    if let Some(pair) = edges.windows(2).find(|pair| pair[0] >= pair[1]) {
        let message = format!("{} comes after {}, expected edges that increase", pair[1], pair[0]);
        found.push(Problem::new(&path, message));
    }
}

fn quantiles(at: &[Ratio], found: &mut Vec<Problem>) {
    let path = ["measure", "quantiles", "at"];
    if at.is_empty() || at.len() > QUANTILES_MAX {
        found.push(Problem::new(&path, format!("there are {} quantiles, expected 1 to {QUANTILES_MAX}", at.len())));
    }
    let mut seen = BTreeSet::new();
    for quantile in at {
        if quantile.is_zero() || *quantile > Ratio::ONE || quantile.denominator() > QUANTILE_DENOMINATOR_MAX {
            let message = format!(
                "the quantile {quantile} is none, expected more than 0, at most 1, in parts of {QUANTILE_DENOMINATOR_MAX} at most"
            );
            found.push(Problem::new(&path, message).help("\"1/2\" is the median, \"9/10\" exceeds nine of ten"));
        } else if !seen.insert(quantile) {
            found.push(Problem::new(&path, format!("{quantile} stands twice, expected each quantile once")));
        }
    }
}

fn window(query: &Query, found: &mut Vec<Problem>) {
    let (length, day) = (query.window.as_millis(), Duration::DAY.as_millis());
    if length == 0 {
        found.push(Problem::new(&["window"], "window is zero, expected a length such as 1d"));
    } else if matches!(query.mechanism, Mechanism::Central { .. } | Mechanism::Prio3 { .. }) {
        if length % day != 0 && day % length != 0 {
            let message = format!(
                "window is {}, expected a part of a day without remainder or whole days: budgets are kept by the day",
                query.window
            );
            found.push(Problem::new(&["window"], message).help("take 1h, 6h, 1d or 7d, say"));
        }
        if length / day > WINDOW_DAYS_MAX {
            let message = format!("window is {}, expected at most {WINDOW_DAYS_MAX}d", query.window);
            found.push(Problem::new(&["window"], message));
        }
    }
}

fn domain(query: &Query, found: &mut Vec<Problem>) {
    for (name, values) in &query.domain {
        if !query.group_by.contains(name) {
            let message = format!("`{name}` is not among the fields in group-by");
            found.push(Problem::new(&["domain", name], message).help("add it to group-by or take it out of domain"));
        }
        if values.is_empty() {
            found.push(Problem::new(&["domain", name], "there are no values, expected at least one"));
        }
        let mut seen = BTreeSet::new();
        if let Some(value) = values.iter().find(|value| !seen.insert(*value)) {
            let message = format!("`{value}` stands twice, expected each value once");
            found.push(Problem::new(&["domain", name], message));
        }
    }
    let each =
        Buckets::of(&query.measure).map_or(1, |buckets| buckets.len() as u64).max(cells_per_group(&query.measure));
    if KnownKeys::count(query).and_then(|keys| keys.checked_mul(each)).is_none_or(|keys| keys > KNOWN_KEYS_MAX) {
        let message = format!("values combine to more than {KNOWN_KEYS_MAX} keys, each of which would be released");
        found.push(Problem::new(&["domain"], message).help("group by fewer fields, or by coarser values"));
    }
}

#[cfg(test)]
mod tests;
