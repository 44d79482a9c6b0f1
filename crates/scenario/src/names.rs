//! Names that are used must be defined, and defined once.
//!
//! This works on the tree, so that these mistakes are shown together with those of shape.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use toml::de::DeValue;

use crate::{
    MISTAKES_MAX,
    diagnostic::Mistake,
    document::Node,
    nearest::{did_you_mean, one_of},
};

/// Where names stand. A `*` is every entry of a list, or every value of a table.
#[derive(Clone, Copy)]
enum Site {
    /// The texts at this path.
    Texts(&'static [&'static str]),
    /// The keys of the tables at this path.
    Keys(&'static [&'static str]),
}
use Site::{Keys, Texts};

/// One kind of name.
struct Kind {
    noun: &'static str,
    defined: Site,
    /// Whether a second definition is a mistake.
    unique: bool,
    used: &'static [Site],
}

const KINDS: [Kind; 8] = [
    Kind {
        noun: "region",
        defined: Texts(&["region", "*", "id"]),
        unique: true,
        used: &[
            Texts(&["endpoint", "*", "region"]),
            Texts(&["operations", "erasure-misses-regions", "*"]),
            Texts(&["operations", "read", "*", "region"]),
            Texts(&["query", "*", "regions", "*"]),
            Texts(&["fault", "*", "kind", "*", "region"]),
            Texts(&["fault", "*", "kind", "partition", "*", "region"]),
        ],
    },
    Kind { noun: "host", defined: Texts(&["endpoint", "*", "host"]), unique: true, used: &[] },
    Kind {
        noun: "policy",
        defined: Keys(&["policy"]),
        unique: true,
        used: &[Texts(&["product", "*", "version", "*", "policy"])],
    },
    Kind {
        noun: "product",
        defined: Texts(&["product", "*", "id"]),
        unique: true,
        used: &[
            Texts(&["claim", "*", "products", "*"]),
            Keys(&["crowd", "products"]),
            Texts(&["expect", "*", "products", "*"]),
            Texts(&["lab", "*", "products", "*"]),
        ],
    },
    Kind {
        noun: "version",
        defined: Texts(&["product", "*", "version", "*", "version"]),
        unique: false, // of one product only: products may agree
        used: &[Texts(&["expect", "*", "versions", "*"])],
    },
    Kind {
        noun: "claim",
        defined: Texts(&["claim", "*", "id"]),
        unique: true,
        used: &[Texts(&["expect", "*", "claims", "*"])],
    },
    Kind {
        noun: "query",
        defined: Texts(&["query", "*", "id"]),
        unique: true,
        used: &[
            Keys(&["conduct"]),
            Texts(&["expect-release", "*", "query"]),
            Texts(&["expect-release", "*", "control"]),
        ],
    },
    Kind { noun: "lab device", defined: Texts(&["lab", "*", "id"]), unique: true, used: &[] },
];

/// Every name under `root` that is used but not defined, or defined twice.
pub(crate) fn check(root: &Node<'_>) -> Vec<Mistake> {
    let mut mistakes: Vec<Mistake> = KINDS.iter().flat_map(|kind| check_kind(kind, root)).collect();
    for versions in at(root, &["product", "*", "version"]) {
        let names = at(versions, &["*", "version"]);
        mistakes.extend(repeated("version", &texts(&names)));
    }
    mistakes
}

type Name<'a> = (&'a str, Range<usize>);

fn check_kind(kind: &Kind, root: &Node<'_>) -> Vec<Mistake> {
    let Some(defined) = find(root, kind.defined) else { return Vec::new() };
    let mut mistakes = if kind.unique { repeated(kind.noun, &defined) } else { Vec::new() };
    let known: BTreeSet<&str> = defined.into_iter().map(|(name, _)| name).collect();
    let used = kind.used.iter().flat_map(|site| used(root, *site));
    let mut unknown: Vec<Name<'_>> = used.filter(|(name, _)| !known.contains(name)).collect();
    unknown.sort_by_key(|(_, span)| span.start);
    // No more are told, and looking for the nearest name takes long in a file with very many.
    unknown.truncate(MISTAKES_MAX);
    mistakes.extend(unknown.into_iter().map(|name| unknown_name(kind.noun, &known, name)));
    mistakes
}

fn unknown_name(noun: &str, known: &BTreeSet<&str>, (name, span): Name<'_>) -> Mistake {
    let shown: String = name.chars().take(64).collect();
    let label = match known.is_empty() {
        true => format!("expected a {noun} of this file, which has none"),
        false => one_of(known.iter().copied()),
    };
    let help = did_you_mean(name, known.iter().copied());
    Mistake::new(span, format!("unknown {noun} `{shown}`"), label).help(help)
}

/// Names that were defined before.
fn repeated(noun: &str, names: &[Name<'_>]) -> Vec<Mistake> {
    let mut first = BTreeMap::new();
    let mut in_order: Vec<&Name<'_>> = names.iter().collect();
    in_order.sort_by_key(|(_, span)| span.start);
    in_order
        .into_iter()
        .filter(|(name, span)| *first.entry(*name).or_insert_with(|| span.clone()) != *span)
        .map(|(name, span)| {
            Mistake::new(span.clone(), format!("the {noun} `{name}` is defined twice"), "expected another name")
        })
        .collect()
}

/// Names at `site`, as far as they stand there.
fn used<'a>(root: &'a Node<'_>, site: Site) -> Vec<Name<'a>> {
    match site {
        Texts(path) => texts(&at(root, path)),
        Keys(_) => find(root, site).unwrap_or_default(),
    }
}

/// Names at `site`, or `None` where one is missing or is no text: then nobody can say which names there are.
fn find<'a>(root: &'a Node<'_>, site: Site) -> Option<Vec<Name<'a>>> {
    match site {
        Texts(path) => {
            let nodes = at(root, path);
            let (_, owner) = path.split_last()?;
            let complete = nodes.len() == at(root, owner).len() || path.last() == Some(&"*");
            let names = texts(&nodes);
            (complete && names.len() == nodes.len()).then_some(names)
        }
        Keys(path) => {
            let tables = at(root, path).into_iter().filter_map(|node| node.get_ref().as_table());
            let keys = tables.flat_map(|table| table.keys());
            Some(keys.map(|key| (key.get_ref().as_ref(), key.span())).collect())
        }
    }
}

fn texts<'a>(nodes: &[&'a Node<'_>]) -> Vec<Name<'a>> {
    nodes.iter().filter_map(|node| Some((node.get_ref().as_str()?, node.span()))).collect()
}

/// Every value at `path`.
fn at<'a, 'i>(root: &'a Node<'i>, path: &[&str]) -> Vec<&'a Node<'i>> {
    path.iter().fold(vec![root], |nodes, step| {
        let inner = |node: &'a Node<'i>| -> Vec<&'a Node<'i>> {
            match node.get_ref() {
                DeValue::Array(list) if *step == "*" => list.iter().collect(),
                DeValue::Table(table) if *step == "*" => table.values().collect(),
                DeValue::Table(table) => table.get(*step).into_iter().collect(),
                _ => Vec::new(),
            }
        };
        nodes.into_iter().flat_map(inner).collect()
    })
}
