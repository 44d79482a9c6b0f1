//! k-ary randomized response: P. Kairouz, K. Bonawitz, D. Ramage, "Discrete Distribution Estimation under Local
//! Privacy" (2016), section 3.1; for two values S. L. Warner, "Randomized Response" (1965).

use model::Ratio;

use crate::chance::Dice;

/// One of `0..k`: `truth` with probability e^epsilon / (e^epsilon + k − 1), each other one with 1 / (e^epsilon + k − 1).
/// Without a truth, each alike.
///
/// Exact by rejection: all are proposed alike, and what is not the truth is taken with probability exp(−epsilon).
pub(super) fn respond(k: u32, truth: Option<u32>, epsilon: Ratio, dice: &mut impl Dice) -> u32 {
    let Some(truth) = truth else { return below(k, dice) };
    loop {
        if dice.chance(1, k.into()) {
            return truth;
        }
        if dice.chance_exp(epsilon.numerator().into(), epsilon.denominator().into()) {
            let other = below(k - 1, dice);
            return other + u32::from(other >= truth);
        }
    }
}

fn below(bound: u32, dice: &mut impl Dice) -> u32 {
    // Below a number of 32 bits.
    u32::try_from(dice.below(bound.into())).unwrap_or(0)
}
