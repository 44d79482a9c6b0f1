//! Chance without floats: uniform whole numbers, and coins whose probability is an exact fraction or an exponential.
//!
//! Floats have no place here: their gaps let an attacker tell neighbouring inputs apart (Mironov, *On significance of
//! the least significant bits for differential privacy*, 2012). Everything is built from one primitive, a uniform
//! whole number below a bound, by rejection (Canonne, Kamath and Steinke, *The discrete Gaussian for differential
//! privacy*, 2020, section 5). How long a draw takes depends on what is drawn: it must not be timed by strangers.

use model::Ratio;
use rand_core::Rng;

/// Uniform whole numbers, and coins made of them.
pub trait Dice {
    /// A number uniform over `0..bound`; zero where `bound` is.
    fn below(&mut self, bound: u128) -> u128;

    /// True with probability `numerator` / `denominator`.
    fn chance(&mut self, numerator: u128, denominator: u128) -> bool {
        self.below(denominator) < numerator
    }

    /// True with probability `ratio`, of at most 1.
    fn chance_of(&mut self, ratio: Ratio) -> bool {
        self.chance(ratio.numerator().into(), ratio.denominator().into())
    }

    /// True with probability exp(−`numerator` / `denominator`): algorithm 1 of the paper. The denominator is not zero.
    fn chance_exp(&mut self, numerator: u128, denominator: u128) -> bool {
        chance_exp(self, numerator, denominator)
    }

    /// True with probability 1 / (e^`x` + 1).
    fn chance_logistic(&mut self, x: Ratio) -> bool {
        chance_logistic(self, x)
    }
}

fn chance_exp(dice: &mut (impl Dice + ?Sized), numerator: u128, denominator: u128) -> bool {
    debug_assert!(denominator > 0, "a fraction has a denominator");
    // Whole parts one by one: exp(−x) is the product of their coins.
    for _ in 0..numerator / denominator {
        if !chance_exp_of_part(dice, 1, 1) {
            return false;
        }
    }
    chance_exp_of_part(dice, numerator % denominator, denominator)
}

fn chance_logistic(dice: &mut (impl Dice + ?Sized), x: Ratio) -> bool {
    // Of two outcomes the second is e^x times less often: both are proposed alike, and it is taken with probability
    // exp(−x).
    loop {
        if !dice.chance(1, 2) {
            return false;
        }
        if dice.chance_exp(x.numerator().into(), x.denominator().into()) {
            return true;
        }
    }
}

/// True with probability exp(−γ), for γ = `numerator` / `denominator` of at most 1.
fn chance_exp_of_part(dice: &mut (impl Dice + ?Sized), numerator: u128, denominator: u128) -> bool {
    // Toss k succeeds with probability γ/k, so that the first failure comes at k with probability
    // γ^(k−1)/(k−1)! − γ^k/k!; over odd k these add up to exp(−γ).
    let mut k: u128 = 1;
    // Some 30 tosses in a row succeed once in 2^107 times: no denominator comes near the limit.
    while dice.chance(numerator, denominator.saturating_mul(k)) {
        k += 1;
    }
    k % 2 == 1
}

/// Dice thrown with a stream of random bits.
#[derive(Debug)]
pub struct Bits<'a, R>(pub &'a mut R);

impl<R: Rng> Dice for Bits<'_, R> {
    fn below(&mut self, bound: u128) -> u128 {
        let greatest = bound.saturating_sub(1);
        if let Ok(greatest) = u64::try_from(greatest) {
            let mask = u64::MAX.checked_shr(greatest.leading_zeros()).unwrap_or(0);
            return loop {
                let candidate = if mask == 0 { 0 } else { self.0.next_u64() & mask };
                if candidate <= greatest {
                    break candidate.into();
                }
            };
        }
        let mask = u128::MAX >> greatest.leading_zeros();
        loop {
            let candidate = (u128::from(self.0.next_u64()) << 64 | u128::from(self.0.next_u64())) & mask;
            if candidate <= greatest {
                break candidate;
            }
        }
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod walk;
