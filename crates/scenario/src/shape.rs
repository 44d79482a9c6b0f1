//! Checks a file's tree against the JSON Schema of scenarios, and says every difference with its place.
//!
//! It knows the part of JSON Schema (draft 2020-12) that `schemars` derives for these types; a test fails when the
//! schema comes to use more. Unlike a general validator it works on values that know their place, and explains a
//! choice between several shapes by the one that was most likely meant.

mod choice;
mod forms;
mod scalar;
mod words;

#[cfg(test)]
mod agreement;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde_json::{Map, Value as Json};
use toml::de::{DeTable, DeValue};

use crate::{
    diagnostic::Mistake,
    document::{Kind, Node},
    nearest::{did_you_mean, nearest, one_of},
};

/// One schema's keywords.
type Rules = Map<String, Json>;

/// Everything about `root` that `schema` does not allow.
pub(crate) fn check(schema: &Json, root: &Node<'_>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let definitions = schema.get("$defs").and_then(Json::as_object);
    Shape { definitions, work: 0 }.check(schema, root, &mut mistakes);
    mistakes
}

/// Values that are looked at before the rest is left to the typed reader; a bound on what a hostile file can cost.
const WORK_MAX: u32 = 10_000_000;

struct Shape<'s> {
    definitions: Option<&'s Rules>,
    work: u32,
}

impl<'s> Shape<'s> {
    fn check(&mut self, schema: &'s Json, node: &Node<'_>, out: &mut Vec<Mistake>) {
        let Json::Object(rules) = schema else { return };
        self.work += 1;
        if self.work > WORK_MAX {
            return;
        }
        if let Some(name) = reference(rules) {
            match forms::read(name, node) {
                Some(result) => out.extend(result.err().map(|error| Mistake::told(node.span(), &error))),
                None => {
                    self.definitions.and_then(|all| all.get(name)).into_iter().for_each(|s| self.check(s, node, out))
                }
            }
        }
        if let Some(options) = options(rules) {
            self.choose(options, node, out);
        }
        if !words::has_type(rules, node.get_ref()) {
            return out.push(self.wrong_type(&[rules], node));
        }
        match node.get_ref() {
            DeValue::String(text) => out.extend(scalar::check_text(rules, text, node.span())),
            DeValue::Integer(_) | DeValue::Float(_) => out.extend(scalar::check_number(rules, node)),
            DeValue::Array(list) => {
                out.extend(scalar::check_length(rules, list.len(), node.span()));
                if let Some(items) = rules.get("items") {
                    list.iter().for_each(|item| self.check(items, item, out));
                }
            }
            DeValue::Table(table) => self.check_table(rules, table, &node.span(), out),
            DeValue::Boolean(_) | DeValue::Datetime(_) => {}
        }
    }

    /// Follows references until there are keywords.
    fn resolve(&self, schema: &'s Json) -> Option<&'s Rules> {
        let mut rules = schema.as_object()?;
        while let Some(name) = reference(rules) {
            rules = self.definitions?.get(name)?.as_object()?;
        }
        Some(rules)
    }

    fn check_table(&mut self, rules: &'s Rules, table: &DeTable<'_>, span: &Range<usize>, out: &mut Vec<Mistake>) {
        let properties = rules.get("properties").and_then(Json::as_object);
        let patterns = rules.get("patternProperties").and_then(Json::as_object);
        let mut slips = Vec::new(); // keys that an unknown key most likely stands for
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let known = properties.and_then(|all| all.get(name));
            let known = known.or_else(|| patterns?.iter().find(|(p, _)| forms::matches(p, name)).map(|(_, s)| s));
            match (known, rules.get("additionalProperties")) {
                (Some(schema), _) => self.check(schema, value, out),
                (None, Some(Json::Bool(false))) => {
                    let (mistake, meant) = unknown_key(rules, table, name, key.span());
                    slips.extend(meant);
                    out.push(mistake);
                }
                (None, Some(schema)) => self.check(schema, value, out),
                (None, None) => {}
            }
        }
        out.extend(self.missing_keys(rules, table, &slips, span));
    }

    fn missing_keys(
        &self,
        rules: &'s Rules,
        table: &DeTable<'_>,
        slips: &[&str],
        span: &Range<usize>,
    ) -> Option<Mistake> {
        let required = rules.get("required").and_then(Json::as_array)?.iter().filter_map(Json::as_str);
        let missing: Vec<&str> = required.filter(|key| !table.contains_key(*key) && !slips.contains(key)).collect();
        match missing.as_slice() {
            [] => None,
            [key] => {
                let property = rules.get("properties").and_then(|all| all.get(key));
                let meaning = property.map(|schema| self.meaning(schema)).unwrap_or_default();
                Some(Mistake::new(span.clone(), format!("missing key `{key}`"), format!("expected `{key}`{meaning}")))
            }
            keys => {
                let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                Some(Mistake::new(span.clone(), format!("missing keys {keys}"), "expected them in this table"))
            }
        }
    }

    /// What a schema is about, in brackets.
    fn meaning(&self, schema: &'s Json) -> String {
        let own = schema.get("description");
        let described = own.or_else(|| self.resolve(schema)?.get("description")).and_then(Json::as_str);
        let sentence = described.and_then(|text| text.lines().next()).map(|line| line.trim_end_matches('.'));
        sentence.map(|text| format!(" ({text})")).unwrap_or_default()
    }

    /// A value whose type none of `options` has.
    fn wrong_type(&self, options: &[&'s Rules], node: &Node<'_>) -> Mistake {
        let wanted = words::types(options.iter().copied());
        let example = options.iter().find_map(|rules| rules.get("examples")?.get(0)?.as_str());
        let such_as = example.map(|text| format!(" such as \"{text}\"")).unwrap_or_default();
        let message = format!("{} where {wanted} belongs", Kind(node.get_ref()));
        let quoted = match node.get_ref() {
            DeValue::Float(number) if wanted.contains("text") => {
                Some(format!("write it in quotes: \"{}\"", number.as_str()))
            }
            _ => None,
        };
        Mistake::new(node.span(), message, format!("expected {wanted}{such_as}")).help(quoted)
    }
}

fn unknown_key<'s>(rules: &'s Rules, table: &DeTable<'_>, key: &str, span: Range<usize>) -> (Mistake, Option<&'s str>) {
    if let Some(patterns) = rules.get("patternProperties").and_then(Json::as_object) {
        let expected = patterns.keys().map(|pattern| forms::pattern_words(pattern)).collect::<Vec<_>>().join(" or ");
        return (Mistake::new(span, format!("`{key}` cannot be a key here"), format!("expected {expected}")), None);
    }
    let properties = rules.get("properties").and_then(Json::as_object);
    let known: Vec<&str> = properties.into_iter().flat_map(Map::keys).map(String::as_str).collect();
    let free: Vec<&str> = known.iter().copied().filter(|name| !table.contains_key(*name)).collect();
    // A key that is there already can be meant too: another entry of a list of tables.
    let label = one_of(if free.is_empty() { &known } else { &free }.iter().copied());
    let help = did_you_mean(key, known.iter().copied());
    let slip = nearest(key, known).filter(|name| !table.contains_key(*name));
    (Mistake::new(span, format!("unknown key `{key}`"), label).help(help), slip)
}

fn reference(rules: &Rules) -> Option<&str> {
    rules.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn options(rules: &Rules) -> Option<&[Json]> {
    rules.get("oneOf").or_else(|| rules.get("anyOf"))?.as_array().map(Vec::as_slice)
}
