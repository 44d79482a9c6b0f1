//! The checks agree with the schema as a general validator reads it, and with what the types read.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde::Deserialize;
use toml::Value;

use crate::{Script, document::Document, schema};

const EVERY_PART: &str = include_str!("../../tests/every-part.toml");

static SCHEMA: LazyLock<serde_json::Value> = LazyLock::new(schema);
static VALIDATOR: LazyLock<jsonschema::Validator> =
    LazyLock::new(|| jsonschema::validator_for(&SCHEMA).expect("the schema is a schema"));

/// What is done to one value of a file.
#[derive(Debug, Clone)]
enum Change {
    Drop,
    Rename(&'static str),
    Replace(&'static str),
}

const NAMES: [&str; 8] = ["id", "name", "visit", "json", "days", "sum", "SG", "x y"];
const VALUES: [&str; 16] = [
    "0",
    "-1",
    "101",
    "4294967296",
    "0.5",
    "true",
    "''",
    "'x y'",
    "'kept'",
    "'1/3'",
    "'json'",
    "[]",
    "[1]",
    "{}",
    "{ days = 1 }",
    "{ sum = { field = 'f', min = 0, max = 1 } }",
];

fn change() -> impl Strategy<Value = (usize, Change)> {
    let what = prop_oneof![
        Just(Change::Drop),
        proptest::sample::select(NAMES.as_slice()).prop_map(Change::Rename),
        proptest::sample::select(VALUES.as_slice()).prop_map(Change::Replace),
    ];
    (any::<usize>(), what)
}

fn read(text: &str) -> Value {
    let table: toml::Table = toml::from_str(&format!("x = {text}")).unwrap_or_else(|e| panic!("{text}: {e}"));
    table["x"].clone()
}

/// The number of values inside `value`.
fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => list.iter().map(|inner| 1 + count(inner)).sum(),
        Value::Table(table) => table.values().map(|inner| 1 + count(inner)).sum(),
        _ => 0,
    }
}

/// Changes the value numbered `at` inside `value`, in the order of [`count`].
fn apply(value: &mut Value, mut at: usize, change: &Change) {
    let keys: Vec<String> = match &*value {
        Value::Array(list) => (0..list.len()).map(|i| i.to_string()).collect(),
        Value::Table(table) => table.keys().cloned().collect(),
        _ => return,
    };
    for (i, key) in keys.iter().enumerate() {
        let inner = match value {
            Value::Array(list) => &mut list[i],
            Value::Table(table) => &mut table[key],
            _ => return,
        };
        if at > count(inner) {
            at -= 1 + count(inner);
            continue;
        }
        if at > 0 {
            return apply(inner, at - 1, change);
        }
        return match (value, change) {
            (Value::Array(list), Change::Drop | Change::Rename(_)) => drop(list.remove(i)),
            (Value::Table(table), Change::Drop) => drop(table.remove(key)),
            (Value::Table(table), Change::Rename(name)) => {
                let moved = table.remove(key);
                table.extend(moved.map(|moved| ((*name).to_owned(), moved)));
            }
            (Value::Array(list), Change::Replace(text)) => list[i] = read(text),
            (Value::Table(table), Change::Replace(text)) => table[key] = read(text),
            _ => {}
        };
    }
}

fn agree(value: &Value) -> Result<(), TestCaseError> {
    let text = toml::to_string(value).unwrap_or_else(|e| panic!("{e}"));
    let Ok(document) = Document::read(&text) else { panic!("{text} is TOML") };
    let mistakes = super::check(&SCHEMA, document.root());
    let json = serde_json::to_value(value).unwrap_or_else(|e| panic!("{e}"));
    let typed = || Script::deserialize(value.clone());
    if mistakes.is_empty() {
        prop_assert!(VALIDATOR.is_valid(&json), "missed: {:?}", VALIDATOR.iter_errors(&json).next());
    } else {
        prop_assert!(!VALIDATOR.is_valid(&json) || typed().is_err(), "false alarm: {mistakes:?}");
    }
    Ok(())
}

/// The file with its time in quotes, as the types read it, and a seed that a general TOML value can hold.
fn every_part() -> Value {
    let text = EVERY_PART.replace("= 2020-05-01T00:00:00Z", "= '2020-05-01T00:00:00Z'");
    toml::from_str(&text.replace("18446744073709551615", "7")).unwrap_or_else(|e| panic!("{}", e.message()))
}

#[test]
fn checks_agree_with_the_schema_on_every_single_change() {
    let whole = every_part();
    let values = ["0", "0.5", "'x y'", "[]", "{}"];
    let changes = values.map(Change::Replace).into_iter().chain([Change::Drop, Change::Rename("x y")]);
    for (at, change) in changes.flat_map(|change| (0..count(&whole)).map(move |at| (at, change.clone()))) {
        let mut value = whole.clone();
        apply(&mut value, at, &change);
        agree(&value).unwrap_or_else(|e| panic!("{change:?} at {at}: {e}"));
    }
}

proptest! {
    #[test]
    fn checks_agree_with_the_schema_on_several_changes(changes in prop::collection::vec(change(), 1..6)) {
        let mut value = every_part();
        for (at, change) in &changes {
            let places = count(&value).max(1);
            apply(&mut value, at % places, change);
        }
        agree(&value)?;
    }
}
