//! What was planted where, and what of it the servers held.

use std::{borrow::Cow, collections::BTreeMap};

use model::{CanaryRole, Notebook, Outcome, Record, Value};

use super::Held;
use crate::{peel::Peeler, search::Search};

/// A token with every line that it was planted in.
#[derive(Debug)]
pub(crate) struct Planted<'a> {
    pub(crate) token: &'a str,
    pub(crate) role: CanaryRole,
    pub(crate) entries: Vec<usize>,
}

/// The tokens of a notebook, each once, in the order in which they were planted.
#[derive(Debug)]
pub(crate) struct Canaries<'a> {
    planted: Vec<Planted<'a>>,
    tokens: Vec<&'a str>,
}

impl<'a> Canaries<'a> {
    /// Lines that are still planned plant nothing.
    pub(crate) fn of(notebook: &'a Notebook) -> Self {
        let mut planted: Vec<Planted<'a>> = Vec::new();
        let mut known: BTreeMap<&str, usize> = BTreeMap::new();
        let lines = notebook.entries.iter().enumerate().filter(|(_, entry)| entry.outcome != Outcome::Planned);
        for (index, canary) in lines.flat_map(|(index, entry)| entry.canaries.iter().map(move |canary| (index, canary)))
        {
            let number = *known.entry(&canary.token).or_insert_with(|| {
                planted.push(Planted { token: &canary.token, role: canary.role, entries: Vec::new() });
                planted.len() - 1
            });
            planted[number].entries.push(index);
        }
        let tokens = planted.iter().map(|planted| planted.token).collect();
        Self { planted, tokens }
    }

    /// The tokens, in the order in which sightings number them.
    pub(crate) fn tokens(&self) -> &[&'a str] {
        &self.tokens
    }

    /// How many tokens there are.
    pub(crate) fn count(&self) -> usize {
        self.planted.len()
    }

    /// The token numbered `token`, as sightings number them.
    pub(crate) fn planted(&self, token: usize) -> Option<&Planted<'a>> {
        self.planted.get(token)
    }

    /// The lines that the token numbered `token` was planted in.
    pub(crate) fn entries(&self, token: usize) -> &[usize] {
        self.planted(token).map_or(&[], |planted| &planted.entries)
    }

    /// Whether the token convicts under a rule about lines: whether every line that it was planted in falls under it.
    pub(crate) fn only_in(&self, token: usize, rule: impl Fn(usize) -> bool) -> bool {
        let entries = self.entries(token);
        !entries.is_empty() && entries.iter().all(|&index| rule(index))
    }
}

/// The texts of what the servers held about the device: the holding, its place, the field, the text.
pub(super) fn held_texts<'a>(record: &'a Record) -> impl Iterator<Item = (u32, &'a str, Cow<'a, str>)> {
    record.holdings.iter().flatten().zip(0..).flat_map(|(holding, place)| {
        let device = holding.report.device.as_deref().map(|device| ("device", Cow::Borrowed(device)));
        let fields = holding.report.fields.iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name.as_str(), Cow::Borrowed(text.as_str()))),
            Value::Number(number) => Some((name.as_str(), Cow::Owned(number.to_string()))),
            Value::Flag(_) => None,
        });
        device.into_iter().chain(fields).map(move |(field, text)| (place, field, text))
    })
}

/// The tokens in what the servers held about the device.
pub(super) fn held<'a>(record: &'a Record, search: &Search, peeler: &mut Peeler) -> Vec<Held<'a>> {
    let mut found = Vec::new();
    for holding in record.holdings.iter().flatten() {
        let device = holding.report.device.as_deref().map(|device| ("device", device));
        let texts = holding.report.fields.iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some((name.as_str(), text.as_str())),
            Value::Flag(_) | Value::Number(_) => None,
        });
        for (field, text) in device.into_iter().chain(texts) {
            let sightings = search.sight(&peeler.peel_body(text.as_bytes()));
            found.extend(sightings.into_iter().map(|sighting| {
                let (field, text) = (field.to_owned(), sighting.plaintext);
                Held { holding, token: sighting.token, field, text }
            }));
        }
    }
    found
}
