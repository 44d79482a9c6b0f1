//! Where a value stands in an upload.

use data_encoding::HEXLOWER;

use crate::peel::{Peeled, View};

/// The shortest way to the value with that text.
pub(crate) fn place_of(peeled: &Peeled, text: &str) -> Option<Vec<String>> {
    let leaves = peeled.leaves().filter(|leaf| leaf.value() == text).map(|leaf| leaf.path());
    let opaque = peeled.views().filter(|view| {
        std::str::from_utf8(view.content()).is_err()
            && view.content().len() * 2 == text.len()
            && HEXLOWER.encode(view.content()) == text
    });
    leaves.min_by_key(Vec::len).or_else(|| opaque.map(|view| view.path()).min_by_key(Vec::len))
}

/// Whether some decoder made something of what stands there.
pub(super) fn is_opened(peeled: &Peeled, view: View<'_>) -> bool {
    let path = view.path();
    let below = peeled.views().filter(|other| other.number() > view.number() && other.depth() == view.depth() + 1);
    below.map(|other| other.path()).any(|other| other.starts_with(&path))
}
