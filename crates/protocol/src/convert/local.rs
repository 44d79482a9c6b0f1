//! `aggregation.proto`: randomizers.

use model::{Randomizer, Rappor};

use super::{ConvertError, required};
use crate::v1;

impl From<Randomizer> for v1::Randomizer {
    fn from(randomizer: Randomizer) -> Self {
        use v1::randomizer::Kind;
        let of = |epsilon: model::Ratio| v1::EpsilonRandomizer { epsilon: Some(epsilon.into()) };
        let kind = match randomizer {
            Randomizer::KAry { epsilon } => Kind::KAry(of(epsilon)),
            Randomizer::Oue { epsilon } => Kind::Oue(of(epsilon)),
            Randomizer::Olh { epsilon } => Kind::Olh(of(epsilon)),
            Randomizer::Rappor(Rappor { bits, hashes, cohorts, f, p, q }) => {
                let [f, p, q] = [f, p, q].map(|ratio| Some(ratio.into()));
                Kind::Rappor(v1::RapporRandomizer { bits, hashes, cohorts, f, p, q })
            }
            Randomizer::Hadamard { epsilon } => Kind::Hadamard(of(epsilon)),
        };
        Self { kind: Some(kind) }
    }
}

impl TryFrom<v1::Randomizer> for Randomizer {
    type Error = ConvertError;

    fn try_from(randomizer: v1::Randomizer) -> Result<Self, ConvertError> {
        use v1::randomizer::Kind;
        let epsilon = |of: v1::EpsilonRandomizer, kind| {
            required(of.epsilon, "epsilon").map_err(|error: ConvertError| error.within(kind))
        };
        Ok(match randomizer.kind {
            Some(Kind::KAry(of)) => Self::KAry { epsilon: epsilon(of, "k_ary")? },
            Some(Kind::Oue(of)) => Self::Oue { epsilon: epsilon(of, "oue")? },
            Some(Kind::Olh(of)) => Self::Olh { epsilon: epsilon(of, "olh")? },
            Some(Kind::Rappor(of)) => Self::Rappor(rappor(of).map_err(|error| error.within("rappor"))?),
            Some(Kind::Hadamard(of)) => Self::Hadamard { epsilon: epsilon(of, "hadamard")? },
            None => return Err(ConvertError::new("kind", "none of k_ary, oue, olh, rappor and hadamard is set")),
        })
    }
}

fn rappor(of: v1::RapporRandomizer) -> Result<Rappor, ConvertError> {
    let v1::RapporRandomizer { bits, hashes, cohorts, f, p, q } = of;
    let [f, p, q] = [(f, "f"), (p, "p"), (q, "q")].map(|(ratio, name)| required(ratio, name));
    Ok(Rappor { bits, hashes, cohorts, f: f?, p: p?, q: q? })
}
