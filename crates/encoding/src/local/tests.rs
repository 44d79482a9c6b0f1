//! Tests of the device's half: exact probabilities of every response, by walking through all throws.

use std::collections::BTreeMap;

use model::{Randomizer, Rappor, Ratio, Seed};
use proptest::prelude::*;

use super::*;
use crate::chance::{
    Bits,
    walk::{Outcomes, Walk},
};

mod exact;
mod fit;
mod privacy;
mod written;

const VALUES: [&str; 3] = ["a", "b", "c"];

fn ratio(text: &str) -> Ratio {
    text.parse().unwrap()
}

fn exp(epsilon: &str) -> f64 {
    ratio(epsilon).approximate().exp()
}

fn filter(f: &str, p: &str, q: &str) -> Rappor {
    Rappor { bits: 4, hashes: 1, cohorts: 2, f: ratio(f), p: ratio(p), q: ratio(q) }
}

/// One of each kind, small enough to walk through.
fn any_kind(epsilon: &str) -> [Randomizer; 5] {
    let epsilon = ratio(epsilon);
    [
        Randomizer::KAry { epsilon },
        Randomizer::Oue { epsilon },
        Randomizer::Olh { epsilon },
        Randomizer::Rappor(filter("1/2", "1/4", "3/4")),
        Randomizer::Hadamard { epsilon },
    ]
}

fn over(by: &Randomizer) -> LocalRandomizer {
    LocalRandomizer::new(by, VALUES).unwrap()
}
