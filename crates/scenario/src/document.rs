//! The text as a tree of values that know their place.

use std::{borrow::Cow, fmt, ops::Range};

use toml::{
    Spanned,
    de::{DeTable, DeValue, Error},
};
use toml_parser::{Source, lexer::TokenKind};

use crate::diagnostic::Mistake;

/// A value with its place.
pub(crate) type Node<'i> = Spanned<DeValue<'i>>;

/// One step from a value to one inside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Step {
    Key(Cow<'static, str>),
    Index(usize),
}

impl From<&'static str> for Step {
    fn from(key: &'static str) -> Self {
        Self::Key(key.into())
    }
}

impl From<String> for Step {
    fn from(key: String) -> Self {
        Self::Key(key.into())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A way from the root to a value: `at!["endpoint", 0, "host"]`.
macro_rules! at {
    ($($step:expr),* $(,)?) => { <Vec<$crate::document::Step>>::from([$($crate::document::Step::from($step)),*]) };
}
pub(crate) use at;

/// A file's text, read as TOML.
pub(crate) struct Document<'i> {
    root: Node<'i>,
}

impl<'i> Document<'i> {
    /// Reads `text`, or says everything that keeps it from being TOML.
    pub(crate) fn read(text: &'i str) -> Result<Self, Vec<Mistake>> {
        check_depth(text)?;
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() {
            return Ok(Self { root: Spanned::new(0..0, DeValue::Table(table.into_inner())) });
        }
        Err(syntax_mistakes(text, &errors))
    }

    pub(crate) const fn root(&self) -> &Node<'i> {
        &self.root
    }

    /// The place of the value at `path`, or of the innermost value on the way that is there.
    pub(crate) fn span(&self, path: &[Step]) -> Range<usize> {
        let mut node = &self.root;
        for step in path {
            match child(node, step) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.span()
    }

    /// The place of the key that the last step of `path` names, or else of the innermost value.
    pub(crate) fn key_span(&self, path: &[Step]) -> Range<usize> {
        let key = path.split_last().and_then(|(last, before)| {
            let parent = before.iter().try_fold(&self.root, child)?;
            let Step::Key(key) = last else { return None };
            parent.get_ref().as_table()?.get_key_value(key.as_ref()).map(|(key, _)| key.span())
        });
        key.unwrap_or_else(|| self.span(path))
    }
}

fn child<'a, 'i>(node: &'a Node<'i>, step: &Step) -> Option<&'a Node<'i>> {
    match step {
        Step::Key(key) => node.get_ref().as_table()?.get(key.as_ref()),
        Step::Index(index) => node.get_ref().as_array()?.get(*index),
    }
}

/// Levels of nesting that a file may have; scenarios need about ten.
const DEPTH_MAX: usize = 64;

/// Refuses text whose tree would be so deep that walking it could exhaust the stack.
///
/// The TOML parser bounds braces and dots each, but not their product.
fn check_depth(text: &str) -> Result<(), Vec<Mistake>> {
    let mut around: Vec<usize> = Vec::new(); // dots of the keys that lead into each open bracket
    let mut dots = 0;
    let mut depth = 0;
    for token in Source::new(text).lex() {
        match token.kind() {
            TokenKind::Dot => dots += 1,
            TokenKind::Comma => dots = 0,
            TokenKind::Newline if around.is_empty() => dots = 0,
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                depth += dots + 1;
                around.push(std::mem::take(&mut dots));
            }
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                dots = around.pop().unwrap_or(0);
                depth = depth.saturating_sub(dots + 1);
            }
            _ => {}
        }
        if depth + dots > DEPTH_MAX {
            let span = token.span().start()..token.span().end();
            let expected = format!("expected at most {DEPTH_MAX} levels of lists and tables");
            return Err(vec![Mistake::new(span, "nested too deeply", expected)]);
        }
    }
    Ok(())
}

/// What the TOML parser found, once for each line: what follows on the same line mostly follows from it.
fn syntax_mistakes(text: &str, errors: &[Error]) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = errors
        .iter()
        .map(|error| Mistake::told(error.span().unwrap_or(text.len()..text.len()), error.message()))
        .collect();
    mistakes.sort_by_key(|mistake| mistake.span.start);
    mistakes.dedup_by(|later, earlier| {
        let (from, to) = (earlier.span.start.min(text.len()), later.span.start.min(text.len()));
        !text.as_bytes()[from..to].contains(&b'\n')
    });
    mistakes
}

/// What a value is, in words.
pub(crate) struct Kind<'a, 'i>(pub(crate) &'a DeValue<'i>);

impl fmt::Display for Kind<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a decimal number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        })
    }
}
