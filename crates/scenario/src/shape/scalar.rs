//! Texts, numbers and lengths against the keywords that bound them.

use std::ops::Range;

use serde_json::Value as Json;
use toml::de::DeValue;

use super::{Rules, forms};
use crate::{
    diagnostic::Mistake,
    document::Node,
    nearest::{did_you_mean, one_of},
};

/// The texts that `rules` list, if they list any.
pub(super) fn names(rules: &Rules) -> impl Iterator<Item = &str> {
    let listed = rules.get("enum").and_then(Json::as_array).into_iter().flatten();
    listed.chain(rules.get("const")).filter_map(Json::as_str)
}

/// Whether `rules` list the values that they allow.
pub(super) fn is_listed(rules: &Rules) -> bool {
    rules.contains_key("enum") || rules.contains_key("const")
}

/// A text that is none of `known`.
pub(super) fn unknown_name<'a>(
    text: &str,
    span: Range<usize>,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Mistake {
    let shown: String = text.chars().take(64).collect();
    Mistake::new(span, format!("unknown name `{shown}`"), one_of(known.clone())).help(did_you_mean(text, known))
}

pub(super) fn check_text(rules: &Rules, text: &str, span: Range<usize>) -> Option<Mistake> {
    if is_listed(rules) {
        let known: Vec<&str> = names(rules).collect();
        return (!known.contains(&text)).then(|| unknown_name(text, span, known));
    }
    let wrong_pattern = rules.get("pattern").and_then(Json::as_str).filter(|pattern| !forms::matches(pattern, text));
    if let Some(pattern) = wrong_pattern {
        let expected = format!("expected {}", forms::pattern_words(pattern));
        return Some(Mistake::new(span, "text of another form", expected));
    }
    bounds(rules, "minLength", "maxLength", text.chars().count()).map(|(expected, found)| {
        Mistake::new(span, format!("text of {found} characters"), format!("expected {expected} characters"))
    })
}

pub(super) fn check_length(rules: &Rules, length: usize, span: Range<usize>) -> Option<Mistake> {
    bounds(rules, "minItems", "maxItems", length).map(|(expected, found)| {
        let entries = if found == 1 { "entry" } else { "entries" };
        Mistake::new(span, format!("a list of {found} {entries}"), format!("expected {expected} entries"))
    })
}

/// What was expected, where `found` is out of bounds.
fn bounds(rules: &Rules, least: &str, most: &str, found: usize) -> Option<(String, usize)> {
    let bound = |key| rules.get(key).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok());
    match (bound(least), bound(most)) {
        (Some(least), None) if found < least => Some((format!("at least {least}"), found)),
        (None, Some(most)) if found > most => Some((format!("at most {most}"), found)),
        (Some(least), Some(most)) if !(least..=most).contains(&found) => Some((format!("{least} to {most}"), found)),
        _ => None,
    }
}

pub(super) fn check_number(rules: &Rules, node: &Node<'_>) -> Option<Mistake> {
    let DeValue::Integer(number) = node.get_ref() else { return None };
    let (least, most) = range(rules);
    let value = i128::from_str_radix(number.as_str(), number.radix()).ok();
    if value.is_some_and(|value| (least..=most).contains(&value)) {
        return None;
    }
    let message = format!("the number {number} is out of range");
    Some(Mistake::new(node.span(), message, format!("expected {least} to {most}")))
}

/// The numbers that `rules` allow: their own bounds within those of the number's format.
fn range(rules: &Rules) -> (i128, i128) {
    let (least, most) = match rules.get("format").and_then(Json::as_str) {
        Some("uint8") => (0, u8::MAX.into()),
        Some("uint16") => (0, u16::MAX.into()),
        Some("uint32") => (0, u32::MAX.into()),
        Some("uint64") => (0, u64::MAX.into()),
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    };
    let bound = |key| {
        let bound = rules.get(key)?;
        bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from))
    };
    (bound("minimum").map_or(least, |own| least.max(own)), bound("maximum").map_or(most, |own| most.min(own)))
}
