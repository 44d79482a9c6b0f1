//! Numbers known to lie between two bounds, in fixed point: what is irrational is rounded outward, never to the nearest.
//!
//! Whatever is promised about privacy or coverage is computed here, so that rounding can only make it weaker. There is
//! no float: the same input gives the same bytes on every machine.

/// One, with 63 bits behind the point.
pub(crate) const ONE: u128 = 1 << 63;

/// Terms of the exponential series: 1 / 21! is below the last bit.
const TERMS: u128 = 21;

/// exp(−45) is below the last bit.
const NOTHING_FROM: u128 = 45;

/// A non-negative number between `low` and `high`, both in units of 2^−63.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Enclosed {
    pub(crate) low: u128,
    pub(crate) high: u128,
}

impl Enclosed {
    pub(crate) const fn exact(number: u128) -> Self {
        Self { low: number, high: number }
    }

    /// `numerator / denominator`, at most one; the denominator is not zero.
    fn fraction(numerator: u128, denominator: u128) -> Self {
        debug_assert!(numerator <= denominator, "the fraction is at most 1");
        // Both lose their last bits where they would not fit once shifted.
        let lost = u32::saturating_sub(65, denominator.leading_zeros());
        if lost == 0 {
            return Self { low: (numerator << 63) / denominator, high: (numerator << 63).div_ceil(denominator) };
        }
        let (above, below) = (numerator >> lost, denominator >> lost);
        Self { low: (above << 63) / (below + 1), high: ((above + 1) << 63).div_ceil(below).min(ONE) }
    }

    /// The product of two numbers of at most one.
    pub(crate) const fn times(self, other: Self) -> Self {
        Self { low: (self.low * other.low) >> 63, high: (self.high * other.high).div_ceil(ONE) }
    }

    const fn over(self, divisor: u128) -> Self {
        Self { low: self.low / divisor, high: self.high.div_ceil(divisor) }
    }

    fn to_the(self, mut power: u128) -> Self {
        let (mut product, mut square) = (Self::exact(ONE), self);
        while power > 0 {
            if power & 1 == 1 {
                product = product.times(square);
            }
            square = square.times(square);
            power >>= 1;
        }
        product
    }
}

/// exp(−`numerator` / `denominator`); the denominator is not zero.
pub(crate) fn exp_of_minus(numerator: u128, denominator: u128) -> Enclosed {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    if whole >= NOTHING_FROM {
        return Enclosed { low: 0, high: 1 };
    }
    let fraction = series(Enclosed::fraction(rest, denominator));
    if whole == 0 { fraction } else { fraction.times(series(Enclosed::exact(ONE)).to_the(whole)) }
}

/// exp(−x) for an x of at most one: its alternating series, cut off behind terms that no longer grow.
fn series(x: Enclosed) -> Enclosed {
    let mut term = Enclosed::exact(ONE);
    let (mut even, mut odd) = (term, Enclosed::exact(0));
    for k in 1..=TERMS {
        term = term.times(x).over(k);
        let sum = if k % 2 == 0 { &mut even } else { &mut odd };
        *sum = Enclosed { low: sum.low + term.low, high: sum.high + term.high };
    }
    Enclosed {
        low: even.low.saturating_sub(odd.high).saturating_sub(term.high),
        high: (even.high - odd.low + term.high).min(ONE),
    }
}

/// ln(`numerator` / `denominator`) of a fraction of at least one.
pub(crate) fn ln(numerator: u64, denominator: u64) -> Enclosed {
    debug_assert!(numerator >= denominator && denominator > 0, "the fraction is at least 1");
    let (mut doublings, mut below) = (0, u128::from(denominator));
    while u128::from(numerator) >= 2 * below {
        below *= 2;
        doublings += 1;
    }
    let two = twice_artanh(Enclosed::fraction(1, 3));
    let rest = twice_artanh(Enclosed::fraction(u128::from(numerator) - below, u128::from(numerator) + below));
    Enclosed { low: two.low * doublings + rest.low, high: two.high * doublings + rest.high }
}

/// 2 artanh(z) for a z of at most 1/3, which is ln((1 + z) / (1 − z)): twice the sum of z^(2i+1) / (2i+1).
fn twice_artanh(z: Enclosed) -> Enclosed {
    let square = z.times(z);
    let (mut power, mut sum) = (z, Enclosed::exact(0));
    for odd in (1..=2 * TERMS).step_by(2) {
        let term = power.over(odd);
        sum = Enclosed { low: sum.low + term.low, high: sum.high + term.high };
        power = power.times(square);
    }
    // What is left shrinks ninefold from term to term: together less than twice the first.
    Enclosed { low: 2 * sum.low, high: 2 * (sum.high + 2 * power.high) }
}
