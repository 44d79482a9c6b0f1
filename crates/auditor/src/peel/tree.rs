//! The tree of views: a flat list of nodes over one run of bytes.

use super::glance::Traits;

/// Index of a node.
pub(super) type NodeId = u32;

/// The parent of a root.
pub(super) const NONE: NodeId = NodeId::MAX;

/// Stands between outputs, so that no token is seen across two of them.
pub(super) const SEPARATOR: u8 = 0;

/// An offset as nodes hold it. Input and output are at most 1 GiB each, so it always fits.
pub(super) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// A range of the tree's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        let end = offset(end);
        Self { start: offset(start), end }
    }

    pub(super) const fn len_u32(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    pub(super) const fn len(self) -> usize {
        self.len_u32() as usize
    }

    pub(super) const fn contains(self, at: u32) -> bool {
        self.start <= at && at < self.end
    }

    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The way from a view to one below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A place in the flow that is a value by itself: `host`.
    Place(&'static str),
    /// A body or the output of a decoder: `body`, `gzip`.
    Word(&'static str),
    /// A named part: `form:data_list`.
    Named(&'static str, Span),
    /// A part by its number: `segment:2`.
    Nth(&'static str, u32),
    /// A whole document: `json:$`.
    Document(&'static str),
    /// One document of several: `json-lines:$[3]`.
    Line(&'static str, u32),
    /// A member of an object: `.url`.
    Key(Span),
    /// An element of an array: `[4]`.
    At(u32),
    /// A protobuf field: `protobuf:3`, or `.1` below another field.
    Field(u32),
}

impl Step {
    /// Whether what stands there is a value of its own, rather than a wrapping of one.
    pub(super) const fn is_named(self) -> bool {
        !matches!(self, Self::Word(_) | Self::Document(_))
    }
}

/// What a node's content is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text or bytes, which may be peeled further.
    Bytes,
    /// A JSON number or boolean, as written.
    Literal,
    /// A protobuf varint.
    Varint,
    /// A protobuf value of four or eight bytes.
    Fixed,
    /// A JSON null.
    Null,
    /// An object or an array: only what stands below it has a value.
    Inner,
}

/// One view, or one level of structure on the way to one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) parent: NodeId,
    pub(super) step: Step,
    /// Where it stands in the parent's content, syntax included.
    pub(super) raw: Span,
    /// What it says: a part of `raw`, or bytes made anew.
    pub(super) content: Span,
    /// Path words up to here.
    pub(super) depth: u8,
    /// Levels of structure within the last path word.
    pub(super) nest: u8,
    pub(super) kind: Kind,
    /// Whether the nodes below say all that this one says.
    pub(super) holds: bool,
    /// What is known of the content, if it was looked at whole.
    pub(super) traits: Option<Traits>,
}

/// Nodes with the bytes that they are ranges of. Parents stand before their children.
#[derive(Debug, Clone, Default)]
pub(super) struct Tree {
    pub(super) bytes: Vec<u8>,
    pub(super) nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn content(&self, node: &Node) -> &[u8] {
        node.content.of(&self.bytes)
    }

    pub(super) fn content_of(&self, id: NodeId) -> &[u8] {
        self.nodes.get(id as usize).map_or(&[], |node| self.content(node))
    }

    /// The node and everything above it, from below.
    pub(super) fn ancestry(&self, id: NodeId) -> impl Iterator<Item = (NodeId, &Node)> {
        let at = |id: NodeId| self.nodes.get(id as usize).map(|node| (id, node));
        std::iter::successors(at(id), move |(_, node)| at(node.parent))
    }
}
