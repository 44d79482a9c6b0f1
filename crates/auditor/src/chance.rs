//! How many matches chance alone would make, so that nobody is convicted by one.
//!
//! A planted text is drawn at random and nobody outside the laboratory knows it. Without a leak, each piece of it, and
//! each digest of it, agrees with a given place of the traffic with probability 2^-bits, whatever stands there. The
//! union bound over everything that was tried needs no further assumption.

/// Most matches that chance may be expected to make where the auditor convicts.
pub(crate) const EXPECTED_MAX: f64 = 1e-9;

/// How hard it is to match by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chance {
    /// Pieces or digests that were looked for, under one derivation.
    pub(crate) candidates: u64,
    /// Places at which each could have matched.
    pub(crate) positions: u64,
    /// Bits that agree.
    pub(crate) bits: u32,
    /// Distinct candidates that matched; at least 1.
    pub(crate) hits: u32,
    /// Derivations that were tried.
    pub(crate) derivations: u64,
}

impl Chance {
    /// Upper bound on the number of derivations under which as many distinct candidates match by chance:
    /// `derivations × (candidates × positions × 2^-bits)^hits / hits!`, for there are at most `candidates^hits / hits!`
    /// ways to choose those that match, and each matches with probability at most `positions × 2^-bits` on its own.
    pub(crate) fn expected(&self) -> f64 {
        let each = (0..self.bits).fold(float(self.candidates) * float(self.positions), |product, _| product / 2.0);
        (1..=self.hits).fold(float(self.derivations), |product, hit| product * each / f64::from(hit))
    }

    /// Whether so many matches are no accident.
    pub(crate) fn is_excluded(&self) -> bool {
        self.expected() < EXPECTED_MAX
    }

    /// The bound in words, such as `by chance: 3e-15 such matches expected`.
    pub(crate) fn words(&self) -> String {
        format!("by chance: {:.0e} such matches expected", self.expected())
    }
}

/// The nearest number with 53 significant bits: counts are far below.
#[allow(clippy::cast_precision_loss, reason = "counts stay below 2^53, and a bound may be rounded there")]
const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::Chance;

    const TOKEN: Chance = Chance { candidates: 300, positions: 1_000_000, bits: 80, hits: 1, derivations: 1 };

    #[test]
    fn a_whole_token_is_no_accident_and_nine_characters_of_one_may_be() {
        // 3e8 / 2^80 = 2.48e-16
        assert!((TOKEN.expected() / 2.481_540e-16 - 1.0).abs() < 1e-6, "{}", TOKEN.expected());
        assert!(TOKEN.is_excluded());
        assert_eq!(TOKEN.words(), "by chance: 2e-16 such matches expected");
        assert!(!Chance { bits: 45, ..TOKEN }.is_excluded()); // 3e8 / 2^45 = 8.5e-6
        assert!(Chance { bits: 45, hits: 3, ..TOKEN }.is_excluded()); // (8.5e-6)^3 / 6 = 1.0e-16
    }

    #[test]
    fn the_bound_lies_between_the_last_bit_that_is_too_few_and_the_first_that_is_enough() {
        // 3e8 × 1e9 = 3e17 lies between 2^58 = 2.9e17 and 2^59 = 5.8e17.
        assert!(!Chance { bits: 58, ..TOKEN }.is_excluded());
        assert!(Chance { bits: 59, ..TOKEN }.is_excluded());
    }

    #[test]
    fn short_digests_convict_by_their_number_and_more_so_the_fewer_derivations_were_tried() {
        let crc = Chance { candidates: 150, positions: 200, bits: 32, hits: 2, derivations: 10_000 };
        // (3e4 / 2^32)^2 / 2 × 1e4 = 2.4e-7
        assert!((crc.expected() / 2.439_455e-7 - 1.0).abs() < 1e-5, "{}", crc.expected());
        assert!(!crc.is_excluded());
        assert!(Chance { derivations: 10, ..crc }.is_excluded());
        assert!(Chance { hits: 3, ..crc }.is_excluded());
        assert!(!Chance { hits: 3, positions: 1_000_000_000, ..crc }.is_excluded()); // everything is on the wire
    }
}
