//! What else is wrong with a file of which parts cannot be read: people want to hear of every mistake at once.

use std::ops::Range;

use toml::{
    Spanned,
    de::{DeString, DeValue},
};

use crate::{
    diagnostic::Mistake,
    document::{Document, Node},
    parse::type_check,
    sense,
};

/// What the file says wrongly as a whole, in parts of it that `mistakes` leave alone: values that cannot be read are taken
/// for left out. Nothing where that leaves no script.
pub(crate) fn check(document: &Document<'_>, mistakes: &[Mistake]) -> Vec<Mistake> {
    let wrong: Vec<Range<usize>> = mistakes.iter().map(|mistake| mistake.span.clone()).collect();
    let mut root = document.root().clone();
    leave_out(&mut root, &wrong);
    let Ok(script) = type_check(&root) else { return Vec::new() };
    // What is said about a part of which something was left out could be due to that alone.
    let is_apart = |mistake: &Mistake| !wrong.iter().any(|span| share_a_part(document.root(), span, &mistake.span));
    sense::check(&script, document).into_iter().filter(is_apart).collect()
}

/// Takes entries of tables out of whose key or value one of the places is. Lists stay as long as they are, since what is
/// in them is found again by its place.
fn leave_out(node: &mut Node<'_>, wrong: &[Range<usize>]) {
    match node.get_mut() {
        DeValue::Table(table) => {
            let is_wrong = |(key, value): &(&Spanned<DeString<'_>>, &Node<'_>)| {
                wrong.contains(&key.span()) || wrong.contains(&value.span())
            };
            let left_out: Vec<String> =
                table.iter().filter(is_wrong).map(|(key, _)| key.get_ref().to_string()).collect();
            for key in left_out {
                table.remove(key.as_str());
            }
            table.iter_mut().for_each(|(_, value)| leave_out(value, wrong));
        }
        DeValue::Array(list) => list.iter_mut().for_each(|value| leave_out(value, wrong)),
        _ => {}
    }
}

/// Whether both places are in one of the file's parts, which are the entries of its root.
fn share_a_part(root: &Node<'_>, one: &Range<usize>, other: &Range<usize>) -> bool {
    let parts = root.get_ref().as_table().into_iter().flat_map(|table| table.iter());
    let mut parts = parts.map(|(key, value)| [one, other].map(|span| touches(key.span(), span) || holds(value, span)));
    parts.any(|[first, second]| first && second)
}

/// Whether a place is in `node` or in anything inside: a table's own place is its header alone.
fn holds(node: &Node<'_>, span: &Range<usize>) -> bool {
    touches(node.span(), span)
        || match node.get_ref() {
            DeValue::Table(table) => table.iter().any(|(key, value)| touches(key.span(), span) || holds(value, span)),
            DeValue::Array(list) => list.iter().any(|value| holds(value, span)),
            _ => false,
        }
}

const fn touches(place: Range<usize>, span: &Range<usize>) -> bool {
    place.start <= span.end && span.start <= place.end
}
