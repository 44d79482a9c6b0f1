//! From numbers behind keys to published cells with their error bars.

mod mean;
mod quantiles;

use model::{Cell, Measure, Partial, Query};

use super::ReleaseError;
use crate::{
    measure::{self, Buckets, Row},
    noise::{kind::Noise, spread::Spread},
};

pub(super) use mean::Means;

/// How far the noise in each row spreads.
#[derive(Debug, Clone)]
pub(super) struct Spreads {
    pub(super) number: Spread,
    /// How far a mean's does.
    pub(super) means: Option<Means>,
    /// The noise of each number, of which sums are made.
    pub(super) noise: Option<Noise>,
}

impl Spreads {
    /// Those of numbers that are the truth.
    pub(super) const NONE: Self = Self { number: Spread::NONE, means: None, noise: None };
}

/// The row at `index` of a partial, without noise.
pub(super) fn row(query: &Query, partial: &Partial, index: usize) -> Row {
    let (count, sum) = (i128::from(partial.counts[index]), i128::from(partial.sums[index]));
    let (number, of) = match query.measure {
        Measure::Count | Measure::Histogram { .. } | Measure::Quantiles { .. } => (count, 0),
        Measure::Devices => (partial.devices[index].into(), 0),
        Measure::Sum { .. } => (sum, 0),
        // What does not fit here fits into no cell either.
        Measure::Mean { min, max, .. } => {
            (sum.saturating_sub(i128::from(measure::middle(min, max)).saturating_mul(count)), count)
        }
    };
    Row { key: partial.groups[index].clone(), number, of }
}

/// The cells of `rows`, which are sorted by key.
pub(super) fn cells(query: &Query, rows: Vec<Row>, spreads: &Spreads) -> Result<Vec<Cell>, ReleaseError> {
    match &query.measure {
        Measure::Count | Measure::Devices | Measure::Sum { .. } | Measure::Histogram { .. } => {
            rows.into_iter().map(|row| single(row, spreads)).collect()
        }
        Measure::Mean { min, max, decimals, .. } => {
            let range = mean::Range { min: *min, max: *max, decimals: *decimals };
            rows.into_iter().map(|row| range.cell(row, spreads.means.as_ref())).collect()
        }
        Measure::Quantiles { at, .. } => {
            let Some(buckets) = Buckets::of(&query.measure) else { return Ok(Vec::new()) };
            let mut bounds = quantiles::Bounds::new(spreads.noise, buckets.len());
            let groups = rows.chunk_by(|a, b| a.key[..a.key.len() - 1] == b.key[..b.key.len() - 1]);
            groups
                .map(|group| quantiles::cells(buckets, at, group, &mut bounds))
                .collect::<Result<Vec<_>, _>>()
                .map(|cells| cells.concat())
        }
    }
}

fn single(row: Row, spreads: &Spreads) -> Result<Cell, ReleaseError> {
    let Row { key: group, number, .. } = row;
    match i64::try_from(number) {
        Ok(value) => Ok(Cell { group, value, error: Some(spreads.number.around(value)) }),
        Err(_) => Err(ReleaseError::Overflow { group }),
    }
}
