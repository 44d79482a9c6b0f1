//! How a device randomizes a value before it reports it: local differential privacy.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Ratio;

/// A way to answer with chance, so that no single answer tells the value behind it.
///
/// For every two values, and for none of the known ones too, no answer is more than e^epsilon times as probable under
/// one as under the other. The values that are known stand in order beside it: they are the query's `domain`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Randomizer {
    /// k-ary randomized response (Warner 1965; Kairouz, Bonawitz and Ramage 2016): the value itself, or each other
    /// one e^epsilon times less often. Here k counts the known values and one more for none of them.
    KAry {
        /// Pure epsilon of one answer.
        epsilon: Ratio,
    },
    /// Optimized unary encoding (Wang, Blocki, Li and Jha 2017, section 4.3): a bit for each value, set with
    /// probability 1/2 where the value is that one, and 1 / (e^epsilon + 1) elsewhere.
    Oue {
        /// Pure epsilon of one answer.
        epsilon: Ratio,
    },
    /// Optimized local hashing (Wang, Blocki, Li and Jha 2017, section 4.4): a hash function drawn for each answer,
    /// and the randomized bucket of the value under it, out of e^epsilon + 1, rounded.
    Olh {
        /// Pure epsilon of one answer.
        epsilon: Ratio,
    },
    /// RAPPOR (Erlingsson, Pihur and Korolova 2014): a Bloom filter of the value, randomized once for good, and again
    /// for each answer. Its epsilons are those of [`Rappor::epsilon_permanent`].
    Rappor(Rappor),
    /// Hadamard response (Acharya, Sun and Zhang 2019): a row of a Hadamard matrix, and the randomized sign that the
    /// value has there.
    Hadamard {
        /// Pure epsilon of one answer.
        epsilon: Ratio,
    },
}

/// The parameters of RAPPOR, named as in the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rappor {
    /// Bits of the Bloom filter (k).
    #[schemars(range(min = 1, max = 1_024))]
    pub bits: u32,
    /// Bits that a value sets (h).
    #[schemars(range(min = 1, max = 16))]
    pub hashes: u32,
    /// Cohorts, each with hash functions of its own (m).
    #[schemars(range(min = 1, max = 256))]
    pub cohorts: u32,
    /// Share of bits that the permanent response replaces by tosses of a fair coin.
    pub f: Ratio,
    /// Probability that an answer sets a bit which the permanent response has not.
    pub p: Ratio,
    /// Probability that an answer sets a bit which the permanent response has.
    pub q: Ratio,
}

impl Rappor {
    /// What all answers about one value together cost, however many there are: 2 h ln((1 − f/2) / (f/2)), section 3.1
    /// of the paper. For display: infinite where f is zero.
    #[must_use]
    pub fn epsilon_permanent(&self) -> f64 {
        let half = self.f.approximate() / 2.0;
        2.0 * f64::from(self.hashes) * ((1.0 - half) / half).ln()
    }

    /// What a single answer costs: h ln(q* (1 − p*) / (p* (1 − q*))), section 3.2 of the paper. For display.
    #[must_use]
    pub fn epsilon_once(&self) -> f64 {
        let [f, p, q] = [self.f, self.p, self.q].map(Ratio::approximate);
        let (set, unset) = (f / 2.0 * (p + q) + (1.0 - f) * q, f / 2.0 * (p + q) + (1.0 - f) * p);
        f64::from(self.hashes) * (set * (1.0 - unset) / (unset * (1.0 - set))).ln()
    }
}

impl Randomizer {
    /// The name, as files write it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::KAry { .. } => "k-ary",
            Self::Oue { .. } => "oue",
            Self::Olh { .. } => "olh",
            Self::Rappor(_) => "rappor",
            Self::Hadamard { .. } => "hadamard",
        }
    }

    /// Pure epsilon of one answer, where it is a parameter: RAPPOR has its own.
    #[must_use]
    pub const fn epsilon(&self) -> Option<Ratio> {
        match self {
            Self::KAry { epsilon } | Self::Oue { epsilon } | Self::Olh { epsilon } | Self::Hadamard { epsilon } => {
                Some(*epsilon)
            }
            Self::Rappor(_) => None,
        }
    }
}

impl fmt::Display for Randomizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KAry { epsilon } => write!(f, "k-ary randomized response, epsilon {epsilon}"),
            Self::Oue { epsilon } => write!(f, "optimized unary encoding, epsilon {epsilon}"),
            Self::Olh { epsilon } => write!(f, "optimized local hashing, epsilon {epsilon}"),
            Self::Rappor(rappor) => {
                write!(f, "RAPPOR, epsilon {:.2} for each value", rappor.epsilon_permanent())
            }
            Self::Hadamard { epsilon } => write!(f, "Hadamard response, epsilon {epsilon}"),
        }
    }
}
