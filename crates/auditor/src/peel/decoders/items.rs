//! Documents in binary: walks the items of CBOR and MessagePack as JSON's reader walks its text.
//!
//! A reader of its own rather than a library's: leaves must be ranges of the input, every step counts against the
//! limits, and nothing may be allocated for a length that an input only claims.

use std::{
    fmt::{self, Display},
    ops::Range,
};

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
    /// A number or a boolean.
    Literal(Literal),
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

/// A number or the like, which reads in decimal digits or in words.
#[derive(Debug, Clone, Copy)]
pub(super) enum Literal {
    Integer(i128),
    Single(f32),
    Double(f64),
    Boolean(bool),
    /// A simple value of CBOR that has no meaning of its own.
    Simple(u64),
}

impl Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Single(number) => number.fmt(f),
            Self::Double(number) => number.fmt(f),
            Self::Boolean(is_so) => is_so.fmt(f),
            Self::Simple(number) => write!(f, "simple({number})"),
        }
    }
}

impl Item {
    /// A whole number.
    pub(super) fn integer(number: impl Into<i128>) -> Self {
        Self::Literal(Literal::Integer(number.into()))
    }

    /// How many more items are to come, of `left` before this one; none is known of items without a number.
    fn left(&self, left: Option<u64>) -> Option<u64> {
        let others = left?.saturating_sub(1);
        match self {
            Self::Map(count) => count.map(|count| others.saturating_add(count.saturating_mul(2))),
            Self::Array(count) => count.map(|count| others.saturating_add(count)),
            Self::Pieces => None,
            Self::Tag => left,
            Self::String(_) | Self::Literal(_) | Self::Null | Self::Break => Some(others),
        }
    }
}

/// Whether `bytes` are items to their end, as many as they say, of which none stands by itself that is a number or the
/// like: nearly anything reads as a row of numbers. What is within what, and whether that may be, is not looked at.
pub(super) fn may_be_document(bytes: &[u8], head: Head) -> bool {
    let mut input = Input { bytes, at: 0 };
    let mut left = Some(0);
    while input.at < bytes.len() {
        match head(&mut input) {
            Ok(Item::Literal(_) | Item::Null | Item::Break) if left == Some(0) => return false,
            Ok(item) => left = item.left(left),
            Err(_) => return false,
        }
    }
    left.is_none_or(|left| left == 0)
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
            Item::Literal(value) => (self.written(value)?, Kind::Literal),
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
            Item::Literal(value) => self.written(value)?,
            Item::Null => Content::Input(start..self.input.at),
            Item::Map(_) | Item::Array(_) | Item::Tag | Item::Break => return Err(Misfit::Other),
        };
        let key = Step::Key(self.sink.span(&name));
        let start = self.input.at;
        let item = self.item()?;
        self.value(item, Some(node), key, start)
    }

    fn written(&mut self, value: Literal) -> Result<Content, Misfit> {
        self.sink.section(|sink| sink.write(value.to_string().as_bytes()))
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

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, prelude::*, sample::select};

    use super::{super::cbor, super::message_pack, Head, decode, may_be_document};
    use crate::peel::{
        inflate::Inflate,
        sink::Sink,
        tree::{Kind, NONE, Node, Span, Step},
    };

    /// Whether all of `bytes` is read.
    fn is_document(bytes: &[u8], head: Head) -> bool {
        let whole = Span::new(0, bytes.len());
        let step = Step::Word("body");
        let node = Node {
            parent: NONE,
            step,
            raw: whole,
            content: whole,
            depth: 1,
            nest: 0,
            kind: Kind::Bytes,
            holds: false,
            traits: None,
        };
        let mut sink = Sink {
            made: &mut Vec::new(),
            nodes: &mut Vec::new(),
            inflate: &mut Inflate::default(),
            parent: 0,
            node,
            end: bytes.len(),
            room: 1 << 20,
            steps: &mut 0,
            steps_max: 1 << 20,
        };
        decode(bytes, (Step::Document("document"), |index| Step::Line("line", index)), head, &mut sink).is_ok()
    }

    /// Heads of short items of either format, with what they hold.
    fn items() -> impl Strategy<Value = Vec<u8>> {
        let cbor = [
            &[0x82][..],
            &[0xa1],
            &[0x61, b'a'],
            &[0x9f],
            &[0xbf],
            &[0x7f],
            &[0xff],
            &[0xc1],
            &[0x18, 0x20],
            &[0xf6],
            &[0xf9, 0x3c, 0],
        ];
        let message_pack = [&[0x92][..], &[0x81], &[0xa1, b'a'], &[0xc0], &[0xcc, 0x20], &[0xdc, 0, 1], &[0x01]];
        let known: Vec<Vec<u8>> = cbor.iter().chain(&message_pack).map(|item| item.to_vec()).collect();
        vec(prop_oneof![9 => select(known), 1 => vec(any::<u8>(), 1)], 1..9).prop_map(|items| items.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_may_be_no_document_is_none(bytes in items()) {
            for head in [cbor::head, message_pack::head] {
                prop_assert!(may_be_document(&bytes, head) || !is_document(&bytes, head), "{:02x?}", bytes);
            }
        }
    }
}
