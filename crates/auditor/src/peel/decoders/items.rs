//! Documents in binary: walks the items of CBOR and MessagePack as JSON's reader walks its text.
//!
//! A reader of its own rather than a library's: leaves must be ranges of the input, every step counts against the
//! limits, and nothing may be allocated for a length that an input only claims.

use std::{fmt::Display, ops::Range};

use super::{Misfit, Sink};
use crate::peel::{
    sink::Content,
    tree::{Kind, NodeId, Step},
};

/// One item, as its head says.
pub(super) enum Item {
    /// So many pairs of a key and a value; without a number, until a break.
    Map(Option<u64>),
    /// So many items; without a number, until a break.
    Array(Option<u64>),
    /// Text or bytes.
    String(Range<usize>),
    /// Text or bytes in pieces, until a break.
    Pieces,
    /// A number or a boolean, in decimal digits or in words.
    Literal(String),
    /// No value.
    Null,
    /// Says something about the item that follows.
    Tag,
    /// The end of items without a number.
    Break,
}

/// Whether `rest`, behind its head, is a length of `width` bytes and one string of that length.
pub(super) fn is_one_string(rest: &[u8], width: usize) -> bool {
    let len = rest.get(..width).unwrap_or_default().iter().fold(0, |len, &byte| len << 8 | usize::from(byte));
    rest.len() == width + len
}

impl Item {
    /// A number or a boolean.
    pub(super) fn literal(value: impl Display) -> Self {
        Self::Literal(value.to_string())
    }
}

/// Reads the head of an item, and the content of one that holds no others.
pub(super) type Head = fn(&mut Input<'_>) -> Result<Item, Misfit>;

/// Bytes with a place that is read next.
pub(super) struct Input<'i> {
    bytes: &'i [u8],
    at: usize,
}

impl Input<'_> {
    /// The next byte.
    pub(super) fn byte(&mut self) -> Result<u8, Misfit> {
        let byte = self.bytes.get(self.at).copied().ok_or(Misfit::Other)?;
        self.at += 1;
        Ok(byte)
    }

    /// A number of `bytes` bytes, at most eight, the highest first.
    pub(super) fn number(&mut self, bytes: u8) -> Result<u64, Misfit> {
        let range = self.range(u64::from(bytes))?;
        Ok(self.bytes[range].iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    /// Where the next `len` bytes stand.
    pub(super) fn range(&mut self, len: u64) -> Result<Range<usize>, Misfit> {
        let start = self.at;
        let end = usize::try_from(len).ok().and_then(|len| start.checked_add(len)).ok_or(Misfit::Other)?;
        if end > self.bytes.len() {
            return Err(Misfit::Other);
        }
        self.at = end;
        Ok(start..end)
    }
}

/// Reads one document, or several one after another; all of `bytes` must be read.
pub(super) fn decode(
    bytes: &[u8],
    (document, line): (Step, fn(u32) -> Step),
    head: Head,
    sink: &mut Sink<'_>,
) -> Result<(), Misfit> {
    let first = sink.nodes.len();
    let mut walk = Walk { input: Input { bytes, at: 0 }, head, sink };
    let mut documents = 0;
    while walk.input.at < bytes.len() {
        let start = walk.input.at;
        let item = walk.item()?;
        if matches!(item, Item::Literal(_) | Item::Null) {
            return Err(Misfit::Other); // nearly anything reads as a row of numbers
        }
        walk.value(item, None, line(documents), start)?;
        documents += 1;
    }
    let single = documents == 1;
    if let Some(node) = walk.sink.nodes.get_mut(first).filter(|_| single) {
        node.step = document;
    }
    Ok(())
}

/// Reads items one after another.
struct Walk<'i, 's, 'a> {
    input: Input<'i>,
    head: Head,
    sink: &'s mut Sink<'a>,
}

impl Walk<'_, '_, '_> {
    /// The next item, behind any tags.
    fn item(&mut self) -> Result<Item, Misfit> {
        loop {
            match (self.head)(&mut self.input)? {
                Item::Tag => {}
                item => return Ok(item),
            }
        }
    }

    /// Adds `item`, whose head began at `start`.
    fn value(&mut self, item: Item, under: Option<NodeId>, step: Step, start: usize) -> Result<(), Misfit> {
        let (content, kind) = match item {
            Item::Map(count) => return self.within(count, under, step, start, Self::pair),
            Item::Array(count) => return self.within(count, under, step, start, Self::element),
            Item::Break | Item::Tag => return Err(Misfit::Other),
            Item::String(range) => (Content::Input(range), Kind::Bytes),
            Item::Pieces => (self.pieces()?, Kind::Bytes),
            Item::Literal(text) => (self.sink.section(|sink| sink.write(text.as_bytes()))?, Kind::Literal),
            Item::Null => (Content::Input(start..self.input.at), Kind::Null),
        };
        self.sink.part(under, step, start..self.input.at, content, kind).map(drop)
    }

    /// Adds a map or an array: its node first, then what it holds.
    fn within(
        &mut self,
        count: Option<u64>,
        under: Option<NodeId>,
        step: Step,
        start: usize,
        read: fn(&mut Self, NodeId, u32, Item, usize) -> Result<(), Misfit>,
    ) -> Result<(), Misfit> {
        let whole = start..self.input.bytes.len();
        let node = self.sink.part(under, step, whole.clone(), Content::Input(whole), Kind::Inner)?;
        for index in 0..count.unwrap_or(u64::MAX) {
            let start = self.input.at;
            match self.item()? {
                Item::Break if count.is_none() => break,
                item => read(self, node, u32::try_from(index).map_err(|_| Misfit::Other)?, item, start)?,
            }
        }
        self.sink.close(node, self.input.at);
        Ok(())
    }

    fn element(&mut self, node: NodeId, index: u32, item: Item, start: usize) -> Result<(), Misfit> {
        self.value(item, Some(node), Step::At(index), start)
    }

    /// Adds the value of the pair whose key is `key`. A key that is no text goes by its digits or its bytes.
    fn pair(&mut self, node: NodeId, _: u32, key: Item, start: usize) -> Result<(), Misfit> {
        let name = match key {
            Item::String(range) => Content::Input(range),
            Item::Pieces => self.pieces()?,
            Item::Literal(text) => self.sink.section(|sink| sink.write(text.as_bytes()))?,
            Item::Null => Content::Input(start..self.input.at),
            Item::Map(_) | Item::Array(_) | Item::Tag | Item::Break => return Err(Misfit::Other),
        };
        let key = Step::Key(self.sink.span(&name));
        let start = self.input.at;
        let item = self.item()?;
        self.value(item, Some(node), key, start)
    }

    /// Joins the pieces of a string.
    fn pieces(&mut self) -> Result<Content, Misfit> {
        let Self { input, head, sink } = self;
        sink.section(|sink| {
            loop {
                match head(input)? {
                    Item::String(range) => sink.write(&input.bytes[range])?,
                    Item::Break => return Ok(()),
                    _ => return Err(Misfit::Other),
                }
            }
        })
    }
}
