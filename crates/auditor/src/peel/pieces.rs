//! Values that could be pieces of one that was cut, and what tells which of them belong in one row.

use super::{
    Peeled, View,
    glance::{self, Class},
    tree::{Kind, Node, NodeId, Step, Tree},
};

/// Longest value that is taken for a piece, in bytes: whoever cuts does it because there is little room.
pub(crate) const PIECE_BYTES_MAX: usize = 1 << 16;

/// Most pieces of one flow; what comes later is not put together.
pub(crate) const PIECES_MAX: usize = 1 << 14;

/// A value that could be a piece.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// Its view.
    pub(crate) view: View<'a>,
    /// What stands there.
    pub(crate) bytes: &'a [u8],
    /// What it is a part of.
    pub(crate) parent: NodeId,
    /// Digest of the way to it, but for the numbers in it: `url_1` and `url_2` are of one family, as all elements of an
    /// array are.
    pub(crate) family: u64,
    /// The last four numbers of the way to it, in base 2^16.
    pub(crate) order: u64,
    /// Whether it is a number or the like: no piece of anything, but it may say where others belong.
    pub(crate) is_number: bool,
}

/// What a value could be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Alphabets {
    /// Digits of base64, base32 or hexadecimal digits.
    pub(crate) encoded: bool,
    /// Decimal digits.
    pub(crate) decimal: bool,
    /// Text in UTF-8.
    pub(crate) text: bool,
}

impl Peeled {
    /// Every value that could be a piece, from the flow's own places down.
    pub(crate) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut ways: Vec<(u64, u64)> = Vec::with_capacity(self.tree.nodes.len());
        let mut pieces = Vec::with_capacity(self.tree.nodes.len().min(PIECES_MAX));
        for (id, node) in self.nodes() {
            let above = ways.get(node.parent as usize).copied().unwrap_or((BASIS, 0));
            let way = extend(above, &node.step, &self.tree);
            ways.push(way);
            if is_piece(node) && pieces.len() < PIECES_MAX {
                let bytes = self.tree.content(node);
                let (family, order) = way;
                let view = View { tree: &self.tree, id };
                let is_number = node.kind != Kind::Bytes;
                pieces.push(Piece { view, bytes, parent: node.parent, family, order, is_number });
            }
        }
        pieces
    }
}

/// Whether a node is a value, and not wholly made up of others.
fn is_piece(node: &Node) -> bool {
    !node.holds && !matches!(node.kind, Kind::Inner | Kind::Null) && (1..=PIECE_BYTES_MAX).contains(&node.content.len())
}

impl Alphabets {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let classes = glance::Classes::new();
        let glance = glance::Glance::at(bytes, &classes);
        Self { encoded: glance.is_all(Class::BASE64), decimal: glance.is_all(Class::DIGIT), text: glance.is_text() }
    }
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// A way, and the numbers along it, one step further.
fn extend((family, order): (u64, u64), step: &Step, tree: &Tree) -> (u64, u64) {
    let (kind, word, name, number): (u8, &str, &[u8], Option<u32>) = match step {
        Step::Place(word) => (0, word, &[], None),
        Step::Word(word) => (1, word, &[], None),
        Step::Named(word, name) => (2, word, name.of(&tree.bytes), None),
        Step::Nth(word, number) => (3, word, &[], Some(*number)),
        Step::Document(word) => (4, word, &[], None),
        Step::Line(word, number) => (5, word, &[], Some(*number)),
        Step::Key(name) => (6, "", name.of(&tree.bytes), None),
        Step::At(number) => (7, "", &[], Some(*number)),
        Step::Field(number) => return (mix(mix(family, 8), u64::from(*number)), order),
    };
    // A word is told by its beginning and its length: decoders have few.
    let family = mix(mix(family, u64::from(kind)), word.bytes().take(2).fold(word.len() as u64, mix_byte));
    let mut way = (family, number.map_or(order, |number| followed(order, number)));
    let mut digits: Option<u32> = None;
    for &byte in name.iter().take(64) {
        if byte.is_ascii_digit() {
            digits = Some(digits.unwrap_or(0).saturating_mul(10).saturating_add(u32::from(byte - b'0')));
            continue;
        }
        if let Some(number) = digits.take() {
            way.1 = followed(way.1, number);
        }
        way.0 = mix(way.0, u64::from(byte));
    }
    if let Some(number) = digits {
        way.1 = followed(way.1, number);
    }
    way
}

const fn followed(order: u64, number: u32) -> u64 {
    order << 16 | if number > 0xffff { 0xffff } else { number as u64 }
}

const fn mix(digest: u64, part: u64) -> u64 {
    (digest ^ part).wrapping_mul(0x0100_0000_01b3)
}

fn mix_byte(sum: u64, byte: u8) -> u64 {
    sum << 8 | u64::from(byte)
}
