//! Expressions: a source and what is done to its value.

use encoding::{Transform, TransformError};
use model::Value;

use super::source::{self, Source};
use crate::{
    policy::{Identifier, Lifetime},
    problem::Fault,
};

/// A source and the transforms of its value, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression {
    pub(crate) source: Source,
    pub(crate) transforms: Vec<Salted>,
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
        let names: Vec<&str> = ids.iter().map(|id| id.name.as_str()).collect();
        let mut parts = text.split('|').map(str::trim);
        let source = Source::parse(parts.next().unwrap_or_default(), &names)?;
        let transforms = parts.map(|part| Salted::parse(part, ids, &names)).collect::<Result<_, _>>()?;
        let expression = Self { source, transforms };
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

impl Salted {
    fn parse(text: &str, ids: &[Identifier], names: &[&str]) -> Result<Self, Fault> {
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
    let help = error.nearest().map(|name| format!("did you mean `{name}`?"));
    Fault { message: error.to_string(), help }
}
