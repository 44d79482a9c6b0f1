//! Noise of either kind.

use model::Seed;
use rand_core::Rng;

use super::{
    gaussian::DiscreteGaussian,
    laplace::DiscreteLaplace,
    spread::{self, Spread, Tail},
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
        self.sample(&mut seed.stream())
    }

    /// Draws one integer.
    pub(crate) fn sample(&self, stream: &mut impl Rng) -> i128 {
        match self {
            Self::Laplace(noise) => noise.sample(stream),
            Self::Gaussian(noise) => noise.sample(stream),
        }
    }

    /// Bounds of how often it is above some number, in so many steps of its scale.
    pub(crate) fn tail(&self, steps: u128) -> Tail {
        match self {
            Self::Laplace(noise) => spread::laplace_tail(noise, steps),
            Self::Gaussian(noise) => spread::gaussian_tail(noise, steps),
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
