//! From text to a script and back.

use std::sync::LazyLock;

use browser::policy::Pipeline;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value as Json;
use toml::{
    Spanned,
    de::{DeValue, Error, ValueDeserializer},
};

use crate::{
    Diagnostic, Script,
    diagnostic::Mistake,
    document::{Document, Node},
    names, rest, sense, shape,
};

/// Largest file that is read, in bytes.
pub const TEXT_BYTES_MAX: usize = 1 << 20;

/// Most mistakes that are told at once.
pub const MISTAKES_MAX: usize = 50;

static SCHEMA: LazyLock<Json> = LazyLock::new(|| schema_of::<Script>("Glasshouse scenario"));

/// Reads a scenario from `text`; `name` is what diagnostics call the file.
///
/// ```
/// let text = r#"
///     format = 1
///     name = "smallest"
///     seed = 7
///     starts = "2020-05-01T00:00:00Z"
///     ends = "2020-05-02T00:00:00Z"
///     region = [{ id = "sg", country = "SG" }]
///     endpoint = [{ host = "data.example", region = "sg", registered-in = "SG" }]
///     policy.silent = {}
///     product = [{ id = "browser", name = "Browser", version = [
///         { version = "1.0", released = "2020-01-01T00:00:00Z", policy = "silent" },
///     ] }]
/// "#;
/// let script = scenario::parse("smallest.toml", text).map_err(|mistakes| mistakes[0].to_string())?;
/// assert_eq!(script.subjects()[0].to_string(), "browser 1.0 (absent)");
/// assert_eq!(scenario::parse("again.toml", &scenario::write(&script)), Ok(script));
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
/// Everything that is wrong with the text, ordered by place: at least one mistake, at most [`MISTAKES_MAX`].
pub fn parse(name: &str, text: &str) -> Result<Script, Vec<Diagnostic>> {
    read(text).map_err(|mistakes| located(name, text, mistakes))
}

fn located(name: &str, text: &str, mut mistakes: Vec<Mistake>) -> Vec<Diagnostic> {
    mistakes.sort_by(|a, b| (a.span.start, &a.message).cmp(&(b.span.start, &b.message)));
    mistakes.dedup();
    let untold = mistakes.len().saturating_sub(MISTAKES_MAX);
    mistakes.truncate(MISTAKES_MAX);
    if untold > 0
        && let Some(last) = mistakes.last_mut()
    {
        last.help = Some(format!("there are {untold} mistakes more: mend these first"));
    }
    mistakes.into_iter().map(|mistake| mistake.locate(name, text)).collect()
}

/// Reads a file of another kind, of which `schema` says everything that its type does not.
pub(crate) fn parse_as<T: DeserializeOwned>(name: &str, text: &str, schema: &Json) -> Result<T, Vec<Diagnostic>> {
    read_as(text, schema).map_err(|mistakes| located(name, text, mistakes))
}

fn read_as<T: DeserializeOwned>(text: &str, schema: &Json) -> Result<T, Vec<Mistake>> {
    check_size(text)?;
    let document = Document::read(text)?;
    check_format(document.root())?;
    let mistakes = shape::check(schema, document.root());
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let mut root = document.root().clone();
    quote_times(&mut root);
    T::deserialize(ValueDeserializer::from(root))
        .map_err(|error| vec![Mistake::told(error.span().unwrap_or(0..0), error.message())])
}

fn check_size(text: &str) -> Result<(), Vec<Mistake>> {
    if text.len() <= TEXT_BYTES_MAX {
        return Ok(());
    }
    let message = format!("a file of {} bytes", text.len());
    Err(vec![Mistake::new(0..0, message, format!("expected at most {TEXT_BYTES_MAX} bytes"))])
}

/// The JSON Schema (draft 2020-12) of scenario files.
#[must_use]
pub fn schema() -> Json {
    SCHEMA.clone()
}

/// The file of `script`, in TOML. Reading it gives `script` again.
///
/// # Panics
/// Never: every part of a script has a form in TOML.
#[must_use]
pub fn write(script: &Script) -> String {
    toml::to_string(script)
        .expect("a script's keys are texts and what is absent is left out, so TOML can say all of it")
}

/// The JSON Schema (draft 2020-12) of a kind of file.
pub(crate) fn schema_of<T: JsonSchema>(title: &str) -> Json {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

fn read(text: &str) -> Result<Script, Vec<Mistake>> {
    check_size(text)?;
    let document = Document::read(text)?;
    check_format(document.root())?;
    let mut mistakes = shape::check(&SCHEMA, document.root());
    let shaped = mistakes.is_empty();
    if !shaped {
        mistakes.extend(rest::check(&document, &mistakes));
    }
    mistakes.extend(names::check(document.root()));
    if !shaped {
        return Err(mistakes);
    }
    let script = type_check(document.root())
        .map_err(|unread| [rest::check(&document, &unread), unread, mistakes.clone()].concat())?;
    mistakes.extend(sense::check(&script, &document));
    if mistakes.is_empty() { Ok(script) } else { Err(mistakes) }
}

/// Refuses files of another format before anything else is said about them.
fn check_format(root: &Node<'_>) -> Result<(), Vec<Mistake>> {
    let found = root.get_ref().get("format");
    match found.map(|node| (node.get_ref(), node.span())) {
        Some((DeValue::Integer(number), span)) if number.as_str() != "1" => {
            Err(vec![Mistake::new(span, format!("unknown format {number}"), "expected 1, the only one so far")])
        }
        _ => Ok(()),
    }
}

/// Reads the script from a tree of the right shape. What the schema cannot say turns up here.
pub(crate) fn type_check(root: &Node<'_>) -> Result<Script, Vec<Mistake>> {
    let mut root = root.clone();
    quote_times(&mut root);
    let found = Script::deserialize(ValueDeserializer::from(root.clone()));
    found.map_err(|first| {
        let pipelines =
            pipelines(&root).filter_map(|node| Pipeline::deserialize(ValueDeserializer::from(node.clone())).err());
        let mut errors: Vec<Error> = pipelines.collect();
        if errors.iter().all(|error| error.span() != first.span()) {
            errors.push(first);
        }
        errors.iter().map(|error| Mistake::told(error.span().unwrap_or(0..0), error.message())).collect()
    })
}

/// Turns times that stand without quotes into text, as the types read them.
fn quote_times(node: &mut Node<'_>) {
    match node.get_mut() {
        DeValue::Datetime(time) => {
            let text = time.to_string();
            *node = Spanned::new(node.span(), DeValue::String(text.into()));
        }
        DeValue::Array(list) => list.iter_mut().for_each(quote_times),
        DeValue::Table(table) => table.iter_mut().for_each(|(_, value)| quote_times(value)),
        _ => {}
    }
}

/// Every pipeline of every policy: each can have mistakes of its own that only its type knows.
fn pipelines<'a, 'i>(root: &'a Node<'i>) -> impl Iterator<Item = &'a Node<'i>> {
    let policies = root.get_ref().get("policy").and_then(|node| node.get_ref().as_table());
    let policies = policies.into_iter().flat_map(|table| table.values());
    let lists = policies.filter_map(|policy| policy.get_ref().get("pipeline")?.get_ref().as_array());
    lists.flat_map(|list| list.iter())
}
