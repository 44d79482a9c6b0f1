//! Times of what was done that stand, to the millisecond, in what was sent.

use std::collections::BTreeMap;

use model::{Notebook, Outcome, Timestamp};

use crate::peel::Peeled;

/// The time of a line with canaries, in a flow.
#[derive(Debug)]
pub(crate) struct Told {
    /// The line.
    pub(crate) entry: usize,
    /// The way to the time.
    pub(crate) path: Vec<String>,
    /// As it is written there.
    pub(crate) text: String,
}

/// When what was done.
#[derive(Debug)]
pub(super) struct Times(BTreeMap<Timestamp, usize>);

impl Times {
    /// Lines with canaries, where no other line has the same time.
    pub(super) fn of(notebook: &Notebook) -> Self {
        let mut lines: BTreeMap<Timestamp, Vec<usize>> = BTreeMap::new();
        for (index, entry) in notebook.entries.iter().enumerate().filter(|(_, entry)| entry.outcome == Outcome::Done) {
            lines.entry(entry.at).or_default().push(index);
        }
        let planted = |index: &usize| !notebook.entries[*index].canaries.is_empty();
        let alone =
            lines.into_iter().filter_map(|(at, lines)| Some((at, *lines.first().filter(|_| lines.len() == 1)?)));
        Self(alone.filter(|(_, index)| planted(index)).collect())
    }

    /// The times that `peeled` holds, as ms since the Unix epoch or as RFC 3339.
    pub(super) fn told(&self, peeled: &Peeled) -> Vec<Told> {
        let told = |leaf: crate::peel::Leaf<'_>| {
            let value = leaf.value();
            let entry = *self.0.get(&time(&value)?)?;
            Some(Told { entry, path: leaf.path(), text: value.into_owned() })
        };
        peeled.leaves().filter_map(told).collect()
    }
}

fn time(value: &str) -> Option<Timestamp> {
    match value.len() {
        13 => value.parse().ok().map(Timestamp::from_millis),
        20..=35 if value.as_bytes().get(10).is_some_and(|between| b"Tt ".contains(between)) => value.parse().ok(),
        _ => None,
    }
}
