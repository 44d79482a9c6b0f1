//! Expressions: a source and what is done to its value.

use encoding::{Transform, TransformError};
use model::Value;

use super::source::{self, Source};
use crate::{
    Policy,
    policy::{Identifier, Lifetime},
    problem::Fault,
};

/// A source and the transforms of its value, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) source: Source,
    pub(crate) transforms: Vec<Salted>,
    /// The place of the randomizer that answers in place of the value, where one does.
    pub(crate) randomizer: Option<usize>,
}

/// A transform with the place of the identifier that salts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Salted {
    transform: Transform,
    salt: Option<Salt>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Salt {
    Id(usize),
    Const(String),
}

impl Expression {
    /// Reads `SOURCE|TRANSFORM|TRANSFORM…`.
    pub(crate) fn parse(text: &str, ids: &[Identifier]) -> Result<Self, Fault> {
        match randomizer_in(text) {
            Some(_) => Err(Fault::new("nothing but a field of a report can be randomized")),
            None => Self::parse_plain(text, ids),
        }
    }

    /// Reads an expression of a field, whose last transform may be `randomize(NAME)`.
    pub(crate) fn parse_field(text: &str, policy: &Policy) -> Result<Self, Fault> {
        let Some((plain, name)) = randomizer_in(text) else { return Self::parse_plain(text, &policy.identifiers) };
        let expression = Self::parse_plain(plain, &policy.identifiers)?;
        if let Some(id) = expression.upload_id(&policy.identifiers) {
            return Err(Fault::new(format!(
                "identifier `{}` is fresh in each upload: there is nothing to randomize",
                id.name
            )));
        }
        let names = || policy.randomizers.iter().map(|known| known.name.as_str());
        let place = names().position(|known| known == name);
        let place = place.ok_or_else(|| Fault::unknown("randomizer", name, names()))?;
        Ok(Self { randomizer: Some(place), ..expression })
    }

    fn parse_plain(text: &str, ids: &[Identifier]) -> Result<Self, Fault> {
        let names: Vec<&str> = ids.iter().map(|id| id.name.as_str()).collect();
        let mut parts = text.split('|').map(str::trim);
        let source = Source::parse(parts.next().unwrap_or_default(), &names)?;
        let transforms = parts.map(|part| Salted::parse(part, ids, &names)).collect::<Result<_, _>>()?;
        let expression = Self { source, transforms, randomizer: None };
        let is_salted = expression.transforms.iter().any(|step| matches!(step.salt, Some(Salt::Id(_))));
        match expression.upload_id(ids).filter(|_| is_salted) {
            Some(id) => Err(Fault::new(format!("identifier `{}` is fresh anyway and takes no salt", id.name))),
            None => Ok(expression),
        }
    }

    /// Applies the transforms to `value`. `salt` is asked for the values of identifiers; without one, as where a
    /// transform does not apply, nothing is left.
    pub(crate) fn transform(&self, value: Value, mut salt: impl FnMut(usize) -> Option<String>) -> Option<Value> {
        self.transforms.iter().try_fold(value, |value, step| match &step.salt {
            None => step.transform.apply(&value, ""),
            Some(Salt::Const(text)) => step.transform.apply(&value, text),
            Some(Salt::Id(id)) => step.transform.apply(&value, &salt(*id)?),
        })
    }

    /// The identifier that it names, if that lives for one upload only.
    pub(crate) fn upload_id<'a>(&self, ids: &'a [Identifier]) -> Option<&'a Identifier> {
        let Source::Id(id) = self.source else { return None };
        ids.get(id).filter(|id| id.lifetime == Lifetime::Upload)
    }
}

/// What stands before a last `randomize(NAME)`, and the name.
pub(crate) fn randomizer_in(text: &str) -> Option<(&str, &str)> {
    let (plain, last) = text.rsplit_once('|')?;
    let name = last.trim().strip_prefix(RANDOMIZE)?.strip_prefix('(')?.strip_suffix(')')?;
    Some((plain, name.trim()))
}

const RANDOMIZE: &str = "randomize";

impl Salted {
    fn parse(text: &str, ids: &[Identifier], names: &[&str]) -> Result<Self, Fault> {
        if text.split('(').next() == Some(RANDOMIZE) {
            return Err(Fault::new("`randomize(NAME)` names a randomizer and stands last"));
        }
        let transform: Transform = text.parse().map_err(|error| wrong_transform(&error))?;
        let salt = transform.salt().map(|salt| Salt::parse(salt, ids, names)).transpose()?;
        Ok(Self { transform, salt })
    }
}

impl Salt {
    fn parse(text: &str, ids: &[Identifier], names: &[&str]) -> Result<Self, Fault> {
        if let Some(text) = text.strip_prefix("const:") {
            return Ok(Self::Const(text.to_owned()));
        }
        let name = text.strip_prefix("id:").unwrap_or(text);
        let place = source::id(name, names)?;
        if ids[place].lifetime == Lifetime::Upload {
            let message = format!("identifier `{name}` lives for one upload and cannot salt what is recorded before");
            return Err(Fault::new(message));
        }
        Ok(Self::Id(place))
    }
}

fn wrong_transform(error: &TransformError) -> Fault {
    let found = match error {
        TransformError::Unknown { found } => found,
        _ => "",
    };
    let is_near = strsim::damerau_levenshtein(found, RANDOMIZE) <= 2;
    let nearest = error.nearest().or(is_near.then_some("randomize(NAME)"));
    let help = nearest.map(|name| format!("did you mean `{name}`?"));
    Fault { message: error.to_string(), help }
}
