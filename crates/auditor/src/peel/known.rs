//! Remembers some of the views that were peeled: telemetry says the same again and again.

use super::tree::{NodeId, Tree};

/// Views that are remembered; another with the same digest takes the place of one, so that no input makes looking it up
/// take longer.
const VIEWS: usize = 512;

/// Longer views are not looked up, in bytes: what is said again is short.
const VIEW_BYTES_MAX: usize = 128;

/// Views by their digests: for each one more than twice its number, and again one more if decoders found parts in it;
/// zero for none.
#[derive(Debug, Clone)]
pub(super) struct Known(Vec<u32>);

impl Default for Known {
    fn default() -> Self {
        Self(vec![0; VIEWS])
    }
}

impl Known {
    pub(super) fn clear(&mut self) {
        self.0.fill(0);
    }

    /// Where a view with that content is remembered, if any is.
    pub(super) fn place(content: &[u8]) -> Option<usize> {
        if content.len() > VIEW_BYTES_MAX {
            return None;
        }
        let (words, _) = content.as_chunks();
        let last = content.last_chunk().map_or(0, |word| u64::from_le_bytes(*word));
        let digest = words
            .iter()
            .fold(last ^ content.len() as u64, |digest, word| super::mix(digest, u64::from_le_bytes(*word)));
        usize::try_from(digest >> 32).ok().map(|digest| digest % VIEWS)
    }

    /// The view at `place`, if it has the same content, and whether decoders found parts in it.
    pub(super) fn twin(&self, place: usize, tree: &Tree, content: &[u8]) -> Option<(NodeId, bool)> {
        let known = self.0.get(place)?.checked_sub(1)?;
        (tree.content_of(known >> 1) == content).then_some((known >> 1, known & 1 == 1))
    }

    /// Remembers a view that was peeled.
    pub(super) fn note(&mut self, place: usize, id: NodeId, has_parts: bool) {
        if let Some(slot) = self.0.get_mut(place) {
            *slot = (id << 1 | u32::from(has_parts)) + 1; // steps bound the nodes far below 2^31
        }
    }
}
