//! Types of values: whether a value has one, and what they are called.

use serde_json::Value as Json;
use toml::de::DeValue;

use super::Rules;

/// Names of types in schemas and in words, in the order in which they are listed.
const TYPES: [(&str, &str); 6] = [
    ("string", "text"),
    ("integer", "a whole number"),
    ("number", "a number"),
    ("boolean", "true or false"),
    ("array", "a list"),
    ("object", "a table"),
];

/// Whether `value` has one of the types that `rules` allow.
pub(super) fn has_type(rules: &Rules, value: &DeValue<'_>) -> bool {
    let fits = |name: &str| match value {
        DeValue::String(_) => name == "string",
        DeValue::Integer(_) => matches!(name, "integer" | "number"),
        DeValue::Float(_) => name == "number",
        DeValue::Boolean(_) => name == "boolean",
        DeValue::Array(_) => name == "array",
        DeValue::Table(_) => name == "object",
        DeValue::Datetime(_) => false,
    };
    let mut allowed = names(rules).peekable();
    allowed.peek().is_none() || allowed.any(fits)
}

/// The types that any of `options` allows, in words.
pub(super) fn types<'a>(options: impl Iterator<Item = &'a Rules>) -> String {
    let allowed: Vec<&str> = options.flat_map(names).collect();
    let words = TYPES.iter().filter(|(name, _)| allowed.contains(name)).map(|(_, words)| *words);
    words.collect::<Vec<_>>().join(" or ")
}

fn names(rules: &Rules) -> impl Iterator<Item = &str> {
    let (one, many) = match rules.get("type") {
        Some(Json::String(name)) => (Some(name.as_str()), None),
        Some(Json::Array(names)) => (None, Some(names)),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten().filter_map(Json::as_str))
}
