//! Whether what a script says together makes sense.

mod expectations;
mod faults;
mod local;
mod operations;
mod people;
mod reporting;
mod times;

use std::ops::Range;

use crate::{
    Script,
    diagnostic::Mistake,
    document::{Document, Step},
};

/// Everything in `script`, which was read from `document`, that contradicts something else in it.
pub(crate) fn check(script: &Script, document: &Document<'_>) -> Vec<Mistake> {
    let mut sense = Sense { document, mistakes: Vec::new() };
    times::check(script, &mut sense);
    faults::check(script, &mut sense);
    people::check(script, &mut sense);
    operations::check(script, &mut sense);
    reporting::check(script, &mut sense);
    local::check(script, &mut sense);
    expectations::check(script, &mut sense);
    sense.mistakes
}

/// Collects mistakes, each with the place of the value that is wrong.
struct Sense<'d, 'i> {
    document: &'d Document<'i>,
    mistakes: Vec<Mistake>,
}

impl Sense<'_, '_> {
    /// The value at `path` is wrong.
    fn wrong(&mut self, path: &[Step], message: impl Into<String>, expected: impl Into<String>) {
        self.wrong_at(self.document.span(path), message, expected, None);
    }

    /// The key at `path` is wrong.
    fn wrong_key(&mut self, path: &[Step], message: impl Into<String>, expected: impl Into<String>) {
        self.wrong_at(self.document.key_span(path), message, expected, None);
    }

    fn wrong_at(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        expected: impl Into<String>,
        help: Option<String>,
    ) {
        self.mistakes.push(Mistake::new(span, message, expected).help(help));
    }

    /// What another crate found wrong at `path`, in a sentence of its own.
    fn told(&mut self, path: &[Step], message: &str, help: Option<String>) {
        self.mistakes.push(Mistake::told(self.document.span(path), message).help(help));
    }
}
