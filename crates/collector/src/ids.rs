//! Ids of admitted batches: what makes a replay known as one.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use model::{Duration, Timestamp};

/// Ids of admitted batches, each with the time from which none of the batch's windows takes reports.
///
/// From that time on, a replay could no longer be counted if its id were forgotten: it would be late.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    closes: HashMap<Arc<str>, Timestamp>,      // its order is never seen
    by_close: BTreeSet<(Timestamp, Arc<str>)>, // the same again, to find what can be forgotten
}

impl Ids {
    pub(crate) fn len(&self) -> usize {
        self.closes.len()
    }

    pub(crate) fn contains(&self, id: &str) -> bool {
        self.closes.contains_key(id)
    }

    /// Whether there is room for another id among at most `max`, given that all was sealed that closed by `sealed_at`.
    pub(crate) fn has_room(&self, max: usize, sealed_at: Timestamp) -> bool {
        self.len() < max || (max > 0 && self.by_close.first().is_some_and(|(closes, _)| *closes <= sealed_at))
    }

    /// Remembers `id`, and forgets what is needed least where there are more than `max`.
    pub(crate) fn insert(&mut self, id: &str, closes: Timestamp, max: usize) {
        let id: Arc<str> = id.into();
        while self.len() >= max.max(1) {
            self.forget_first();
        }
        self.closes.insert(Arc::clone(&id), closes);
        self.by_close.insert((closes, id));
    }

    /// Forgets ids whose last window closed at least `remember` before `sealed_at`.
    pub(crate) fn forget(&mut self, sealed_at: Timestamp, remember: Duration) {
        while self.by_close.first().is_some_and(|(closes, _)| closes.after(remember) <= sealed_at) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, id)) = self.by_close.pop_first() {
            self.closes.remove(&id);
        }
    }

    /// The first id of `other` that is known here too.
    pub(crate) fn shared<'a>(&self, other: &'a Self) -> Option<&'a str> {
        other.closes.keys().filter(|id| self.closes.contains_key(*id)).map(|id| &**id).min()
    }

    /// Takes the ids of `other` too; false if more than `max` would have to be kept. Those of windows that were
    /// sealed first are forgotten for that.
    pub(crate) fn absorb(&mut self, other: &Self, max: usize, sealed_at: Timestamp) -> bool {
        self.closes.extend(other.closes.iter().map(|(id, closes)| (Arc::clone(id), *closes)));
        self.by_close.extend(other.by_close.iter().cloned());
        while self.len() > max {
            if self.by_close.first().is_none_or(|(closes, _)| *closes > sealed_at) {
                return false;
            }
            self.forget_first();
        }
        true
    }
}
