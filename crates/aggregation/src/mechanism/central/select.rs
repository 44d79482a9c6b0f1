//! Which keys that occurred are published, so that none gives away that one device was there.
//!
//! A key with n distinct devices is selected with probability p(n), where p(0) = 0 and each p(n + 1) is the most that
//! (ε, δ)-differential privacy allows after p(n): min(eᵋ p(n) + δ, 1 − e⁻ᵋ (1 − p(n) − δ), 1). No mechanism selects more
//! (D. Desfontaines, J. Voss, B. Gipson and C. Mandayam, "Differentially private partition selection", 2022, theorem 1).
//! A device is in several groups: each gets that part of epsilon and delta, since basic composition adds them up.
//!
//! Probabilities are multiples of 2^−63 and eᵋ is rounded down to r: the probabilities that are drawn with, and not just
//! ideal ones, satisfy p(n + 1) ≤ r p(n) + δ and 1 − p(n) ≤ r (1 − p(n + 1)) + δ, and they never fall.
//!
//! Histograms and quantiles select whole groups. Their number of devices is then the largest that a bucket has, so
//! that one device changes it by one at most.

use model::{GroupKey, Partial, Query, Ratio, Seed};

use super::{Plan, name_of};
use crate::{
    measure::Buckets,
    noise::{
        Bits, Dice,
        fixed::{ONE, exp_of_minus},
    },
};

/// Most probabilities that are computed: beyond, none is higher than the last.
const STEPS_MAX: usize = 1 << 20;

/// The selected groups, sorted.
pub(super) fn selected<'a>(
    query: &'a Query,
    partial: &'a Partial,
    plan: &Plan,
    seed: &'a Seed,
) -> impl Iterator<Item = GroupKey> + 'a {
    let width = query.group_by.len();
    let mut curve = Curve::new(plan.selection, plan.bounds.groups_max);
    let bucketed = Buckets::of(&query.measure).is_some();
    let rows: Vec<(&GroupKey, u64)> = partial.groups.iter().zip(partial.devices.iter().copied()).collect();
    let mut groups: Vec<(GroupKey, u64)> = Vec::new();
    for run in rows.chunk_by(|a, b| bucketed && a.0[..width] == b.0[..width]) {
        let devices = run.iter().map(|(_, devices)| *devices).max().unwrap_or(0);
        groups.push((run[0].0[..width].to_vec(), devices));
    }
    let mut name = String::new();
    groups.into_iter().filter_map(move |(group, devices)| {
        name_of(&group, &mut name);
        let mut stream = seed.derive("selection").derive(&name).stream();
        curve.select(devices, &mut Bits(&mut stream)).then_some(group)
    })
}

/// The probability of each number of devices, as far as it was needed, in units of 2^−63.
pub(crate) struct Curve {
    /// eᵋ in the same units, rounded down.
    pub(crate) growth: u128,
    pub(crate) delta: u128,
    chances: Vec<u128>,
}

impl Curve {
    /// That of one of `groups_max` groups which spend `epsilon` and `delta` together.
    pub(crate) fn new((epsilon, delta): (Ratio, Ratio), groups_max: u32) -> Self {
        let parts = u128::from(groups_max.max(1));
        let (numerator, denominator) = (u128::from(epsilon.numerator()), u128::from(epsilon.denominator()) * parts);
        // A smaller epsilon than is spent is always allowed, and from 20 on more makes no difference.
        let (numerator, denominator) = if numerator > 20 * denominator { (20, 1) } else { (numerator, denominator) };
        let growth = ONE * ONE / exp_of_minus(numerator, denominator).high;
        let delta = u128::from(delta.numerator()) * ONE / (u128::from(delta.denominator()) * parts);
        Self { growth, delta, chances: vec![0] }
    }

    /// Whether a key with so many devices is selected, at one throw.
    fn select(&mut self, devices: u64, dice: &mut impl Dice) -> bool {
        dice.below(ONE) < self.chance(devices)
    }

    pub(crate) fn chance(&mut self, devices: u64) -> u128 {
        let place = usize::try_from(devices).unwrap_or(usize::MAX);
        loop {
            let last = self.chances[self.chances.len() - 1];
            if place < self.chances.len() || last == ONE || self.chances.len() > STEPS_MAX {
                return self.chances.get(place).copied().unwrap_or(last);
            }
            let next = self.after(last);
            if next == last {
                return last;
            }
            self.chances.push(next);
        }
    }

    /// The most that is allowed after `chance`, rounded down.
    fn after(&self, chance: u128) -> u128 {
        let left = (ONE - chance).saturating_sub(self.delta);
        let from_above = ONE - (left * ONE).div_ceil(self.growth);
        // Without the last bits of a large factor, so that the product fits.
        let lost = 64_u32.saturating_sub(self.growth.leading_zeros());
        let from_below = (((self.growth >> lost) * chance) >> (63 - lost)).saturating_add(self.delta);
        from_below.min(from_above)
    }
}
