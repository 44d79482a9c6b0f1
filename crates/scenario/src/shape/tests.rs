use serde_json::{Value as Json, json};

use super::{check, forms};
use crate::{diagnostic::Mistake, document::Document, schema};

/// Keywords that are checked, and those that only describe.
const CHECKED: [&str; 20] = [
    "$defs",
    "$ref",
    "additionalProperties",
    "anyOf",
    "const",
    "enum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "type",
];
const DESCRIBING: [&str; 5] = ["$schema", "default", "description", "examples", "title"];
const NUMBER_FORMATS: [&str; 7] = ["uint8", "uint16", "uint32", "uint64", "int32", "int64", "uint"];

/// Calls `see` with every schema inside `schema`, itself included.
fn walk<'a>(schema: &'a Json, see: &mut impl FnMut(&'a serde_json::Map<String, Json>)) {
    let Json::Object(rules) = schema else { return };
    see(rules);
    for (keyword, value) in rules {
        match (keyword.as_str(), value) {
            ("$defs" | "properties" | "patternProperties", Json::Object(inner)) => {
                inner.values().for_each(|s| walk(s, see))
            }
            ("anyOf" | "oneOf", Json::Array(inner)) => inner.iter().for_each(|s| walk(s, see)),
            ("items" | "additionalProperties", inner) => walk(inner, see),
            _ => {}
        }
    }
}

#[test]
fn every_keyword_of_the_schema_is_understood() {
    let schema = schema();
    walk(&schema, &mut |rules| {
        for (keyword, value) in rules {
            let known = [&CHECKED[..], &DESCRIBING].concat();
            assert!(known.contains(&keyword.as_str()), "`{keyword}` in {rules:?}");
            match keyword.as_str() {
                "format" => assert!(value.as_str().is_some_and(|name| NUMBER_FORMATS.contains(&name)), "{value}"),
                "enum" => assert!(value.as_array().is_some_and(|all| all.iter().all(Json::is_string)), "{value}"),
                "const" => assert!(value.is_string(), "{value}"),
                "additionalProperties" => assert_ne!(*value, json!(true)),
                "$ref" => assert!(super::reference(rules).is_some(), "{value}"),
                _ => {}
            }
        }
    });
}

#[test]
fn every_form_of_text_has_a_reader() {
    let schema = schema();
    for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
        if let Some(pattern) = definition.get("pattern").and_then(Json::as_str) {
            assert!(forms::knows(name, pattern), "{name}: {pattern}");
        }
    }
    walk(&schema, &mut |rules| {
        for pattern in rules.get("patternProperties").and_then(Json::as_object).into_iter().flat_map(|all| all.keys()) {
            assert!(forms::knows("", pattern), "{pattern}");
        }
    });
}

fn mistakes(schema: &Json, text: &str) -> Vec<Mistake> {
    check(schema, Document::read(text).unwrap_or_else(|_| panic!("{text} is TOML")).root())
}

/// What is wrong with `x` in `text` by `schema`, in one line each.
fn told(schema: &Json, text: &str) -> Vec<String> {
    let schema = json!({ "properties": { "x": schema } });
    mistakes(&schema, text).into_iter().map(|m| format!("{} @{}: {}", m.message, m.span.start, m.label)).collect()
}

#[test]
fn numbers_stay_within_their_bounds_and_their_format() {
    let percent = json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": 100 });
    assert_eq!(told(&percent, "x = 0x64"), [] as [&str; 0]);
    assert_eq!(told(&percent, "x = 101"), ["the number 101 is out of range @4: expected 0 to 100"]);
    assert_eq!(told(&percent, "x = -1"), ["the number -1 is out of range @4: expected 0 to 100"]);
    let count = json!({ "type": "integer", "format": "uint32", "minimum": 1 });
    assert_eq!(told(&count, "x = 4294967296").len(), 1);
    assert_eq!(told(&count, "x = 99999999999999999999999999999999999999999999").len(), 1);
}

#[test]
fn lists_stay_within_their_bounds() {
    let some = json!({ "type": "array", "items": { "type": "boolean" }, "minItems": 1, "maxItems": 2 });
    assert_eq!(told(&some, "x = []"), ["a list of 0 entries @4: expected 1 to 2 entries"]);
    assert_eq!(
        told(&some, "x = [true, 5]"),
        ["a whole number where true or false belongs @11: expected true or false"]
    );
}

#[test]
fn choice_is_explained_by_the_branch_that_was_meant() {
    let choice = json!({ "oneOf": [
        { "type": "string", "enum": ["near", "far"] },
        { "type": "object", "properties": { "at": { "type": "integer" } }, "required": ["at"], "additionalProperties": false },
        { "type": "object", "properties": { "in": { "type": "string" } }, "required": ["in"], "additionalProperties": false },
        { "type": "null" },
    ] });
    assert_eq!(told(&choice, "x = 'nearr'"), ["unknown name `nearr` @4: expected one of `near`, `far`, `at`, `in`"]);
    assert_eq!(told(&choice, "x = 'at'"), ["`at` needs more than its name @4: expected a table { at = { … } }"]);
    assert_eq!(told(&choice, "x = { inn = 'sg' }"), ["unknown key `inn` @6: expected one of `at`, `in`"]);
    let wrong_inside = ["a list where text belongs @11: expected text"];
    assert_eq!(told(&choice, "x = { in = [] }"), wrong_inside);
    let wrong_kind = ["true or false where text or a table belongs @4: expected text or a table"];
    assert_eq!(told(&choice, "x = true"), wrong_kind);
}
