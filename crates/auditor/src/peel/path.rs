//! Paths in words.

use std::{borrow::Cow, fmt::Write};

use super::tree::{NodeId, Span, Step, Tree};

/// Longest name that a path spells out, in characters.
const NAME_CHARS_MAX: usize = 64;

/// What stands between words that are written in one line.
const JOINT: &str = " > ";

/// The words of the path to a node.
pub(super) fn words(tree: &Tree, id: NodeId) -> Vec<String> {
    let mut path = Path { tree, indices: Indices::Exact, text: String::new(), starts: Vec::new() };
    path.add_all(id);
    let ends = path.starts.iter().skip(1).map(|start| start - JOINT.len()).chain([path.text.len()]);
    path.starts.iter().zip(ends).map(|(&start, end)| path.text[start..end].to_owned()).collect()
}

/// The path to a node in one line, without telling the elements of an array apart.
pub(super) fn line(tree: &Tree, id: NodeId) -> String {
    let mut path = Path { tree, indices: Indices::Any, text: String::with_capacity(96), starts: Vec::new() };
    path.add_all(id);
    path.text
}

/// Whether the elements of an array are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Indices {
    /// `[4]`
    Exact,
    /// `[*]`
    Any,
}

/// A path that is being written.
struct Path<'a> {
    tree: &'a Tree,
    indices: Indices,
    text: String,
    /// Where each word starts in the text.
    starts: Vec<usize>,
}

impl Path<'_> {
    fn add_all(&mut self, id: NodeId) {
        let mut steps: Vec<Step> = self.tree.ancestry(id).map(|(_, node)| node.step).collect();
        steps.reverse();
        let mut previous = None;
        for step in steps {
            self.add(step, previous);
            previous = Some(step);
        }
    }

    fn add(&mut self, step: Step, previous: Option<Step>) {
        match step {
            Step::Place(word) | Step::Word(word) => self.begin(word),
            Step::Document(word) => {
                self.begin(word);
                self.text.push_str(":$");
            }
            Step::Line(word, index) => {
                self.begin(word);
                self.text.push_str(":$");
                self.index(index);
            }
            Step::Named(word, name) => {
                self.begin(word);
                self.text.push(':');
                self.text.push_str(&name_of(self.tree, name));
            }
            Step::Nth(word, index) => {
                self.begin(word);
                self.write(format_args!(":{index}"));
            }
            Step::Field(number) if matches!(previous, Some(Step::Field(_))) => self.write(format_args!(".{number}")),
            Step::Field(number) => {
                self.begin("protobuf");
                self.write(format_args!(":{number}"));
            }
            Step::At(index) => self.index(index),
            Step::Key(key) => self.key(&name_of(self.tree, key)),
        }
    }

    /// Begins the next word.
    fn begin(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push_str(JOINT);
        }
        self.starts.push(self.text.len());
        self.text.push_str(word);
    }

    fn index(&mut self, index: u32) {
        match self.indices {
            Indices::Exact => self.write(format_args!("[{index}]")),
            Indices::Any => self.text.push_str("[*]"),
        }
    }

    fn key(&mut self, key: &str) {
        if is_plain(key) {
            self.text.push('.');
            self.text.push_str(key);
        } else {
            self.write(format_args!("[{key:?}]"));
        }
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(text); // writing to a string cannot fail
    }
}

/// A name as far as it can be read, cut if it is long.
fn name_of(tree: &Tree, name: Span) -> Cow<'_, str> {
    let bytes = name.of(&tree.bytes);
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_CHARS_MAX * 4)]);
    match text.char_indices().nth(NAME_CHARS_MAX) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => text,
    }
}

/// Whether JSONPath writes the key behind a dot.
fn is_plain(key: &str) -> bool {
    let name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '@' | '…');
    !key.is_empty() && !key.starts_with(|c: char| c.is_ascii_digit()) && key.chars().all(name)
}
