//! Values as rows are made of them: what is known of each is found out once, however many rows it stands in.

use super::Search;
use crate::peel::Traits;

/// A value that could be a piece of something that was cut.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'v> {
    pub(super) bytes: &'v [u8],
    pub(super) traits: Traits,
    pub(super) edges: Edges,
}

/// What the edges of a value show of tokens, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edges(u8);

impl Edges {
    pub(super) const NONE: Self = Self(0);
    /// It begins, and it ends, with a letter or a digit.
    const BEGINS: Self = Self(1);
    const ENDS: Self = Self(1 << 1);
    /// A token could begin eight bytes or more before its end and go on beyond it.
    const BEGUN: Self = Self(1 << 2);
    /// A token that begins less than eight bytes before it could go on over its first eight bytes.
    const GOES_ON: Self = Self(1 << 3);
    /// It is so short that such a token would go on over all of it.
    const IS_PASSED: Self = Self(1 << 4);

    const fn with(self, other: Self, is_so: bool) -> Self {
        Self(self.0 | (other.0 * is_so as u8))
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether a token that begins in this value could stand across the border to `next`, behind which comes `behind`.
    ///
    /// If eight bytes of it or more stand here, it has begun by them. If fewer, at least eight of fifteen do not: it goes on
    /// over the first eight of the next value, or passes all of that and goes on in the one behind.
    pub(super) const fn may_cross_to(self, next: Self, behind: Self) -> bool {
        let goes_on = next.has(Self::BEGINS) & (self.has(Self::BEGUN) | next.has(Self::GOES_ON));
        self.has(Self::ENDS) & (goes_on | next.has(Self::IS_PASSED) & behind.has(Self::BEGINS))
    }
}

impl Search {
    /// `bytes`, which have these traits, as a value of rows.
    pub(crate) fn value<'v>(&self, bytes: &'v [u8], traits: Traits) -> Value<'v> {
        Value { bytes, traits, edges: self.edges(bytes, traits) }
    }

    /// The edges of a value with these traits.
    pub(super) fn edges(&self, bytes: &[u8], traits: Traits) -> Edges {
        let ([first, ..], [.., last]) = (bytes, bytes) else { return Edges::NONE };
        let [begins, ends] = [first, last].map(|byte| Traits::of_byte(*byte).are_letters());
        let edges = Edges::NONE.with(Edges::BEGINS, begins).with(Edges::ENDS, ends);
        let edges = edges.with(Edges::IS_PASSED, bytes.len() < 8 && traits.are_letters());
        self.indices.iter().fold(edges, |edges, index| {
            let (goes_on, begun) = index.at_edges(bytes, begins, ends);
            edges.with(Edges::GOES_ON, goes_on).with(Edges::BEGUN, begun)
        })
    }
}
