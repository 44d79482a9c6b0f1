//! The discrete Gaussian distribution: integers `x` with probability in proportion to exp(−x² / 2σ²).

use model::Ratio;
use rand_core::Rng;

use super::{Bits, Dice, gcd, laplace::DiscreteLaplace};

/// Largest numerator and denominator of σ²: what is computed while drawing then fits into 128 bits.
const PART_MAX: u64 = 1 << 56;
/// σ² with longer parts is rounded up to a multiple of one over this.
const COARSE: u128 = 1 << 20;

/// A discrete Gaussian distribution with an exact rational σ² (Canonne, Kamath and Steinke 2020, algorithm 3).
///
/// ```
/// let noise = aggregation::gaussian::DiscreteGaussian::new("9/2".parse()?).expect("it is not too large");
/// let drawn = noise.sample(&mut model::Seed::root(1).derive("noise").stream());
/// assert!(drawn.abs() < 40);
/// # Ok::<(), model::RatioError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiscreteGaussian {
    variance: Ratio,
}

/// Noise that cannot be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VarianceError {
    /// Rho is zero: no noise is enough.
    #[error("rho is 0, expected more: epsilon or delta is too small")]
    ZeroRho,
    /// The variance is too large.
    #[error("squared sensitivity {squared} divided by twice rho {rho} is more than 2^56")]
    TooLarge {
        /// Square of the L2 sensitivity.
        squared: u128,
        /// Zero-concentrated differential privacy.
        rho: Ratio,
    },
}

impl DiscreteGaussian {
    /// The distribution with the parameter σ², of which its variance falls short by little; zero is no noise at all.
    /// `None` if its numerator or denominator is more than 2^56.
    #[must_use]
    pub const fn new(variance: Ratio) -> Option<Self> {
        if variance.numerator() > PART_MAX || variance.denominator() > PART_MAX {
            None
        } else {
            Some(Self { variance })
        }
    }

    /// The noise that makes integers of the given squared L2 sensitivity `rho`-zero-concentrated differentially private
    /// (theorem 14): σ² is `squared` / 2 rho, rounded up where its exact form is too long.
    ///
    /// # Errors
    /// If rho is zero, or σ² is too large.
    pub fn for_sensitivity(squared: u128, rho: Ratio) -> Result<Self, VarianceError> {
        if rho.is_zero() {
            return Err(VarianceError::ZeroRho);
        }
        let too_large = || VarianceError::TooLarge { squared, rho };
        let product = squared.checked_mul(rho.denominator().into()).ok_or_else(too_large)?;
        let divisor = 2 * u128::from(rho.numerator());
        let shared = gcd(product, divisor);
        let part = |number: u128| u64::try_from(number / shared).ok();
        let exact = part(product).zip(part(divisor)).and_then(|(n, d)| Self::new(Ratio::new(n, d)?));
        let multiple = |of: u128| {
            let above = product.checked_mul(of)?.div_ceil(divisor);
            Self::new(Ratio::new(u64::try_from(above).ok()?, u64::try_from(of).ok()?)?)
        };
        exact.or_else(|| multiple(COARSE)).or_else(|| multiple(1)).ok_or_else(too_large)
    }

    /// The parameter σ².
    #[must_use]
    pub const fn variance(&self) -> Ratio {
        self.variance
    }

    /// Draws one integer.
    pub fn sample(&self, stream: &mut impl Rng) -> i128 {
        self.throw(&mut Bits(stream))
    }

    pub(crate) fn throw(&self, dice: &mut impl Dice) -> i128 {
        let (n, d) = (u128::from(self.variance.numerator()), u128::from(self.variance.denominator()));
        if n == 0 {
            return 0;
        }
        let t = (n / d).isqrt() + 1;
        // Below 2^29, since σ² is below 2^57.
        let envelope = DiscreteLaplace::new(Ratio::new(u64::try_from(t).unwrap_or(1), 1).unwrap_or(Ratio::ONE));
        loop {
            let candidate = envelope.throw(dice);
            // Accepted with probability exp(−(|candidate| − σ²/t)² / 2σ²), all multiplied by (d t)².
            let distance = (candidate.unsigned_abs().saturating_mul(d * t)).abs_diff(n);
            // A candidate so far out that this overflows is 255 scales away: it would be accepted with a probability
            // below exp(−30,000).
            let Some(numerator) = distance.checked_mul(distance) else { continue };
            if dice.chance_exp(numerator, 2 * n * d * t * t) {
                return candidate;
            }
        }
    }
}
