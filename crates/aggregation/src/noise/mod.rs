//! Noise, sampled exactly on integers: whatever is drawn is made of [`encoding::chance`], and never of floats.

pub(crate) mod fixed;
pub mod gaussian;
pub(crate) mod kind;
pub mod laplace;
pub(crate) mod spread;
pub(crate) mod sums;
pub(crate) mod zcdp;

pub(crate) use encoding::chance::{Bits, Dice};

/// Greatest common divisor; `b` is not zero.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    while a != 0 {
        (a, b) = (b % a, a);
    }
    b
}

#[cfg(test)]
mod tests;
