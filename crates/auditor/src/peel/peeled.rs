//! What peeling yields: views, leaves, and the limit that was met.

use std::{borrow::Cow, fmt};

use data_encoding::HEXLOWER;

use super::{
    Limits,
    decoders::varint_value,
    path,
    tree::{Kind, Node, NodeId, Tree},
};

/// Longest plaintext that is quoted, in bytes; more is cut around the place of interest.
const QUOTE_BYTES_MAX: usize = 400;

/// What stands for what was cut from a quotation.
const ELLIPSIS: &str = "…";

/// Every view of one flow, with what could not be looked at.
#[derive(Debug, Clone)]
pub struct Peeled {
    pub(super) tree: Tree,
    exhausted: Option<Exhausted>,
}

/// A limit that was met: what lies beyond was not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    /// The limit.
    pub limit: Limit,
    /// How much of it there was: encodings, bytes or steps.
    pub most: u64,
    /// The way to the view at which it was met first.
    pub path: Vec<String>,
    /// Size of that view, in bytes.
    pub bytes: u64,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, most, bytes, .. } = self;
        match limit {
            Limit::Depth => write!(f, "{bytes} bytes below more levels than are followed, such as {most} encodings"),
            Limit::Output => write!(f, "{bytes} bytes that decode to more than the {most} bytes that a flow may make"),
            Limit::Input => write!(f, "{bytes} bytes and more, where a flow may have {most}"),
            Limit::Steps => write!(f, "{bytes} bytes that were reached after all {most} steps that a flow may cost"),
        }
    }
}

/// A kind of limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Limit {
    /// Encodings inside one another, or levels inside one document.
    Depth,
    /// Bytes that decoders made: a decompression bomb.
    Output,
    /// Bytes of the flow itself.
    Input,
    /// Steps of work.
    Steps,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Depth => "depth",
            Self::Output => "output",
            Self::Input => "input",
            Self::Steps => "steps",
        })
    }
}

impl Peeled {
    pub(super) fn new(tree: Tree, exhausted: Option<(Limit, NodeId)>, limits: &Limits) -> Self {
        let exhausted = exhausted.map(|(limit, id)| {
            let (path, bytes) = (path::words(&tree, id), tree.content_of(id).len() as u64);
            Exhausted { limit, most: limits.most(limit), path, bytes }
        });
        Self { tree, exhausted }
    }

    /// The buffers that it was held in.
    pub(super) fn into_empty_tree(self) -> Tree {
        let mut tree = self.tree;
        tree.bytes.clear();
        tree.nodes.clear();
        tree
    }

    /// Every view, from the flow's own places down.
    pub fn views(&self) -> impl Iterator<Item = View<'_>> {
        self.nodes().filter(|(_, node)| node.kind != Kind::Inner).map(|(id, _)| View { tree: &self.tree, id })
    }

    /// Every value that stands for itself: hosts, headers, parameters, fields, numbers. A value that is wholly made up
    /// of named ones, such as a field that holds JSON, is none; a JSON null is none.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf<'_>> {
        let scalar = |node: &Node| !node.holds && !matches!(node.kind, Kind::Inner | Kind::Null);
        let told = |node: &Node| node.step.is_named() || std::str::from_utf8(self.tree.content(node)).is_ok();
        self.nodes()
            .filter(move |(_, node)| scalar(node) && told(node))
            .map(|(id, _)| Leaf(View { tree: &self.tree, id }))
    }

    /// The limit that was met first, if any was.
    #[must_use]
    pub const fn exhausted(&self) -> Option<&Exhausted> {
        self.exhausted.as_ref()
    }

    /// All that was seen: the flow, then what decoders made of it, one output after another, with a separator that
    /// occurs in no token between them. Looking here is looking at every view at once.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.tree.bytes
    }

    /// The views that places in [`bytes`](Self::bytes), which rise, belong to: for each the outermost value that is not
    /// wholly made up of named ones.
    pub(crate) fn views_at(&self, places: &[u32]) -> Vec<Option<View<'_>>> {
        // The view that begins last before each place; of several that begin together, the innermost.
        let mut nearest: Vec<Option<(u32, NodeId)>> = vec![None; places.len()];
        for (id, node) in self.nodes() {
            for start in [node.content.start, node.raw.start] {
                let next = places.partition_point(|&at| at < start);
                if let Some(known) = nearest.get_mut(next) {
                    *known = (*known).max(Some((start, id)));
                }
            }
        }
        let mut before = None;
        let outermost = |(&at, nearest): (&u32, Option<(u32, NodeId)>)| {
            before = before.max(nearest);
            before.and_then(|(_, nearest)| self.outermost(nearest, at))
        };
        places.iter().zip(nearest).map(outermost).collect()
    }

    /// Of the views from `nearest` up that hold the place `at`, the outermost that is not wholly made up of named ones.
    fn outermost(&self, nearest: NodeId, at: u32) -> Option<View<'_>> {
        let mut line = self.tree.ancestry(nearest);
        let (mut id, _) = line.find(|(_, node)| node.raw.contains(at) || node.content.contains(at))?;
        for (above, node) in line {
            if node.holds || !node.content.contains(at) {
                break;
            }
            id = above;
        }
        Some(View { tree: &self.tree, id })
    }

    /// How many views there are at most, levels of structure included.
    pub(crate) const fn view_count_max(&self) -> usize {
        self.tree.nodes.len()
    }

    pub(super) fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0..).zip(&self.tree.nodes)
    }
}

/// One view of a flow.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub(super) tree: &'a Tree,
    pub(super) id: NodeId,
}

impl<'a> View<'a> {
    /// The way to it, one step each: `body`, `form:data_list`, `base64`, `gzip`, `json:$[4].properties.url`.
    #[must_use]
    pub fn path(&self) -> Vec<String> {
        path::words(self.tree, self.id)
    }

    /// What stands there.
    #[must_use]
    pub fn content(&self) -> &'a [u8] {
        self.tree.content_of(self.id)
    }

    /// What stands there as text; see [`Leaf::value`].
    pub(crate) fn value(&self) -> Cow<'a, str> {
        let bytes = self.content();
        match self.node().map(|node| node.kind) {
            Some(Kind::Varint) => Cow::Owned(varint_value(bytes).to_string()),
            Some(Kind::Fixed) => {
                Cow::Owned(bytes.iter().rev().fold(0_u64, |sum, &byte| sum << 8 | u64::from(byte)).to_string())
            }
            _ => std::str::from_utf8(bytes).map_or_else(|_| Cow::Owned(HEXLOWER.encode(bytes)), Cow::Borrowed),
        }
    }

    /// The number of steps of the path.
    pub(crate) fn depth(&self) -> u8 {
        self.node().map_or(0, |node| node.depth)
    }

    /// Its number among the views of the flow.
    pub(crate) const fn number(&self) -> u32 {
        self.id
    }

    /// What stands there as text, whole or, if it is long, some hundred characters around the place `at` in
    /// [`Peeled::bytes`], at which `token` was seen.
    pub(crate) fn quote(&self, at: u32, token: &str) -> String {
        let Some(node) = self.node() else { return String::new() };
        let content = node.content.of(&self.tree.bytes);
        if node.content.contains(at) {
            return quote(content, (at - node.content.start) as usize);
        }
        let seen = content.windows(token.len().max(1)).position(|bytes| bytes.eq_ignore_ascii_case(token.as_bytes()));
        seen.map_or_else(
            || quote(node.raw.of(&self.tree.bytes), at.saturating_sub(node.raw.start) as usize),
            |seen| quote(content, seen),
        )
    }

    fn node(&self) -> Option<&'a Node> {
        self.tree.nodes.get(self.id as usize)
    }
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("path", &self.path()).field("content", &quote(self.content(), 0)).finish()
    }
}

/// A value that stands for itself.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a>(View<'a>);

impl<'a> Leaf<'a> {
    /// The way to it, as for a view.
    #[must_use]
    pub fn path(&self) -> Vec<String> {
        self.0.path()
    }

    /// The way to it in one line, without telling the elements of an array apart:
    /// `body > form:data_list > base64 > gzip > json:$[*].properties.uuid`.
    #[must_use]
    pub fn place(&self) -> String {
        path::line(self.0.tree, self.0.id)
    }

    /// The value as text: numbers and booleans as they are written, bytes that are no text in hexadecimal digits.
    #[must_use]
    pub fn value(&self) -> Cow<'a, str> {
        self.0.value()
    }
}

/// `text` as far as it can be read, cut to what stands around `at` if it is long.
pub(crate) fn quote(text: &[u8], at: usize) -> String {
    if text.len() <= QUOTE_BYTES_MAX {
        return String::from_utf8_lossy(text).into_owned();
    }
    let inside = |at: usize| text.get(at).is_some_and(|byte| byte & 0xc0 == 0x80); // in the middle of a character
    let mut start = at.min(text.len()).saturating_sub(QUOTE_BYTES_MAX / 2);
    let mut end = text.len().min(start + QUOTE_BYTES_MAX);
    start += usize::from(inside(start)) + usize::from(inside(start) && inside(start + 1));
    end -= usize::from(inside(end)) + usize::from(inside(end) && inside(end - 1));
    let before = if start > 0 { ELLIPSIS } else { "" };
    let after = if end < text.len() { ELLIPSIS } else { "" };
    format!("{before}{}{after}", String::from_utf8_lossy(&text[start..end]))
}
