//! Noise of either kind.

use model::Seed;

use super::{
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
    spread::{self, Spread},
};

/// Noise of either kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Noise {
    Laplace(DiscreteLaplace),
    Gaussian(DiscreteGaussian),
}

impl Noise {
    /// Draws one integer, the same each time from the same seed.
    pub(crate) fn draw(&self, seed: &Seed) -> i128 {
        match self {
            Self::Laplace(noise) => noise.sample(&mut seed.stream()),
            Self::Gaussian(noise) => noise.sample(&mut seed.stream()),
        }
    }

    /// The interval outside of which it lies once in `one_in` times at most.
    pub(crate) fn spread(&self, one_in: u32) -> Spread {
        match self {
            Self::Laplace(noise) => spread::of_laplace(noise, one_in),
            Self::Gaussian(noise) => spread::of_gaussian(noise, one_in),
        }
    }
}
