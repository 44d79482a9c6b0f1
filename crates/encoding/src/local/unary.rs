//! Optimized unary encoding: T. Wang, J. Blocki, N. Li, S. Jha, "Locally Differentially Private Protocols for Frequency
//! Estimation" (2017), section 4.3.

use model::Ratio;

use super::bits::BitRow;
use crate::chance::Dice;

/// A bit for each of `values` values: that of the truth is a fair coin, every other one is set with probability
/// 1 / (e^epsilon + 1).
pub(super) fn respond(values: u32, truth: Option<u32>, epsilon: Ratio, dice: &mut impl Dice) -> BitRow {
    let toss = |bit| if Some(bit) == truth { dice.chance(1, 2) } else { dice.chance_logistic(epsilon) };
    BitRow::collect(values, toss)
}
