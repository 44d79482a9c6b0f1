//! RAPPOR: Ú. Erlingsson, V. Pihur, A. Korolova, "RAPPOR: Randomized Aggregatable Privacy-Preserving Ordinal Response"
//! (2014), section 2.
//!
//! Two things differ from the paper, and make estimates exact: a value sets h different bits, so that every Bloom filter
//! has as many, and what is none of the known values sets none.

use std::collections::BTreeSet;

use model::{Rappor, Seed};

use super::bits::BitRow;
use crate::chance::{Bits, Dice};

/// The bits that `value` sets in its cohort, sorted: h of them, all different.
#[must_use]
pub fn positions(rappor: &Rappor, cohort: u32, value: &str) -> BTreeSet<u32> {
    let seed = Seed::root(0).derive("bloom filter").nth(cohort.into()).derive(value);
    let mut stream = seed.stream();
    let mut set = BTreeSet::new();
    while set.len() < rappor.hashes.min(rappor.bits) as usize {
        set.insert(u32::try_from(Bits(&mut stream).below(rappor.bits.into())).unwrap_or(0));
    }
    set
}

/// The cohort of the device whose permanent chance is `permanent`, for good.
pub(super) fn cohort(rappor: &Rappor, permanent: &Seed) -> u32 {
    let drawn = Bits(&mut permanent.derive("cohort").stream()).below(rappor.cohorts.into());
    u32::try_from(drawn).unwrap_or(0)
}

/// Step 2, the permanent randomized response: a bit is replaced by a fair coin with probability f.
pub(super) fn permanent(rappor: &Rappor, set: &BTreeSet<u32>, dice: &mut impl Dice) -> BitRow {
    let toss = |bit| if dice.chance_of(rappor.f) { dice.chance(1, 2) } else { set.contains(&bit) };
    BitRow::collect(rappor.bits, toss)
}

/// Step 3, the instantaneous randomized response: set with probability q where the permanent one is, p where not.
pub(super) fn instantaneous(rappor: &Rappor, permanent: &BitRow, dice: &mut impl Dice) -> BitRow {
    let toss = |bit| dice.chance_of(if permanent.has(bit) { rappor.q } else { rappor.p });
    BitRow::collect(rappor.bits, toss)
}

/// A cohort and an answer. What the device answers about a value for good is a function of its seed and the value, so
/// that it remembers without keeping anything.
pub(super) fn respond(rappor: &Rappor, truth: Option<&str>, device: &Seed, dice: &mut impl Dice) -> (u32, BitRow) {
    let cohort = cohort(rappor, device);
    let set = truth.map(|value| positions(rappor, cohort, value)).unwrap_or_default();
    let memory = match truth {
        Some(value) => device.derive("permanent response").derive(value),
        None => device.derive("permanent response to none"),
    };
    let permanent = permanent(rappor, &set, &mut Bits(&mut memory.stream()));
    (cohort, instantaneous(rappor, &permanent, dice))
}
