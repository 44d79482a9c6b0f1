//! Noise, sampled exactly on integers.
//!
//! Floats have no place here: their gaps let an attacker tell neighbouring inputs apart (Mironov, *On significance of
//! the least significant bits for differential privacy*, 2012). Everything is built from one primitive, a uniform
//! whole number below a bound, by rejection (Canonne, Kamath and Steinke, *The discrete Gaussian for differential
//! privacy*, 2020, section 5). How long a draw takes depends on what is drawn: it must not be timed by strangers.

pub(crate) mod fixed;
pub mod gaussian;
pub(crate) mod kind;
pub mod laplace;
pub(crate) mod spread;
pub(crate) mod zcdp;

use rand_core::Rng;

/// Uniform whole numbers.
pub(crate) trait Dice {
    /// A number uniform over `0..bound`; zero where `bound` is.
    fn below(&mut self, bound: u128) -> u128;

    /// True with probability `numerator` / `denominator`.
    fn chance(&mut self, numerator: u128, denominator: u128) -> bool {
        self.below(denominator) < numerator
    }

    /// True with probability exp(−`numerator` / `denominator`), for a fraction of at most 1: algorithm 1 of the paper.
    fn chance_exp(&mut self, numerator: u128, denominator: u128) -> bool {
        debug_assert!(numerator <= denominator && denominator > 0, "the fraction is at most 1");
        // Toss k succeeds with probability γ/k, so that the first failure comes at k with probability
        // γ^(k−1)/(k−1)! − γ^k/k!; over odd k these add up to exp(−γ).
        let mut k: u128 = 1;
        // Some 30 tosses in a row succeed once in 2^107 times: no denominator comes near the limit.
        while self.chance(numerator, denominator.saturating_mul(k)) {
            k += 1;
        }
        k % 2 == 1
    }

    /// True with probability exp(−`numerator` / `denominator`), for any fraction.
    fn chance_exp_any(&mut self, numerator: u128, denominator: u128) -> bool {
        (0..numerator / denominator).all(|_| self.chance_exp(1, 1))
            && self.chance_exp(numerator % denominator, denominator)
    }
}

/// Greatest common divisor; `b` is not zero.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

/// Dice thrown with a stream of random bits.
pub(crate) struct Bits<'a, R>(pub(crate) &'a mut R);

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
