//! Where decoders put what they make.

use std::ops::Range;

use super::{
    inflate::Inflate,
    peeled::Limit,
    tree::{self, Kind, Node, NodeId, Span, Step},
};

/// Levels of structure inside one document that are followed, as many as protobuf's own implementations follow.
const NEST_MAX: u8 = 100;

/// Why a decoder stopped early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Misfit {
    /// The bytes are something else: whatever was made is dropped.
    Other,
    /// A limit was met: whatever was made is kept.
    Exceeds(Limit),
}

/// Steps that reading or writing so many bytes counts as.
pub(super) const fn steps_for(bytes: usize) -> u64 {
    bytes as u64 / 256
}

/// What a part says.
pub(super) enum Content {
    /// A range of the decoder's input.
    Input(Range<usize>),
    /// A range of what the decoder wrote.
    Made(Range<usize>),
}

/// Takes what one decoder makes of one view, within the limits.
pub(super) struct Sink<'a> {
    /// What the decoder wrote so far.
    pub(super) made: &'a mut Vec<u8>,
    pub(super) nodes: &'a mut Vec<Node>,
    /// A decompressor for whoever needs one.
    pub(super) inflate: &'a mut Inflate,
    pub(super) parent: NodeId,
    /// The view that is decoded.
    pub(super) node: Node,
    /// Where `made` will stand in the tree's bytes.
    pub(super) end: usize,
    /// Bytes that may be written.
    pub(super) room: usize,
    pub(super) steps: &'a mut u64,
    pub(super) steps_max: u64,
}

impl Sink<'_> {
    /// Bytes that may still be written.
    pub(super) fn room(&self) -> usize {
        self.room.saturating_sub(self.made.len())
    }

    /// Appends `bytes` to the output.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Misfit> {
        self.reserve(bytes.len())?;
        self.made.extend_from_slice(bytes);
        Ok(())
    }

    /// Makes room for `len` bytes, if so many may be written.
    pub(super) fn reserve(&mut self, len: usize) -> Result<(), Misfit> {
        if len > self.room() {
            return Err(Misfit::Exceeds(Limit::Output));
        }
        self.made.reserve(len);
        Ok(())
    }

    /// Appends `len` zeros to the output, to be written over.
    pub(super) fn write_zeros(&mut self, len: usize) -> Result<&mut [u8], Misfit> {
        self.reserve(len)?;
        let start = self.made.len();
        self.made.resize(start + len, 0);
        Ok(&mut self.made[start..])
    }

    /// Counts work on output that is not kept.
    pub(super) fn charge(&mut self, bytes: usize) {
        *self.steps += steps_for(bytes);
    }

    /// Appends what `write` writes, and says where it stands; separated from whatever was written before.
    pub(super) fn section(&mut self, write: impl FnOnce(&mut Self) -> Result<(), Misfit>) -> Result<Content, Misfit> {
        self.write(&[tree::SEPARATOR])?;
        let start = self.made.len();
        write(self)?;
        Ok(Content::Made(start..self.made.len()))
    }

    /// Adds a part of the view that is decoded, or of a part of it, and returns its node.
    ///
    /// `raw` is where it stands in the input, syntax included.
    pub(super) fn part(
        &mut self,
        under: Option<NodeId>,
        step: Step,
        raw: Range<usize>,
        content: Content,
        kind: Kind,
    ) -> Result<NodeId, Misfit> {
        *self.steps += 1;
        if *self.steps > self.steps_max {
            return Err(Misfit::Exceeds(Limit::Steps));
        }
        let (depth, nest) = self.place(under, step)?;
        let content = self.span(&content);
        let id = tree::offset(self.nodes.len());
        let raw = self.within(&raw);
        let parent = under.unwrap_or(self.parent);
        self.nodes.push(Node {
            parent,
            step,
            raw,
            content,
            depth,
            nest,
            kind,
            holds: kind == Kind::Inner,
            traits: None,
        });
        Ok(id)
    }

    /// Where it stands in the tree's bytes.
    pub(super) fn span(&self, content: &Content) -> Span {
        match content {
            Content::Input(range) => self.within(range),
            Content::Made(range) => Span::new(self.end + range.start, self.end + range.end),
        }
    }

    /// Where a range of the input stands in the tree's bytes.
    fn within(&self, range: &Range<usize>) -> Span {
        let base = self.node.content.start as usize;
        Span::new(base + range.start, base + range.end)
    }

    /// Says where a part ends that was added before its end was known.
    pub(super) fn close(&mut self, id: NodeId, end: usize) {
        let end = tree::offset(self.node.content.start as usize + end);
        if let Some(node) = self.nodes.get_mut(id as usize) {
            node.raw.end = end;
            node.content.end = end;
        }
    }

    /// Depth and nesting of a part.
    fn place(&self, under: Option<NodeId>, step: Step) -> Result<(u8, u8), Misfit> {
        let continues = |above: &Node| (above.depth, above.nest + 1);
        let within_field = matches!((step, self.node.step), (Step::Field(_), Step::Field(_)));
        let (depth, nest) = match under.and_then(|id| self.nodes.get(id as usize)) {
            Some(above) => continues(above),
            None if within_field => continues(&self.node),
            None => (self.node.depth + 1, 0),
        };
        if nest > NEST_MAX { Err(Misfit::Exceeds(Limit::Depth)) } else { Ok((depth, nest)) }
    }
}
