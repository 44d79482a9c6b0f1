//! Central differential privacy: bounded contributions, and noise on every key that is published.
//!
//! Neighbouring inputs differ by all reports of one device in one window and region. Contributions are bounded by
//! sampling that looks at each device alone, so that taking one device out changes nothing about the others, and what
//! it changes is at most its own bounded contribution: the sensitivity in [`plan`].
//!
//! Buckets of a histogram are groups for the bounds: a device with values in more buckets than it may fill keeps some.
//!
//! Error bars are about the bounded answer. What bounding drops and clamping changes is a bias that they do not cover:
//! how large it is, is a fact about the reports that no noise here protects. Bounds that no device reaches have none.
//!
//! What leaves a region is bounded but has no noise yet: whoever releases is trusted to add it.

use std::fmt::Write as _;

use model::{Cell, GroupKey, Keys, Partial, Query, Seed, Withheld};

use super::{Counted, KnownKeys, ReleaseError, answer};
use crate::{
    Charge, Ledger, LedgerError,
    measure::{Buckets, Row, cells_per_group},
};

mod digest;
mod plan;
pub(crate) mod select;

pub(crate) use plan::{Bounds, Plan, bounds, problems};
#[cfg(test)]
pub(crate) use plan::{contributions, l1, l2_squared};

pub(super) fn release(
    query: &Query,
    partial: &Partial,
    noise: &Seed,
    ledger: &mut Ledger,
) -> Result<(Vec<Cell>, Counted), ReleaseError> {
    let plan = Plan::of(query)?;
    let charge = Charge {
        query: query.id.clone(),
        window: partial.window,
        regions: partial.regions.clone(),
        epsilon: plan.cost.epsilon,
        delta: plan.cost.delta,
        rho: plan.cost.rho,
        digest: digest::of(query, partial),
    };
    match ledger.charge(charge) {
        Ok(()) => {}
        Err(LedgerError::Overspent(_)) => {
            return Ok((Vec::new(), vec![(Withheld::Budget, withheld(query, &plan))]));
        }
        Err(refused) => return Err(ReleaseError::Ledger(refused)),
    }
    let seed = noise_seed(noise, partial);
    let rows = add_noise(query, partial, &plan, &seed)?;
    // How many keys were not selected is a fact about the reports: it is not told, nor whether there were any.
    let not_told = if plan.keys == Keys::Selected { vec![(Withheld::NotSelected, 0)] } else { Vec::new() };
    Ok((answer::cells(query, rows, &plan.spreads(query))?, not_told))
}

/// How many cells are withheld with a whole release: the number of known keys is no secret, that of others is.
fn withheld(query: &Query, plan: &Plan) -> u64 {
    match plan.keys {
        Keys::Known => KnownKeys::count(query).unwrap_or(u64::MAX).saturating_mul(cells_per_group(&query.measure)),
        Keys::Selected => 0,
    }
}

/// The seed of one release's noise. Regions are part of its name: the same noise on the answers of one region and of
/// two would cancel, and show the second region bare.
fn noise_seed(noise: &Seed, partial: &Partial) -> Seed {
    let mut name = format!("noise {} {}", partial.query, partial.window);
    for region in &partial.regions {
        let _ = write!(name, " {region}");
    }
    noise.derive(&name)
}

/// One row for every key that is published, sorted. Keys that are not known are passed over, and not counted: how many
/// there are is a fact about the reports that no noise protects.
fn add_noise(query: &Query, partial: &Partial, plan: &Plan, seed: &Seed) -> Result<Vec<Row>, ReleaseError> {
    let buckets = Buckets::of(&query.measure).map(|buckets| buckets.sorted());
    let mut walk = Walk { query, partial, plan, seed, index: 0, name: String::new() };
    let mut rows = Vec::new();
    let mut group = |group: GroupKey| -> Result<(), ReleaseError> {
        let Some(buckets) = &buckets else { return walk.row(group).map(|row| rows.push(row)) };
        for (label, _) in buckets {
            let mut key = group.clone();
            key.push(label.clone());
            rows.push(walk.row(key)?);
        }
        Ok(())
    };
    match plan.keys {
        Keys::Known => KnownKeys::of(query).iter().try_for_each(&mut group)?,
        Keys::Selected => select::selected(query, partial, plan, seed).try_for_each(&mut group)?,
    }
    Ok(rows)
}

/// Goes through keys in their order, beside those of a partial.
struct Walk<'a> {
    query: &'a Query,
    partial: &'a Partial,
    plan: &'a Plan,
    seed: &'a Seed,
    /// No key before this place of the partial is wanted any more.
    index: usize,
    /// Kept for its allocation.
    name: String,
}

impl Walk<'_> {
    /// What the partial has for `key`, or nothing, with noise.
    fn row(&mut self, key: GroupKey) -> Result<Row, ReleaseError> {
        while self.partial.groups.get(self.index).is_some_and(|present| *present < key) {
            self.index += 1;
        }
        let present = self.partial.groups.get(self.index) == Some(&key);
        let exact =
            if present { answer::row(self.query, self.partial, self.index) } else { Row { key, number: 0, of: 0 } };
        name_of(&exact.key, &mut self.name);
        let seed = self.seed.derive(&self.name);
        let number = exact.number.checked_add(self.plan.number.draw(&seed));
        let of = match &self.plan.of {
            Some(noise) => exact.of.checked_add(noise.draw(&seed.nth(1))),
            None => Some(0),
        };
        match number.zip(of) {
            Some((number, of)) => Ok(Row { key: exact.key, number, of }),
            None => Err(ReleaseError::Overflow { group: exact.key }),
        }
    }
}

/// Writes a name that no other key has.
fn name_of(key: &[String], name: &mut String) {
    name.clear();
    for part in key {
        let _ = write!(name, "{}:{part}", part.len());
    }
}
