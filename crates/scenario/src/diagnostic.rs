//! What is wrong with a file, where, and how to mend it.

use std::{fmt, ops::Range};

/// One mistake in a scenario file.
///
/// It displays without colours as `file:line:column: message`, then the line with the place marked, then the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the file, as it was given.
    pub file: String,
    /// Bytes of the text that are meant; may be empty, for what is missing. Both ends are at character boundaries.
    pub span: Range<usize>,
    /// Line of the span's start, from 1.
    pub line: usize,
    /// Column of the span's start in characters, from 1.
    pub column: usize,
    /// What was found.
    pub message: String,
    /// What was expected.
    pub label: String,
    /// The nearest valid name, or another likely fix.
    pub help: Option<String>,
    excerpt: Excerpt,
}

/// The part of a line that is shown, with the marked part of it in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Excerpt {
    text: String,
    marked: Range<usize>,
}

/// A mistake before its place was turned into lines and columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    pub(crate) span: Range<usize>,
    pub(crate) message: String,
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

impl Mistake {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>, label: impl Into<String>) -> Self {
        Self { span, message: message.into(), label: label.into(), help: None }
    }

    /// A mistake whose text says both what was found and, after `: expected` or `, expected`, what was expected.
    pub(crate) fn told(span: Range<usize>, text: &str) -> Self {
        let parts = [": expected ", ", expected "].iter().find_map(|separator| text.split_once(separator));
        match parts {
            Some((found, expected)) => Self::new(span, found, format!("expected {expected}")),
            None => Self::new(span, text, ""),
        }
    }

    pub(crate) fn help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// The mistake with its place in `text`, which was read from `file`.
    pub(crate) fn locate(self, file: &str, text: &str) -> Diagnostic {
        let start = boundary(text, self.span.start);
        let end = boundary(text, self.span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end)].chars().count();
        Diagnostic {
            file: file.to_owned(),
            line: text[..start].bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before + 1,
            span: start..end,
            message: self.message,
            label: self.label,
            help: self.help,
            excerpt: Excerpt::of(&text[line_start..line_end], before..before + marked),
        }
    }
}

/// The nearest character boundary of `text` at or before `at`.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

impl Excerpt {
    /// Characters of a line that are shown at most; longer lines are cut around the mark.
    const WIDTH_MAX: usize = 160;
    const BEFORE_MAX: usize = 60;

    fn of(line: &str, marked: Range<usize>) -> Self {
        let skipped =
            if line.chars().count() > Self::WIDTH_MAX { marked.start.saturating_sub(Self::BEFORE_MAX) } else { 0 };
        let plain = |c: char| if c.is_control() { ' ' } else { c };
        let text: String = line.chars().skip(skipped).take(Self::WIDTH_MAX).map(plain).collect();
        let end = (marked.end - skipped).min(text.chars().count());
        Self { marked: marked.start - skipped..end.max(marked.start - skipped), text: text.trim_end().to_owned() }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let margin = number.len();
        let Range { start, end } = self.excerpt.marked;
        let carets = "^".repeat((end - start).max(1));
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        writeln!(f, "{:margin$} |", "")?;
        writeln!(f, "{number} | {}", self.excerpt.text)?;
        write!(f, "{:margin$} | {:start$}{carets}", "", "")?;
        if !self.label.is_empty() {
            write!(f, " {}", self.label)?;
        }
        match &self.help {
            Some(help) => write!(f, "\n{:margin$} = help: {help}", ""),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}
