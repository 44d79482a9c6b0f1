//! Rulebooks: what laws demand, read from dated files; four of them are built in.
//!
//! A rulebook says in its own words what an article demands, from when until when, and which of the demands that a case
//! file can show it comes to. What a law leaves to judgement is not in it, and what a case file cannot show ends in a
//! verdict *unproven*. Nothing here is legal advice.

use std::{collections::BTreeSet, sync::LazyLock};

use model::{CaseFile, Country, Demand, Rule, Rulebook};
use serde::Deserialize;
use toml::{Table, Value};

/// Largest file that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 18;
/// Most rules in one rulebook.
pub const RULES_MAX: usize = 256;
/// Most rulebooks that a case file may bring along.
pub const RULEBOOKS_MAX: usize = 32;
/// Most characters of what was found that a mistake shows.
const SHOWN_CHARS_MAX: usize = 160;

/// A rulebook that cannot be used: which file and line, which rule, and what would fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {place}: {problem}")]
pub struct RulebookError {
    /// The file.
    pub file: String,
    /// Line, from 1: that of the mistake, or where its rule begins.
    pub line: usize,
    /// The rule, or the place before the rules.
    pub place: String,
    /// What was found and what was expected.
    pub problem: String,
}

/// Name and text of each rulebook that is built in.
const BUILT_IN: [(&str, &str); 4] = [
    ("gdpr.toml", include_str!("../rulebooks/gdpr.toml")),
    ("fz-152.toml", include_str!("../rulebooks/fz-152.toml")),
    ("pdpa.toml", include_str!("../rulebooks/pdpa.toml")),
    ("pipl.toml", include_str!("../rulebooks/pipl.toml")),
];

static KNOWN: LazyLock<Vec<Rulebook>> = LazyLock::new(|| {
    let read = |(file, text): (&str, &str)| parse(file, text).expect("tests read every rulebook that is built in");
    BUILT_IN.into_iter().map(read).collect()
});

/// The rulebooks that are built in: GDPR (`EU`), 152-FZ (`RU`), PDPA (`SG`) and PIPL (`CN`).
#[must_use]
pub fn built_in() -> &'static [Rulebook] {
    &KNOWN
}

/// The rulebook of `jurisdiction`: the one that `case` brings along, or else the one that is built in.
pub(crate) fn find<'a>(case: &'a CaseFile, jurisdiction: &str) -> Option<&'a Rulebook> {
    case.rulebooks.iter().chain(built_in()).find(|book| book.jurisdiction == jurisdiction)
}

/// Reads a rulebook from TOML; `file` is what mistakes call it.
///
/// ```
/// let text = r#"
///     jurisdiction = "ZZ"
///     law = "Sample Act"
///     title = "An act to show how rulebooks are written"
///     source = "this page"
///     countries = ["ZZ"]
///     [[rule]]
///     id = "declared"
///     article = "s. 1"
///     in-force-from = "2020-01-01T00:00:00Z"
///     gist = "What is collected is declared."
///     demand = "declared"
/// "#;
/// let book = auditor::rulebooks::parse("sample.toml", text)?;
/// assert_eq!(book.rules[0].article, "s. 1");
/// # Ok::<(), auditor::rulebooks::RulebookError>(())
/// ```
///
/// # Errors
/// If the text is no TOML, lacks something, says what no rulebook can say, or contradicts itself.
pub fn parse(file: &str, text: &str) -> Result<Rulebook, RulebookError> {
    let wrong = |line: usize, place: &str, problem: String| RulebookError {
        file: file.to_owned(),
        line,
        place: place.to_owned(),
        problem: problem.chars().take(4 * SHOWN_CHARS_MAX).collect(),
    };
    if text.len() > TEXT_BYTES_MAX {
        return Err(wrong(1, "the file", format!("{} bytes, expected at most {TEXT_BYTES_MAX}", text.len())));
    }
    let mut head: Table =
        text.parse().map_err(|error: toml::de::Error| wrong(line_of(text, &error), "the file", said(&error)))?;
    let rules = match head.remove("rule") {
        Some(Value::Array(rules)) if (1..=RULES_MAX).contains(&rules.len()) => rules,
        Some(Value::Array(rules)) => {
            return Err(wrong(1, "[[rule]]", format!("{} rules, expected 1 to {RULES_MAX}", rules.len())));
        }
        _ => return Err(wrong(1, "[[rule]]", "there is no rule, expected at least one [[rule]]".to_owned())),
    };
    head.insert("rule".to_owned(), Value::Array(Vec::new()));
    // Read once more as a whole, the text tells where the first mistake stands.
    let first = || toml::from_str::<Rulebook>(text).err().map_or(1, |error| line_of(text, &error));
    let mut book = Rulebook::deserialize(head).map_err(|error| wrong(first(), "before the rules", said(&error)))?;
    for (number, rule) in rules.into_iter().enumerate() {
        let place = name_of(&rule, number);
        book.rules.push(Rule::deserialize(rule).map_err(|error| wrong(first(), &place, said(&error)))?);
    }
    let Some((place, problem)) = contradiction(&book) else { return Ok(book) };
    let number = book.rules.iter().rposition(|rule| place == place_of(rule));
    Err(wrong(number.map_or(1, |number| line_of_rule(text, number)), &place, problem))
}

/// The line of a parser's mistake, from 1.
fn line_of(text: &str, error: &toml::de::Error) -> usize {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// The line where the rule numbered `number` begins, from 1.
fn line_of_rule(text: &str, number: usize) -> usize {
    let headers = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("[[rule]]"));
    headers.map(|(line, _)| line + 1).nth(number).unwrap_or(1)
}

fn place_of(rule: &Rule) -> String {
    format!("rule `{}`", rule.id)
}

/// What is wrong in a rulebook that can be read: where, and what was expected.
pub(crate) fn contradiction(book: &Rulebook) -> Option<(String, String)> {
    let before = |problem: String| Some(("before the rules".to_owned(), problem));
    if book.jurisdiction.trim().is_empty() || book.law.trim().is_empty() {
        return before("an empty `jurisdiction` or `law`, expected names such as `EU` and `GDPR`".to_owned());
    }
    let countries: BTreeSet<&Country> = book.countries.iter().collect();
    if countries.is_empty() || countries.len() < book.countries.len() {
        return before("`countries` is empty or names one twice, expected each country once".to_owned());
    }
    if book.rules.len() > RULES_MAX {
        return before(format!("{} rules, expected at most {RULES_MAX}", book.rules.len()));
    }
    let mut seen = BTreeSet::new();
    book.rules.iter().find_map(|rule| {
        let problem = if !seen.insert(&rule.id) {
            "this `id` stands above too, expected another".to_owned()
        } else {
            contradiction_in(rule)?
        };
        Some((place_of(rule), problem))
    })
}

fn contradiction_in(rule: &Rule) -> Option<String> {
    if rule.article.trim().is_empty() {
        return Some("an empty `article`, expected the place in the law".to_owned());
    }
    if let Some(until) = rule.in_force_until.filter(|until| *until <= rule.in_force_from) {
        return Some(format!("`in-force-until` is {until}, expected a time after {}", rule.in_force_from));
    }
    let Demand::Transfer { freely } = &rule.demand else { return None };
    let backward = freely.iter().find(|free| free.from.zip(free.until).is_some_and(|(from, until)| until <= from));
    backward.map(|free| format!("`freely` for {} ends before it begins, expected `until` after `from`", free.country))
}

/// What a reader calls a rule: by its id, or by its place where it has none.
fn name_of(rule: &Value, number: usize) -> String {
    let id = rule.get("id").and_then(Value::as_str);
    id.map_or_else(
        || format!("rule {} of the file", number + 1),
        |id| format!("rule `{}`", id.chars().take(64).collect::<String>()),
    )
}

/// A parser's words, without the picture of the place that some have.
fn said(error: &toml::de::Error) -> String {
    error.message().chars().take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests;
