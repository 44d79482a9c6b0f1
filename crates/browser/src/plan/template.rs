//! Templates: texts with expressions in braces.

use super::expression::Expression;
use crate::{policy::Identifier, problem::Fault};

/// A text with expressions in braces, such as `/sa?r={country}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Expression),
}

impl Template {
    pub(crate) fn parse(text: &str, ids: &[Identifier]) -> Result<Self, Fault> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let unclosed =
                || Fault::new("a brace is opened and not closed: expected a source in braces, as in {country}");
            let (inside, behind) = after.split_once('}').ok_or_else(unclosed)?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Value(Expression::parse(inside, ids)?));
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// Whether two reports of one upload can differ in it.
    pub(crate) fn varies(&self) -> bool {
        self.expressions().any(|expression| expression.source.varies())
    }

    /// The text, if it holds no expression.
    pub(crate) fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The text up to the first `end`, if no expression stands before that.
    pub(crate) fn constant_until(&self, end: char) -> Option<&str> {
        match self.parts.first() {
            None => Some(""),
            Some(Part::Text(text)) if self.parts.len() == 1 => text.split(end).next(),
            Some(Part::Text(text)) => text.split_once(end).map(|(before, _)| before),
            Some(Part::Value(_)) => None,
        }
    }

    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.parts.iter().filter_map(|part| match part {
            Part::Value(expression) => Some(expression),
            Part::Text(_) => None,
        })
    }

    /// The text with values put in. `value` writes one at the end of what it is given and says whether there is one;
    /// without any one of them there is no text.
    pub(crate) fn render(&self, mut value: impl FnMut(&Expression, &mut String) -> bool) -> Option<String> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Value(expression) => value(expression, &mut text).then_some(())?,
            }
        }
        Some(text)
    }
}
