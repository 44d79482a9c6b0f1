//! Mistakes in a policy that its types cannot rule out.

use std::fmt;

/// A mistake in a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, from the policy down.
    pub path: Vec<PathStep>,
    /// What was found and what was expected.
    pub message: String,
    /// The likely fix.
    pub help: Option<String>,
}

/// One step down into a policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathStep {
    /// Into a table.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.path.iter().enumerate() {
            match step {
                PathStep::Key(key) if i == 0 => f.write_str(key)?,
                PathStep::Key(key) => write!(f, ".{key}")?,
                PathStep::Index(index) => write!(f, "[{index}]")?,
            }
        }
        write!(f, "{}{}", if self.path.is_empty() { "" } else { ": " }, self.message)
    }
}

/// What is wrong with one text, before it is known where the text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// A name that does not exist, with the nearest of those that do.
    pub(crate) fn unknown<'a>(what: &str, found: &str, valid: impl IntoIterator<Item = &'a str>) -> Self {
        let help = nearest(found, valid).map(|name| format!("did you mean `{name}`?"));
        Self { message: format!("there is no {what} `{}`", shown(found)), help }
    }
}

/// Most characters of a wrong text that a message repeats.
const SHOWN_CHARS_MAX: usize = 64;

pub(crate) fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS_MAX).collect()
}

fn nearest<'a>(found: &str, valid: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = valid.into_iter().map(|name| (strsim::damerau_levenshtein(found, name), name));
    let (distance, name) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + found.chars().count() / 4).then_some(name)
}

/// Collects problems while it goes down into a policy.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    path: Vec<PathStep>,
    pub(crate) problems: Vec<Problem>,
}

impl Findings {
    /// Looks into the table entry `key`.
    pub(crate) fn within<T>(&mut self, key: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        self.step(PathStep::Key(key.to_owned()), look)
    }

    /// Looks into the item `index` of the list at `key`.
    pub(crate) fn item<T>(&mut self, key: &str, index: usize, look: impl FnOnce(&mut Self) -> T) -> T {
        self.within(key, |findings| findings.step(PathStep::Index(index), look))
    }

    fn step<T>(&mut self, step: PathStep, look: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(step);
        let result = look(self);
        self.path.pop();
        result
    }

    /// Notes what is wrong here.
    pub(crate) fn add(&mut self, fault: Fault) {
        self.problems.push(Problem { path: self.path.clone(), message: fault.message, help: fault.help });
    }

    /// Notes what is wrong at `key` below here, unless it `holds`.
    pub(crate) fn expect(&mut self, holds: bool, key: &str, message: &str) {
        if !holds {
            self.within(key, |findings| findings.add(Fault::new(message)));
        }
    }

    /// The value, or nothing and a note.
    pub(crate) fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.add(fault)).ok()
    }
}
