//! Hadamard response: J. Acharya, Z. Sun, H. Zhang, "Hadamard Response: Estimating Distributions Privately,
//! Efficiently, and with Little Communication" (2019), section 3.
//!
//! Of Sylvester's matrix of order 2 K, where K is the least power of two with a column for each value, the values take
//! the rows K to 2 K − 1. An answer is a column of the whole matrix; it is written as its place in a half and the sign
//! that the value has there, or, randomized, has not.

use model::Ratio;

use crate::chance::Dice;

/// K for `values` values.
#[must_use]
pub const fn order(values: u32) -> u32 {
    values.next_power_of_two()
}

/// The sign of Sylvester's matrix at a row and a column; true for +1.
#[must_use]
pub const fn sign(row: u32, column: u32) -> bool {
    (row & column).count_ones().is_multiple_of(2)
}

/// A row, and the sign that the truth has there, turned with probability 1 / (e^epsilon + 1). Without a truth, either.
pub(super) fn respond(values: u32, truth: Option<u32>, epsilon: Ratio, dice: &mut impl Dice) -> (u32, bool) {
    let row = u32::try_from(dice.below(order(values).into())).unwrap_or(0);
    let sign = match truth {
        Some(truth) => sign(row, truth) != dice.chance_logistic(epsilon),
        None => dice.chance(1, 2),
    };
    (row, sign)
}
