//! A choice between several shapes, explained by the one that was most likely meant.

use serde_json::Value as Json;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Rules, Shape, options, scalar, words};
use crate::{
    diagnostic::Mistake,
    document::Node,
    nearest::{did_you_mean, one_of},
};

/// One shape of a choice: its schema, and its keywords with references followed.
struct Branch<'s> {
    schema: &'s Json,
    rules: &'s Rules,
}

impl<'s> Branch<'s> {
    /// The one key of a shape that is named by it: `{ visit = { … } }`.
    fn tag(&self) -> Option<&'s str> {
        let properties = self.rules.get("properties")?.as_object()?;
        let required = self.rules.get("required")?.as_array()?;
        match (properties.keys().next(), required.as_slice()) {
            (Some(key), [only]) if properties.len() == 1 && only == key.as_str() => Some(key),
            _ => None,
        }
    }

    /// Whether it takes every text, or every text of some form.
    fn takes_free_text(&self) -> bool {
        words::has_type(self.rules, &DeValue::String("".into())) && !scalar::is_listed(self.rules)
    }
}

impl<'s> Shape<'s> {
    /// Checks a value that may have any of the shapes in `all`.
    pub(super) fn choose(&mut self, all: &'s [Json], node: &Node<'_>, out: &mut Vec<Mistake>) {
        let mut branches = Vec::new();
        self.flatten(all, 0, &mut branches);
        let mut best: Option<Vec<Mistake>> = None;
        for branch in &branches {
            let mut found = Vec::new();
            self.check(branch.schema, node, &mut found);
            if found.is_empty() {
                return;
            }
            let fits = words::has_type(branch.rules, node.get_ref());
            if fits && best.as_ref().is_none_or(|best| found.len() < best.len()) {
                best = Some(found);
            }
        }
        let Some(best) = best else {
            let rules: Vec<&Rules> = branches.iter().map(|branch| branch.rules).collect();
            return out.push(self.wrong_type(&rules, node));
        };
        match node.get_ref() {
            DeValue::String(text) if !branches.iter().any(Branch::takes_free_text) => {
                out.push(unknown_choice(&branches, text, node));
            }
            DeValue::Table(table) => self.explain_table(&branches, table, node, best, out),
            _ => out.extend(best),
        }
    }

    /// The shapes of a choice, those of nested choices included. Nothing is never among them: TOML cannot write it.
    fn flatten(&self, all: &'s [Json], depth: usize, out: &mut Vec<Branch<'s>>) {
        const DEPTH_MAX: usize = 16; // a definition that refers to itself as a choice would have no end
        for schema in all.iter().filter(|schema| schema.get("type").is_none_or(|name| name != "null")) {
            let Some(rules) = self.resolve(schema) else { continue };
            match options(rules).filter(|_| depth < DEPTH_MAX && !rules.contains_key("properties")) {
                Some(nested) => self.flatten(nested, depth + 1, out),
                None => out.push(Branch { schema, rules }),
            }
        }
    }

    fn explain_table(
        &mut self,
        branches: &[Branch<'s>],
        table: &DeTable<'_>,
        node: &Node<'_>,
        best: Vec<Mistake>,
        out: &mut Vec<Mistake>,
    ) {
        let tables = || branches.iter().filter(|branch| words::has_type(branch.rules, node.get_ref()));
        let tags: Vec<&str> = tables().filter_map(Branch::tag).collect();
        if tags.len() < tables().count() {
            return out.extend(best);
        }
        if let Some(meant) = tables().find(|branch| branch.tag().is_some_and(|tag| table.contains_key(tag))) {
            return self.check(meant.schema, node, out);
        }
        out.push(unknown_tag(branches, &tags, table, node));
    }
}

/// A text that names no shape.
fn unknown_choice(branches: &[Branch<'_>], text: &str, node: &Node<'_>) -> Mistake {
    if branches.iter().filter_map(Branch::tag).any(|tag| tag == text) {
        let message = format!("`{text}` needs more than its name");
        return Mistake::new(node.span(), message, format!("expected a table {{ {text} = {{ … }} }}"));
    }
    let names = || branches.iter().flat_map(|branch| scalar::names(branch.rules));
    let known: Vec<&str> = names().chain(branches.iter().filter_map(Branch::tag)).collect();
    scalar::unknown_name(text, node.span(), known)
}

/// A table none of whose keys names a shape.
fn unknown_tag(branches: &[Branch<'_>], tags: &[&str], table: &DeTable<'_>, node: &Node<'_>) -> Mistake {
    let Some(key) = table.keys().min_by_key(|key| key.span().start) else {
        return Mistake::new(node.span(), "an empty table", one_of(tags.iter().copied()));
    };
    let name = key.get_ref().as_ref();
    let mut plain = branches.iter().flat_map(|branch| scalar::names(branch.rules));
    if plain.any(|known| known == name) {
        let message = format!("`{name}` stands alone");
        return Mistake::new(node.span(), message, format!("expected the text \"{name}\" in place of the table"));
    }
    let known = branches.iter().flat_map(|branch| scalar::names(branch.rules)).chain(tags.iter().copied());
    let help = did_you_mean(name, known);
    Mistake::new(Spanned::span(key), format!("unknown key `{name}`"), one_of(tags.iter().copied())).help(help)
}
