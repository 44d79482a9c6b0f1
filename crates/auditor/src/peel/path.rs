//! Paths in words.

use std::fmt::Write;

use super::tree::{NodeId, Span, Step, Tree};

/// Longest name that a path spells out, in characters.
const NAME_CHARS_MAX: usize = 64;

/// Whether the elements of an array are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Indices {
    /// `[4]`
    Exact,
    /// `[*]`
    Any,
}

/// The words of the path to a node.
pub(super) fn words(tree: &Tree, id: NodeId, indices: Indices) -> Vec<String> {
    let mut steps: Vec<Step> = tree.ancestry(id).map(|(_, node)| node.step).collect();
    steps.reverse();
    let mut words = Words { tree, indices, words: Vec::new() };
    let mut previous = None;
    for step in steps {
        words.add(step, previous);
        previous = Some(step);
    }
    words.words
}

struct Words<'a> {
    tree: &'a Tree,
    indices: Indices,
    words: Vec<String>,
}

impl Words<'_> {
    fn add(&mut self, step: Step, previous: Option<Step>) {
        match step {
            Step::Place(word) | Step::Word(word) => self.words.push(word.to_owned()),
            Step::Named(word, name) => self.words.push(format!("{word}:{}", self.name(name))),
            Step::Nth(word, index) => self.words.push(format!("{word}:{index}")),
            Step::Document(word) => self.words.push(format!("{word}:$")),
            Step::Line(word, index) => self.words.push(format!("{word}:${}", self.index(index))),
            Step::Field(number) if matches!(previous, Some(Step::Field(_))) => self.extend(format_args!(".{number}")),
            Step::Field(number) => self.words.push(format!("protobuf:{number}")),
            Step::At(index) => self.extend(format_args!("{}", self.index(index))),
            Step::Key(key) => {
                let key = self.name(key);
                if is_plain(&key) {
                    self.extend(format_args!(".{key}"))
                } else {
                    self.extend(format_args!("[{key:?}]"))
                }
            }
        }
    }

    /// Adds to the last word.
    fn extend(&mut self, text: std::fmt::Arguments<'_>) {
        if let Some(word) = self.words.last_mut() {
            let _ = word.write_fmt(text); // writing to a string cannot fail
        }
    }

    fn index(&self, index: u32) -> String {
        match self.indices {
            Indices::Exact => format!("[{index}]"),
            Indices::Any => "[*]".to_owned(),
        }
    }

    fn name(&self, name: Span) -> String {
        let bytes = name.of(&self.tree.bytes);
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_CHARS_MAX * 4)]);
        let mut characters = text.chars();
        let mut name: String = characters.by_ref().take(NAME_CHARS_MAX).collect();
        if characters.next().is_some() {
            name.push('…');
        }
        name
    }
}

/// Whether JSONPath writes the key behind a dot.
fn is_plain(key: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '@' | '…');
    !key.is_empty() && !key.starts_with(|c: char| c.is_ascii_digit()) && key.chars().all(name)
}
