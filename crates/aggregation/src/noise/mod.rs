//! Noise, sampled exactly on integers: whatever is drawn is made of [`encoding::chance`], and never of floats.

pub mod laplace;

pub(crate) use encoding::chance::{Bits, Dice};

#[cfg(test)]
mod tests;
