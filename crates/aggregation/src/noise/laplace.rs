//! The discrete Laplace distribution: integers `x` with probability in proportion to exp(−|x| / scale).

use model::Ratio;
use rand_core::Rng;

use super::{Bits, Dice, gcd};

/// A discrete Laplace distribution with an exact rational scale (Canonne, Kamath and Steinke 2020, algorithm 2).
///
/// ```
/// let noise = aggregation::laplace::DiscreteLaplace::new("10/3".parse()?);
/// let mut stream = model::Seed::root(1).derive("noise").stream();
/// let drawn = noise.sample(&mut stream);
/// assert!(drawn.abs() < 200);
/// # Ok::<(), model::RatioError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscreteLaplace {
    scale: Ratio,
}

/// A scale that noise cannot be drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScaleError {
    /// Epsilon is zero: no noise is enough.
    #[error("epsilon is 0, expected more")]
    ZeroEpsilon,
    /// Sensitivity divided by epsilon is no fraction of 64-bit numbers.
    #[error("sensitivity {sensitivity} divided by epsilon {epsilon} is no fraction of 64-bit numbers")]
    TooLarge {
        /// L1 sensitivity.
        sensitivity: u128,
        /// Pure epsilon.
        epsilon: Ratio,
    },
}

impl DiscreteLaplace {
    /// The distribution with the given scale; scale zero is no noise at all.
    #[must_use]
    pub const fn new(scale: Ratio) -> Self {
        Self { scale }
    }

    /// The noise that makes integers of the given L1 sensitivity `epsilon`-differentially private: its scale is
    /// sensitivity / epsilon, exactly.
    ///
    /// # Errors
    /// If epsilon is zero, or the scale does not fit.
    pub fn for_sensitivity(sensitivity: u128, epsilon: Ratio) -> Result<Self, ScaleError> {
        if epsilon == Ratio::ZERO {
            return Err(ScaleError::ZeroEpsilon);
        }
        let too_large = || ScaleError::TooLarge { sensitivity, epsilon };
        // In lowest terms before the product, so that nothing overflows that would fit in the end.
        let (numerator, denominator) = (u128::from(epsilon.numerator()), u128::from(epsilon.denominator()));
        let shared = gcd(sensitivity, numerator);
        let scale = (sensitivity / shared).checked_mul(denominator).and_then(|product| u64::try_from(product).ok());
        let divisor = u64::try_from(numerator / shared).ok();
        Ok(Self::new(scale.zip(divisor).and_then(|(n, d)| Ratio::new(n, d)).ok_or_else(too_large)?))
    }

    /// The scale.
    #[must_use]
    pub const fn scale(&self) -> Ratio {
        self.scale
    }

    /// Draws one integer.
    pub fn sample(&self, stream: &mut impl Rng) -> i128 {
        self.throw(&mut Bits(stream))
    }

    pub(crate) fn throw(&self, dice: &mut impl Dice) -> i128 {
        // Named as in the paper: the scale is t / s.
        let (t, s) = (self.scale.numerator(), self.scale.denominator());
        if t == 0 {
            return 0;
        }
        loop {
            let magnitude = geometric(t, dice) / u128::from(s);
            let negative = dice.chance(1, 2);
            // Zero would otherwise come up with both signs, and so twice as often as it may.
            if negative && magnitude == 0 {
                continue;
            }
            let magnitude = i128::try_from(magnitude).unwrap_or(i128::MAX);
            return if negative { -magnitude } else { magnitude };
        }
    }
}

/// A whole number `x` with probability in proportion to exp(−x / t).
fn geometric(t: u64, dice: &mut impl Dice) -> u128 {
    let remainder = loop {
        let candidate = dice.below(t.into());
        if dice.chance_exp(candidate, t.into()) {
            break candidate;
        }
    };
    let mut quotient: u128 = 0;
    while dice.chance_exp(1, 1) {
        quotient += 1;
    }
    // Would take a quotient of 2^64, whose probability is exp(−2^64), to saturate.
    u128::from(t).saturating_mul(quotient).saturating_add(remainder)
}
